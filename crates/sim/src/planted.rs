//! Bugs planted to try the tests: each of them must make the suite fail.
//!
//! Without the feature `planted-bugs` `is` is the constant `false` and nothing of this is built.

/// A bug that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Service takes 2 % less time than drawn.
    ServiceTooFast,
    /// Every station has one server fewer, but never none.
    OneServerFewer,
    /// `fifo` serves the last to come.
    LifoForFifo,
    /// A bounded queue has one place more.
    QueueBoundOffByOne,
    /// Nobody loses patience.
    PatienceIgnored,
    /// A service that was interrupted begins anew.
    PreemptionRestarts,
    /// The lowest priority goes first.
    PriorityReversed,
    /// Customers who did not wait are left out of the wait time.
    WaitWithoutZeros,
    /// The latency counts from the arrival at the last station.
    LatencyOfLastStation,
    /// Processor sharing gives every customer a server's full speed.
    SharingWithoutShares,
    /// The recursion without events serves 2 % too slowly.
    RecursionTooSlow,
    /// Closed customers do not think.
    ThinkTimeSkipped,
    /// Routing takes every way as often.
    RoutingEven,
    /// A call waits for its answer for ever.
    TimeoutIgnored,
    /// What nobody waits for any more is not worked on.
    ZombieWorkDropped,
    /// A retry does not count as an attempt and is not held back by the budget.
    RetryNotCounted,
    /// A quorum waits for one answer.
    QuorumOfOne,
    /// Waiting requests survive the death of their replica.
    DeathKeepsQueue,
    /// A full pool lets calls pass.
    PoolUnbounded,
    /// A cache that was flushed keeps its content.
    FlushIgnored,
    /// A dead replica is taken out of the balance at once.
    DetectionAtOnce,
    /// Nobody who waits for a pool gets the place that becomes free.
    PoolPlaceLost,
    /// All records of a batch have the key of the batch.
    RecordsShareKey,
    /// A hedge is not sent.
    HedgeNeverSent,
    /// A call that timed out stays in the queue, although it is to be taken out.
    CancelIgnored,
    /// A full queue sheds who arrives, although it is to shed the oldest.
    NewestAlwaysShed,
    /// A standing queue bounds no wait.
    ControlledDelayIgnored,
    /// An adaptive queue is first come, first served at all times.
    AdaptiveStaysInOrder,
    /// A breaker takes every answer for a good one.
    BreakerSeesSuccess,
    /// A retry budget lets every retry pass.
    RetryBudgetIgnored,
    /// Replicas that are to answer with errors answer well.
    ErrorsIgnored,
    /// A paused replica goes on.
    PauseIgnored,
    /// A slow replica stays slow when its fault is over.
    SlowForEver,
    /// Calls for the same key share no attempt.
    FlightNotShared,
    /// A silent dead replica refuses calls at once.
    SilenceRefuses,
    /// A concurrency limit takes no time-out and no shed call for a drop.
    LimitSeesNoDrops,
    /// A one-way partition cuts both ways.
    OneWayCutsBoth,
    /// The network loses nothing.
    LossIgnored,
    /// A body takes no time.
    BodiesWeighNothing,
    /// A new replica is there at once.
    ProvisioningInstant,
    /// Replicas are taken away at once.
    ScaleInAtOnce,
    /// A replica that has just started is as fast as the others.
    SlowStartIgnored,
    /// A clock that jumps shows the same time as before.
    ClockStepIgnored,
    /// A full disk takes writes.
    DiskFullIgnored,
    /// A roll-out replaces all replicas at the same time.
    RollOutAllAtOnce,
    /// Copies of a run that climbs have the same future.
    BranchesShareFuture,
    /// What a copy sees counts by the level it was born at, not by the one it is at.
    BranchWeightOfBirth,
}

impl Bug {
    /// Every bug, in the order of the list above.
    pub const ALL: [Self; 47] = [
        Self::ServiceTooFast,
        Self::OneServerFewer,
        Self::LifoForFifo,
        Self::QueueBoundOffByOne,
        Self::PatienceIgnored,
        Self::PreemptionRestarts,
        Self::PriorityReversed,
        Self::WaitWithoutZeros,
        Self::LatencyOfLastStation,
        Self::SharingWithoutShares,
        Self::RecursionTooSlow,
        Self::ThinkTimeSkipped,
        Self::RoutingEven,
        Self::TimeoutIgnored,
        Self::ZombieWorkDropped,
        Self::RetryNotCounted,
        Self::QuorumOfOne,
        Self::DeathKeepsQueue,
        Self::PoolUnbounded,
        Self::FlushIgnored,
        Self::DetectionAtOnce,
        Self::PoolPlaceLost,
        Self::RecordsShareKey,
        Self::HedgeNeverSent,
        Self::CancelIgnored,
        Self::NewestAlwaysShed,
        Self::ControlledDelayIgnored,
        Self::AdaptiveStaysInOrder,
        Self::BreakerSeesSuccess,
        Self::RetryBudgetIgnored,
        Self::ErrorsIgnored,
        Self::PauseIgnored,
        Self::SlowForEver,
        Self::FlightNotShared,
        Self::SilenceRefuses,
        Self::LimitSeesNoDrops,
        Self::OneWayCutsBoth,
        Self::LossIgnored,
        Self::BodiesWeighNothing,
        Self::ProvisioningInstant,
        Self::ScaleInAtOnce,
        Self::SlowStartIgnored,
        Self::ClockStepIgnored,
        Self::DiskFullIgnored,
        Self::RollOutAllAtOnce,
        Self::BranchesShareFuture,
        Self::BranchWeightOfBirth,
    ];
}

/// Returns whether `bug` is switched on in this thread.
#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub(crate) const fn is(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "planted-bugs")]
thread_local! {
    static PLANTED: core::cell::Cell<Option<Bug>> = const { core::cell::Cell::new(None) };
}

/// Returns whether `bug` is switched on in this thread.
#[cfg(feature = "planted-bugs")]
pub(crate) fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Returns whether queues may run without events: bugs of the event loop need the event loop.
pub(crate) fn keeps_recursion() -> bool {
    !Bug::ALL.iter().any(|bug| is(*bug)) || is(Bug::RecursionTooSlow)
}

/// Switches `bug` on in this thread, and every other one off.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
