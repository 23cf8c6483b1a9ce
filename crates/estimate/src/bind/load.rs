//! Populations, rates, shares, fan-out and sessions.

use tenfold_brief::{ConditionKind, Demand, Metric, NounPhrase, Of, Per, Statistic};
use tenfold_units::Interval;

use crate::archetype::{DatasetSpec, OperationSpec};
use crate::draft::{DatasetDraft, Draft, OperationDraft, PopulationDraft, interval};
use crate::{Consistency, Idempotency, OperationKind, Origin, Shape, words};

const DAY: f64 = 86_400.0;

/// What a rate is the rate of.
enum Target {
    /// A total: `request`, `read`, `write`, `push`.
    Total(&'static str),
    /// An operation by name.
    Operation(String),
}

/// Binds a plain count: a rate, a rate per actor, a number per thing, a moment, or a population.
pub(super) fn count(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let each = demand.per.iter().find_map(|per| match per {
        Per::Each { noun, demand, .. } => Some((noun.clone(), *demand)),
        Per::Time { .. } => None,
    });
    match (each, demand.per_seconds()) {
        (Some((noun, link)), Some(seconds)) => {
            per_actor(draft, index, &noun, link, seconds);
        }
        (Some((noun, link)), None) => number_per_thing(draft, index, &noun, link),
        (None, Some(seconds)) if who_acts(demand).is_some() => all_of_them(draft, index, seconds),
        (None, Some(seconds)) => {
            // `twice a day` of those whom an earlier demand counts.
            let linked = demand.of.as_ref().and_then(Of::demand);
            match linked.and_then(|link| population_of_demand(draft, link)) {
                Some(_) => {
                    let noun = NounPhrase::default();
                    per_actor(draft, index, &noun, linked, seconds);
                }
                None => rate(draft, index, 1.0 / seconds),
            }
        }
        (None, None) => match super::burst_seconds(demand) {
            Some(seconds) => burst(draft, index, seconds),
            None if demand.of.is_some() && demand.metric.is_none() => part(draft, index),
            None => population(draft, index),
        },
    }
}

/// Returns those who act, where a demand counts them and not what they do: `2M sensors send a
/// reading every 10 s`.
fn who_acts(demand: &Demand) -> Option<&NounPhrase> {
    let noun = demand.subject()?;
    (demand.action.is_some() && words::is_actor(noun)).then_some(noun)
}

/// Binds a population of which each does something once in the time.
fn all_of_them(draft: &mut Draft<'_>, index: usize, seconds: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (Some(noun), Some(action)) = (who_acts(demand).cloned(), demand.action.as_ref()) else {
        return;
    };
    let id = population_id(draft, &noun);
    draft.state(&id, &format!("{noun}s"), index, 1.0);
    note_population(draft, index, &id, &noun, None);
    let kind = words::kind_of(None, action.access);
    let verb = NounPhrase { words: vec![action.verb.clone()], rest: false };
    let name = draft
        .find_operation(&verb, Some(kind))
        .or_else(|| draft.main_operation(kind))
        .unwrap_or_else(|| operation(draft, index, &verb, action.access));
    draft.operations[&name].spec.actor = noun.to_string();
    let rate = format!("op.{name}.qps_avg");
    let label = format!("{name}: requests per second");
    draft.formula(&rate, &label, &format!("{id} / {}", number(seconds)));
}

/// Binds a rate of the whole system, `factor` per second for each 1 of the amount.
fn rate(draft: &mut Draft<'_>, index: usize, factor: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (active, window) = active_seconds(demand);
    // An amount per day falls into the part of the day that the brief names.
    let factor = match active {
        Some(seconds) if demand.per_seconds().is_some_and(|s| s >= DAY) => factor * DAY / seconds,
        _ => factor,
    };
    let value = interval(&demand.amount).scaled(factor);
    let (id, label) = match target(draft, index) {
        Target::Total(class) => (format!("{class}_qps"), format!("{class}s per second")),
        Target::Operation(name) => {
            shorten_reading(draft, index, &name);
            note_window(draft, &name, active, window);
            (format!("op.{name}.qps"), format!("{name}: requests per second"))
        }
    };
    if demand.at_peak() || demand.statistic == Some(Statistic::Maximum) {
        draft.state_value(&format!("{id}_peak"), &format!("{label} at peak"), index, value);
    } else {
        draft.state_value(&format!("{id}_avg"), &format!("{label} on average"), index, value);
    }
}

