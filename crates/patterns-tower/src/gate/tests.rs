use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, ServiceExt, service_fn};

use super::*;

/// Counts guards that are out, and those that were dropped unfinished.
#[derive(Clone, Default)]
struct Counts {
    held: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
}

struct Held(Counts);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<Res> Guard<Res> for Held {
    fn finish(self, _result: &mut Result<Res, Error>) {
        self.0.finished.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Clone, Default)]
struct TestGate {
    counts: Counts,
    refuse: bool,
}

impl<Req, Res> Gate<Req, Res> for TestGate {
    type Guard = Held;
    type Wait = NoWait<Held>;

    fn admit(&self, _request: &mut Req) -> Admission<Held, NoWait<Held>> {
        if self.refuse {
            return Admission::Refused(Error::NoBackend);
        }
        self.counts.held.fetch_add(1, Ordering::SeqCst);
        Admission::Now(Held(self.counts.clone()))
    }
}

impl TestGate {
    fn held(&self) -> usize {
        self.counts.held.load(Ordering::SeqCst)
    }

    fn finished(&self) -> usize {
        self.counts.finished.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_finished_call_gives_its_guard_back_before_the_answer() {
    let gate = TestGate::default();
    let service = Gated::new(service_fn(async |x: u32| Ok::<_, BoxError>(x)), gate.clone());
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
    assert_eq!((gate.held(), gate.finished()), (0, 1));
}

#[tokio::test]
async fn a_cancelled_call_gives_its_guard_back() {
    let gate = TestGate::default();
    let service =
        Gated::new(service_fn(|()| core::future::pending::<Result<(), BoxError>>()), gate.clone());
    let call = tokio::spawn(service.oneshot(()));
    while gate.held() == 0 {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((gate.held(), gate.finished()), (0, 0));
}

#[tokio::test]
async fn a_panic_while_polled_gives_the_guard_back() {
    let gate = TestGate::default();
    let service = Gated::new(
        service_fn(async |()| -> Result<(), BoxError> { panic!("planned") }),
        gate.clone(),
    );
    assert!(tokio::spawn(service.oneshot(())).await.unwrap_err().is_panic());
    assert_eq!((gate.held(), gate.finished()), (0, 0));
}

#[tokio::test]
async fn a_panic_in_call_gives_the_guard_back() {
    type Never = core::future::Pending<Result<(), Error>>;
    let gate = TestGate::default();
    let panics = service_fn(|()| -> Never { panic!("planned") });
    let service = Gated::new(panics, gate.clone());
    let call = tokio::spawn(async move { service.oneshot(()).await });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(gate.held(), 0);
}

#[tokio::test]
async fn a_refused_call_lets_go_of_what_the_inner_service_reserved() {
    let one = ConcurrencyLimitLayer::new(1);
    let inner = one.layer(service_fn(async |()| Ok::<_, BoxError>(())));
    let gate = TestGate { refuse: true, ..TestGate::default() };
    let mut refusing = Gated::new(inner.clone(), gate);
    assert!(refusing.ready().await.unwrap().call(()).await.is_err());
    // The refusing service lives on, idle, but the only place is free.
    let mut other = inner;
    let free = tokio::time::timeout(core::time::Duration::from_secs(5), other.ready()).await;
    assert!(free.is_ok(), "the place stayed taken");
    drop(refusing);
}

#[tokio::test]
async fn readiness_of_the_inner_service_is_waited_for_and_its_error_passed_on() {
    let (send, receive) = oneshot::channel();
    let one = ConcurrencyLimitLayer::new(1);
    let receive = Arc::new(std::sync::Mutex::new(Some(receive)));
    let inner = one.layer(service_fn(move |()| {
        let receive = receive.lock().unwrap().take();
        async move {
            if let Some(receive) = receive {
                receive.await.unwrap();
            }
            Ok::<_, BoxError>(())
        }
    }));
    let mut service = Gated::new(inner, TestGate::default());
    let first = tokio::spawn(service.ready().await.unwrap().call(()));
    let mut second = service.clone();
    let waiting = core::future::poll_fn(|cx| {
        Poll::Ready(Service::<()>::poll_ready(&mut second, cx).is_pending())
    });
    assert!(waiting.await, "the inner service has one place");
    send.send(()).unwrap();
    first.await.unwrap().unwrap();
    second.ready().await.unwrap().call(()).await.unwrap();
}

#[test]
fn services_and_futures_cross_threads() {
    fn crosses<T: Send + Sync + Clone>(_: &T) {}
    fn moves<T: Send>(_: &T) {}
    let mut service = Gated::new(service_fn(async |()| Ok::<_, BoxError>(())), TestGate::default());
    crosses(&service);
    moves(&service.call(()));
}
