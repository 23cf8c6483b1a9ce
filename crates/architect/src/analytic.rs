//! What closed forms say about the latency of an operation: the judge of the simulation.
//!
//! Each call is a wait as in M/M/c, the service time's own distribution, and a round trip; calls
//! after one another add up as independent. The wait of M/M/c is exact for exponential service and
//! close for lognormal service of the same variance, which is what designs use; retries, time-outs
//! and bounded queues are left out, so the result holds where they are rare.

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_design::{Access, Action, Design, Load, ReplicationMode, Step};
use tenfold_queueing::{Error, Mmc, PathLatency};
use tenfold_units::{Ledger, math};

use crate::HitRatios;
use crate::lower::{self, LowerOptions};

/// The error that is allowed for independence and the M/M/c wait: chosen, not measured.
pub(crate) const STATED_ERROR_RATIO: f64 = 0.15;

/// Cells of the grid.
const CELLS: usize = 2048;

/// A value below so many cells is read off a finer grid: rounding each part of a path to a cell costs
/// less than 1 % then. The finer grid reaches at least 1.8 times as far as the value.
const FINE: f64 = 280.0;

/// The latency of operations by closed forms.
pub(crate) struct Analytic<'a> {
    design: &'a Design,
    ledger: &'a Ledger,
    hits: &'a HitRatios,
    calls: IndexMap<String, IndexMap<String, f64>>,
    same_zone: (f64, f64),
    cross_zone: (f64, f64),
    step: f64,
}

impl<'a> Analytic<'a> {
    /// Returns the closed forms of a design at peak, on a grid that reaches twice `limit` seconds.
    pub(crate) fn new(
        design: &'a Design,
        ledger: &'a Ledger,
        catalog: &Catalog,
        hits: &'a HitRatios,
        limit: f64,
    ) -> Self {
        let options = LowerOptions {
            load: Load::Peak,
            factor: 1.0,
            cells: 1.0,
            keep: None,
            coarse: false,
            detection_scale: 1.0,
        };
        let rates = lower::rates(design, ledger, &options);
        let calls = lower::calls(design, ledger, &rates, &|cache| hits.of(cache));
        let lognormal = |fact: &tenfold_catalog::Fact| {
            let interval = fact.interval();
            let sigma = math::ln(interval.high / interval.low) / 2.563_1;
            (interval.mid / 2.0, math::exp_m1(sigma * sigma).sqrt())
        };
        Self {
            design,
            ledger,
            hits,
            calls,
            same_zone: lognormal(catalog.rtt_same_zone()),
            cross_zone: lognormal(catalog.rtt_cross_zone()),
            step: 2.0 * limit / CELLS as f64,
        }
    }

    /// Returns a percentile of the latency of an operation, s; `None` where no closed form holds:
    /// a station is overloaded, or the path does something that has none.
    pub(crate) fn percentile(&self, operation: &str, p: f64) -> Option<f64> {
        self.fine(operation, |path| path.percentile(p))
    }

    /// Returns the mean latency of an operation, s; `None` as for a percentile.
    pub(crate) fn mean(&self, operation: &str) -> Option<f64> {
        self.fine(operation, |path| Some(path.mean()))
    }

    /// Reads a value of the path's latency off a grid that is fine for it: a promise of seconds, where
    /// answers take milliseconds, says nothing about the cells that they need.
    fn fine(&self, operation: &str, read: impl Fn(&PathLatency) -> Option<f64>) -> Option<f64> {
        let steps = self.design.flows.get(operation)?;
        let mut value = read(&self.steps(steps).ok()?)?;
        let mut grid = Self { calls: self.calls.clone(), ..*self };
        while value < FINE * grid.step {
            grid.step /= 4.0;
            value = read(&grid.steps(steps).ok()?)?;
        }
        Some(value)
    }

    fn zero(&self) -> Result<PathLatency, Error> {
        PathLatency::from_tail(self.step, CELLS, |_| 0.0)
    }

    fn steps(&self, steps: &[Step]) -> Result<PathLatency, Error> {
        let mut path = self.zero()?;
        for step in steps {
            let next = match step {
                Step::Visit(component) => self.call(component, "any")?,
                Step::Action(action) => self.action(action)?,
            };
            path = path.then(&next);
        }
        Ok(path)
    }

    fn action(&self, action: &Action) -> Result<PathLatency, Error> {
        match action {
            Action::Lookup(lookup) => {
                let hit = self.zero()?;
                let miss = self.steps(&lookup.on_miss)?;
                let after = hit.or(self.hits.of(&lookup.cache), &miss);
                if lower::is_in_process(self.design, &lookup.cache) {
                    return Ok(after);
                }
                Ok(self.call(&lookup.cache, "any")?.then(&after))
            }
            Action::Read(access) => self.access(access, access.class.as_deref().unwrap_or("read")),
            Action::Write(access) => {
                let round = self.access(access, lower::write_class(access))?;
                let further = 1..lower::rounds(self.design, access, self.ledger);
                Ok(further.fold(round.clone(), |path, _| path.then(&round)))
            }
            Action::Invalidate(target) => self.call(&target.at, "any"),
            Action::Emit(emit) if emit.awaited => {
                if self.design.components[&emit.to].topic.is_none() {
                    return self.call(&emit.to, "write");
                }
                self.append(&emit.to)
            }
            Action::Fill(_) | Action::Emit(_) | Action::Consume(_) => self.zero(),
            Action::Sometimes(some) => {
                let ratio = lower::evaluate(&some.ratio, self.ledger).clamp(0.0, 1.0);
                Ok(self.steps(&some.steps)?.or(ratio, &self.zero()?))
            }
            Action::Repeat(repeat) => {
                let times = lower::evaluate(&repeat.times, self.ledger);
                let once = self.steps(&repeat.steps)?;
                let whole = (0..times as u32).fold(self.zero()?, |path, _| path.then(&once));
                Ok(whole.then(&once.or(times.fract(), &self.zero()?)))
            }
            // Who waits for somebody else no longer than the time-out goes on without the answer.
            Action::Call(called)
                if self.design.components[&called.to].kind == tenfold_design::Kind::External =>
            {
                Err(Error::OutOfRange { what: "path: answers that are waited for" })
            }
            Action::Call(called) => {
                Ok(self.call(&called.to, "any")?.then(&self.steps(&called.steps)?))
            }
            // The slowest of several branches depends on what they share: no closed form.
            Action::Parallel(_) => {
                Err(Error::OutOfRange { what: "path: calls one after the other" })
            }
        }
    }

