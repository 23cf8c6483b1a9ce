//! Which keys are asked for, and how often: the options.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::duration;

/// The keys that requests ask for.
///
/// ```
/// use tenfold_sim::keys::{KeyPopulation, Keys};
/// let population: KeyPopulation = serde_saphyr::from_str("
/// living: {births: 1157.4, exponent: 0.9, interest: [
///   {share: 0.7, half_life: 6h}, {share: 0.3, half_life: 30d}]}
/// ").expect("the options are well formed");
/// let keys = Keys::new(&population).expect("and possible");
/// assert!(keys.hottest_share() > 0.01);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeyPopulation {
    /// A fixed set of keys under Zipf's law.
    Zipf(ZipfKeys),
    /// A fixed set of keys in groups of equals.
    Empirical(Vec<KeyGroup>),
    /// Keys that are born and fade.
    Living(LivingKeys),
}

/// A fixed set of keys: the key of rank r gets a share of the requests proportional to
/// r^-`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZipfKeys {
    /// Skew: 0 (all equal) to 3. Web requests 0.64 to 0.83 (Breslau et al., INFOCOM 1999).
    pub exponent: f64,
    /// Number of keys, from 1 to 1e15.
    pub count: u64,
}

/// Keys that are asked for equally often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyGroup {
    /// Number of keys, from 1.
    pub keys: u64,
    /// Requests for the whole group, relative to the other groups'; above 0.
    pub requests: f64,
}

/// Keys that are born, are asked for, and fade.
///
/// In each cohort (a day) `births` × cohort keys are born, evenly spread over time. Over its life
/// the key of rank r within its cohort gets interest proportional to r^-`exponent` (so the cohort's
/// hottest key is rank 1), and it gets that interest with the density Σ share · μ · e^(-μ·age),
/// μ = ln 2 / `half_life`. The total request rate is the caller's, so that requests per key follow
/// from it.
///
/// # Sources and assumptions
/// Popularity of short links is heavy-tailed and about half of the links get most of their clicks
/// on the first day (Antoniades et al., *we.b: The Web of Short URLs*, WWW 2011); the exponent 0.9
/// (0.6 to 1.3) is an estimate. The half-lives and the share of the long tail of
/// [`LivingKeys::short_links`] are assumptions to be verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LivingKeys {
    /// Keys born per second; above 0.
    pub births: f64,
    /// Skew of the interest among the keys of a cohort: 0 to 3.
    pub exponent: f64,
    /// How interest fades: one or more terms, whose shares sum to 1.
    pub interest: Vec<Fade>,
    /// The span among whose births ranks are counted, as text; a day unless stated.
    #[serde(default = "day", with = "duration")]
    #[schemars(with = "String")]
    pub cohort: Duration,
}

/// A part of a key's interest that halves every `half_life`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fade {
    /// Share of the key's requests over its life: above 0, at most 1.
    pub share: f64,
    /// Time in which this part of the request rate halves, as text: `6h`.
    #[serde(with = "duration")]
    #[schemars(with = "String")]
    pub half_life: Duration,
}

fn day() -> Duration {
    Duration::from_secs(86_400)
}

impl LivingKeys {
    /// Returns the assumption for short links: 70 % of the clicks fade with a half-life of 6 hours,
    /// 30 % with one of 30 days; exponent 0.9.
    #[must_use]
    pub fn short_links(births: f64) -> Self {
        Self {
            births,
            exponent: 0.9,
            interest: vec![
                Fade { share: 0.7, half_life: Duration::from_secs(6 * 3_600) },
                Fade { share: 0.3, half_life: Duration::from_secs(30 * 86_400) },
            ],
            cohort: day(),
        }
    }
}

/// A key population that cannot be, with every problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// The problems, at least one.
    pub problems: Vec<String>,
}

impl core::fmt::Display for KeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl core::error::Error for KeyError {}

impl KeyPopulation {
    /// Checks the ranges that the fields state.
    ///
    /// # Errors
    /// Returns every problem found.
    pub fn check(&self) -> Result<(), KeyError> {
        let mut problems = Vec::new();
        let mut that = |holds: bool, message: &str| {
            if !holds {
                problems.push(message.to_owned());
            }
        };
        match self {
            Self::Zipf(zipf) => {
                that((0.0..=3.0).contains(&zipf.exponent), "`exponent` must be from 0 to 3");
                that((1..=MOST_KEYS).contains(&zipf.count), "`count` must be from 1 to 1e15");
            }
            Self::Empirical(groups) => {
                that(!groups.is_empty(), "`empirical` needs at least one group");
                that(groups.len() <= 100_000, "`empirical` takes at most 100,000 groups");
                let possible = |group: &KeyGroup| {
                    (1..=MOST_KEYS).contains(&group.keys)
                        && group.requests > 0.0
                        && group.requests.is_finite()
                };
                that(groups.iter().all(possible), "each group needs `keys` >= 1, `requests` > 0");
            }
            Self::Living(living) => {
                that((0.0..=3.0).contains(&living.exponent), "`exponent` must be from 0 to 3");
                let births = living.births * living.cohort.as_secs_f64();
                that(
                    (1.0..=MOST_KEYS as f64).contains(&births),
                    "`births` must make from 1 to 1e15 keys in a cohort",
                );
                let terms = &living.interest;
                that((1..=8).contains(&terms.len()), "`interest` needs 1 to 8 terms");
                let possible = |fade: &Fade| {
                    fade.share > 0.0
                        && fade.share <= 1.0
                        && fade.half_life >= Duration::from_secs(1)
                };
                that(
                    terms.iter().all(possible),
                    "each term of `interest` needs `share` > 0 and `half_life` of 1s or more",
                );
                let shares: f64 = terms.iter().map(|fade| fade.share).sum();
                that((shares - 1.0).abs() < 1e-6, "the shares of `interest` must sum to 1");
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(KeyError { problems }) }
    }
}

const MOST_KEYS: u64 = 1_000_000_000_000_000;
