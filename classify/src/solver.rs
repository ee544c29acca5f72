//! A sparse linear support vector machine with squared hinge loss, trained by dual coordinate
//! descent: C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, "A dual coordinate
//! descent method for large-scale linear SVM", ICML 2008, algorithms 1 and 3 (shrinking).
//!
//! Columns count by how well each tells yes from no, after S. Wang, C. D. Manning, "Baselines and bigrams: simple, good
//! sentiment and topic classification", ACL 2012.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Rows of `(column, value)` in one block of memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct SparseRows {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    pub width: usize,
}

impl SparseRows {
    pub(crate) fn new(width: usize) -> Self {
        Self { starts: vec![0], columns: Vec::new(), values: Vec::new(), width }
    }

    pub(crate) fn push(&mut self, row: &[(u32, f32)]) {
        self.columns.extend(row.iter().map(|&(column, _)| column));
        self.values.extend(row.iter().map(|&(_, value)| value));
        self.starts.push(self.columns.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn row(&self, index: usize) -> (&[u32], &[f32]) {
        let span = self.starts[index]..self.starts[index + 1];
        (&self.columns[span.clone()], &self.values[span])
    }

    /// The squared length of a row whose columns count by `gains`, squared.
    fn length(&self, index: usize, gains: &[f32]) -> f32 {
        let (columns, values) = self.row(index);
        columns.iter().zip(values).map(|(&column, &value)| value * value * gains[column as usize]).sum()
    }

    /// The score of a row under weights and bias.
    pub(crate) fn score(&self, index: usize, plane: &Plane) -> f32 {
        let (columns, values) = self.row(index);
        dot(columns, values, &plane.weights) + plane.bias
    }
}

/// One separating plane.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plane {
    pub weights: Vec<f32>,
    pub bias: f32,
}

/// Settings of the solver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Solver {
    /// The price of an error; larger follows the training rows more closely.
    pub cost: f32,
    /// How far the price of errors on the rarer side is raised: 0 not at all, 1 to full balance.
    pub balance: f32,
    /// How far a column counts by how well it tells yes from no: 0 not at all, 1 in proportion.
    pub contrast: f32,
    /// Stops when the projected gradients span less than this.
    pub tolerance: f32,
    pub max_epochs: usize,
}

/// One yes-or-no question over the rows: `Some(true)` is yes, `None` leaves the row out.
pub(crate) type Question = Vec<Option<bool>>;

/// Answers several questions over the same rows, `threads` at a time; the answer does not depend
/// on the number of threads.
pub(crate) fn solve_all(
    rows: &SparseRows,
    questions: &[Question],
    solver: Solver,
    threads: usize,
) -> Vec<Plane> {
    solve_beyond(rows, questions, &[], solver, threads)
}

/// [`solve_all`] for planes that are added to others: `before` has, by question and row, the scores that the rows have
/// already. Without them every score begins at 0. The nearest change to the other planes is sought, as if these were a
/// prior: min |w|^2 / 2 + C sum max(0, 1 - y (before + w x))^2.
pub(crate) fn solve_beyond(
    rows: &SparseRows,
    questions: &[Question],
    before: &[Vec<f32>],
    solver: Solver,
    threads: usize,
) -> Vec<Plane> {
    let next = AtomicUsize::new(0);
    let planes: Vec<Mutex<Plane>> = questions.iter().map(|_| Mutex::default()).collect();
    let work = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(question) = questions.get(index) else { return };
        let before = before.get(index).map_or(&[][..], Vec::as_slice);
        let plane = solve(rows, question, before, solver);
        *planes[index].lock().unwrap_or_else(PoisonError::into_inner) = plane;
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    planes.into_iter().map(|p| p.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// The state of the dual problem of one question.
struct Dual<'a> {
    rows: &'a SparseRows,
    sign: Vec<f32>,
    alpha: Vec<f32>,
    /// The diagonal term 1 / (2 C) of the squared hinge loss, by row.
    ridge: Vec<f32>,
    /// The squared length of each row with its bias column, and the ridge.
    diagonal: Vec<f32>,
    /// Scores that the rows have already; empty for none.
    before: &'a [f32],
    /// How much each column counts, squared. The plane holds weights for the rows as they are.
    gains: Vec<f32>,
    plane: Plane,
}

impl<'a> Dual<'a> {
    fn new(rows: &'a SparseRows, question: &Question, before: &'a [f32], solver: Solver) -> (Self, Vec<u32>) {
        let active: Vec<u32> = (0..rows.len()).filter(|&i| question[i].is_some()).map(|i| i as u32).collect();
        let yes = active.iter().filter(|&&i| question[i as usize] == Some(true)).count().max(1);
        let no = (active.len().saturating_sub(yes)).max(1);
        let price =
            |side: usize| solver.cost * (active.len() as f32 / (2.0 * side as f32)).powf(solver.balance);
        let (yes_price, no_price) = (price(yes), price(no));
        let sign: Vec<f32> = question.iter().map(|q| if *q == Some(true) { 1.0 } else { -1.0 }).collect();
        let ridge: Vec<f32> =
            sign.iter().map(|&s| 0.5 / if s > 0.0 { yes_price } else { no_price }).collect();
        let gains = gains(rows, question, solver.contrast);
        let diagonal = (0..rows.len()).map(|i| rows.length(i, &gains) + 1.0 + ridge[i]).collect();
        let plane = Plane { weights: vec![0.0; rows.width], bias: 0.0 };
        (Self { rows, sign, alpha: vec![0.0; rows.len()], ridge, diagonal, before, gains, plane }, active)
    }

    fn gradient(&self, row: usize) -> f32 {
        let score = self.rows.score(row, &self.plane) + self.before.get(row).copied().unwrap_or(0.0);
        self.sign[row] * score - 1.0 + self.ridge[row] * self.alpha[row]
    }

    fn step(&mut self, row: usize, gradient: f32) {
        let old = self.alpha[row];
        self.alpha[row] = (old - gradient / self.diagonal[row]).max(0.0);
        let change = (self.alpha[row] - old) * self.sign[row];
        let (columns, values) = self.rows.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            self.plane.weights[column as usize] += change * value * self.gains[column as usize];
        }
        self.plane.bias += change;
    }
}