/// Says so where a noun that is both written and read was taken as written.
fn shorten_reading(draft: &mut Draft<'_>, index: usize, name: &str) {
    let demand = &draft.brief.demands[index];
    let Some(noun) = demand.subject() else { return };
    let operation = &draft.operations[name];
    let plain = operation.spec.kind == OperationKind::Write && demand.action.is_none();
    let other = draft.main_operation(OperationKind::Read).filter(|other| other != name);
    let (Some(other), true) = (other, plain && !operation.origin.is_stated()) else { return };
    let label = operation.spec.label.to_lowercase();
    let word = draft.operations[&other].spec.words.first().cloned().unwrap_or(other);
    let text = demand.amount.text.clone();
    let read_as = format!("read as the rate of \"{label}\", {noun}s that come into being");
    let help = format!("if it is the rate of reading them, write it of {word}s ({text} → {word}s)");
    draft.read_as("R101", index, &read_as, &help, Some(&format!("op.{name}.qps_avg")));
}

/// Binds a rate for each of a population.
fn per_actor(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    link: Option<usize>,
    seconds: f64,
) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(actors) = actors(draft, noun, link) else {
        return;
    };
    let (active, window) = active_seconds(demand);
    let seconds = match active {
        Some(active) if seconds >= DAY => seconds * active / DAY,
        _ => seconds,
    };
    let (stem, label) = match target(draft, index) {
        Target::Total(class) => (format!("{class}_qps"), format!("{class}s")),
        Target::Operation(mut name) => {
            if draft.network.is_stated(&format!("op.{name}.times_per_actor")) {
                name = another(draft, &name, noun);
            }
            if let Some(operation) = draft.operations.get_mut(&name)
                && operation.origin.is_stated()
                && !noun.is_empty()
            {
                operation.spec.actor = noun.to_string();
            }
            note_window(draft, &name, active, window);
            (format!("op.{name}.qps"), name)
        }
    };
    let times = format!("{}times_per_actor", stem.trim_end_matches("qps"));
    let times_label = format!("{label} per actor in {}", span_words(seconds));
    draft.state(&times, &times_label, index, 1.0);
    let peak = if demand.at_peak() { "peak" } else { "avg" };
    let id = format!("{stem}_{peak}");
    let formula = format!("{actors} * {times} / {}", number(seconds));
    draft.formula(&id, &format!("{label} per second"), &formula);
    draft.figure_of[index] = Some(id);
}

fn another(draft: &mut Draft<'_>, name: &str, noun: &NounPhrase) -> String {
    let fresh = format!("{name}_{}", words::snake(noun, "other"));
    let mut operation = draft.operations[name].clone();
    operation.spec.main = false;
    operation.spec.rate.clear();
    operation.spec.label = format!("{} ({noun})", operation.spec.label);
    draft.operations.entry(fresh.clone()).or_insert(operation);
    fresh
}

fn span_words(seconds: f64) -> String {
    tenfold_units::Unit::Seconds.print(seconds)
}

/// Writes a number so that a formula reads the same value back.
pub(crate) fn number(value: f64) -> String {
    format!("{value}")
}

/// Returns what the rate of a demand is the rate of; makes the operation where there is none.
fn target(draft: &mut Draft<'_>, index: usize) -> Target {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let access = demand.action.as_ref().and_then(|action| action.access);
    let subject = demand.subject().filter(|noun| !noun.is_empty());
    let Some(noun) = subject else {
        return match (&demand.action, demand.metric) {
            (Some(action), metric) if metric != Some(Metric::Throughput) => {
                let noun = NounPhrase { words: vec![action.verb.clone()], rest: false };
                let name = operation(draft, index, &noun, access);
                Target::Operation(name)
            }
            _ => Target::Total("request"),
        };
    };
    if words::is_request(noun) && noun.words.len() == 1 {
        return Target::Total("request");
    }
    match (noun.words.len(), noun.head()) {
        (1, "read") => return Target::Total("read"),
        (1, "write") => return Target::Total("write"),
        _ => {}
    }
    let noun = noun.clone();
    Target::Operation(operation(draft, index, &noun, access))
}

