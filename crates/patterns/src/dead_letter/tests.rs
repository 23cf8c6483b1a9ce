use super::headers::{DELIVERY_ATTEMPT, DeadLetterOrigin, HeaderStyle, apply, prefix, write};
use super::*;
use crate::vectors::{each_file, list, text};

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn policy() -> DeadLetter {
    DeadLetter::new(DeadLetterOptions::tenfold()).unwrap()
}

fn is_dead(decision: &DeadLetterDecision) -> bool {
    *decision == DeadLetterDecision::DeadLetter { topic: "orders-dlt".to_owned() }
}

#[test]
fn textbook_retries_wait_and_grow() {
    let policy = policy();
    for (attempt, topic, wait) in
        [(1, "orders-retry-0", 1), (2, "orders-retry-1", 30), (3, "orders-retry-2", 300)]
    {
        let decision = policy.decide(at(9), "orders", attempt, MessageFailure::Transient);
        let (topic, not_before) = (topic.to_owned(), at(9 + wait));
        assert_eq!(decision, DeadLetterDecision::Retry { topic, not_before });
    }
    assert!(is_dead(&policy.decide(at(9), "orders", 4, MessageFailure::Transient)));
    let topics: Vec<_> = policy.topics("orders").collect();
    assert_eq!(topics, ["orders-retry-0", "orders-retry-1", "orders-retry-2", "orders-dlt"]);
}

#[test]
fn textbook_permanent_failures_are_not_retried() {
    assert!(is_dead(&policy().decide(at(0), "orders", 1, MessageFailure::Permanent)));
    assert!(!is_dead(&policy().decide(at(0), "orders", 1, MessageFailure::Unknown)));
    assert!(is_dead(&policy().decide(at(0), "orders", 2, MessageFailure::Unknown)));
}

#[test]
fn textbook_no_retries_does_not_mean_dropped() {
    let none =
        DeadLetterOptions { delays: vec![], unknown_attempts: 1, ..DeadLetterOptions::tenfold() };
    let policy = DeadLetter::new(none).unwrap();
    for attempt in [0, 1, 2, u32::MAX] {
        for failure in
            [MessageFailure::Permanent, MessageFailure::Transient, MessageFailure::Unknown]
        {
            assert!(is_dead(&policy.decide(at(0), "orders", attempt, failure)));
        }
    }
}

#[test]
fn headers_are_named_as_theirs() {
    each_file("dlq", |_, file| {
        let told = || "told".to_owned();
        let origin = DeadLetterOrigin {
            error_cause_class: told(),
            stack_trace: told(),
            ..DeadLetterOrigin::default()
        };
        let mut checked = 0;
        for (style, block) in [
            (HeaderStyle::SpringKafka, &file["spring_kafka"]),
            (HeaderStyle::KafkaConnect, &file["kafka_connect"]),
        ] {
            let begin = text(&block["prefix"]);
            let known: Vec<String> = list(&block["headers"])
                .iter()
                .map(|name| format!("{begin}{}", text(name)))
                .collect();
            let written = write(style, &origin);
            for (name, _) in &written {
                assert!(known.contains(name), "{name}");
                checked += 1;
            }
            // All of theirs are written, but those about keys that cannot be read.
            let silent = |name: &&String| !written.iter().any(|(other, _)| other == *name);
            let silent: Vec<_> = known.iter().filter(silent).collect();
            assert!(silent.iter().all(|name| name.contains("dlt-key-exception")), "{silent:?}");
        }
        assert_eq!(DELIVERY_ATTEMPT, text(&file["spring_kafka"]["delivery_attempt_header"]));
        assert!(prefix(HeaderStyle::KafkaConnect) == text(&file["kafka_connect"]["prefix"]));
        Some(checked + 2)
    });
}

#[test]
fn headers_of_kafka_connect_have_its_exact_names_and_texts() {
    let origin = DeadLetterOrigin {
        topic: "orders".to_owned(),
        partition: 3,
        offset: 4_294_967_296,
        consumer: "billing".to_owned(),
        task: 2,
        stage: "VALUE_CONVERTER".to_owned(),
        stage_class: "JsonConverter".to_owned(),
        stack_trace: "at JsonConverter".to_owned(),
        error_class: "Malformed".to_owned(),
        error_message: "no amount".to_owned(),
        ..DeadLetterOrigin::default()
    };
    let headers = write(HeaderStyle::KafkaConnect, &origin);
    let texts: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), core::str::from_utf8(value).unwrap()))
        .collect();
    assert_eq!(
        texts,
        [
            ("__connect.errors.topic", "orders"),
            ("__connect.errors.partition", "3"),
            ("__connect.errors.offset", "4294967296"),
            ("__connect.errors.connector.name", "billing"),
            ("__connect.errors.task.id", "2"),
            ("__connect.errors.stage", "VALUE_CONVERTER"),
            ("__connect.errors.class.name", "JsonConverter"),
            ("__connect.errors.exception.class.name", "Malformed"),
            ("__connect.errors.exception.message", "no amount"),
            ("__connect.errors.exception.stacktrace", "at JsonConverter"),
        ]
    );
}

