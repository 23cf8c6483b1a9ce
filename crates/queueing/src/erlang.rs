use crate::error::{Error, SERVERS_MAX, require, require_servers, require_stable};

const OFFERED_LOAD: &str = "offered load: a finite number, at least 0";

/// Returns the share of arrivals that M/G/c/c loses: Poisson arrivals, no waiting places, any
/// service time.
///
/// B(c) = a B(c-1) / (c + a B(c-1)), B(0) = 1: a sum of positive terms, stable for every size
/// (Erlang 1917; recursion: Jagerman 1974). `offered_load` a in erlangs may pass `servers`. Takes
/// time proportional to `servers`; exactly 0 where it is below 1e-308.
///
/// # Errors
/// [`Error::OutOfRange`] for a negative or infinite load and for no servers.
///
/// ```
/// let lost = tenfold_queueing::erlang_b(10, 5.0)?;
/// assert!((lost - 0.018_384_6).abs() < 1e-7);
/// # Ok::<(), tenfold_queueing::Error>(())
/// ```
pub fn erlang_b(servers: u32, offered_load: f64) -> Result<f64, Error> {
    require(offered_load.is_finite() && offered_load >= 0.0, OFFERED_LOAD)?;
    require_servers(servers)?;
    Ok((1..=servers).fold(1.0, |blocked, n| next_erlang_b(blocked, n, offered_load)))
}

/// Returns Erlang B for `servers` from the value for one server less.
pub(crate) fn next_erlang_b(blocked: f64, servers: u32, offered_load: f64) -> f64 {
    let lost = offered_load * blocked;
    lost / (f64::from(servers) + lost)
}

/// Returns Erlang C from Erlang B of the same size; needs a < c.
pub(crate) fn erlang_c_of(blocked: f64, servers: u32, offered_load: f64) -> f64 {
    let servers = f64::from(servers);
    // c - a (1 - B) = (c - a) + a B: no cancellation of B where the load is close to c.
    servers * blocked / ((servers - offered_load) + offered_load * blocked)
}

/// Returns the probability that an arrival at M/M/c waits: C = c B / (c - a (1 - B)) (Erlang 1917).
///
/// # Errors
/// [`Error::Unstable`] when `offered_load` a >= `servers` c; [`Error::OutOfRange`] as [`erlang_b`].
pub fn erlang_c(servers: u32, offered_load: f64) -> Result<f64, Error> {
    let blocked = erlang_b(servers, offered_load)?;
    require_stable(offered_load / f64::from(servers))?;
    Ok(erlang_c_of(blocked, servers, offered_load))
}

/// Returns the smallest number of servers at which [`erlang_b`] loses at most the share
/// `blocking_max` of the arrivals.
///
/// # Errors
/// [`Error::OutOfRange`] unless 0 < `blocking_max` <= 1 and the load is finite and below 10^8.
pub fn servers_for_blocking(offered_load: f64, blocking_max: f64) -> Result<u32, Error> {
    require(offered_load.is_finite() && offered_load >= 0.0, OFFERED_LOAD)?;
    require(blocking_max > 0.0 && blocking_max <= 1.0, "blocking: above 0, at most 1")?;
    let mut blocked = 1.0;
    for servers in 1..=SERVERS_MAX {
        blocked = next_erlang_b(blocked, servers, offered_load);
        if blocked <= blocking_max {
            return Ok(servers);
        }
    }
    Err(Error::OutOfRange { what: "offered load: at most 100,000,000 servers" })
}
