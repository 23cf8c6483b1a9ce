//! How a backend is chosen among the candidates.

use tenfold_units::Instant;
use tenfold_units::random::Stream;

use super::backend::Backend;
use super::{Balancer, BalancerPolicy};
use crate::hash_ring::bounded_load;
use crate::nginx_hash::{IpHash, MAX_TRIES, NginxHash, by_weight};
use crate::planted;

/// One choice: who may be chosen, and when.
#[derive(Clone, Copy)]
struct Choice<'a> {
    now: Instant,
    tried: &'a [usize],
    /// Health is ignored.
    panic: bool,
    /// Every backend is healthy, so that nobody has to look.
    well: bool,
}

impl Choice<'_> {
    fn allows(&self, balancer: &Balancer, number: usize) -> bool {
        let backend = &balancer.backends[number];
        !backend.removed
            && !backend.is_full()
            && (self.well || self.panic || balancer.is_healthy(self.now, backend))
            && !self.tried.contains(&number)
    }
}

pub(super) fn pick(
    balancer: &mut Balancer,
    now: Instant,
    key: &[u8],
    tried: &[usize],
    panic: bool,
    stream: &mut Stream,
) -> Option<usize> {
    let choice = Choice { now, tried, panic, well: balancer.troubled == 0 };
    match balancer.options.policy {
        BalancerPolicy::RoundRobin => round_robin(balancer, &choice, |_| true),
        BalancerPolicy::Random => {
            random(balancer, &choice, stream).or_else(|| round_robin(balancer, &choice, |_| true))
        }
        BalancerPolicy::LeastConnections => least_connections(balancer, &choice),
        BalancerPolicy::PowerOfTwo => two(balancer, &choice, stream, |backend| {
            f64::from(backend.in_flight) / f64::from(backend.weight)
        }),
        BalancerPolicy::PeakEwma { decay, initial } => {
            two(balancer, &choice, stream, |backend| backend.cost(now, decay, initial))
        }
        BalancerPolicy::IpHash => by_hash(balancer, &choice, IpHash::new(key)),
        BalancerPolicy::NginxHash => by_hash(balancer, &choice, NginxHash::new(key)),
        BalancerPolicy::NginxConsistentHash => {
            let ring = balancer.nginx_ring.as_ref().expect("built with the policy");
            let found = ring
                .servers(key)
                .take(MAX_TRIES as usize + 1)
                .find(|server| choice.allows(balancer, *server));
            found.or_else(|| round_robin(balancer, &choice, |_| true))
        }
        BalancerPolicy::ConsistentHash { bounded_load, .. } => {
            on_ring(balancer, &choice, key, bounded_load)
        }
    }
}

/// Parts of a weight, so that a backend that is warming up can get less than 1.
const PARTS: f64 = 64.0;

/// nginx's: each candidate gains its weight, the richest is chosen and pays the sum of all.
fn round_robin(
    balancer: &mut Balancer,
    choice: &Choice<'_>,
    also: impl Fn(&Backend) -> bool,
) -> Option<usize> {
    let (mut total, mut best) = (0, None::<(usize, i64)>);
    for number in 0..balancer.backends.len() {
        if !choice.allows(balancer, number) || !also(&balancer.backends[number]) {
            continue;
        }
        let slow_start = balancer.options.slow_start;
        let backend = &mut balancer.backends[number];
        let warmth = backend.warmth(choice.now, slow_start);
        let gain = (backend.effective as f64 * PARTS * warmth) as i64;
        backend.current += gain;
        total += gain;
        if backend.effective < i64::from(backend.weight) {
            backend.effective += 1;
        }
        if best.is_none_or(|(_, current)| backend.current > current) {
            best = Some((number, backend.current));
        }
    }
    let (number, _) = best?;
    balancer.backends[number].current -= total;
    Some(number)
}

