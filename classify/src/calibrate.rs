//! From scores to probabilities, on rows that the scores' planes have not seen.
//!
//! Yes-or-no questions: Platt scaling with smoothed targets and a safeguarded Newton method, H.-T.
//! Lin, C.-J. Lin, R. C. Weng, "A note on Platt's probabilistic outputs for support vector
//! machines", Machine Learning 68, 2007. One-of-many questions: a softmax over weighted scores.

use serde::{Deserialize, Serialize};

/// `P(yes) = 1 / (1 + exp(-(slope . inputs + offset)))`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logistic {
    pub slope: Vec<f32>,
    pub offset: f32,
}

impl Logistic {
    pub(crate) fn probability(&self, inputs: &[f32]) -> f32 {
        let logit: f32 = self.slope.iter().zip(inputs).map(|(a, x)| a * x).sum::<f32>() + self.offset;
        sigmoid(f64::from(logit)) as f32
    }

    /// Fits to cases of `(inputs, yes)`; without cases of both answers the result says what there is.
    pub(crate) fn fit(cases: &[(impl AsRef<[f32]>, bool)], width: usize) -> Self {
        let yes = cases.iter().filter(|(_, y)| *y).count() as f64;
        let no = cases.len() as f64 - yes;
        let (high, low) = ((yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0));
        let start = ((yes + 1.0) / (no + 1.0)).ln();
        let mut theta = vec![0.0; width + 1];
        theta[width] = start;
        if yes > 0.0 && no > 0.0 {
            let rows: Vec<(Vec<f64>, f64)> = cases
                .iter()
                .map(|(x, y)| {
                    let mut row: Vec<f64> = x.as_ref().iter().map(|&v| f64::from(v)).collect();
                    row.push(1.0);
                    (row, if *y { high } else { low })
                })
                .collect();
            newton(&mut theta, |theta| logistic_loss(&rows, theta));
        }
        Self { slope: theta[..width].iter().map(|&t| t as f32).collect(), offset: theta[width] as f32 }
    }
}

/// A softmax over options, each with a few scores that count the same way for every option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Softmax {
    pub slope: Vec<f32>,
}

impl Softmax {
    /// The probability of each option; `options[o]` holds the scores of option `o`.
    pub(crate) fn probabilities(&self, options: &[impl AsRef<[f32]>]) -> Vec<f32> {
        let slope: Vec<f64> = self.slope.iter().map(|&s| f64::from(s)).collect();
        shares(options, &slope).into_iter().map(|p| p as f32).collect()
    }

    /// Fits to cases of `(scores by option, right option)`.
    pub(crate) fn fit(cases: &[(Vec<impl AsRef<[f32]>>, usize)], width: usize) -> Self {
        let mut theta = vec![1.0; width];
        if !cases.is_empty() {
            newton(&mut theta, |theta| softmax_loss(cases, theta));
        }
        Self { slope: theta.into_iter().map(|t| t as f32).collect() }
    }
}

/// Loss, gradient and Hessian at a point.
struct Point {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<Vec<f64>>,
}

impl Point {
    /// A weak pull to zero keeps the optimum finite where the cases can be parted.
    fn start(theta: &[f64]) -> Self {
        const PULL: f64 = 1e-3;
        let n = theta.len();
        let mut hessian = vec![vec![0.0; n]; n];
        (0..n).for_each(|i| hessian[i][i] = PULL);
        Self {
            loss: 0.5 * PULL * theta.iter().map(|t| t * t).sum::<f64>(),
            gradient: theta.iter().map(|t| PULL * t).collect(),
            hessian,
        }
    }

    fn add(&mut self, x: &[f64], slope: f64, curve: f64) {
        for (i, &xi) in x.iter().enumerate() {
            self.gradient[i] += slope * xi;
            for (j, &xj) in x.iter().enumerate() {
                self.hessian[i][j] += curve * xi * xj;
            }
        }
    }
}

fn logistic_loss(rows: &[(Vec<f64>, f64)], theta: &[f64]) -> Point {
    let mut point = Point::start(theta);
    for (x, target) in rows {
        let logit: f64 = x.iter().zip(theta).map(|(a, b)| a * b).sum();
        let p = sigmoid(logit);
        point.loss += softplus(logit) - target * logit;
        point.add(x, p - target, p * (1.0 - p));
    }
    point
}

