//! On how many threads a plan is made.

/// Runs work on `jobs` threads, or on all that the machine has; results do not depend on it.
///
/// # Panics
/// Panics when the system refuses threads.
pub fn on_threads<T: Send>(jobs: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    match jobs {
        None => work(),
        Some(jobs) => rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build()
            .expect("the system gives threads")
            .install(work),
    }
}
