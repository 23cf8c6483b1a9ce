//! What a caller keeps for a link.

use std::collections::VecDeque;

use tenfold_patterns::{
    Balancer, CircuitBreaker, ConcurrencyLimit, RetryBudget, RetryBudgetOptions, TokenBucket,
};
use tenfold_units::{Instant, Seed};

use crate::Link;

/// What one caller replica keeps for one link.
#[derive(Debug)]
pub(super) struct Caller {
    /// Attempts under way: of each shard of the callee, or of all together.
    pub(super) in_use: Vec<u32>,
    /// Frames that wait for a place in each pool, and the generation in which they do.
    pub(super) waiting: Vec<VecDeque<(u32, u32)>>,
    /// One for each shard of the callee, one where it has none; none without a breaker.
    pub(super) breakers: Vec<CircuitBreaker>,
    pub(super) budget: Option<RetryBudget>,
    pub(super) admission: Option<TokenBucket>,
    pub(super) concurrency: Option<ConcurrencyLimit>,
    /// Over all replicas of a callee that is balanced, and over those in the own zone.
    pub(super) balancer: Option<Balancer>,
    pub(super) local: Option<Local>,
}

/// The balancer of a caller that prefers its own zone.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) balancer: Balancer,
    /// The first replica of the zone, counted from the callee's first.
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Caller {
    /// Returns the caller of a component with so many shards; its balancers come later.
    pub(super) fn new(link: &Link, shards: u32, seed: Seed, breaker: &str) -> Self {
        let budget = |options: RetryBudgetOptions| {
            RetryBudget::new(options, Instant::ZERO).expect("a valid model")
        };
        let pools = if link.pool_per_shard { shards.max(1) as usize } else { 1 };
        Self {
            in_use: vec![0; pools],
            waiting: vec![VecDeque::new(); pools],
            breakers: link.breaker.map_or_else(Vec::new, |options| {
                let stream = |shard| seed.stream(&format!("{breaker}/{shard}"));
                let new = |shard| CircuitBreaker::new(options, stream(shard));
                (0..shards).map(|shard| new(shard).expect("a valid model")).collect()
            }),
            budget: link.retry_budget.map(budget),
            admission: link
                .admission
                .map(|options| TokenBucket::new(options).expect("a valid model")),
            concurrency: link
                .concurrency
                .map(|options| ConcurrencyLimit::new(options).expect("a valid model")),
            balancer: None,
            local: None,
        }
    }
}
