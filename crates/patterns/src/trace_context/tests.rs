use proptest::prelude::*;
use tenfold_units::Seed;

use super::*;
use crate::vectors::{each_file, list, text};

#[test]
fn headers_are_valid_as_w3c_tests_say() {
    each_file("w3c", |_, file| {
        let cases = list(file);
        for case in cases {
            let pairs: Vec<(&str, &str)> = list(&case["headers"])
                .iter()
                .map(|pair| (text(&pair[0]), text(&pair[1])))
                .collect();
            let context = TraceContext::parse(pairs.iter().copied());
            assert_eq!(Some(context.is_some()), case["is_traceparent_valid"].as_bool(), "{case}");
            if let (Some(context), Some(valid)) = (context, case["is_tracestate_valid"].as_bool()) {
                assert_eq!(context.tracestate().is_some(), valid, "{case}");
            }
        }
        Some(cases.len())
    });
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_child_keeps_the_trace_and_changes_the_parent() {
    let parent = TraceContext::parse([("traceparent", PARENT), ("tracestate", "a=1,b=2")]).unwrap();
    assert_eq!(parent.traceparent(), PARENT);
    let child = parent.child(&mut Seed(1).stream("spans"));
    assert_eq!(child.trace_id(), parent.trace_id());
    assert_ne!(child.parent_id(), parent.parent_id());
    assert!(child.is_sampled());
    assert_eq!(child.tracestate().as_deref(), Some("a=1,b=2"));
}

#[test]
fn a_bad_tracestate_is_dropped_alone() {
    let context = TraceContext::parse([("traceparent", PARENT), ("tracestate", "A=1")]).unwrap();
    assert_eq!(context.tracestate(), None);
    assert_eq!(TraceContext::parse([("tracestate", "a=1")]), None);
}

#[test]
fn a_new_member_comes_first_and_the_oldest_goes() {
    let mut context = TraceContext::start(false, &mut Seed(1).stream("spans"));
    assert!(!context.is_sampled());
    for i in 0..40 {
        assert!(context.set_state(&format!("k{i}"), "v"));
    }
    assert!(context.set_state("k20", "new"));
    assert!(!context.set_state("K", "v") && !context.set_state("k", "a,b"));
    let state = context.tracestate().unwrap();
    assert!(state.starts_with("k20=new,k39=v"), "{state}");
    assert_eq!(state.split(',').count(), 32);
    let read = TraceContext::parse([
        ("traceparent", context.traceparent().as_str()),
        ("tracestate", state.as_str()),
    ]);
    assert_eq!(read, Some(context));
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_and_written_alike(header in ".{0,80}") {
        if let Some(context) = TraceContext::parse([("traceparent", header.as_str())]) {
            let again = TraceContext::parse([("traceparent", context.traceparent().as_str())]);
            prop_assert_eq!(again, Some(context));
        }
    }
}