fn operation(
    draft: &mut Draft<'_>,
    index: usize,
    noun: &NounPhrase,
    access: Option<tenfold_brief::Access>,
) -> String {
    let kind = words::kind_of(Some(noun), access);
    let found = match access {
        Some(_) => draft
            .find_operation(noun, Some(kind))
            .or_else(|| draft.find_operation(noun, None).and_then(|_| draft.main_operation(kind))),
        None => draft.find_operation(noun, None),
    };
    if let Some(name) = found.or_else(|| operation_of_data(draft, noun, kind)) {
        return name;
    }
    let name = words::snake(noun, "request");
    let origin = draft.origin(index);
    let actor = draft.brief.demands[index]
        .actor
        .as_ref()
        .map_or_else(|| "user".to_owned(), NounPhrase::to_string);
    let verb = draft.brief.demands[index].action.as_ref().map(|action| action.verb.clone());
    let label = verb.map_or_else(|| noun.to_string(), |verb| format!("{verb} {noun}"));
    let mut operation = generic_operation(&label, kind, origin);
    operation.spec.actor = actor;
    operation.nouns.push(noun.clone());
    draft.operations.insert(name.clone(), operation);
    name
}

/// Returns the operation that first touches the data that a phrase names: *episodes per week* are
/// files that are stored.
fn operation_of_data(draft: &Draft<'_>, noun: &NounPhrase, kind: OperationKind) -> Option<String> {
    let dataset = draft.find_dataset(noun)?;
    let about = |o: &OperationDraft| {
        o.spec.kind == kind && o.spec.touches.first().is_some_and(|t| t.dataset == dataset)
    };
    draft.operations.iter().find(|(_, o)| about(o)).map(|(name, _)| name.clone())
}

/// Returns an operation that a brief names and no archetype knows.
pub(crate) fn generic_operation(
    label: &str,
    kind: OperationKind,
    origin: Origin,
) -> OperationDraft {
    let read = kind == OperationKind::Read;
    let mut capital = label.to_owned();
    if let Some(first) = capital.get(..1) {
        capital = format!("{}{}", first.to_uppercase(), &label[1..]);
    }
    OperationDraft {
        spec: OperationSpec {
            label: capital,
            actor: "user".to_owned(),
            kind,
            when: Vec::new(),
            in_totals: true,
            main: false,
            words: Vec::new(),
            rate: Vec::new(),
            request: None,
            response: None,
            fan_out: None,
            consistency: Consistency::Eventual,
            idempotency: if read {
                Idempotency::Safe
            } else {
                Idempotency::Key("Idempotency-Key".to_owned())
            },
            touches: Vec::new(),
            p99_seconds: None,
            goal: None,
            so_that: None,
            api: None,
        },
        origin,
        nouns: Vec::new(),
        window: None,
        attachments: Vec::new(),
        own_peak_factor: false,
    }
}

/// Returns a dataset that a brief names and no archetype knows.
pub(crate) fn generic_dataset(label: &str, shape: Shape, origin: Origin) -> DatasetDraft {
    DatasetDraft {
        spec: DatasetSpec {
            label: label.to_owned(),
            shape,
            when: Vec::new(),
            words: vec![label.to_lowercase()],
            key: vec!["id".to_owned()],
            partition_columns: 1,
            columns: vec![
                "id uuid".to_owned(),
                "owner uuid".to_owned(),
                "created_at timestamp".to_owned(),
                "body bytes".to_owned(),
            ],
            in_totals: true,
            item: None,
            flow: Vec::new(),
            stock_items: Vec::new(),
            retention: None,
            copies: None,
            consistency: Consistency::ReadYourWrites,
            rpo_seconds: None,
            rto_seconds: None,
            popularity: None,
            unique: Vec::new(),
            personal: false,
            critical: false,
        },
        origin,
        residency: None,
        tiers: Vec::new(),
        stock_stated: false,
    }
}

