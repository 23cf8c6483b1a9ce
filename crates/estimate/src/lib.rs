//! Resolves a brief into requirements and computes load, storage, bandwidth and memory.
