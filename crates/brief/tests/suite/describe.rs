//! What was read, one line a thing, for side files that people compare.

use tenfold_brief::{Amount, ConstraintKind, Demand, Of, Parsed, Per};

/// Returns the description of everything in a parsed brief.
pub(crate) fn describe(parsed: &Parsed) -> String {
    let brief = &parsed.brief;
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    if let Some(title) = &brief.title {
        line(format!("title {}", title.text));
    }
    for section in &brief.sections {
        line(format!("{} section {:?} {}", section.span.line, section.kind, section.title));
    }
    for story in &brief.stories {
        line(format!(
            "{} story {} | {} | {:?}",
            story.span.line, story.role, story.goal, story.keywords
        ));
    }
    for contract in &brief.contracts {
        line(format!(
            "{} contract {} {} {:?}",
            contract.span.line, contract.method, contract.path, contract.shape
        ));
    }
    for (index, own) in brief.demands.iter().enumerate() {
        line(format!("{}:{} demand {index} {}", own.span.line, own.span.column, demand(own)));
    }
    for choice in &brief.choices {
        let purpose = choice.purpose.as_ref().map(ToString::to_string).unwrap_or_default();
        let no = if choice.negated { " no" } else { "" };
        line(format!("{} choice{no} {:?} for \"{purpose}\"", choice.span.line, choice.keywords));
        for amount in &choice.amounts {
            line(format!("  {}", demand(amount)));
        }
    }
    for feature in &brief.features {
        let no = if feature.negated { " no" } else { "" };
        line(format!(
            "{} feature{no} {:?} {}",
            feature.span.line,
            feature.keywords,
            feature.words.join(" ")
        ));
    }
    for own in &brief.constraints {
        line(format!("{}:{} constraint {}", own.span.line, own.span.column, constraint(&own.kind)));
    }
    for item in &brief.excluded {
        line(format!("{} excluded {}", item.span.line, item.text));
    }
    for part in &brief.not_understood {
        line(format!(
            "{}:{} not understood \"{}\": {}",
            part.span.line, part.span.column, part.text, part.why
        ));
    }
    for own in &parsed.diagnostics {
        line(format!(
            "{}:{} {} \"{}\" {} | {}",
            own.span.line, own.span.column, own.code, own.read, own.message, own.help
        ));
    }
    out
}

fn amount(amount: &Amount) -> String {
    let value = if amount.low == amount.high {
        format!("{}", amount.mid)
    } else {
        format!("{}..{}..{}", amount.low, amount.mid, amount.high)
    };
    let currency = amount.currency.map(|currency| format!(" {currency:?}")).unwrap_or_default();
    let implied = if amount.implied { " implied" } else { "" };
    format!("{value} {:?}{currency}{implied}", amount.dimension)
}

fn per(own: &Per) -> String {
    match own {
        Per::Time { seconds, interval, .. } if *interval => format!(" every {seconds} s"),
        Per::Time { seconds, .. } => format!(" /{seconds} s"),
        Per::Each { noun, demand: Some(demand), .. } => format!(" /[{noun}]={demand}"),
        Per::Each { noun, .. } => format!(" /[{noun}]"),
    }
}

fn demand(own: &Demand) -> String {
    let mut out = String::new();
    if let Some(metric) = own.metric {
        out.push_str(metric.name());
        out.push(' ');
    }
    if let Some(statistic) = own.statistic {
        out.push_str(&format!("{statistic:?} "));
    }
    if own.bound != tenfold_brief::Bound::Exactly {
        out.push_str(&format!("{:?} ", own.bound));
    }
    out.push_str(&amount(&own.amount));
    out.extend(own.per.iter().map(per));
    for subject in &own.subjects {
        out.push_str(&format!(" [{subject}]"));
    }
    match &own.of {
        Some(Of::Noun { noun, demand }) => {
            out.push_str(&format!(" of [{noun}]"));
            out.push_str(&demand.map(|demand| format!("={demand}")).unwrap_or_default());
        }
        Some(Of::Demand { demand }) => out.push_str(&format!(" of #{demand}")),
        None => {}
    }
    if let Some(actor) = &own.actor {
        out.push_str(&format!(" by [{actor}]"));
    }
    if let Some(action) = &own.action {
        let access = action.access.map(|access| format!(":{access:?}")).unwrap_or_default();
        out.push_str(&format!(" to {}{access}", action.verb));
    }
    for condition in &own.conditions {
        out.push_str(&format!(" when {:?}", condition.kind));
    }
    out.push_str(&format!(" \"{}\"", own.text));
    out
}

fn constraint(kind: &ConstraintKind) -> String {
    match kind {
        ConstraintKind::Budget { amount: own, bound, per: own_per } => {
            let per: String = own_per.iter().map(per).collect();
            format!("budget {bound:?} {}{per}", amount(own))
        }
        ConstraintKind::Regions { amount: own, bound } => {
            format!("regions {bound:?} {}", amount(own))
        }
        ConstraintKind::Zones { amount: own, bound } => format!("zones {bound:?} {}", amount(own)),
        ConstraintKind::TeamSize { amount: own } => format!("team {}", amount(own)),
        ConstraintKind::Deadline { amount: own, date } => {
            format!("deadline {} {date:?}", own.as_ref().map(amount).unwrap_or_default())
        }
        ConstraintKind::Provider { name } => format!("provider {name}"),
        ConstraintKind::Region { name } => format!("region {name}"),
        ConstraintKind::Residency { place, subject } => format!("residency {place} [{subject}]"),
        ConstraintKind::Skill { name } => format!("skill {name}"),
        ConstraintKind::Compliance { name } => format!("compliance {name}"),
        ConstraintKind::Technology { name, allowed } => format!("technology {name} {allowed}"),
    }
}
