use crate::error::{Error, require};

/// Returns the stationary probabilities of a chain on 0..=n: from state i it is born to i + 1 at
/// rate `births[i]` and dies to i - 1 at rate `deaths[i - 1]`.
///
/// `p(i + 1) / p(i) = births[i] / deaths[i]` (Feller 1968, XVII.7). Products only, rescaled on the
/// way, so that neither overflow nor cancellation can happen; probabilities below 1e-300 of the
/// largest become 0.
///
/// # Errors
/// [`Error::OutOfRange`] unless both have the same length, births are at least 0 and deaths above
/// 0, all finite.
pub fn birth_death(births: &[f64], deaths: &[f64]) -> Result<Vec<f64>, Error> {
    require(births.len() == deaths.len(), "births and deaths: the same number of each")?;
    let born = births.iter().all(|rate| rate.is_finite() && *rate >= 0.0);
    let died = deaths.iter().all(|rate| rate.is_finite() && *rate > 0.0);
    require(born && died, "births: finite, at least 0; deaths: finite, above 0")?;
    let mut weights = Vec::with_capacity(births.len() + 1);
    let mut weight = 1.0_f64;
    weights.push(weight);
    let mut sum = weight;
    for (birth, death) in births.iter().zip(deaths) {
        weight *= birth / death;
        if weight > 1e150 {
            for earlier in &mut weights {
                *earlier /= weight;
            }
            sum /= weight;
            weight = 1.0;
        }
        weights.push(weight);
        sum += weight;
    }
    for weight in &mut weights {
        *weight /= sum;
    }
    Ok(weights)
}