/// Returns the figure of those who act: by the demand that counts them, else by their noun.
pub(super) fn actors(draft: &Draft<'_>, noun: &NounPhrase, link: Option<usize>) -> Option<String> {
    if let Some(figure) = link.and_then(|link| population_of_demand(draft, link)) {
        return Some(figure);
    }
    let exact = draft.populations.iter().find(|population| population.noun == *noun);
    if let Some(population) = exact {
        return Some(population.figure.clone());
    }
    let known = |id: &str| draft.network.contains(id).then(|| id.to_owned());
    if words::is_people(noun) || noun.is_empty() {
        let daily = ["dau", "users", "mau", "concurrent_users"];
        if let Some(id) = daily.iter().find_map(|id| known(id)) {
            return Some(id);
        }
    }
    let head = draft.populations.iter().find(|p| p.noun.head() == noun.head());
    head.map(|population| population.figure.clone()).or_else(|| known("dau")).or_else(|| {
        match &draft.populations[..] {
            [only] => Some(only.figure.clone()),
            _ => None,
        }
    })
}

fn population_of_demand(draft: &Draft<'_>, link: usize) -> Option<String> {
    let figure = draft.figure_of.get(link)?.clone()?;
    draft.populations.iter().any(|p| p.figure == figure).then_some(figure)
}

/// Binds a number of things for each of others: items per order, followers per user.
fn number_per_thing(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase, link: Option<usize>) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let maximum = super::is_maximum(demand);
    let subject = demand.subject().cloned().unwrap_or_default();
    let fans = ["follower", "recipient", "receiver", "subscriber", "friend", "member"];
    if fans.contains(&subject.head()) {
        return fan_out(draft, index);
    }
    // Things that exist for each of a population are a stock: `50 links per user`.
    if let (Some(dataset), Some(actors)) = (draft.find_dataset(&subject), actors(draft, noun, link))
        && !maximum
        && draft.find_operation(noun, None).is_none()
    {
        let each = format!("data.{dataset}.items_per_{}", words::snake(noun, "user"));
        draft.state(&each, &format!("{subject}s per {noun}"), index, 1.0);
        let formula = format!("{actors} * {each}");
        let id = format!("data.{dataset}.stock_items");
        draft.formula(&id, &format!("{subject}s that stand"), &formula);
        return;
    }
    let end = if maximum { "_max" } else { "" };
    let id = format!("{}s_per_{}{end}", words::snake(&subject, "item"), words::snake(noun, "item"));
    draft.state(&id, &format!("{subject}s per {noun}"), index, 1.0);
    draft.reported.push(id);
}

/// Binds a count of what an earlier demand speaks of: `…, 3 items on average`.
fn part(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = match &demand.of {
        Some(Of::Noun { noun, .. }) => noun.clone(),
        Some(Of::Demand { demand }) => {
            brief.demands[*demand].subject().cloned().unwrap_or_default()
        }
        None => NounPhrase::default(),
    };
    let subject = demand.subject().cloned().unwrap_or_default();
    let daily = subject.has("daily") || subject.has("monthly") || subject.has("concurrent");
    if daily || words::is_actor(&subject) && demand.statistic.is_none() {
        return population(draft, index);
    }
    number_per_thing(draft, index, &noun, demand.of.as_ref().and_then(Of::demand));
}

/// Binds all of a demand falling into one moment.
fn burst(draft: &mut Draft<'_>, index: usize, seconds: f64) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = demand.subject().cloned().unwrap_or_default();
    let verb = demand.action.as_ref().map_or("arrive", |action| action.verb.as_str());
    let by_actor = words::is_actor(&noun) || demand.action.is_some();
    let phrase = if by_actor {
        NounPhrase { words: vec![verb.to_owned()], rest: false }
    } else {
        noun.clone()
    };
    let access = demand.action.as_ref().and_then(|action| action.access);
    let name = operation(draft, index, &phrase, access);
    if by_actor && !noun.is_empty() {
        let id = population_id(draft, &noun);
        draft.state(&id, &format!("{noun}s"), index, 1.0);
        note_population(draft, index, &id, &noun, None);
    }
    let value = interval(&demand.amount).scaled(1.0 / seconds);
    let id = format!("op.{name}.qps_peak");
    draft.state_value(&id, &format!("{name}: requests per second at peak"), index, value);
    let average = format!("op.{name}.qps_avg");
    draft.assume(
        "moments_per_day",
        "moments of this kind in a day",
        Interval::exact(1.0),
        "one such moment a day",
    );
    let formula = format!("{id} * {} * moments_per_day / 86400", number(seconds));
    draft.formula(&average, &format!("{name}: requests per second on average"), &formula);
}