/// How many rows of both answers a column is thought to stand in besides those it stands in.
const PRIOR: f32 = 3.0;

/// How much each column counts, squared: by the logarithm of how much more often it stands in rows of one answer than
/// in rows of the other. The rows keep their mean squared length, so that a cost means the same.
fn gains(rows: &SparseRows, question: &Question, contrast: f32) -> Vec<f32> {
    if contrast == 0.0 {
        return vec![1.0; rows.width];
    }
    let answered = || (0..rows.len()).filter_map(|row| Some((row, question[row]?)));
    let mut counts = vec![[0.0f32; 2]; rows.width];
    let mut totals = [0.0f32; 2];
    for (row, yes) in answered() {
        totals[usize::from(yes)] += 1.0;
        rows.row(row).0.iter().for_each(|&column| counts[column as usize][usize::from(yes)] += 1.0);
    }
    if totals.contains(&0.0) {
        return vec![1.0; rows.width];
    }
    let all = totals[0] + totals[1];
    let share = |count: [f32; 2], side: usize| (count[side] + PRIOR * totals[side] / all) / totals[side];
    let ratio = |count| (share(count, 1) / share(count, 0)).ln().abs();
    let mut gains: Vec<f32> = counts.into_iter().map(|count| ratio(count).powf(2.0 * contrast)).collect();
    let even = vec![1.0; rows.width];
    let sum = |gains: &[f32]| answered().map(|(row, _)| rows.length(row, gains)).sum::<f32>();
    let scale = sum(&even) / sum(&gains).max(1e-9);
    gains.iter_mut().for_each(|gain| *gain *= scale);
    gains
}

fn solve(rows: &SparseRows, question: &Question, before: &[f32], solver: Solver) -> Plane {
    let (mut dual, everyone) = Dual::new(rows, question, before, solver);
    let mut active = everyone.clone();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut bound = f32::INFINITY;
    for _ in 0..solver.max_epochs {
        random.shuffle(&mut active);
        let (mut largest, mut smallest) = (f32::NEG_INFINITY, f32::INFINITY);
        active.retain(|&row| {
            let row = row as usize;
            let gradient = dual.gradient(row);
            let projected = if dual.alpha[row] == 0.0 {
                if gradient > bound {
                    return false;
                }
                gradient.min(0.0)
            } else {
                gradient
            };
            largest = largest.max(projected);
            smallest = smallest.min(projected);
            if projected.abs() > 1e-12 {
                dual.step(row, gradient);
            }
            true
        });
        if largest - smallest <= solver.tolerance {
            if active.len() == everyone.len() {
                break;
            }
            active.clone_from(&everyone);
            bound = f32::INFINITY;
        } else {
            bound = if largest > 0.0 { largest } else { f32::INFINITY };
        }
    }
    dual.plane
}

fn dot(columns: &[u32], values: &[f32], weights: &[f32]) -> f32 {
    columns.iter().zip(values).map(|(&column, &value)| value * weights[column as usize]).sum()
}

