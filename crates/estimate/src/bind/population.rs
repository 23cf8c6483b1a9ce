//! Who acts: populations, stocks of things, those who are there at once.

use tenfold_brief::{Demand, Metric, NounPhrase, Of, Statistic};

use super::pace::{number, span_words};
use super::target::generic_dataset;
use crate::draft::{Draft, PopulationDraft};
use crate::{Shape, words};

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
    // Of several crowds the one that is meant.
    let crowd = crowd_id(noun);
    if !noun.is_empty() && draft.populations.iter().any(|p| p.figure == crowd) {
        return Some(crowd);
    }
    if words::is_people(noun) || noun.is_empty() {
        let daily = ["dau", "users", "mau", "concurrent_users"];
        if let Some(id) = daily.iter().find_map(|id| known(id)) {
            return Some(id);
        }
    }
    let head = draft.populations.iter().find(|p| words::who(&p.noun) == words::who(noun));
    if head.is_none() && !noun.is_empty() && !words::is_actor(noun) {
        return None;
    }
    head.map(|population| population.figure.clone()).or_else(|| known("dau")).or_else(|| {
        match &draft.populations[..] {
            [only] => Some(only.figure.clone()),
            _ => None,
        }
    })
}

pub(super) fn population_of_demand(draft: &Draft<'_>, link: usize) -> Option<String> {
    let figure = draft.figure_of.get(link)?.clone()?;
    draft.populations.iter().any(|p| p.figure == figure).then_some(figure)
}

