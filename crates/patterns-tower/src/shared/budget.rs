//! A retry budget that many callers share.

use tenfold_patterns::{
    InvalidOptions, RetryBudget, RetryBudgetOptions, RetryCause, RetryWithdrawal,
};
use tenfold_units::Instant;

use crate::sync::{Arc, Mutex, lock};

/// A retry budget behind a lock that is held for one step of the machine; clones are the same
/// budget. One for each callee, whatever the number of layers that call it.
#[derive(Clone, Debug)]
pub struct SharedRetryBudget(Arc<Mutex<RetryBudget>>);

impl SharedRetryBudget {
    /// Returns a budget as it is at the start.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: RetryBudgetOptions, now: Instant) -> Result<Self, InvalidOptions> {
        Ok(Self(Arc::new(Mutex::new(RetryBudget::new(options, now)?))))
    }

    /// Counts a request: a first attempt, not a retry.
    pub fn request(&self, now: Instant) {
        lock(&self.0).request(now);
    }

    /// Takes what one retry costs, or says that there is not enough.
    #[must_use]
    pub fn withdraw(&self, now: Instant, cause: RetryCause) -> Option<RetryGuard> {
        let withdrawal = lock(&self.0).withdraw(now, cause)?;
        Some(RetryGuard { budget: self.clone(), withdrawal: Some(withdrawal) })
    }

    /// Counts a success: of a retry with what it took, of a first attempt with `None`.
    pub fn success(&self, withdrawal: Option<RetryWithdrawal>) {
        lock(&self.0).success(withdrawal);
    }

    /// Counts a failure that could have been retried.
    pub fn failure(&self) {
        lock(&self.0).failure();
    }

    /// Returns how many retries or tokens are left.
    #[must_use]
    pub fn left(&self, now: Instant) -> f64 {
        lock(&self.0).left(now)
    }
}

/// What a retry took before its wait; dropped before the retry is sent, a quota gets it back.
#[derive(Debug)]
#[must_use = "dropped at once, the retry is not sent"]
pub struct RetryGuard {
    budget: SharedRetryBudget,
    withdrawal: Option<RetryWithdrawal>,
}

impl RetryGuard {
    /// The retry goes out now.
    pub fn sent(mut self) -> Option<RetryWithdrawal> {
        self.withdrawal.take()
    }
}

impl Drop for RetryGuard {
    fn drop(&mut self) {
        let Some(withdrawal) = self.withdrawal.take() else { return };
        let mut budget = lock(&self.budget.0);
        // A share of requests is forgotten with its window, and a throttle took nothing.
        if matches!(budget.options(), RetryBudgetOptions::Quota { .. }) {
            budget.success(Some(withdrawal));
        }
    }
}