/// xorshift64*: a fixed sequence, so that training twice gives the same bytes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((u128::from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)) * bound as u128) >> 64) as usize
    }

    fn shuffle(&mut self, list: &mut [u32]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLVER: Solver =
        Solver { cost: 1.0, balance: 0.0, contrast: 0.0, tolerance: 1e-4, max_epochs: 500 };

    #[test]
    fn a_plane_parts_rows_that_can_be_parted() {
        let mut rows = SparseRows::new(3);
        let mut question = Question::new();
        for i in 0..40 {
            let x = 0.2 + i as f32 / 50.0;
            rows.push(&[(i % 2, x), (2, 0.5)]);
            question.push(Some(i % 2 == 0));
        }
        let plane = solve(&rows, &question, &[], SOLVER);
        for (i, yes) in question.iter().enumerate() {
            assert_eq!(rows.score(i, &plane) > 0.0, yes.unwrap(), "row {i}");
        }
    }

    #[test]
    fn a_column_counts_by_how_far_it_tells_the_answers_apart() {
        // Columns 0 and 2 in every row of yes and of no, column 1 in every other row of either.
        let mut rows = SparseRows::new(3);
        for i in 0..40 {
            let row = [(if i < 20 { 0 } else { 2 }, 1.0), (1, 1.0)];
            rows.push(&row[..1 + i % 2]);
        }
        let question: Question = (0..40).map(|i| Some(i < 20)).collect();
        assert_eq!(gains(&rows, &question, 0.0), [1.0; 3]);
        let found = gains(&rows, &question, 1.0);
        assert!(found[0] > 1.0 && found[0] == found[2] && found[1] < 1e-6, "{found:?}");
        let length = |gains: &[f32]| (0..rows.len()).map(|row| rows.length(row, gains)).sum::<f32>();
        assert!((length(&found) - length(&[1.0; 3])).abs() < 1e-3);
        // Rows left out tell nothing, nor does a question with one answer.
        assert_eq!(gains(&rows, &vec![None; 40], 1.0), [1.0; 3]);
        assert_eq!(gains(&rows, &vec![Some(true); 40], 1.0), [1.0; 3]);
    }

    #[test]
    fn the_weights_with_contrast_are_those_for_the_rows_as_they_are() {
        let entries: Vec<Vec<(u32, f32)>> =
            (0..40u32).map(|i| vec![(i % 3, 1.0), (3 + i % 2, 0.7), (5 + i % 5, 0.4)]).collect();
        let question: Question = (0..40).map(|i| Some(i % 3 == 0 || i % 10 == 1)).collect();
        let built = |scale: &[f32]| {
            let mut rows = SparseRows::new(10);
            for row in &entries {
                rows.push(&row.iter().map(|&(c, v)| (c, v * scale[c as usize])).collect::<Vec<_>>());
            }
            rows
        };
        let rows = built(&[1.0; 10]);
        let scale: Vec<f32> = gains(&rows, &question, 0.75).into_iter().map(f32::sqrt).collect();
        let solver = Solver { balance: 0.5, ..SOLVER };
        let by_gains = solve(&rows, &question, &[], Solver { contrast: 0.75, ..solver });
        let scaled = built(&scale);
        let by_hand = solve(&scaled, &question, &[], solver);
        for row in 0..40 {
            assert!((rows.score(row, &by_gains) - scaled.score(row, &by_hand)).abs() < 1e-3, "row {row}");
        }
    }

    #[test]
    fn the_optimum_of_two_points_is_the_one_on_paper() {
        // min (w^2 + b^2)/2 + C (1 - w - b)^2 + C (1 - w + b)^2 with x = 1, y = 1 and x = -1, y = -1:
        // b = 0 and w = 4 C / (1 + 4 C) = 0.8 for C = 1.
        let mut rows = SparseRows::new(1);
        rows.push(&[(0, 1.0)]);
        rows.push(&[(0, -1.0)]);
        let plane = solve(&rows, &vec![Some(true), Some(false)], &[], SOLVER);
        assert!((plane.weights[0] - 0.8).abs() < 1e-3 && plane.bias.abs() < 1e-3, "{plane:?}");
    }

    #[test]
    fn what_other_planes_answer_already_is_left_alone() {
        let mut rows = SparseRows::new(2);
        rows.push(&[(0, 1.0)]);
        rows.push(&[(1, 1.0)]);
        // The first row stands at 1.5 on the right side; the second, at -0.5, is to be lifted.
        let questions = [vec![Some(true), Some(true)]];
        let plane = &solve_beyond(&rows, &questions, &[vec![1.5, -0.5]], SOLVER, 1)[0];
        assert_eq!(plane.weights[0], 0.0);
        // min (w^2 + b^2) / 2 + (1.5 - w - b)^2 with w = b: w = 3 / 5.
        assert!((plane.weights[1] - 0.6).abs() < 1e-3 && (plane.bias - 0.6).abs() < 1e-3, "{plane:?}");
    }

    #[test]
    fn threads_do_not_change_the_answer() {
        let mut rows = SparseRows::new(5);
        for i in 0..30u32 {
            rows.push(&[(i % 5, 1.0), ((i + 2) % 5, 0.3)]);
        }
        let questions: Vec<Question> = (0..5).map(|k| (0..30).map(|i| Some(i % 5 == k)).collect()).collect();
        let one = solve_all(&rows, &questions, SOLVER, 1);
        let three = solve_all(&rows, &questions, SOLVER, 3);
        for (a, b) in one.iter().zip(&three) {
            assert_eq!((&a.weights, a.bias), (&b.weights, b.bias));
        }
    }
}