/// Binds a population, or the number of items of a dataset.
fn population(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(noun) = demand.subject().filter(|noun| !noun.is_empty()).cloned() else { return };
    if super::is_maximum(demand) {
        let id = format!("{}s_max", words::snake(&noun, "item"));
        draft.state(&id, &format!("{noun}s at most"), index, 1.0);
        draft.reported.push(id);
        return;
    }
    let concurrent = ["concurrent", "simultaneous", "online", "connected"];
    if concurrent.iter().any(|word| noun.has(word)) || draft.brief.demands[index].at_peak() {
        return concurrency(draft, index);
    }
    let sized = brief.demands.iter().any(|other| {
        other.metric == Some(Metric::Size)
            && (other.per_each() == Some(&noun) || other.subject() == Some(&noun))
    });
    let acts = brief.demands.iter().any(|other| acts(other, &noun));
    if !words::is_actor(&noun) && !acts {
        if let Some(dataset) = draft.find_dataset(&noun) {
            stock(draft, index, &dataset, &noun);
            return;
        }
        if sized {
            let name = words::snake(&noun, "item");
            let origin = draft.origin(index);
            let dataset = generic_dataset(&noun.to_string(), Shape::Record, origin);
            draft.datasets.insert(name.clone(), dataset);
            stock(draft, index, &name, &noun);
            return;
        }
    }
    let id = population_id(draft, &noun);
    draft.state(&id, &format!("{noun}s"), index, 1.0);
    let parent = demand.of.as_ref().and_then(Of::demand);
    let parent = parent.and_then(|link| population_of_demand(draft, link));
    note_population(draft, index, &id, &noun, parent);
    if id == "users" && words::is_people(&noun) {
        let help = "write \"daily active users\" or \"concurrent users\" for those";
        draft.read_as(
            "R102",
            index,
            "read as all users, not those active at once",
            help,
            Some("users"),
        );
    }
}

fn stock(draft: &mut Draft<'_>, index: usize, dataset: &str, noun: &NounPhrase) {
    let id = format!("data.{dataset}.stock_items");
    draft.state(&id, &format!("{noun}s that stand today"), index, 1.0);
}

/// Returns whether a demand lets those of the noun act.
fn acts(demand: &Demand, noun: &NounPhrase) -> bool {
    let same = |other: &NounPhrase| other.head() == noun.head();
    let timed = demand.per_seconds().is_some();
    let of = matches!(&demand.of, Some(Of::Noun { noun, .. }) if same(noun));
    demand.actor.as_ref().is_some_and(same) || timed && demand.per_each().is_some_and(same) || of
}

fn note_population(
    draft: &mut Draft<'_>,
    index: usize,
    id: &str,
    noun: &NounPhrase,
    parent: Option<String>,
) {
    if draft.populations.iter().any(|p| p.figure == id) {
        return;
    }
    let origin = draft.origin(index);
    let (figure, noun) = (id.to_owned(), noun.clone());
    draft.populations.push(PopulationDraft { figure, noun, parent, origin });
}

/// Returns the figure of a population by its noun.
fn population_id(draft: &Draft<'_>, noun: &NounPhrase) -> String {
    let free = |id: &str| !draft.network.is_stated(id);
    let people = words::is_people(noun) || noun.words.len() == 1;
    if noun.has("dau") || noun.has("daily") && (people || free("dau")) {
        "dau".to_owned()
    } else if noun.has("mau") || noun.has("monthly") && (people || free("mau")) {
        "mau".to_owned()
    } else if words::is_people(noun) {
        "users".to_owned()
    } else {
        format!("{}s", words::snake(noun, "actor"))
    }
}

