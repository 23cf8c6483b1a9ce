//! Services that the brief lists by name: what belongs to each, and whether teams justify them.

use std::collections::BTreeMap;

use tenfold_estimate::{Operation, Pin};
use tenfold_units::{Text, Unit};

use crate::draft::{Draft, t};

/// The services that a brief names, with what each of them does.
pub(super) struct Named<'a> {
    /// Fleets and the operations that they answer, in the order of the brief; what no name fits
    /// comes last.
    pub(super) groups: Vec<(String, Vec<&'a Operation>)>,
    /// Calls from other services: fleet and operation, as often as a touch belongs to the fleet.
    pub(super) called: Vec<(String, &'a Operation)>,
    /// Service of each dataset that one of them owns.
    pub(super) owners: BTreeMap<String, String>,
    /// How many names there are.
    pub(super) count: usize,
    /// The line that names them.
    pub(super) pin: &'a Pin,
}

/// Returns the services that the brief names, where it names two or more.
pub(super) fn of<'a>(draft: &Draft<'a>, requests: &[&'a Operation]) -> Option<Named<'a>> {
    let estimate = draft.estimate;
    let named = estimate.pins.iter().filter(|p| p.keyword == "microservices" && !p.negated);
    let pins: Vec<(&str, &'a Pin)> =
        named.filter_map(|pin| Some((pin.purpose.as_deref()?, pin))).collect();
    if pins.len() < 2 {
        return None;
    }
    let mut owners = BTreeMap::new();
    for (name, pin) in &pins {
        for dataset in &estimate.datasets {
            if dataset.name == *name || pin.about.contains(&dataset.name) {
                owners.entry(dataset.name.clone()).or_insert_with(|| fleet(name));
            }
        }
    }
    let mut groups: Vec<(String, Vec<&Operation>)> =
        pins.iter().map(|(name, _)| (fleet(name), Vec::new())).collect();
    let mut rest = Vec::new();
    for operation in requests {
        match home(operation, &pins, &owners) {
            Some(home) => {
                let group = groups.iter_mut().find(|(name, _)| *name == home);
                group.expect("homes are fleets").1.push(*operation);
            }
            None => rest.push(*operation),
        }
    }
    let mut called = Vec::new();
    for (name, operations) in groups.iter().chain([&("app".to_owned(), rest.clone())]) {
        for operation in operations {
            let owned = operation.touches.iter().filter_map(|touch| owners.get(&touch.dataset));
            called.extend(owned.filter(|o| *o != name).map(|owner| (owner.clone(), *operation)));
        }
    }
    if !rest.is_empty() {
        groups.push(("app".to_owned(), rest));
    }
    Some(Named { groups, called, owners, count: pins.len(), pin: pins[0].1 })
}

fn fleet(name: &str) -> String {
    format!("{}-service", super::super::component_name(name))
}

/// The service of an operation: of its own name, of a name in its words, or of what it changes first.
fn home(
    operation: &Operation,
    pins: &[(&str, &Pin)],
    owners: &BTreeMap<String, String>,
) -> Option<String> {
    let label = operation.label.to_lowercase();
    let says = |name: &str| label.split_whitespace().any(|word| word.trim_end_matches('s') == name);
    let exact = pins.iter().find(|(name, _)| operation.name == *name);
    let said = pins.iter().find(|(name, _)| says(name));
    if let Some((name, _)) = exact.or(said) {
        return Some(fleet(name));
    }
    owners.get(&operation.touches.first()?.dataset).cloned()
}

/// Makes what the services cost, and how many teams there are for them, stand; returns whether they
/// are worth it and what is to be said of them.
pub(super) fn judge(draft: &mut Draft<'_>, count: usize, fleets: &[String]) -> (bool, Text) {
    let people = draft.book.assume("services.people");
    let team = draft.estimate.constraints.team_size.clone();
    let book = &mut draft.book;
    let costs: Vec<_> = fleets.iter().map(|name| format!("size.{name}.cost")).collect();
    let label = "the services that the brief names, together";
    book.derive("services.named", label, Unit::UsdPerMonth, &costs.join(" + "));
    let listed = count.to_string();
    book.derive("services.listed", "services that the brief names", Unit::Count, &listed);
    let all = fleets.len().to_string();
    book.derive("services.count", "services with what no name fits", Unit::Count, &all);
    let Some(team) = team else {
        return (
            false,
            t(
                "They are kept: {services.listed} services cost {services.named} where one would \
                 carry the load for {services.whole}; state the size of the team to weigh that.",
                "유지한다. 하나로 {services.whole}에 감당할 부하에 서비스 {services.listed}개가 \
                 {services.named:이} 든다. 팀 규모를 적으면 그 값어치를 따질 수 있다.",
            ),
        );
    };
    let formula = format!("floor({team} / {people})");
    book.derive("services.teams", "teams that can own a service", Unit::Count, &formula);
    let enough = book.value("services.teams") >= book.value("services.listed");
    let text = if enough {
        t(
            format!(
                "{{{team}}} people make {{services.teams}} teams of {{{people}}}: each of the \
                 {{services.listed}} services has one. They cost {{services.named}} where one would \
                 carry the load for {{services.whole}}."
            ),
            format!(
                "{{{team}}}명이면 {{{people}}}명 팀 {{services.teams}}개가 되어 서비스 \
                 {{services.listed}}개를 하나씩 맡을 수 있다. 하나로 {{services.whole}}에 감당할 부하에 \
                 {{services.named:이}} 든다."
            ),
        )
    } else {
        t(
            format!(
                "They are kept, but are more than load and team need: {{services.listed}} services \
                 cost {{services.named}} where one would carry the load for {{services.whole}}, and \
                 {{{team}}} people make {{services.teams}} teams of {{{people}}}."
            ),
            format!(
                "유지하지만 부하와 팀에 비해 많다. 하나로 {{services.whole}}에 감당할 부하에 서비스 \
                 {{services.listed}}개가 {{services.named:이}} 들고, {{{team}}}명으로는 {{{people}}}명 팀 \
                 {{services.teams}}개뿐이다."
            ),
        )
    };
    (enough, text)
}
