//! Section 4: each component with its technology, data, bounds and options.

mod options;

use tenfold_architect::Plan;
use tenfold_design::{Component, Link};
use tenfold_units::Text;

use super::pictures;
use super::working::working;
use crate::document::{Document, code, plain};
use options::{Settings, word};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.explain(&Text::new(
        "Every setting below stands in `design.yaml` under the same name and can be edited there; \
         `tenfold explain` says where it comes from.",
        "아래 설정은 모두 `design.yaml`에 같은 이름으로 있으며 거기서 고칠 수 있다. 근거는 \
         `tenfold explain`으로 볼 수 있다.",
    ));
    for (name, component) in &plan.design.components {
        document.heading(3, &plain(name));
        properties(plan, name, component, document);
        sizing(plan, name, document);
        data(name, component, document);
        links(plan, name, document);
    }
}

fn properties(plan: &Plan, name: &str, component: &Component, document: &mut Document<'_>) {
    let settings = Settings::of_component(document, name);
    let mut rows: Vec<(&str, String)> = Vec::new();
    if !component.role.is_empty() {
        rows.push(("does", plain(&component.role)));
    }
    let runs = &component.runs;
    let version = runs.version.as_deref().unwrap_or_default();
    if runs.technology != name {
        rows.push(("runs", plain(format!("{} {version}", runs.technology).trim())));
    }
    rows.push(("instances", pictures::count(plan, name, component)));
    settings.rows(component, &mut rows);
    let rows = rows.into_iter().map(|(key, value)| vec![key.to_owned(), value]).collect();
    document.table(&["Property", "Value"], rows);
}

/// The figures that the sizes of this component rest on.
fn sizing(plan: &Plan, name: &str, document: &mut Document<'_>) {
    const KINDS: [&str; 12] = [
        "calls",
        "size",
        "busy",
        "utilization",
        "disk",
        "cached",
        "hottest",
        "cold",
        "connections",
        "drain",
        "commit",
        "topic",
    ];
    let mut rows = Vec::new();
    for kind in KINDS {
        let exact = format!("{kind}.{name}");
        let prefix = format!("{exact}.");
        let topic = plan.design.components[name].topic.is_some() && kind == "topic";
        for (id, figure) in plan.ledger.iter() {
            let own = id == exact || id.starts_with(&prefix) || topic && id.starts_with("topic.");
            if !own || kind == "calls" && id.ends_with(".avg") {
                continue;
            }
            rows.push(vec![
                plain(&figure.label),
                figure.print(),
                document.range(id),
                working(&plan.ledger, id),
            ]);
        }
    }
    document.table(&["Size", "#Value", "#Likely range", "Working"], rows);
}

fn data(name: &str, component: &Component, document: &mut Document<'_>) {
    let settings = Settings::of_component(document, name);
    let rows = component.data.iter().map(|(dataset_name, dataset)| {
        let columns: Vec<String> =
            dataset.columns.iter().map(|(column, kind)| format!("{column} {kind}")).collect();
        let retention = settings.optional(&format!("data.{dataset_name}.retention"));
        let mut rules = Vec::new();
        if !dataset.unique.is_empty() {
            rules.push(format!("unique: {}", dataset.unique.join(", ")));
        }
        if !dataset.indexes.is_empty() {
            rules.push(format!("indexes: {}", dataset.indexes.join(", ")));
        }
        vec![
            plain(dataset_name),
            code(&key(&dataset.key)),
            code(&columns.join(", ")),
            retention.unwrap_or_else(|| "for ever".to_owned()),
            plain(&rules.join("; ")),
        ]
    });
    let rows = rows.collect();
    document.table(&["Dataset", "Key", "Columns", "Kept", "Rules"], rows);
}

/// The columns that decide where a row lies, then those that order the rows there.
fn key(columns: &[String]) -> String {
    match columns.iter().position(|column| column == "|") {
        Some(bar) => {
            format!("(({}), {})", columns[..bar].join(", "), columns[bar + 1..].join(", "))
        }
        None => format!("({})", columns.join(", ")),
    }
}

fn links(plan: &Plan, name: &str, document: &mut Document<'_>) {
    let rows: Vec<Vec<String>> = plan
        .design
        .links
        .iter()
        .filter(|(id, _)| id.from == name)
        .map(|(id, link)| {
            let settings = Settings::of_link(document, &id.from, &id.to);
            vec![plain(&id.to), link_words(link, &settings)]
        })
        .filter(|row| !row[1].is_empty())
        .collect();
    document.table(&["Asks", "How"], rows);
}

fn link_words(link: &Link, settings: &Settings<'_>) -> String {
    let mut words = Vec::new();
    let get = |path: &str| settings.get(path);
    if link.timeout.is_some() {
        words.push(format!("time-out {}", get("timeout")));
    }
    if let Some(retry) = &link.retry {
        let budget = retry.budget.as_ref().map_or_else(
            || "without a budget".to_owned(),
            |_| settings.retry_budget("retry.budget"),
        );
        words.push(format!(
            "{} attempts, the second after {} at most, doubling up to {} ({} jitter), {budget}",
            get("retry.options.max_attempts"),
            get("retry.options.base"),
            get("retry.options.cap"),
            word(&retry.options.jitter),
        ));
    }
    if let Some(breaker) = &link.breaker {
        let ratio = breaker
            .failure_ratio
            .map_or_else(String::new, |_| format!(" at {} failures", get("breaker.failure_ratio")));
        words.push(format!(
            "breaker opens{ratio} over {}, for {}, then lets {} probes through",
            settings.window("breaker.window"),
            get("breaker.open_wait"),
            get("breaker.half_open_calls")
        ));
    }
    if link.admission.is_some() {
        words.push(format!(
            "admits {} calls per {}, bursts of {}, from each instance",
            get("admission.rate"),
            get("admission.per"),
            get("admission.burst")
        ));
    }
    if let Some(balance) = &link.balance {
        words.push(format!("goes to {}", word(balance)));
    }
    if link.pool.is_some() {
        words.push(format!("pool of {}", get("pool")));
    }
    if let Some(buffer) = &link.buffer {
        words.push(format!(
            "buffer of {} records, sent after {} at the latest, when full: {}",
            get("buffer.records"),
            get("buffer.linger"),
            word(&buffer.when_full)
        ));
        if let Some((lost, bridged)) = settings.lost() {
            words.push(format!(
                "the crash of an instance loses at most {lost} records; a stop of the other side \
                 is bridged for {bridged} at peak"
            ));
        }
    }
    if link.single_flight {
        words.push("one call for all who miss the same key".to_owned());
    }
    if link.optional {
        words.push("goes on without it".to_owned());
    }
    words.join("; ")
}