/// Binds a number or a share of those who are there at once.
pub(super) fn concurrency(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = demand.subject().cloned().unwrap_or_default();
    if demand.amount.dimension == tenfold_brief::Dimension::Ratio {
        let link = demand.of.as_ref().and_then(Of::demand);
        let of = match &demand.of {
            Some(Of::Noun { noun, .. }) => noun.clone(),
            Some(Of::Demand { .. }) | None => NounPhrase::default(),
        };
        let Some(parent) = actors(draft, &of, link) else { return };
        draft.state("concurrency_ratio", "share that is online at peak", index, 1.0);
        let formula = format!("{parent} * concurrency_ratio");
        draft.formula("concurrent_users", "open at the same moment", &formula);
        draft.figure_of[index] = Some("concurrent_users".to_owned());
        note_population(draft, index, "concurrent_users", &noun, Some(parent));
        return;
    }
    draft.state("concurrent_users", "open at the same moment", index, 1.0);
    note_population(draft, index, "concurrent_users", &noun, None);
    let help = "write \"daily active users\" for those of a day";
    let read_as = "read as the peak of open connections; it is not multiplied again";
    draft.read_as("R103", index, read_as, help, Some("concurrent_users"));
}

/// Binds a share of a population or of an operation.
pub(super) fn share(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let (of, link) = match &demand.of {
        Some(Of::Noun { noun, demand }) => (noun.clone(), *demand),
        Some(Of::Demand { demand }) => (NounPhrase::default(), Some(*demand)),
        None => (NounPhrase::default(), None),
    };
    let subject = demand.subject().cloned().unwrap_or_default();
    let linked_operation = link
        .and_then(|link| draft.figure_of[link].clone())
        .and_then(|id| id.strip_prefix("op.").map(str::to_owned))
        .and_then(|id| id.split('.').next().map(str::to_owned));
    let operation = linked_operation.or_else(|| {
        (!of.is_empty() && !words::is_actor(&of)).then(|| draft.find_operation(&of, None)).flatten()
    });
    if let Some(parent) = operation {
        return mixture(draft, index, &parent, &subject);
    }
    if words::is_request(&of) {
        return share_of_total(draft, index);
    }
    let Some(parent) = actors(draft, &of, link) else { return };
    let period = demand.per_seconds().unwrap_or(DAY);
    if demand.action.is_some() && !subject.is_empty() && !is_followed(draft, index) {
        return acting_share(draft, index, &parent, period);
    }
    let online = ["concurrent", "online", "simultaneous", "connected"];
    let id = if online.iter().any(|word| subject.has(word)) {
        "concurrent_users".to_owned()
    } else if subject.has("daily") || subject.has("dau") {
        "dau".to_owned()
    } else if subject.has("monthly") || subject.has("mau") {
        "mau".to_owned()
    } else {
        let verb = demand.action.as_ref().or_else(|| follower(draft, index)?.action.as_ref());
        let fallback = verb.map_or_else(|| format!("part_{index}"), |action| action.verb.clone());
        format!("{}_population", words::snake(&subject, &fallback))
    };
    let ratio = format!("{id}_ratio");
    draft.state(&ratio, &format!("share of {parent}"), index, 1.0);
    draft.formula(
        &id,
        &format!("{} of {parent}", demand.amount.text),
        &format!("{parent} * {ratio}"),
    );
    draft.figure_of[index] = Some(id.clone());
    note_population(draft, index, &id, &subject, Some(parent));
}

fn is_followed(draft: &Draft<'_>, index: usize) -> bool {
    follower(draft, index).is_some()
}

/// Returns the later demand that says how often those of this share act.
fn follower<'a>(draft: &Draft<'a>, index: usize) -> Option<&'a Demand> {
    draft.brief.demands.iter().find(|later| {
        let each = later.per.iter().any(|per| match per {
            Per::Each { demand, .. } => *demand == Some(index),
            Per::Time { .. } => false,
        });
        later.per_seconds().is_some()
            && (each || later.of.as_ref().and_then(Of::demand) == Some(index))
    })
}

