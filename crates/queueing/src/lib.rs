//! Closed forms of queueing theory, for sizing and as the judge of the simulator.