    /// A read of one or several copies, a write that waits for some of them.
    fn access(&self, access: &Access, class: &str) -> Result<PathLatency, Error> {
        let component = &self.design.components[access.at.as_str()];
        let one = self.call(&access.at, class)?;
        let Some(replication) = &component.replication else { return Ok(one) };
        if replication.mode != ReplicationMode::Quorum {
            return Ok(one);
        }
        if class == "write" {
            return one.quorum(replication.write_quorum, replication.factor);
        }
        match replication.read_quorum {
            0 | 1 => Ok(one),
            n => one.quorum(n, n),
        }
    }

    /// A record that the topic acknowledges once enough copies have it.
    fn append(&self, topic: &str) -> Result<PathLatency, Error> {
        let component = &self.design.components[topic];
        let one = self.call(topic, "write")?;
        let copies = component.replication.as_ref().map_or(1, |r| r.factor).max(1);
        let in_sync = component.topic.as_ref().map_or(1, |topic| topic.min_insync_replicas);
        one.quorum(in_sync.clamp(1, copies), copies)
    }

    /// One call: a round trip, the wait for a server, the service.
    fn call(&self, name: &str, class: &str) -> Result<PathLatency, Error> {
        let component = &self.design.components[name];
        let round_trip = self.round_trip()?;
        let Some(station) = &component.station else { return Ok(round_trip) };
        let times = &station.service_time;
        let Some(time) = times.get(class).or_else(|| times.get("any")) else {
            return Ok(round_trip);
        };
        let own = time.mean.div_f64(lower::records(component, self.ledger));
        let of_mean = |mean: core::time::Duration| {
            let mean = mean.as_secs_f64();
            if time.cv > 0.0 {
                self.lognormal(mean, time.cv)
            } else {
                Ok(self.zero()?.constant_like(mean))
            }
        };
        let service = match time.io {
            Some(io) => of_mean(own)?.then(&of_mean(io)?),
            None => of_mean(own)?,
        };
        let total = round_trip.then(&service);
        if station.servers == 0 {
            return Ok(total);
        }
        let (arrivals, work) = self.load(name)?;
        if arrivals <= 0.0 {
            return Ok(total);
        }
        let queue = Mmc::new(arrivals, work / arrivals, station.servers)?;
        let wait = PathLatency::from_tail(self.step, CELLS, |t| queue.wait_tail(t))?;
        Ok(total.then(&wait))
    }

    /// Calls per second to one instance of a component, and the work that they bring (erlangs).
    fn load(&self, name: &str) -> Result<(f64, f64), Error> {
        let component = &self.design.components[name];
        let instances = f64::from(self.design.instances(component).max(1));
        let station = component
            .station
            .as_ref()
            .ok_or(Error::OutOfRange { what: "component: with a station" })?;
        let (mut arrivals, mut work) = (0.0, 0.0);
        for (class, rate) in self.calls.get(name).into_iter().flatten() {
            let times = &station.service_time;
            let time = times.get(class).or_else(|| times.get("any"));
            let mean = time.map_or(0.0, |time| time.mean.as_secs_f64());
            let visits = match &component.replication {
                Some(r) if class == "write" && r.mode == ReplicationMode::Quorum => r.factor,
                Some(r) if class != "write" && r.mode == ReplicationMode::Quorum => r.read_quorum,
                Some(_) | None => 1,
            };
            // Only the primaries of a primary-secondary store and of a cache answer.
            let serving = match &component.replication {
                Some(r) if r.mode != ReplicationMode::Quorum => instances / f64::from(r.factor),
                Some(_) | None => instances,
            };
            arrivals += rate * f64::from(visits.max(1)) / serving.max(1.0);
            work += rate * f64::from(visits.max(1)) / serving.max(1.0) * mean;
        }
        Ok((arrivals, work))
    }

    fn round_trip(&self) -> Result<PathLatency, Error> {
        let there_and_back = |(mean, cv): (f64, f64)| {
            let one_way = self.lognormal(mean, cv)?;
            Ok::<_, Error>(one_way.then(&one_way))
        };
        let zones = f64::from(self.design.zones().max(1));
        let same = there_and_back(self.same_zone)?;
        let cross = there_and_back(self.cross_zone)?;
        Ok(same.or(1.0 / zones, &cross))
    }

    fn lognormal(&self, mean: f64, cv: f64) -> Result<PathLatency, Error> {
        let sigma = math::ln_1p(cv * cv).sqrt();
        let location = math::ln(mean) - sigma * sigma / 2.0;
        PathLatency::from_tail(self.step, CELLS, |t| {
            let z = (math::ln(t.max(1e-12)) - location) / sigma;
            0.5 * math::erfc(z / core::f64::consts::SQRT_2)
        })
    }
}
