//! A deterministic discrete-event simulator of stations, networks, patterns and faults.
