//! What is uploaded, said in hours of it: `500 hours of video uploaded every minute`.

use tenfold_brief::{Access, Demand, Dimension};

use crate::draft::Draft;

const DAY: f64 = 86_400.0;
const HOURS: &str = "uploaded_hours_per_day";

/// Binds hours of something that are uploaded in a time. Returns whether it was bound.
pub(super) fn uploaded_hours(draft: &mut Draft<'_>, index: usize) -> bool {
    let demand = &draft.brief.demands[index];
    if !(is_inflow(demand) && draft.archetype.figures.contains_key(HOURS)) {
        return false;
    }
    let period = demand.per_seconds().unwrap_or(DAY);
    draft.state(HOURS, "hours that are uploaded in a day", index, DAY / period / 3_600.0);
    true
}

fn is_inflow(demand: &Demand) -> bool {
    let written = |action: &tenfold_brief::Action| action.access == Some(Access::Write);
    demand.amount.dimension == Dimension::Time
        && demand.action.as_ref().is_some_and(written)
        && demand.per_seconds().is_some()
        && demand.per_each().is_none()
}

/// Lets the length of one be what hours and number of uploads leave, where the brief gives both.
pub(super) fn length_of_one(draft: &mut Draft<'_>) {
    let uploads = "op.upload.qps_avg";
    if draft.network.is_stated(HOURS)
        && draft.network.contains(uploads)
        && !draft.network.contains("video_seconds")
    {
        let formula = format!("{HOURS} * 3600 / 86400 / {uploads}");
        draft.formula("video_seconds", "length of an uploaded video", &formula);
    }
}
