//! Section 5: each choice with its options, and why the others were not chosen.

use tenfold_architect::Plan;
use tenfold_design::{Choice, ChoiceOption, PinVerdict};

use crate::document::{Document, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    for choice in &plan.choices {
        let question = document.once(&choice.question);
        document.heading(3, &question);
        document.explain(&choice.reason);
        options(choice, document);
        for option in &choice.options {
            if let Some(excuse) = &option.excuse {
                document.explain(&excuse.text);
            }
        }
        if let Some(threshold) = &choice.changes_at {
            document.explain(&threshold.text);
        }
        if let Some(pin) = &choice.pin {
            stated(pin, document);
        }
    }
    if !plan.answers.is_empty() {
        document.heading(3, "What else the brief asks for");
        plan.answers.iter().for_each(|answer| stated(answer, document));
    }
}

/// A choice of the brief, and what becomes of it.
fn stated(pin: &PinVerdict, document: &mut Document<'_>) {
    let holds = if pin.holds { "holds" } else { "**does not hold**" };
    let text = plain(&pin.text);
    let line = format!("Your choice, brief {}:{} \"{text}\", {holds}.", pin.line, pin.column);
    document.paragraph(line);
    document.explain(&pin.verdict);
}

fn options(choice: &Choice, document: &mut Document<'_>) {
    let mut rows = Vec::new();
    for option in &choice.options {
        let chosen = option.id == choice.chosen;
        let name = document.once(&option.name);
        let cost = option.cost.as_ref().map_or_else(String::new, |id| document.print(Some(id)));
        rows.push(vec![
            if chosen { format!("**{name}**") } else { name },
            sentences(&option.advantages, document),
            sentences(&option.disadvantages, document),
            cost,
            verdict(option, chosen),
        ]);
    }
    document.table(&["Option", "Advantages", "Disadvantages", "#Cost", "Verdict"], rows);
}

fn sentences(texts: &[tenfold_units::Text], document: &Document<'_>) -> String {
    let texts: Vec<String> = texts.iter().map(|text| document.once(text)).collect();
    texts.join("; ")
}

fn verdict(option: &ChoiceOption, chosen: bool) -> String {
    match &option.excuse {
        _ if chosen => "chosen".to_owned(),
        Some(excuse) => {
            let name = serde_json::to_value(excuse.bottleneck).unwrap_or_default();
            format!("refused by {}", plain(name.as_str().unwrap_or("a rule")))
        }
        None => "not chosen".to_owned(),
    }
}
