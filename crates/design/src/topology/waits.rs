//! How long work may wait before its asker has gone.

use core::time::Duration;

use crate::draft::Draft;

/// The part of a caller's patience that the queue may take; the rest is for the work itself. Work
/// that is begun later is mostly done for nobody, and in overload all of it is.
const IN_QUEUE: u32 = 2;

/// Bounds every queue by half the shortest time-out of those who wait for it.
pub(super) fn bound(draft: &mut Draft<'_>) {
    for (name, component) in &mut draft.components {
        let waits = draft.links.iter().filter(|(id, _)| id.to == *name);
        let Some(shortest) = waits.filter_map(|(_, link)| link.timeout).min() else { continue };
        if let Some(queue) = component.station.as_mut().and_then(|s| s.queue.as_mut()) {
            let most = (shortest / IN_QUEUE).max(Duration::from_millis(1));
            queue.wait = Some(queue.wait.map_or(most, |wait| wait.min(most)));
        }
    }
}
