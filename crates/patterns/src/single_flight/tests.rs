use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn flight(max_waiters: u32) -> SingleFlight<u64> {
    let lease = Duration::from_millis(1_000);
    SingleFlight::new(SingleFlightOptions { max_waiters, lease }).unwrap()
}

fn lead(flight: &mut SingleFlight<u64>, now: Instant, key: u64) -> SingleFlightPermit<u64> {
    match flight.join(now, key) {
        SingleFlightDecision::Lead(permit) => permit,
        SingleFlightDecision::Wait(_) | SingleFlightDecision::Refused => panic!("somebody leads"),
    }
}

fn wait(flight: &mut SingleFlight<u64>, now: Instant, key: u64) -> SingleFlightTicket {
    match flight.join(now, key) {
        SingleFlightDecision::Wait(ticket) => ticket,
        SingleFlightDecision::Lead(_) | SingleFlightDecision::Refused => panic!("must wait"),
    }
}

#[test]
fn textbook_fifty_misses_are_one_query() {
    let mut flight = flight(100);
    let permit = lead(&mut flight, at(0), 7);
    let tickets: Vec<_> = (0..49).map(|_| wait(&mut flight, at(1), 7)).collect();
    let _other = lead(&mut flight, at(1), 8);
    assert_eq!(flight.finish(permit), tickets);
    assert_eq!(flight.len(), 1);
    let _next = lead(&mut flight, at(2), 7);
}

#[test]
fn when_the_leader_dies_one_takes_over() {
    let mut flight = flight(100);
    let permit = lead(&mut flight, at(0), 7);
    let (first, second) = (wait(&mut flight, at(0), 7), wait(&mut flight, at(0), 7));
    let (ticket, permit) = flight.abandon(at(900), permit).unwrap();
    assert_eq!(ticket, first);
    let third = wait(&mut flight, at(1_500), 7);
    assert_eq!(flight.finish(permit), [second, third], "the new leader has its own lease");
    let alone = lead(&mut flight, at(1_600), 7);
    assert_eq!(flight.abandon(at(1_600), alone), None);
    assert!(flight.is_empty());
}

#[test]
fn a_leader_that_hangs_is_replaced_and_may_still_help() {
    let mut flight = flight(100);
    let hung = lead(&mut flight, at(0), 7);
    let waiter = wait(&mut flight, at(999), 7);
    let second = lead(&mut flight, at(1_000), 7);
    assert_eq!(flight.finish(hung), [waiter], "its answer is as good");
    let late = wait(&mut flight, at(1_001), 7);
    assert_eq!(flight.finish(second), [late]);
    assert!(flight.is_empty());
}

#[test]
fn waiters_are_bounded_and_may_go() {
    let mut flight = flight(1);
    let permit = lead(&mut flight, at(0), 7);
    let ticket = wait(&mut flight, at(0), 7);
    assert_eq!(flight.join(at(0), 7), SingleFlightDecision::Refused);
    assert!(flight.cancel(&7, ticket) && !flight.cancel(&7, ticket) && !flight.cancel(&8, ticket));
    let again = wait(&mut flight, at(0), 7);
    assert_eq!(flight.finish(permit), [again]);
    let bad = SingleFlightOptions { max_waiters: 1, lease: Duration::ZERO };
    assert!(SingleFlight::<u64>::new(bad).is_err());
}