fn softmax_loss(cases: &[(Vec<impl AsRef<[f32]>>, usize)], theta: &[f64]) -> Point {
    let mut point = Point::start(theta);
    for (options, right) in cases {
        let p = shares(options, theta);
        let mean: Vec<f64> = (0..theta.len())
            .map(|k| options.iter().zip(&p).map(|(o, p)| p * f64::from(o.as_ref()[k])).sum())
            .collect();
        point.loss -= p[*right].max(1e-300).ln();
        for (option, p) in options.iter().zip(&p) {
            let apart: Vec<f64> = option.as_ref().iter().zip(&mean).map(|(&x, m)| f64::from(x) - m).collect();
            point.add(&apart, 0.0, *p);
        }
        for (k, g) in point.gradient.iter_mut().enumerate() {
            *g += mean[k] - f64::from(options[*right].as_ref()[k]);
        }
    }
    point
}

fn shares(options: &[impl AsRef<[f32]>], slope: &[f64]) -> Vec<f64> {
    let scores: Vec<f64> =
        options.iter().map(|o| o.as_ref().iter().zip(slope).map(|(&x, s)| f64::from(x) * s).sum()).collect();
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|s| (s - top).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / total).collect()
}

/// Newton's method, each step halved until the loss falls.
fn newton(theta: &mut Vec<f64>, at: impl Fn(&[f64]) -> Point) {
    let mut point = at(theta);
    for _ in 0..50 {
        let Some(step) = solve_linear(point.hessian.clone(), point.gradient.clone()) else { return };
        let mut scale = 1.0;
        let moved = loop {
            let trial: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t - scale * s).collect();
            let there = at(&trial);
            if there.loss < point.loss {
                break Some((trial, there));
            }
            scale /= 2.0;
            if scale < 1e-6 {
                break None;
            }
        };
        let Some((trial, there)) = moved else { return };
        let gain = point.loss - there.loss;
        (*theta, point) = (trial, there);
        if gain < 1e-9 * (1.0 + point.loss.abs()) {
            return;
        }
    }
}

/// Gaussian elimination with pivots; `None` when the matrix is singular.
fn solve_linear(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        if a[pivot][k].abs() < 1e-12 {
            return None;
        }
        a.swap(k, pivot);
        b.swap(k, pivot);
        let top = a[k].clone();
        for i in k + 1..n {
            let factor = a[i][k] / top[k];
            a[i].iter_mut().zip(&top).skip(k).for_each(|(x, t)| *x -= factor * t);
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - rest) / a[k][k];
    }
    Some(b)
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fitted_probability_is_the_share_of_yes() {
        let cases: Vec<(Vec<f32>, bool)> = (0..1000)
            .map(|i| {
                let high = i % 2 == 0;
                (vec![if high { 1.0 } else { -1.0 }], i % 10 < if high { 8 } else { 3 })
            })
            .collect();
        let fitted = Logistic::fit(&cases, 1);
        // even i: i % 10 in 0, 2, 4, 6 of 0, 2, 4, 6, 8 are yes; odd i: 1 of 1, 3, 5, 7, 9.
        assert!((fitted.probability(&[1.0]) - 0.8).abs() < 0.01);
        assert!((fitted.probability(&[-1.0]) - 0.2).abs() < 0.01);
    }

    #[test]
    fn cases_that_can_be_parted_or_are_all_alike_stay_finite() {
        let parted = Logistic::fit(&[(vec![1.0], true), (vec![-1.0], false)], 1);
        assert!(parted.slope[0].is_finite() && parted.probability(&[1.0]) < 1.0);
        let alike = Logistic::fit(&[(vec![1.0], false), (vec![-1.0], false)], 1);
        assert!(alike.probability(&[1.0]) < 0.5);
    }

    #[test]
    fn a_softmax_learns_how_far_scores_can_be_trusted() {
        let case = |right| (vec![vec![1.0], vec![0.0]], right);
        let cases: Vec<_> = (0..400).map(|i| case(usize::from(i % 4 == 0))).collect();
        let p = Softmax::fit(&cases, 1).probabilities(&[vec![1.0], vec![0.0]]);
        assert!((p[0] - 0.75).abs() < 0.01, "{p:?}");
    }
}
