//! The facade: a brief in, a plan out.
