//! Transactions of many rows: what one of them takes of its store.

use core::time::Duration;

use crate::draft::Draft;
use crate::types::{Action, BATCH, ServiceTime, Step};

/// Gives every store a service time for each number of rows that workers write to it in one
/// transaction: that of one row for each, and one wait for the disk.
pub(super) fn all(draft: &mut Draft<'_>) {
    let mut flows = core::mem::take(&mut draft.flows);
    for steps in flows.values_mut() {
        walk(draft, steps);
    }
    draft.flows = flows;
}

fn walk(draft: &mut Draft<'_>, steps: &mut [Step]) {
    for step in steps {
        match step {
            Step::Action(Action::Sometimes(some)) => walk(draft, &mut some.steps),
            Step::Action(Action::Write(access)) if access.class.as_deref() == Some(BATCH) => {
                let store = draft.components.get_mut(&access.at);
                let Some(station) = store.and_then(|store| store.station.as_mut()) else {
                    continue;
                };
                let Some(one) = station.service_time.get("write").cloned() else { continue };
                let time = of_rows(&one, access.rows);
                let mut class = BATCH.to_owned();
                if station.service_time.get(&class).is_some_and(|other| other.mean != time.mean) {
                    class = format!("{BATCH}-{}", access.data);
                }
                station.service_time.insert(class.clone(), time);
                access.class = Some(class);
            }
            Step::Visit(_) | Step::Action(_) => {}
        }
    }
}

fn of_rows(one: &ServiceTime, rows: f64) -> ServiceTime {
    let times = |time: Duration| Duration::from_nanos((time.as_nanos() as f64 * rows) as u64);
    ServiceTime {
        mean: times(one.mean),
        low: one.low.map(times),
        high: one.high.map(times),
        // A sum of so many independent times.
        cv: one.cv / rows.sqrt(),
        io: one.io,
        from: format!(
            "assumed (derived) {rows:.1} rows, each as long as one by itself ({})",
            one.from
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::brief;
    use crate::types::{Action, BATCH, Step};

    /// The writes of a flow for batches: component, class, rows, ratio.
    fn batches(steps: &[Step]) -> Vec<(String, String, f64, String)> {
        steps
            .iter()
            .filter_map(|step| {
                let Step::Action(Action::Sometimes(some)) = step else { return None };
                let [Step::Action(Action::Write(access))] = &some.steps[..] else { return None };
                let class = access.class.clone().filter(|class| class.starts_with(BATCH))?;
                Some((access.at.clone(), class, access.rows, some.ratio.0.clone()))
            })
            .collect()
    }

    #[test]
    fn a_worker_commits_once_for_the_rows_of_a_batch() {
        let text = "# Video service\n- 300,000 daily active users watch 5 videos a day of 10 minutes\n\
                    - 2,000 uploads a day, 80 MB each\n- p99 < 300 ms for playback start\n\
                    ## Design\n- PostgreSQL for watch positions\n- Kafka for view events\n";
        let catalog = tenfold_catalog::Catalog::builtin();
        let proposal = crate::propose::at(&brief(text), &catalog, 1.0, false);
        let mut found = 0;
        for (flow, steps) in &proposal.design.flows {
            for (at, class, rows, ratio) in batches(steps) {
                let store = &proposal.design.components[at.as_str()];
                let times = &store.station.as_ref().expect("a store works").service_time;
                let (one, all) = (&times["write"], &times[class.as_str()]);
                let factor = all.mean.as_secs_f64() / one.mean.as_secs_f64();
                assert!((factor - rows).abs() < 1e-3 * rows, "{flow}: {factor} for {rows} rows");
                assert_eq!(all.io, one.io, "one flush for all of them");
                let worker = &proposal.design.components["watch-event-worker"];
                let batch = worker.station.as_ref().and_then(|station| station.batch.as_ref());
                let batch = f64::from(batch.expect("a worker takes batches").size);
                assert!(ratio.ends_with(&format!("/ {batch}")), "{ratio}");
                assert!(rows <= batch, "{rows} rows of a batch of {batch}");
                found += 1;
            }
        }
        assert!(found >= 1, "no flow writes a batch");
    }
}
