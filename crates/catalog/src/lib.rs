//! Facts with source and date: prices, capacities, service times, latencies, SLAs.
