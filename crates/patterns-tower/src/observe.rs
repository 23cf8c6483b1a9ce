//! The hook by which machines tell what they did.

use core::fmt;
use std::sync::Arc;

use tenfold_patterns::{Event, Events};

/// Who is told of a machine's [`Event`]s; nobody by default.
///
/// Called after the machine's lock is released, on the caller's thread: it should only count.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(Event) + Send + Sync>>);

impl Observer {
    /// Returns the observer that calls `sink`.
    pub fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Tells what a decision says.
    pub fn note(&self, decision: &impl Events) {
        if let Some(sink) = &self.0 {
            decision.events(&mut |event| sink(event));
        }
    }

    /// Tells one event.
    pub fn event(&self, event: Event) {
        if let Some(sink) = &self.0 {
            sink(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(..)" } else { "Observer(none)" })
    }
}
