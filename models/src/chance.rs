//! How unlikely a count is, given what was counted before.

/// The probability of `count` or more, when what was counted before gives a Gamma distribution of the rate of this `shape` and
/// the present is `odds` times as long as the past: the Gamma-Poisson mixture, a negative binomial whose mean is
/// `shape * odds` (A. Gelman et al., "Bayesian Data Analysis", 3rd ed., section 2.6). With Jeffreys' prior the shape is the
/// count of the past and 1/2.
pub fn at_least(count: u32, shape: f64, odds: f64) -> f64 {
    // P(0) = (1 + odds)^-shape; P(k + 1) / P(k) = (shape + k) / (k + 1) * odds / (1 + odds).
    let (stays, goes) = (-(1.0 + odds).ln(), odds / (1.0 + odds));
    let mut term = shape * stays;
    let mut below = 0.0;
    for k in 0..count {
        below += term.exp();
        let k = f64::from(k);
        term += ((shape + k) / (k + 1.0) * goes).ln();
    }
    if below < 0.9 {
        return 1.0 - below;
    }
    // The far end by its own sum: what is left of 1 would be lost in rounding.
    let mut above = 0.0;
    for k in count..count + 10_000 {
        let value = term.exp();
        above += value;
        if value < above * 1e-12 {
            break;
        }
        let k = f64::from(k);
        term += ((shape + k) / (k + 1.0) * goes).ln();
    }
    above.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_negative_binomial() {
        // Shape 1 is geometric: P(k or more) = (odds / (1 + odds))^k.
        for count in [0, 1, 3, 40] {
            let meant = 0.25f64.powi(count);
            assert!((at_least(count.unsigned_abs(), 1.0, 1.0 / 3.0) / meant - 1.0).abs() < 1e-9, "{count}");
        }
        // A long past leaves the Poisson distribution: P(8 or more) of mean 2.
        assert!((at_least(8, 200_000.0, 1e-5) - 0.001_097).abs() < 1e-5);
    }
}
