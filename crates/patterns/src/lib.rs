//! Distributed-systems patterns as pure state machines: no clock, no lock, no I/O.
