use super::lex;

fn first(text: &str) -> (f64, f64, String, usize) {
    let lexed = lex(text);
    let token = lexed.tokens.iter().find(|token| token.quantity().is_some());
    let token = token.unwrap_or_else(|| panic!("no amount in {text}: {lexed:?}"));
    let quantity = token.quantity().unwrap();
    let unit = quantity.kind().map_or(String::new(), |kind| format!("{kind:?}"));
    (quantity.low, quantity.high, unit, token.range.end)
}

#[test]
fn numbers_as_people_write_them() {
    let cases = [
        ("1,234 users", 1_234.0),
        ("1.5", 1.5),
        ("1e9 users", 1e9),
        ("2.5e-3", 2.5e-3),
        ("10^9 rows", 1e9),
        ("1_000_000", 1e6),
        ("10k users", 1e4),
        ("3 million users", 3e6),
        ("2 hundred thousand", 2e5),
        ("1.2bn events", 1.2e9),
        ("4만 5천 건", 45_000.0),
        ("1억 2천만 건", 1.2e8),
        ("1억2천3백만명", 1.23e8),
        ("2천만 명", 2e7),
        ("50만명이", 5e5),
        ("천만 명", 1e7),
        ("백만 원", 1e6),
        ("1만 2,000명", 12_000.0),
        ("half a million users", 5e5),
        ("two million users", 2e6),
        ("a dozen regions", 12.0),
        ("half of users", 50.0),
    ];
    for (text, expected) in cases {
        let (low, high, ..) = first(text);
        assert_eq!((low, high), (expected, expected), "{text}");
    }
}

#[test]
fn units_win_by_length() {
    let cases = [
        ("100ms", "Time(Subsecond, 0.001)", 5),
        ("100 ms", "Time(Subsecond, 0.001)", 6),
        ("5 minutes", "Time(Minute, 60.0)", 9),
        ("10-minute sessions", "Time(Minute, 60.0)", 9),
        ("3개월", "Time(Month, 2592000.0)", 7),
        ("2KiB", "Bytes(1024.0)", 4),
        ("5 Mbps", "BitRate(1000000.0)", 6),
        ("5 MBps", "ByteRate(1000000.0)", 6),
        ("10 Mb", "Bits(1000000.0)", 5),
        ("10 gb", "LowerBytes(1000000000.0)", 5),
        ("30 %", "Percent", 4),
        ("3x", "Times", 2),
        ("3배", "Times", 4),
        ("20krps", "PerSecond(\"request\")", 6),
        ("20k qps", "PerSecond(\"query\")", 7),
        ("$60k", "Money(Usd, 1.0)", 4),
        ("3천만 원", "Money(Krw, 1.0)", 11),
        ("200만 대", "Counter", 10),
        ("30초마다", "Time(Second, 1.0)", 5),
    ];
    for (text, unit, end) in cases {
        let (_, _, read, read_end) = first(text);
        assert_eq!((read.as_str(), read_end), (unit, end), "{text}");
    }
}

#[test]
fn ranges_and_ratios() {
    let cases = [
        ("5-10 KB", 5.0, 10.0),
        ("5 to 10 KB", 5.0, 10.0),
        ("between 5 and 10 KB", 5.0, 10.0),
        ("500 ms to 2 s", 0.5, 2.0),
        ("5~10만 명", 5e4, 1e5),
        ("1-2M users", 1e6, 2e6),
        ("read:write 100:1", 100.0, 100.0),
        ("reads to writes 10 to 1", 10.0, 10.0),
        ("1/4 of users", 25.0, 25.0),
        ("-5 users", -5.0, -5.0),
    ];
    for (text, low, high) in cases {
        let (read_low, read_high, ..) = first(text);
        assert_eq!((read_low, read_high), (low, high), "{text}");
    }
}

#[test]
fn broken_numbers_are_remarked() {
    for (text, code) in [
        ("1,23 users", "E001"),
        ("1.2.3M users", "E001"),
        ("1O0 users", "E001"),
        ("10foo", "W004"),
        ("1.000.000 users", "R007"),
    ] {
        let codes: Vec<_> = lex(text).remarks.iter().map(|remark| remark.code.name).collect();
        assert_eq!(codes, [code], "{text}");
    }
}

#[test]
fn names_with_digits_are_words() {
    for text in [
        "4K video support",
        "Base62",
        "p99.9",
        "eu-central-1",
        "24/7",
        "3rd",
        "2xlarge",
        "2026-11-22",
        "2026년 3월",
    ] {
        let lexed = lex(text);
        assert!(lexed.tokens.iter().all(|token| token.quantity().is_none()), "{text}: {lexed:?}");
    }
    assert!(lex("4K requests/s").tokens[0].quantity().is_some());
}
