use crate::testing::{proposal, shortener};
use crate::types::Design;

#[test]
fn what_is_written_is_read_back() {
    let design = shortener().design;
    let text = design.to_yaml();
    let loaded = Design::from_yaml(&text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    assert!(loaded.edits.is_empty(), "{:?}", loaded.edits);
    let mut read = loaded.design;
    read.proposed.clear();
    assert_eq!(read, design);
    assert_eq!(read.to_yaml(), text);
    assert!(text.lines().all(|line| line.chars().count() < 2_000));
}

#[test]
fn a_value_changed_by_hand_is_told_with_its_line() {
    let text = proposal("- 100k URLs/day").design.to_yaml();
    let line = text.lines().position(|l| l.contains("per_zone: 1")).expect("a fleet") + 1;
    let changed = text.replacen("per_zone: 1", "per_zone: 5", 1);
    let loaded = Design::from_yaml(&changed).expect("still a design");
    let (path, edit) = loaded.edits.iter().next().expect("one edit");
    assert!(path.ends_with("runs.per_zone"), "{path}");
    assert_eq!((edit.line as usize, edit.text.as_str()), (line, "5"));
    assert_eq!(loaded.edits.len(), 1);
}

#[test]
fn problems_come_with_their_place() {
    let text = proposal("- 100k URLs/day").design.to_yaml();
    let unknown = text.replacen("  kind: gateway", "  kind: gateway\n    colour: red", 1);
    let unknown = if unknown == text {
        text.replacen("kind: gateway", "kind: gateway, colour: red", 1)
    } else {
        unknown
    };
    let errors = Design::from_yaml(&unknown).expect_err("an unknown field");
    assert!(errors[0].line > 0 && errors[0].message.contains("colour"), "{errors:?}");
    let lost = text.replace("{read: {at: link-store", "{read: {at: link-stor");
    let errors = Design::from_yaml(&lost).expect_err("a component that is not there");
    assert!(errors.iter().any(|e| e.message.contains("did you mean `link-store`")), "{errors:?}");
}
