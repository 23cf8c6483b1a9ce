//! From an estimate to a design: choices, topology, sizes, cost, and the laws every design obeys.