/// Binds a share of a population that does something once in the period.
fn acting_share(draft: &mut Draft<'_>, index: usize, parent: &str, period: f64) {
    let Target::Operation(name) = target(draft, index) else { return };
    let ratio = format!("op.{name}.actor_ratio");
    draft.state(&ratio, &format!("{name}: share of {parent} who do it"), index, 1.0);
    let id = format!("op.{name}.qps_avg");
    let formula = format!("{parent} * {ratio} / {}", number(period));
    draft.formula(&id, &format!("{name}: requests per second"), &formula);
    draft.figure_of[index] = Some(id);
}

/// Binds a share of all requests: `20 % of requests are searches`.
fn share_of_total(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    let single = demand.subject().filter(|noun| noun.words.len() == 1).map(NounPhrase::head);
    match single {
        Some("read") => return draft.state("read_ratio", "reads / requests", index, 1.0),
        Some("write") => return draft.state("write_ratio", "writes / requests", index, 1.0),
        _ => {}
    }
    let Target::Operation(name) = target(draft, index) else { return };
    let ratio = format!("op.{name}.request_ratio");
    draft.state(&ratio, &format!("{name} / requests"), index, 1.0);
    let id = format!("op.{name}.qps_avg");
    draft.formula(
        &id,
        &format!("{name}: requests per second"),
        &format!("request_qps_avg * {ratio}"),
    );
    draft.figure_of[index] = Some(id);
}

/// Binds a share of an operation's requests that carry something more.
fn mixture(draft: &mut Draft<'_>, index: usize, parent: &str, subject: &NounPhrase) {
    let name = words::snake(subject, &format!("part_{index}"));
    let ratio = format!("op.{parent}.{name}_ratio");
    draft.state(&ratio, &format!("{parent}: share with a {subject}"), index, 1.0);
    draft.parts.push((index, parent.to_owned(), ratio));
    if !subject.is_empty() {
        carry(draft, index, subject);
    }
    draft.figure_of[index] = Some(format!("part.{index}"));
}

/// Lets a share of an operation's requests carry an item of a dataset; returns the dataset.
pub(super) fn carry(draft: &mut Draft<'_>, index: usize, subject: &NounPhrase) -> Option<String> {
    let part = draft.parts.iter().find(|(demand, _, _)| *demand == index);
    let (_, parent, ratio) = part.cloned()?;
    let dataset = draft.find_dataset(subject).unwrap_or_else(|| {
        let name = words::snake(subject, "attachment");
        let fresh = generic_dataset(&subject.to_string(), Shape::Blob, draft.origin(index));
        draft.datasets.insert(name.clone(), fresh);
        name
    });
    let flow = format!("op.{parent}.qps_avg * {ratio}");
    let label = format!("{dataset}: new items per second");
    draft.formula(&format!("data.{dataset}.new_items_per_second"), &label, &flow);
    let attachment = (ratio, format!("data.{dataset}.item_bytes"));
    let attachments = &mut draft.operations[&parent].attachments;
    if !attachments.contains(&attachment) {
        attachments.push(attachment);
    }
    Some(dataset)
}

/// Binds recipients per request.
pub(super) fn fan_out(draft: &mut Draft<'_>, index: usize) {
    let demand = &draft.brief.demands[index];
    if super::is_maximum(demand) {
        draft.state("fan_out_max", "recipients of one write, at most", index, 1.0);
        draft.reported.push("fan_out_max".to_owned());
    } else {
        draft.state("fan_out", "recipients of one write, on average", index, 1.0);
        draft.reported.push("fan_out".to_owned());
    }
}

