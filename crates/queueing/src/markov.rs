use crate::error::{Error, require};

/// The most states whose chain is solved: elimination takes states³ / 3 steps.
pub(crate) const STATES_MAX: usize = 1_000;

/// Returns the stationary probabilities of a Markov chain in continuous time with the states
/// 0 to `states` - 1 and jumps `(from, to, rate)`, rates per second; rates of the same jump add up.
///
/// Elimination by Grassmann, Taksar and Heyman (Operations Research 33, 1985): no subtraction takes
/// place, so that each probability, however small, keeps nearly all of its digits.
///
/// # Errors
/// [`Error::OutOfRange`] for no state or more than 1,000, a jump to the same state or one that is
/// not there, a rate that is negative or not finite, a state from which 0 cannot be reached, or
/// probabilities too far apart for floating point.
pub fn stationary(states: usize, jumps: &[(usize, usize, f64)]) -> Result<Vec<f64>, Error> {
    require((1..=STATES_MAX).contains(&states), "states: 1 to 1,000")?;
    let mut rates = vec![vec![0.0_f64; states]; states];
    for &(from, to, rate) in jumps {
        let there = from < states && to < states && from != to;
        require(there, "jumps: between two different states of the chain")?;
        require(rate.is_finite() && rate >= 0.0, "rates: finite, at least 0")?;
        rates[from][to] += rate;
    }
    for last in (1..states).rev() {
        eliminate(&mut rates, last)?;
    }
    let mut weights = vec![1.0_f64];
    while weights.len() < states {
        let state = weights.len();
        weights.push(weights.iter().zip(&rates).map(|(weight, row)| weight * row[state]).sum());
    }
    let sum: f64 = weights.iter().sum();
    require(sum.is_finite(), "rates: their probabilities are too far apart")?;
    Ok(weights.into_iter().map(|weight| weight / sum).collect())
}

/// Leaves out the state `last`: who would jump to it goes on to where it leads. Its column then
/// holds the visits to it for each stay in another state.
fn eliminate(rates: &mut [Vec<f64>], last: usize) -> Result<(), Error> {
    let (rest, row) = rates.split_at_mut(last);
    let out = &row[0][..last];
    let leaving: f64 = out.iter().sum();
    require(leaving > 0.0, "jumps: state 0 can be reached from every state")?;
    for (from, row) in rest.iter_mut().enumerate() {
        let visits = row[last] / leaving;
        row[last] = visits;
        if visits == 0.0 {
            continue;
        }
        for (to, rate) in out.iter().enumerate() {
            // A return to the same state is no jump.
            if to != from {
                row[to] += visits * rate;
            }
        }
    }
    Ok(())
}
