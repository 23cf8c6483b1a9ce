//! Events: what a machine did, as values from which a shell makes metrics.
//!
//! A machine neither logs nor counts. Its decisions say what happened, and [`Events`] turns each
//! into [`Event`]s with names that never change, so that one piece of code can count them all.

/// One thing that a machine did.
///
/// ```
/// use tenfold_patterns::{Event, Events, TokenBucket, TokenBucketOptions};
/// use tenfold_units::Instant;
/// let mut bucket = TokenBucket::new(TokenBucketOptions::per_second(10, 1)).unwrap();
/// let mut refused = 0;
/// for _ in 0..3 {
///     bucket.admit(Instant::ZERO).events(&mut |event| {
///         if matches!(event, Event::Refused { .. }) {
///             refused += 1;
///         }
///     });
/// }
/// assert_eq!(refused, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Work was let through.
    Admitted,
    /// Work was turned away.
    Refused {
        /// Why, as a label value: lower-case words joined by `-`.
        reason: &'static str,
    },
    /// The machine went from one state to another.
    StateChanged {
        /// The state that it left, as a label value.
        from: &'static str,
        /// The state that it entered, as a label value.
        to: &'static str,
    },
}

/// A decision that can say what happened.
pub trait Events {
    /// Hands each event to `sink`, in the order in which they happened.
    fn events(&self, sink: &mut impl FnMut(Event));
}
