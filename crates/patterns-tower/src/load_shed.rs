//! Load shedding: under overload, who has waited too long and what matters least is refused.
//!
//! ```text
//!   entry ─► queue (bulkhead, buffer, …) ─► exit ─► service
//!     │ stamps the arrival                    │ knows how long the request waited
//!     └ refuses low priorities                └ refuses who waited too long
//! ```
//!
//! **Use it** at the door of a server, around the queue. **Not** as the only bound: the queue between
//! the two layers has a length of its own. Requests carry their [`Priority`]; 0, for example health
//! checks, is never shed.
//!
//! ```
//! use http::Request;
//! use tenfold_patterns::{BulkheadOptions, PriorityShedOptions, WaitShedOptions};
//! use tenfold_patterns_tower::{BulkheadLayer, Error, LoadShed};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let wait = WaitShedOptions::facebook();
//! let shed = LoadShed::new(Some(wait), Some(PriorityShedOptions::dagor())).unwrap();
//! let service = ServiceBuilder::new()
//!     .layer(shed.entry())
//!     .layer(BulkheadLayer::new(BulkheadOptions::resilience4j()).unwrap())
//!     .layer(shed.exit())
//!     .service(service_fn(|_: Request<()>| async { Ok::<_, Error>("served") }));
//! assert_eq!(service.oneshot(Request::new(())).await.unwrap(), "served");
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::time::Duration;

use tenfold_patterns::{Event, InvalidOptions, PriorityShedOptions, WaitShedOptions};
use tenfold_units::Instant;
use tower::Layer;

use crate::carry::Carry;
use crate::clock::{SharedClock, TokioClock};
use crate::error::Error;
use crate::gate::{Admission, Gate, Gated, NoWait};
use crate::observe::Observer;
use crate::shared::shed::SharedShed;

/// When a request arrived; carried from the entry to the exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived(pub Instant);

/// How much a request matters: 0 is never shed, 127 is shed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(pub u8);

impl Priority {
    /// What a request without one has.
    pub const DEFAULT: Self = Self(64);
}

/// The two layers that shed, and what they share.
#[derive(Clone, Debug)]
pub struct LoadShed {
    shed: SharedShed,
    clock: SharedClock,
    observer: Observer,
}

impl LoadShed {
    /// Returns load shedding by time in the queue, by priority, or by both.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(
        wait: Option<WaitShedOptions>,
        priority: Option<PriorityShedOptions>,
    ) -> Result<Self, InvalidOptions> {
        let shed = SharedShed::new(wait, priority)?;
        Ok(Self { shed, clock: TokioClock::shared(), observer: Observer::default() })
    }

    /// Takes time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Tells `observer` of every decision.
    #[must_use]
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Returns the layer for before the queue.
    #[must_use]
    pub fn entry(&self) -> LoadShedEntryLayer {
        LoadShedEntryLayer(self.clone())
    }

    /// Returns the layer for behind the queue.
    #[must_use]
    pub fn exit(&self) -> LoadShedExitLayer {
        LoadShedExitLayer(self.clone())
    }

    /// Returns the lowest priority still admitted.
    #[must_use]
    pub fn level(&self) -> Priority {
        Priority(self.shed.level())
    }

    /// Tells the observer, and refuses unless `admits`.
    fn decide(&self, admits: bool, reason: &'static str) -> Admission<(), NoWait<()>> {
        if admits {
            self.observer.event(Event::Admitted);
            Admission::Now(())
        } else {
            self.observer.event(Event::Refused { reason });
            Admission::Refused(Error::Shed { reason })
        }
    }
}

fn priority<Req: Carry<Priority>>(request: &Req) -> Priority {
    request.carried().copied().unwrap_or(Priority::DEFAULT)
}

/// Stamps arrivals and refuses low priorities.
#[derive(Clone, Debug)]
pub struct LoadShedEntryLayer(LoadShed);

impl<S> Layer<S> for LoadShedEntryLayer {
    type Service = Gated<S, LoadShedEntry>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, LoadShedEntry(self.0.clone()))
    }
}

/// The gate of a [`LoadShedEntryLayer`].
#[derive(Clone, Debug)]
pub struct LoadShedEntry(LoadShed);

impl<Req: Carry<Arrived> + Carry<Priority>, Res> Gate<Req, Res> for LoadShedEntry {
    type Guard = ();
    type Wait = NoWait<()>;

    fn admit(&self, request: &mut Req) -> Admission<(), NoWait<()>> {
        let now = self.0.clock.now();
        request.carry(Arrived(now));
        let priority = priority(request);
        let admits = self.0.shed.admit(now, priority.0);
        self.0.decide(admits || priority == Priority(0), "priority")
    }
}

/// Refuses who waited too long.
#[derive(Clone, Debug)]
pub struct LoadShedExitLayer(LoadShed);

impl<S> Layer<S> for LoadShedExitLayer {
    type Service = Gated<S, LoadShedExit>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated::new(inner, LoadShedExit(self.0.clone()))
    }
}

/// The gate of a [`LoadShedExitLayer`].
#[derive(Clone, Debug)]
pub struct LoadShedExit(LoadShed);

impl<Req: Carry<Arrived> + Carry<Priority>, Res> Gate<Req, Res> for LoadShedExit {
    type Guard = ();
    type Wait = NoWait<()>;

    fn admit(&self, request: &mut Req) -> Admission<(), NoWait<()>> {
        let now = self.0.clock.now();
        let arrived: Option<&Arrived> = request.carried();
        let waited = arrived.map_or(Duration::ZERO, |arrived| now.saturating_since(arrived.0));
        let sheds = self.0.shed.leaves_queue(now, waited);
        self.0.decide(!sheds || priority(request) == Priority(0), "waited-too-long")
    }
}