fn least_connections(balancer: &mut Balancer, choice: &Choice<'_>) -> Option<usize> {
    let load = |backend: &Backend| (u64::from(backend.in_flight), u64::from(backend.weight));
    let less = |a: (u64, u64), b: (u64, u64)| a.0 * b.1 < b.0 * a.1;
    let (mut best, mut ties) = (None::<(usize, (u64, u64))>, false);
    for number in 0..balancer.backends.len() {
        if !choice.allows(balancer, number) {
            continue;
        }
        let its = load(&balancer.backends[number]);
        match best {
            Some((_, least)) if !less(its, least) => ties |= !less(least, its),
            _ => (best, ties) = (Some((number, its)), false),
        }
    }
    let (number, least) = best?;
    if !ties && balancer.options.slow_start.is_none() {
        return Some(number);
    }
    round_robin(balancer, choice, |backend| {
        let its = load(backend);
        !less(least, its) && !less(its, least)
    })
}

/// Any candidate, by weight; `None` after 20 tries in vain.
fn random(balancer: &Balancer, choice: &Choice<'_>, stream: &mut Stream) -> Option<usize> {
    let total = *balancer.sums.last()?;
    for _ in 0..MAX_TRIES {
        if total == 0 {
            break;
        }
        let number = if balancer.equal_weights {
            stream.below(balancer.backends.len() as u64) as usize
        } else {
            let at = stream.below(total);
            balancer.sums.partition_point(|sum| *sum <= at)
        };
        if !choice.allows(balancer, number) {
            continue;
        }
        let warmth = balancer.backends[number].warmth(choice.now, balancer.options.slow_start);
        if warmth >= 1.0 || stream.chance(warmth) {
            return Some(number);
        }
    }
    None
}

/// The cheaper of two distinct candidates at random, the first of equals.
fn two(
    balancer: &mut Balancer,
    choice: &Choice<'_>,
    stream: &mut Stream,
    cost: impl Fn(&Backend) -> f64,
) -> Option<usize> {
    let Some(first) = random(balancer, choice, stream) else {
        return cheapest(balancer, choice, cost);
    };
    if balancer.live < 2 || planted::is("p2c-picks-one") {
        return Some(first);
    }
    for _ in 0..MAX_TRIES {
        let Some(second) = random(balancer, choice, stream) else { break };
        if second != first {
            let worse = cost(&balancer.backends[second]) < cost(&balancer.backends[first]);
            return Some(if worse { second } else { first });
        }
    }
    Some(first)
}

/// The cheapest of all candidates: where chance has found none in 20 tries.
fn cheapest(
    balancer: &Balancer,
    choice: &Choice<'_>,
    cost: impl Fn(&Backend) -> f64,
) -> Option<usize> {
    (0..balancer.backends.len())
        .filter(|number| choice.allows(balancer, *number))
        .map(|number| (number, cost(&balancer.backends[number])))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(number, _)| number)
}

fn by_hash(
    balancer: &mut Balancer,
    choice: &Choice<'_>,
    values: impl Iterator<Item = u32>,
) -> Option<usize> {
    let weights = balancer.backends.iter().map(|b| if b.removed { 0 } else { b.weight });
    for value in values {
        let number = by_weight(value, weights.clone())?;
        if choice.allows(balancer, number) {
            return Some(number);
        }
    }
    round_robin(balancer, choice, |_| true)
}

fn on_ring(balancer: &Balancer, choice: &Choice<'_>, key: &[u8], factor: f64) -> Option<usize> {
    let ring = balancer.ring.as_ref().expect("built with the policy");
    let number_of = |node: u32| {
        // Numbers agree unless backends came and went.
        let same = balancer.backends.get(node as usize).filter(|b| b.on_ring == Some(node));
        match same {
            Some(_) => Some(node as usize),
            None => balancer.backends.iter().position(|b| b.on_ring == Some(node)),
        }
    };
    let total_weight = balancer.sums.last().copied().unwrap_or(0);
    let fits = |number: usize| {
        let backend = &balancer.backends[number];
        let cap = bounded_load(balancer.in_flight, backend.weight, total_weight, factor);
        factor == 0.0 || u64::from(backend.in_flight) < cap
    };
    let candidate = |node| number_of(node).filter(|number| choice.allows(balancer, *number));
    let hash = ring.hash(key);
    ring.owner_where(hash, |node| candidate(node).is_some_and(fits))
        // Where the candidates left are all above their share, the bound gives way.
        .or_else(|| ring.owner_where(hash, |node| candidate(node).is_some()))
        .and_then(number_of)
}