/// Binds how long one of something lasts; of sessions, that makes them concurrent.
pub(super) fn length(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = demand.subject().cloned().unwrap_or_default();
    let name = words::snake(&noun, "session");
    // So many seconds of each person and day: on average, that share of them is there.
    if let (Some(each), Some(period)) = (demand.per_each(), demand.per_seconds()) {
        let Some(parent) = actors(draft, each, None) else { return };
        let id = format!("{name}_per_actor_seconds");
        draft.state(&id, &format!("{noun} per {each} in {}", span_words(period)), index, 1.0);
        let average = format!("{parent} * {id} / {}", number(period));
        draft.formula("concurrent_users_avg", "there at the same moment on average", &average);
        draft.formula(
            "concurrent_users",
            "there at the same moment at peak",
            "concurrent_users_avg * peak_factor",
        );
        return;
    }
    let id = format!("{name}_seconds");
    draft.state(&id, &format!("length of a {noun}"), index, 1.0);
    draft.reported.push(id.clone());
    let linked = demand.of.as_ref().and_then(Of::demand).and_then(|l| draft.figure_of[l].clone());
    let operation = linked
        .and_then(|figure| figure.strip_prefix("op.").map(str::to_owned))
        .and_then(|rest| rest.split('.').next().map(str::to_owned))
        .or_else(|| draft.find_operation(&noun, None));
    if let Some(operation) = operation {
        let formula = format!("op.{operation}.qps_peak * {id}");
        draft.formula("concurrent_users", "there at the same moment at peak", &formula);
    }
}

/// States the highest of the stated peak factors.
pub(super) fn highest_peak_factor(draft: &mut Draft<'_>) {
    let brief = draft.brief;
    let factors: Vec<usize> = (0..brief.demands.len())
        .filter(|index| brief.demands[*index].metric == Some(Metric::PeakFactor))
        .collect();
    let mut general = Vec::new();
    for index in factors {
        let noun = brief.demands[index].subject().filter(|noun| !noun.is_empty());
        let operation = noun
            .filter(|noun| {
                !words::is_request(noun) && noun.head() != "traffic" && noun.head() != "load"
            })
            .and_then(|noun| draft.find_operation(noun, None));
        if let Some(name) = operation {
            draft.operations[&name].own_peak_factor = true;
            draft.state(
                &format!("op.{name}.peak_factor"),
                &format!("{name}: peak / average"),
                index,
                1.0,
            );
        } else {
            general.push(index);
        }
    }
    let highest = general
        .iter()
        .copied()
        .max_by(|a, b| brief.demands[*a].amount.mid.total_cmp(&brief.demands[*b].amount.mid));
    for index in general {
        if Some(index) == highest {
            draft.state("peak_factor", "peak / average", index, 1.0);
        } else {
            let id = format!("peak_factor_line_{}", brief.demands[index].span.line);
            draft.state(&id, "a lower stated peak / average", index, 1.0);
            draft.reported.push(id);
        }
    }
}

/// Returns the seconds of the day in which a demand happens, and the window in words.
fn active_seconds(demand: &Demand) -> (Option<f64>, Option<String>) {
    let mut seconds = None;
    let mut label: Vec<String> = Vec::new();
    for condition in &demand.conditions {
        match &condition.kind {
            ConditionKind::Hours { from, to, zone } => {
                let hours = if to > from { to - from } else { to - from + 24.0 };
                seconds = Some(hours * 3_600.0);
                let zone = zone.as_deref().map_or_else(String::new, |zone| format!(" {zone}"));
                label.push(format!("{from}-{to} h{zone}"));
            }
            ConditionKind::Weekdays => label.push("weekdays".to_owned()),
            ConditionKind::Weekends => label.push("weekends".to_owned()),
            _ => {}
        }
    }
    (seconds, (!label.is_empty()).then(|| label.join(", ")))
}

fn note_window(draft: &mut Draft<'_>, name: &str, active: Option<f64>, label: Option<String>) {
    let Some(label) = label else { return };
    let days = if label.contains("weekdays") {
        5.0 / 7.0
    } else if label.contains("weekends") {
        2.0 / 7.0
    } else {
        1.0
    };
    draft.operations[name].window = Some(label);
    let ratio = active.unwrap_or(DAY) / DAY * days;
    let id = format!("op.{name}.active_ratio");
    if !draft.network.contains(&id) {
        draft.assume(
            &id,
            &format!("{name}: share of the time in which it happens"),
            Interval::exact(ratio),
            "hours and days as stated",
        );
    }
}
