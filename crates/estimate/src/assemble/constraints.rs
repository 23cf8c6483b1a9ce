//! What limits the design from outside, and what it is told to use.

use tenfold_brief::{ConstraintKind, Currency, NounPhrase, Per, Span};
use tenfold_units::{Interval, Ledger, Provenance, Unit};

use crate::draft::Draft;
use crate::{Constraints, Origin, Pin, Stated};

pub(super) fn constraints(draft: &Draft<'_>, ledger: &mut Ledger) -> Constraints {
    let mut out = Constraints::default();
    let brief = draft.brief;
    for constraint in &brief.constraints {
        let span = constraint.span;
        let origin =
            Origin::Stated { line: span.line, column: span.column, text: constraint.text.clone() };
        let stated = |value: &str| Stated { value: value.to_owned(), origin: origin.clone() };
        let mut figure = |id: &str, label: &str, unit: Unit, value: f64| {
            if !ledger.contains(id) {
                let provenance = stated_at(span, &constraint.text);
                ledger.insert(id, label, unit, Interval::exact(value), provenance);
            }
            Some(id.to_owned())
        };
        match &constraint.kind {
            ConstraintKind::Provider { name } => out.provider = Some(stated(name)),
            ConstraintKind::Region { name } => out.regions.push(stated(name)),
            ConstraintKind::Regions { amount, .. } => {
                out.region_count = figure("regions", "regions", Unit::Count, amount.mid);
            }
            ConstraintKind::Zones { amount, .. } => {
                out.zones = figure("zones", "zones", Unit::Count, amount.mid);
            }
            ConstraintKind::Residency { place, .. } => out.residency.push(stated(place)),
            ConstraintKind::TeamSize { amount } => {
                out.team_size = figure("team_size", "people", Unit::Count, amount.mid);
            }
            ConstraintKind::Skill { name } => out.skills.push(stated(name)),
            ConstraintKind::Deadline { amount, date } => {
                if let Some(amount) = amount {
                    let label = "time until launch";
                    out.deadline = figure("deadline_seconds", label, Unit::Seconds, amount.mid);
                }
                out.deadline_date = date.as_deref().map(stated);
            }
            ConstraintKind::Budget { amount, per, .. } => {
                let seconds = per.iter().find_map(|per| match per {
                    Per::Time { seconds, .. } => Some(*seconds),
                    Per::Each { .. } => None,
                });
                // A year is twelve price months; without a time it is one month's budget.
                let months = seconds.map_or(1.0, |s| if s > 3e7 { 12.0 } else { s / 2_592_000.0 });
                let value = amount.mid * dollars(amount.currency) / months;
                let label = "budget";
                out.budget = figure("budget_usd_per_month", label, Unit::UsdPerMonth, value);
            }
            ConstraintKind::Compliance { name } => out.compliance.push(stated(name)),
            ConstraintKind::Technology { .. } => {}
        }
    }
    let global = brief.features.iter().find(|f| f.keywords.iter().any(|k| k == "global"));
    out.global = global.map(|feature| Stated {
        value: "global".to_owned(),
        origin: Origin::Stated {
            line: feature.span.line,
            column: feature.span.column,
            text: feature.text.clone(),
        },
    });
    out
}

pub(super) fn pins(draft: &Draft<'_>) -> Vec<Pin> {
    let about = |purpose: Option<&NounPhrase>| -> Vec<String> {
        let Some(noun) = purpose else { return Vec::new() };
        let found = [draft.find_dataset(noun), draft.find_operation(noun, None)];
        found.into_iter().flatten().collect()
    };
    let mut pins = Vec::new();
    for choice in &draft.brief.choices {
        let other = ["other".to_owned()];
        let keywords = if choice.keywords.is_empty() { &other[..] } else { &choice.keywords[..] };
        for keyword in keywords {
            pins.push(Pin {
                keyword: keyword.clone(),
                negated: choice.negated,
                text: choice.text.clone(),
                purpose: choice.purpose.as_ref().map(NounPhrase::to_string),
                about: about(choice.purpose.as_ref()),
                line: choice.span.line,
                column: choice.span.column,
            });
        }
    }
    pins.extend(named_services(draft));
    for constraint in &draft.brief.constraints {
        if let ConstraintKind::Technology { name, allowed } = &constraint.kind {
            pins.push(Pin {
                keyword: name.clone(),
                negated: !allowed,
                text: constraint.text.clone(),
                purpose: None,
                about: Vec::new(),
                line: constraint.span.line,
                column: constraint.span.column,
            });
        }
    }
    pins
}

