use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn each_hop_has_what_is_left() {
    let client = Deadline::after(at(0), ms(100));
    let gateway = client.for_callee(at(4), ms(90), ms(2));
    assert_eq!(gateway.left(at(4)), Some(ms(90)));
    let service = client.for_callee(at(40), ms(90), ms(2));
    assert_eq!(service.left(at(40)), Some(ms(58)), "never more than the caller has");
    assert!(service.has_passed(at(98)) && !service.has_passed(at(97)));
    assert_eq!(service.left(at(200)), Some(Duration::ZERO));
}

#[test]
fn never_stays_never_until_somebody_sets_a_timeout() {
    assert!(!Deadline::NEVER.has_passed(Instant::MAX));
    assert_eq!(Deadline::NEVER.left(at(1)), None);
    assert_eq!(Deadline::NEVER.grpc_timeout(at(1)), None);
    assert_eq!(Deadline::NEVER.for_callee(at(0), ms(5), ms(9)).left(at(0)), Some(ms(5)));
}

#[test]
fn grpc_timeout_reads_and_writes() {
    for (header, left) in
        [("1H", ms(3_600_000)), ("2M", ms(120_000)), ("3S", ms(3_000)), ("4m", ms(4))]
    {
        assert_eq!(Deadline::from_grpc_timeout(at(7), header).unwrap().left(at(7)), Some(left));
    }
    assert_eq!(
        Deadline::from_grpc_timeout(at(0), "99999999n").unwrap().left(at(0)),
        Some(Duration::from_nanos(99_999_999))
    );
    for bad in ["", "1", "S", "123456789m", "-1S", "+1S", "1.5S", "1s", "1초", "１S"] {
        assert_eq!(Deadline::from_grpc_timeout(at(0), bad), None, "{bad}");
    }
    for (left, header) in [
        (Duration::ZERO, "0n"),
        (ms(50), "50000000n"),
        (ms(100), "100000u"),
        (Duration::from_secs(3_600), "3600000m"),
        (Duration::from_secs(86_400 * 365), "31536000S"),
    ] {
        let deadline = Deadline::after(at(0), left);
        let written = deadline.grpc_timeout(at(0)).unwrap();
        assert!(written.len() <= 9, "{written}");
        let read = Deadline::from_grpc_timeout(at(0), &written).unwrap();
        assert!(read.left(at(0)) <= Some(left));
        if header != "100000u" {
            assert_eq!(written, header);
        }
    }
}
