//! Charts as a few shapes, so that page, print and Word file show the same: see [`super::svg`] and [`super::emf`].
//!
//! They are read in black and white: what is now is full, what is held against it is an outline or a broken line.

mod calendar;
mod counts;
mod flow;
mod town_map;

pub(super) use calendar::calendar;
pub use counts::trend;
pub(super) use counts::{Bar, bars};
pub(super) use flow::flow;
pub(super) use town_map::town_map;

/// Shapes on a field of a width and height, in its own units, which are about a hundredth of a character of small print.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub width: i32,
    pub height: i32,
    pub shapes: Vec<Shape>,
    /// What it shows, for those who cannot see it.
    pub says: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Bar {
        x: i32,
        y: i32,
        width: i32,
        height: i32,
        tone: Tone,
    },
    /// A closed surface.
    Band {
        points: Vec<(i32, i32)>,
    },
    Line {
        points: Vec<(i32, i32)>,
        tone: Tone,
    },
    /// `at` is on the base line of the text.
    Text {
        at: (i32, i32),
        text: String,
        size: i32,
        stands: Stands,
    },
}

/// What a shape stands for, which says how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Of the report's days: full.
    Now,
    /// Of the days before: an outline, or a broken line.
    Before,
    /// The usual: a dotted line.
    Usual,
    /// Of the drawing itself.
    Axis,
    /// How much there is, from 0 for nothing to [`GRADES`]: the more the darker, always light enough for a label on it.
    Heat(u8),
}

/// On which side of its place a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    Right,
    Middle,
    Left,
}

/// Grades of heat.
pub const GRADES: u8 = 4;
const WIDTH: i32 = 15_600;
/// Height of letters.
const SMALL: i32 = 340;
const LEFT: i32 = 900;
const TOP: i32 = 900;

fn legend(entries: &[(Tone, &str)]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut x = LEFT;
    for (tone, name) in entries {
        if *tone == Tone::Usual {
            shapes.push(Shape::Line { points: vec![(x, 330), (x + 420, 330)], tone: *tone });
        } else {
            shapes.push(Shape::Bar { x, y: 200, width: 420, height: 260, tone: *tone });
        }
        shapes.push(text_at(x + 520, 450, (*name).to_owned(), Stands::Right));
        x += 1_000 + i32::try_from(name.chars().count()).unwrap_or(0) * SMALL;
    }
    shapes
}

fn text_at(x: i32, y: i32, text: String, stands: Stands) -> Shape {
    Shape::Text { at: (x, y), text, size: SMALL, stands }
}

/// Names have room for nine characters.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(9) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}

/// The colour of a grade of heat, as `0xRRGGBB`: dark letters are read on each, and each is told from the next in print.
pub(super) fn heat(grade: u8) -> u32 {
    [0x00ff_ffff, 0x00e6_eef6, 0x00c8_d9ea, 0x00a5_c1dc, 0x0080_a8cc][usize::from(grade.min(GRADES))]
}

/// The grade of a count where `most` is the largest: by quarters of it.
pub fn grade(n: i64, most: i64) -> u8 {
    if n <= 0 || most <= 0 {
        return 0;
    }
    let grades = i64::from(GRADES);
    u8::try_from(((grades * n + most - 1) / most).clamp(1, grades)).unwrap_or(GRADES)
}

/// Which counts have which grade, as tiles with their counts from `x` on.
fn grades(mut x: i32, y: i32, most: i64) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let grades = i64::from(GRADES);
    for grade in 0..=GRADES {
        let (from, to) = match i64::from(grade) {
            0 => (0, 0),
            grade => ((grade - 1) * most / grades + 1, grade * most / grades),
        };
        if from > to {
            continue;
        }
        let text = if from == to { from.to_string() } else { format!("{from}～{to}") };
        shapes.push(Shape::Bar { x, y: y - 260, width: 420, height: 300, tone: Tone::Heat(grade) });
        let wide = i32::try_from(text.chars().count()).unwrap_or(0) * SMALL * 2 / 3;
        shapes.push(text_at(x + 520, y, text, Stands::Right));
        x += 520 + wide + 400;
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_quarters_of_the_most_and_nothing_is_none() {
        let of = |most| (0..=most).map(|n| grade(n, most)).collect::<Vec<u8>>();
        assert_eq!(of(8), [0, 1, 1, 2, 2, 3, 3, 4, 4]);
        assert_eq!(of(1), [0, 4]);
        assert_eq!(grade(0, 0), 0);
        let told = |most| {
            let texts = grades(0, 0, most).into_iter().filter_map(|shape| match shape {
                Shape::Text { text, .. } => Some(text),
                _ => None,
            });
            texts.collect::<Vec<String>>()
        };
        assert_eq!(told(8), ["0", "1～2", "3～4", "5～6", "7～8"]);
        assert_eq!(told(1), ["0", "1"]);
        for most in 1..40 {
            let counts: Vec<i64> = (1..=most).collect();
            for n in counts {
                let g = i64::from(grade(n, most));
                assert!((g - 1) * most / 4 < n && n <= g * most / 4, "{n} of {most}");
            }
        }
    }
}