/// Binds a population, or the number of items of a dataset.
pub(super) fn population(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let Some(noun) = demand.subject().filter(|noun| !noun.is_empty()).cloned() else { return };
    // "400 friends on average": of each.
    let average = demand.statistic == Some(Statistic::Average);
    if average && super::part::FANS.contains(&noun.head()) {
        return super::part::fan_out(draft, index);
    }
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
pub(super) fn acts(demand: &Demand, noun: &NounPhrase) -> bool {
    let same = |other: &NounPhrase| other.head() == noun.head();
    let timed = demand.per_seconds().is_some();
    let of = matches!(&demand.of, Some(Of::Noun { noun, .. }) if same(noun));
    demand.actor.as_ref().is_some_and(same) || timed && demand.per_each().is_some_and(same) || of
}

pub(super) fn note_population(
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
pub(super) fn population_id(draft: &Draft<'_>, noun: &NounPhrase) -> String {
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
    if in_each(draft, index, &noun) {
        return;
    }
    let crowds = crowds(draft.brief);
    if crowds.len() > 1 {
        let id = crowd_id(&noun);
        draft.state(&id, &format!("{noun}s at the same moment"), index, 1.0);
        note_population(draft, index, &id, &noun, None);
        draft.reported.push(id);
        let all = crowds.join(" + ");
        draft.formula("concurrent_users", "there at the same moment, all together", &all);
        draft.reported.push("concurrent_users".to_owned());
        return;
    }
    draft.state("concurrent_users", "open at the same moment", index, 1.0);
    note_population(draft, index, "concurrent_users", &noun, None);
    let access = demand.action.as_ref().and_then(|action| action.access);
    if let (Some(access), Some(seconds)) = (access, demand.per_seconds()) {
        // "dashboards refresh every minute for 2,000 concurrent users"
        let verb = demand.action.iter().map(|action| action.verb.clone()).collect();
        let phrase = NounPhrase { words: verb, rest: false };
        let name = super::target::operation(draft, index, &phrase, Some(access));
        let label = format!("{name}: requests per second at peak");
        let formula = format!("concurrent_users / {}", number(seconds));
        draft.formula(&format!("op.{name}.qps_peak"), &label, &formula);
    }
    let help = "write \"daily active users\" for those of a day";
    let read_as = "read as the peak of open connections; it is not multiplied again";
    draft.read_as("R103", index, read_as, help, Some("concurrent_users"));
}

/// Figure of those of one kind who are there at the same moment.
fn crowd_id(noun: &NounPhrase) -> String {
    let one = |word: &String| NounPhrase { words: vec![word.clone()], rest: false };
    let named = noun.words.iter().find(|word| words::is_actor(&one(word)));
    format!("{}s_at_once", named.map_or_else(|| words::who(noun), String::as_str))
}

/// Returns whether a figure counts those who are there at the same moment.
pub(super) fn is_at_once(figure: &str) -> bool {
    figure == "concurrent_users" || figure.ends_with("_at_once")
}

/// Returns the figures of those who are there at the same moment, by what the brief calls them:
/// drivers and riders are two crowds, "users" and "concurrent users" one.
fn crowds(brief: &tenfold_brief::Brief) -> Vec<String> {
    let concurrent = ["concurrent", "simultaneous", "online", "connected"];
    let mut found: Vec<String> = Vec::new();
    for demand in &brief.demands {
        let Some(noun) = demand.subject() else { continue };
        let one = |word: &String| NounPhrase { words: vec![word.clone()], rest: false };
        if !noun.words.iter().any(|word| words::is_actor(&one(word))) {
            continue;
        }
        let at_once = concurrent.iter().any(|word| noun.has(word)) || demand.at_peak();
        let counts = demand.amount.dimension == tenfold_brief::Dimension::Count
            && !demand.amount.implied
            && demand.metric.is_none()
            && demand.per.is_empty()
            && demand.of.is_none()
            && demand.action.is_none();
        let anybody = ["user", "people", "person"].iter().any(|word| noun.has(word));
        if at_once && counts && !anybody {
            let id = crowd_id(noun);
            if !found.contains(&id) {
                found.push(id);
            }
        } else if at_once && counts {
            return Vec::new();
        }
    }
    found
}

/// Binds those who are in each of what is open at the same moment: `50,000 concurrent calls with 6
/// participants each`. Returns whether it was bound.
fn in_each(draft: &mut Draft<'_>, index: usize, noun: &NounPhrase) -> bool {
    let brief = draft.brief;
    let members = |demand: &Demand| {
        let each = demand.per.iter().any(|per| {
            matches!(per, tenfold_brief::Per::Each { demand: Some(link), .. } if *link == index)
        });
        let who = demand.subject().is_some_and(words::is_actor);
        each && who && demand.metric.is_none() && demand.per_seconds().is_none()
    };
    let Some(other) = brief.demands.iter().position(members) else { return false };
    if words::is_actor(noun) {
        return false;
    }
    let things = format!("{}s", words::snake(noun, "item"));
    let each = "members_of_each";
    draft.state(&things, &format!("{noun}s at the same moment"), index, 1.0);
    let who = brief.demands[other].subject().cloned().unwrap_or_default();
    draft.state(each, &format!("{who}s of each {noun}"), other, 1.0);
    let formula = format!("{things} * {each}");
    draft.formula("concurrent_users", "there at the same moment", &formula);
    note_population(draft, index, "concurrent_users", &who, None);
    draft.reported.extend([things, each.to_owned()]);
    true
}

/// Binds how long one of something lasts; of sessions, that makes them concurrent.
pub(super) fn length(draft: &mut Draft<'_>, index: usize) {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    let noun = demand.subject().cloned().unwrap_or_default();
    let name = words::snake(&noun, "session");
    // So many seconds of each person and day: on average, that share of them is there.
    let people = NounPhrase { words: vec!["user".to_owned()], rest: false };
    let daily = demand.per_seconds() == Some(86_400.0);
    let average = daily && demand.statistic == Some(Statistic::Average);
    let each = demand
        .per_each()
        .or_else(|| demand.actor.as_ref().filter(|_| daily))
        .or_else(|| average.then_some(&people));
    let linked = demand.of.as_ref().and_then(Of::demand).and_then(|l| draft.figure_of[l].clone());
    // "1.1M charging sessions per day, 35 min each": of what comes, and not of who acts.
    let comes = linked.as_ref().is_some_and(|figure| figure.starts_with("op."));
    if let (Some(each), Some(period), false) = (each, demand.per_seconds(), comes) {
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
    let operation = linked
        .and_then(|figure| figure.strip_prefix("op.").map(str::to_owned))
        .and_then(|rest| rest.split('.').next().map(str::to_owned))
        .or_else(|| draft.find_operation(&noun, None));
    if operation.is_none() && moment_of_all(draft, &id, demand.amount.mid) {
        return;
    }
    if let Some(operation) = operation {
        let formula = format!("op.{operation}.qps_peak * {id}");
        draft.formula("concurrent_users", "there at the same moment at peak", &formula);
        let formula = format!("op.{operation}.qps_avg * {id}");
        draft.formula("concurrent_users_avg", "there at the same moment on average", &formula);
    }
}

/// Lets all who come in one moment be there for as long as what they came for lasts: 500,000 start
/// an exam of 50 minutes in the same minute. What each of them does happens in that time alone.
fn moment_of_all(draft: &mut Draft<'_>, length: &str, seconds: f64) -> bool {
    let [population] = &draft.bursts[..] else { return false };
    let population = population.clone();
    draft.formula("concurrent_users", "there at the same moment", &population);
    let paced: Vec<String> = draft
        .paced
        .iter()
        .filter(|(_, actors)| *actors == population)
        .map(|(name, _)| name.clone())
        .collect();
    for name in paced {
        let by_day = counted_by_day(draft, &name);
        let Some(operation) = draft.operations.get_mut(&name) else { continue };
        let share = format!("moments_per_day * {length} / 86400");
        let (average, peak) = (format!("op.{name}.qps_avg"), format!("op.{name}.qps_peak"));
        let label = format!("{name}: requests per second at peak");
        if by_day {
            // All of a day falls into the moments.
            draft.formula(&peak, &label, &format!("{average} / ({share})"));
            continue;
        }
        operation.window = Some(format!("{} from the start", span_words(seconds)));
        let active = format!("op.{name}.active_ratio");
        let active_label = format!("{name}: share of the time in which it happens");
        draft.formula(&active, &active_label, &share);
        draft.formula(&peak, &label, &average);
    }
    true
}

/// Returns whether the brief counts an operation by days or longer.
fn counted_by_day(draft: &Draft<'_>, operation: &str) -> bool {
    let rates = ["times_per_actor", "qps_avg"].map(|what| format!("op.{operation}.{what}"));
    let rate = |figure: &Option<String>| figure.as_ref().is_some_and(|id| rates.contains(id));
    let stated = draft.figure_of.iter().position(rate);
    let per = stated.and_then(|index| draft.brief.demands[index].per_seconds());
    per.is_some_and(|seconds| seconds >= 86_400.0)
}
