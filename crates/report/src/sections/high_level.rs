//! Section 3: the whole on one picture, and one picture per operation.

use tenfold_architect::Plan;
use tenfold_units::Text;

use super::pictures;
use crate::document::{Document, plain};

pub(super) fn write(plan: &Plan, document: &mut Document<'_>) {
    document.explain(&Text::new(
        "Solid arrows are waited for, dashed ones are not. Rates are averages. Each picture also \
         lies in `diagrams/` as a Mermaid flowchart.",
        "실선 화살표는 응답을 기다리는 호출, 점선은 기다리지 않는 전달이다. 표시한 rate는 \
         평균이다. 같은 그림이 Mermaid flowchart로도 `diagrams/`에 있다.",
    ));
    let overview = pictures::overview(plan);
    document.picture("overview.svg", "The whole system", overview.draw().finish());
    let mut rows = Vec::new();
    for (name, component) in &plan.design.components {
        let runs = &component.runs;
        let version = runs.version.as_deref().unwrap_or_default();
        rows.push(vec![
            plain(name),
            plain(&component.role),
            plain(format!("{} {version}", runs.technology).trim()),
            pictures::count(plan, name, component),
        ]);
    }
    document.table(&["Component", "What it does", "Technology", "Instances"], rows);
    for (operation, diagram) in pictures::per_operation(plan) {
        document.heading(3, &format!("Flow: {}", plain(&operation)));
        let file = format!("flow-{operation}.svg");
        document.picture(&file, &diagram.title, diagram.draw().finish());
    }
}
