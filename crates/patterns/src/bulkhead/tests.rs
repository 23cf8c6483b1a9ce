use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn options(max_concurrent: u32, max_waiting: u32) -> BulkheadOptions {
    let max_wait = if max_waiting == 0 { Duration::ZERO } else { Duration::from_millis(100) };
    BulkheadOptions { max_concurrent, max_waiting, max_wait, newest_first_when_busy: false }
}

fn permit(decision: BulkheadDecision) -> BulkheadPermit {
    match decision {
        BulkheadDecision::Admitted(permit) => permit,
        BulkheadDecision::Waiting(_) | BulkheadDecision::Refused => panic!("not admitted"),
    }
}

fn ticket(decision: BulkheadDecision) -> BulkheadTicket {
    match decision {
        BulkheadDecision::Waiting(ticket) => ticket,
        BulkheadDecision::Admitted(_) | BulkheadDecision::Refused => panic!("does not wait"),
    }
}

#[test]
fn places_then_queue_then_refusal() {
    let mut bulkhead = Bulkhead::new(options(2, 1)).unwrap();
    let first = permit(bulkhead.acquire(at(0)));
    let second = permit(bulkhead.acquire(at(0)));
    let waits = ticket(bulkhead.acquire(at(0)));
    assert_eq!(bulkhead.acquire(at(0)), BulkheadDecision::Refused);
    let (served, third) = bulkhead.release(at(99), first).unwrap();
    assert_eq!((served, bulkhead.in_flight()), (waits, 2));
    assert!(bulkhead.release(at(99), second).is_none());
    assert!(bulkhead.release(at(99), third).is_none());
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn who_waited_too_long_is_not_served() {
    let mut bulkhead = Bulkhead::new(options(1, 3)).unwrap();
    let work = permit(bulkhead.acquire(at(0)));
    let (old, new) = (ticket(bulkhead.acquire(at(0))), ticket(bulkhead.acquire(at(50))));
    assert_eq!(bulkhead.poll_timeout().unwrap().0, at(100));
    assert_eq!(bulkhead.poll_expired(at(99)), None, "early is a no-op");
    let (served, _work) = bulkhead.release(at(100), work).unwrap();
    assert_eq!(served, new);
    assert_eq!(bulkhead.poll_expired(at(100)), Some(old));
    assert_eq!((bulkhead.poll_expired(at(100)), bulkhead.poll_timeout()), (None, None));
}

#[test]
fn a_caller_that_goes_frees_its_place_in_the_queue() {
    let mut bulkhead = Bulkhead::new(options(1, 2)).unwrap();
    let work = permit(bulkhead.acquire(at(0)));
    let (first, second) = (ticket(bulkhead.acquire(at(0))), ticket(bulkhead.acquire(at(0))));
    assert!(bulkhead.cancel(first) && !bulkhead.cancel(first));
    assert_eq!(bulkhead.release(at(1), work).unwrap().0, second);
}

#[test]
fn a_busy_queue_is_served_newest_first_if_told_so() {
    let mut bulkhead =
        Bulkhead::new(BulkheadOptions { newest_first_when_busy: true, ..options(1, 4) }).unwrap();
    let mut work = permit(bulkhead.acquire(at(0)));
    let tickets: Vec<_> = (0..3).map(|_| ticket(bulkhead.acquire(at(0)))).collect();
    let mut order = Vec::new();
    while let Some((served, permit)) = bulkhead.release(at(1), work) {
        order.push(served);
        work = permit;
    }
    // Three and two of four are busy: newest first; then the last one is alone.
    assert_eq!(order, [tickets[2], tickets[1], tickets[0]]);
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn fewer_places_take_effect_as_work_ends() {
    let mut bulkhead = Bulkhead::new(options(3, 0)).unwrap();
    let permits: Vec<_> = (0..3).map(|_| permit(bulkhead.acquire(at(0)))).collect();
    bulkhead.set_options(options(1, 0)).unwrap();
    for permit in permits {
        assert_eq!(bulkhead.acquire(at(0)), BulkheadDecision::Refused);
        let _ = bulkhead.release(at(0), permit);
    }
    let _one = permit(bulkhead.acquire(at(0)));
    assert_eq!(bulkhead.acquire(at(0)), BulkheadDecision::Refused);
}

#[test]
fn options_are_checked() {
    let bad = BulkheadOptions { max_concurrent: 0, max_waiting: 5, ..options(1, 0) };
    assert_eq!(Bulkhead::new(bad).unwrap_err().problems().len(), 2);
    let read: BulkheadOptions = serde_saphyr::from_str("{max_concurrent: 25}").unwrap();
    assert_eq!(read, BulkheadOptions::resilience4j());
}

proptest! {
    #[test]
    fn permits_are_conserved(
        places in 1_u32..4, queue in 0_u32..4, newest in any::<bool>(),
        steps in proptest::collection::vec((0_u8..5, 0_u64..60, 0_usize..8), 1..200),
    ) {
        let options = BulkheadOptions { newest_first_when_busy: newest, ..options(places, queue) };
        let mut bulkhead = Bulkhead::new(options).unwrap();
        let (mut now, mut held, mut waiting) = (at(0), Vec::new(), Vec::new());
        for (op, gap, which) in steps {
            now += Duration::from_millis(gap);
            match op {
                0 | 1 => match bulkhead.acquire(now) {
                    BulkheadDecision::Admitted(permit) => held.push(permit),
                    BulkheadDecision::Waiting(ticket) => waiting.push(ticket),
                    BulkheadDecision::Refused => prop_assert!(waiting.len() == queue as usize),
                },
                2 if !held.is_empty() => {
                    let permit = held.swap_remove(which % held.len());
                    if let Some((ticket, permit)) = bulkhead.release(now, permit) {
                        prop_assert!(waiting.contains(&ticket), "each is served once");
                        waiting.retain(|it| *it != ticket);
                        held.push(permit);
                    }
                }
                3 if !waiting.is_empty() => {
                    prop_assert!(bulkhead.cancel(waiting.swap_remove(which % waiting.len())));
                }
                _ => while let Some(ticket) = bulkhead.poll_expired(now) {
                    waiting.retain(|it| *it != ticket);
                }
            }
            prop_assert!(held.len() <= places as usize);
            prop_assert_eq!(bulkhead.in_flight() as usize, held.len());
            prop_assert_eq!(bulkhead.queue_length(), waiting.len());
        }
    }
}