/// Services that a line lists by name ("user, order and payment services"): one pin for each.
fn named_services(draft: &Draft<'_>) -> Vec<Pin> {
    let brief = draft.brief;
    let features = brief.features.iter().filter(|f| !f.negated).map(|f| (&f.text, f.span));
    let choices = brief.choices.iter().filter(|c| !c.negated).map(|c| (&c.text, c.span));
    let mut pins = Vec::new();
    for (text, span) in features.chain(choices) {
        for name in services(text) {
            let noun = NounPhrase { words: vec![name.clone()], rest: false };
            let found = [draft.find_dataset(&noun), draft.find_operation(&noun, None)];
            pins.push(Pin {
                keyword: "microservices".to_owned(),
                negated: false,
                text: text.clone(),
                purpose: Some(name),
                about: found.into_iter().flatten().collect(),
                line: span.line,
                column: span.column,
            });
        }
    }
    pins
}

/// Returns the names that stand before "services", where there are two or more.
fn services(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let ends = [" services", " microservices", " 서비스"];
    let Some(end) = ends.iter().filter_map(|word| lower.find(word)).min() else {
        return Vec::new();
    };
    let start = lower[..end].rfind([':', '.', ';', '(']).map_or(0, |at| at + 1);
    let list = lower[start..end].replace(" and ", ",").replace(" & ", ",").replace('/', ",");
    let parts: Vec<&str> =
        list.split([',', '·']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let name = |part: &&str| -> Option<String> {
        let words: Vec<&str> = part.split_whitespace().collect();
        let last = words.last()?;
        let plain = last.chars().all(|c| c.is_alphabetic() || c == '-');
        (plain && last.chars().count() > 1).then(|| (*last).to_owned())
    };
    // "split into user, order": the first part may begin with a verb, the others are one noun.
    let short = parts.iter().skip(1).all(|part| part.split_whitespace().count() == 1);
    if parts.len() < 2 || !short {
        return Vec::new();
    }
    parts.iter().filter_map(name).collect()
}

/// Notes at each dataset where it must stay: personal data, the data that is named, or all.
pub(super) fn residency(draft: &mut Draft<'_>) {
    for constraint in &draft.brief.constraints {
        let ConstraintKind::Residency { place, subject } = &constraint.kind else { continue };
        let named = draft.find_dataset(subject).filter(|_| !subject.is_empty());
        let personal = subject.has("personal");
        for (name, dataset) in &mut draft.datasets {
            let meant = match &named {
                Some(named) => name == named,
                None => dataset.spec.personal || !personal,
            };
            if meant {
                dataset.residency = Some(place.clone());
            }
        }
    }
}

fn stated_at(span: Span, text: &str) -> Provenance {
    Provenance::Stated { line: span.line, column: span.column, text: text.to_owned() }
}

/// Returns dollars for one of a currency, in round figures of 2026.
pub(crate) fn dollars(currency: Option<Currency>) -> f64 {
    match currency {
        None | Some(Currency::Usd) => 1.0,
        Some(Currency::Eur) => 1.1,
        Some(Currency::Gbp) => 1.3,
        Some(Currency::Jpy) => 1.0 / 150.0,
        Some(Currency::Krw) => 1.0 / 1_400.0,
    }
}

#[cfg(test)]
mod tests {
    use super::services;

    #[test]
    fn services_that_are_listed_have_names() {
        let named = services("User, order, payment and inventory services, joined by events");
        assert_eq!(named, ["user", "order", "payment", "inventory"]);
        assert_eq!(services("Split into auth, billing & catalog services").len(), 3);
        assert_eq!(services("주문, 결제, 재고 서비스로 나눈다"), ["주문", "결제", "재고"]);
        assert!(services("Other services call our API").is_empty());
        assert!(services("Search, and a page of all managed services").is_empty());
    }
}
