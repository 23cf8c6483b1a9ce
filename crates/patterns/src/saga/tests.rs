use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn options() -> SagaOptions {
    let steps = ["reserve", "authorize", "capture", "confirm"].map(SagaStep::named).to_vec();
    SagaOptions { max_persistent_attempts: 4, ..SagaOptions::tenfold(steps, 2) }
}

fn saga() -> Saga {
    let mut saga = Saga::new(options()).unwrap();
    saga.start(at(0));
    drain(&mut saga);
    saga
}

fn drain(saga: &mut Saga) -> Vec<SagaOutput> {
    core::iter::from_fn(|| saga.poll_output()).collect()
}

#[test]
fn steps_run_in_order_each_after_its_record() {
    let mut saga = saga();
    for step in 0..3 {
        saga.handle_result(at(1), step, SagaResult::Done);
        let next = step + 1;
        let record = SagaOutput::Record {
            from: SagaState::Running { step },
            to: SagaState::Running { step: next },
        };
        assert_eq!(drain(&mut saga), [record, SagaOutput::Run { step: next, attempt: 1 }]);
    }
    saga.handle_result(at(1), 3, SagaResult::Done);
    assert_eq!(
        drain(&mut saga),
        [SagaOutput::Record { from: SagaState::Running { step: 3 }, to: SagaState::Done }]
    );
    assert_eq!(saga.poll_timeout(), None);
}

#[test]
fn a_refusal_undoes_what_was_done_last_first() {
    let mut saga = saga();
    saga.handle_result(at(1), 0, SagaResult::Done);
    saga.handle_result(at(1), 1, SagaResult::Done);
    drain(&mut saga);
    saga.handle_result(at(1), 2, SagaResult::Refused);
    let record = |from, step| SagaOutput::Record { from, to: SagaState::Compensating { step } };
    let undo = |step| SagaOutput::Compensate { step, attempt: 1 };
    assert_eq!(drain(&mut saga), [record(SagaState::Running { step: 2 }, 1), undo(1)]);
    saga.handle_result(at(1), 1, SagaResult::Done);
    assert_eq!(drain(&mut saga), [record(SagaState::Compensating { step: 1 }, 0), undo(0)]);
    saga.handle_result(at(1), 0, SagaResult::Done);
    assert_eq!(saga.state(), SagaState::Undone);
}

#[test]
fn a_step_without_answer_may_have_happened_and_is_undone() {
    let mut saga = saga();
    for attempt in 1..=3 {
        let start = u64::from(attempt - 1) * 6;
        assert_eq!(saga.poll_timeout(), Some((at(start + 5), "no answer came")));
        saga.handle_timeout(at(start + 4));
        assert_eq!(drain(&mut saga), [], "early is a no-op");
        saga.handle_timeout(at(start + 5));
        if attempt < 3 {
            assert_eq!(saga.poll_timeout(), Some((at(start + 6), "try again")));
            saga.handle_timeout(at(start + 6));
            assert_eq!(drain(&mut saga), [SagaOutput::Run { step: 0, attempt: attempt + 1 }]);
        }
    }
    assert_eq!(saga.state(), SagaState::Compensating { step: 0 });
}

#[test]
fn after_the_pivot_there_is_no_way_back() {
    let mut saga = saga();
    (0..3).for_each(|step| saga.handle_result(at(0), step, SagaResult::Done));
    drain(&mut saga);
    let mut now = 0;
    for _ in 0..4 {
        saga.handle_result(at(now), 3, SagaResult::Refused);
        now += 1;
        saga.handle_timeout(at(now));
    }
    assert_eq!(saga.state(), SagaState::Stuck { step: 3 });
    let undone = |output: &SagaOutput| matches!(output, SagaOutput::Compensate { .. });
    assert!(!drain(&mut saga).iter().any(undone));
}

#[test]
fn late_answers_are_ignored() {
    let mut saga = saga();
    saga.handle_result(at(0), 1, SagaResult::Done);
    assert_eq!(saga.state(), SagaState::Running { step: 0 });
    saga.handle_result(at(0), 0, SagaResult::Failed);
    saga.handle_result(at(0), 0, SagaResult::Done);
    assert_eq!(saga.state(), SagaState::Running { step: 0 }, "between two attempts");
}

#[test]
fn options_are_checked() {
    let bad = SagaOptions { steps: vec![], pivot: 0, ..options() };
    assert_eq!(Saga::new(bad).unwrap_err().problems().len(), 2);
    let text = serde_saphyr::to_string(&options()).unwrap();
    assert_eq!(serde_saphyr::from_str::<SagaOptions>(&text).unwrap(), options());
}

proptest! {
    /// Crashes anywhere: in the end all steps have happened, or none has.
    #[test]
    fn all_or_nothing_through_crashes(
        script in proptest::collection::vec((0_u8..8, any::<bool>()), 0..60),
    ) {
        let mut saga = Saga::new(options()).unwrap();
        let (mut now, mut recorded) = (0, SagaState::Running { step: 0 });
        let mut happened = [false; 4];
        saga.start(at(0));
        let ending = core::iter::repeat_n((0, true), 200);
        for (op, effect) in script.into_iter().chain(ending) {
            now += 1;
            let mut answer = None;
            let outputs = drain(&mut saga);
            for output in &outputs {
                match *output {
                    SagaOutput::Record { to, .. } => recorded = to,
                    // The effect may happen although the answer says otherwise.
                    SagaOutput::Run { step, .. } => {
                        happened[step as usize] |= op == 0 || (effect && op < 6);
                        answer = Some(step);
                    }
                    SagaOutput::Compensate { step, .. } => {
                        if op == 0 || effect { happened[step as usize] = false }
                        answer = Some(step);
                    }
                }
            }
            let refused = op == 6 && matches!(recorded, SagaState::Running { step } if step <= 2)
                && answer.is_some_and(|step| !happened[step as usize]);
            match (op, answer) {
                (7, _) => {
                    saga = Saga::new(options()).unwrap();
                    saga.recover(at(now), recorded);
                }
                (0, Some(step)) => saga.handle_result(at(now), step, SagaResult::Done),
                (6, Some(step)) if refused => {
                    saga.handle_result(at(now), step, SagaResult::Refused);
                }
                (1 | 2, Some(step)) => saga.handle_result(at(now), step, SagaResult::Failed),
                _ => saga.handle_timeout(at(now)),
            }
        }
        match saga.state() {
            SagaState::Done => prop_assert_eq!(happened, [true; 4]),
            SagaState::Undone => prop_assert_eq!(happened, [false; 4]),
            SagaState::Stuck { .. } => {}
            SagaState::Running { .. } | SagaState::Compensating { .. } => {
                prop_assert!(false, "it has had time enough to end");
            }
        }
    }
}