#[test]
fn textbook_headers_keep_the_origin_and_do_not_grow() {
    let mut origin = DeadLetterOrigin {
        topic: "orders".to_owned(),
        partition: 7,
        offset: 258,
        error_message: "x".repeat(5_000),
        stage: "TASK_PUT".to_owned(),
        ..DeadLetterOrigin::default()
    };
    for style in [HeaderStyle::SpringKafka, HeaderStyle::KafkaConnect] {
        let mut headers = vec![("trace".to_owned(), vec![1])];
        apply(style, &origin, &mut headers);
        let (count, size) = (headers.len(), headers.iter().map(|h| h.1.len()).sum::<usize>());
        origin.error_class = "Timeout".to_owned();
        for _ in 0..50 {
            let later = DeadLetterOrigin {
                topic: "orders-retry-1".to_owned(),
                stage: "TRANSFORMATION".to_owned(),
                ..origin.clone()
            };
            apply(style, &later, &mut headers);
        }
        assert_eq!(headers.len(), count);
        assert!(headers.iter().map(|h| h.1.len()).sum::<usize>() <= size + 13 && size < 1_200);
        let value = |name: &str| {
            let full = format!("{}{name}", prefix(style));
            headers.iter().find(|header| header.0 == full).map(|header| header.1.clone())
        };
        match style {
            HeaderStyle::SpringKafka => {
                assert_eq!(value("original-topic").unwrap(), b"orders");
                assert_eq!(value("original-partition").unwrap(), [0, 0, 0, 7]);
                assert_eq!(value("original-offset").unwrap(), [0, 0, 0, 0, 0, 0, 1, 2]);
                assert_eq!(value("exception-fqcn").unwrap(), b"Timeout");
                assert_eq!(value("exception-stacktrace"), None, "not told");
            }
            HeaderStyle::KafkaConnect => {
                assert_eq!(value("topic").unwrap(), b"orders");
                assert_eq!(value("partition").unwrap(), b"7");
                assert_eq!(value("offset").unwrap(), b"258");
                assert_eq!(value("exception.class.name").unwrap(), b"Timeout");
                assert_eq!(value("stage").unwrap(), b"TRANSFORMATION", "of the last failure");
            }
        }
        origin.error_class.clear();
        // What was told of an earlier failure goes when this one does not tell it.
        let traced = DeadLetterOrigin { stack_trace: "s".repeat(9_000), ..origin.clone() };
        apply(style, &traced, &mut headers);
        assert!(headers.iter().any(|header| header.1.len() == 8_000));
        apply(style, &origin, &mut headers);
        assert!(headers.iter().all(|header| header.1.len() <= 1_000));
    }
}

#[test]
fn textbook_one_alert_per_spell_not_per_message() {
    let options = DeadLetterAlertOptions {
        pending_for: Duration::from_secs(300),
        max_age: Duration::from_secs(3_600),
    };
    let mut alert = DeadLetterAlert::new(options);
    let changes: Vec<_> = (0..10_000)
        .filter_map(|second| alert.observe(at(second), second, Duration::from_secs(second)))
        .collect();
    assert_eq!(changes, [DeadLetterAlertChange::Raised]);
    let none = Duration::ZERO;
    assert_eq!(alert.observe(at(10_000), 0, none), Some(DeadLetterAlertChange::Resolved));
    assert_eq!(alert.observe(at(10_001), 0, none), None);
    assert_eq!(alert.observe(at(10_002), 1, none), None);
    assert_eq!(alert.observe(at(10_301), 1, none), None);
    assert_eq!(alert.observe(at(10_302), 1, none), Some(DeadLetterAlertChange::Raised));
    let mut alert = DeadLetterAlert::new(options);
    let old = Duration::from_secs(3_600);
    assert_eq!(alert.observe(at(0), 1, old), Some(DeadLetterAlertChange::Raised), "by age");
}

#[test]
fn redriving_is_limited_in_rate_and_rounds() {
    let mut redrive = Redrive::new(TokenBucketOptions::per_second(10, 5), 2).unwrap();
    let sent = (0..100).filter(|_| redrive.decide(at(0), 1) == RedriveDecision::Send).count();
    assert_eq!(sent, 5);
    assert_eq!(redrive.decide(at(0), 0), RedriveDecision::Wait(Duration::from_millis(100)));
    assert_eq!(redrive.decide(at(9), 2), RedriveDecision::Keep);
}

#[test]
fn options_are_checked_and_round_trip() {
    let bad = DeadLetterOptions {
        delays: vec![Duration::ZERO],
        unknown_attempts: 3,
        retry_suffix: "-x".to_owned(),
        dead_letter_suffix: "-x".to_owned(),
    };
    assert_eq!(DeadLetter::new(bad).unwrap_err().problems().len(), 3);
    let text = serde_saphyr::to_string(&DeadLetterOptions::tenfold()).unwrap();
    assert!(text.contains("5min"), "{text}");
    let back: DeadLetterOptions = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(back, DeadLetterOptions::tenfold());
}
