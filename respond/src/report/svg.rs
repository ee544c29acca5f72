//! A drawing as SVG. Colours are attributes, which a style sheet may outrank by the classes `now`, `before`, `usual`,
//! `axis`, `band`, `heat0` to `heat4`, and `label`; a chart of few bars, which a narrow screen has room for, has the class
//! `few`.

use std::fmt::Write;

use super::drawing::{Drawing, Shape, Stands, Tone, heat};

/// So many bars and their names in larger letters stand beside each other on a phone.
const FEW: usize = 7;

/// Whether nothing but a few bars is drawn, with the one of the legend, and figures of the axis that have room when larger.
fn is_of_few_bars(drawing: &Drawing) -> bool {
    let bars = drawing.shapes.iter().filter(|shape| matches!(shape, Shape::Bar { .. })).count();
    let only = drawing.shapes.iter().all(|shape| match shape {
        Shape::Bar { tone, .. } => *tone == Tone::Now,
        Shape::Line { tone, .. } => *tone == Tone::Axis,
        Shape::Text { text, stands, .. } => *stands != Stands::Left || text.chars().count() <= 2,
        Shape::Band { .. } => false,
    });
    only && bars <= FEW + 1
}

/// The drawing as one `<svg>` element. Texts are escaped.
pub fn svg(drawing: &Drawing) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        r#"<svg class="report-chart{}" viewBox="0 0 {} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">"#,
        if is_of_few_bars(drawing) { " few" } else { "" },
        drawing.width,
        drawing.height,
        escaped(&drawing.says)
    );
    for shape in &drawing.shapes {
        let _ = match shape {
            Shape::Bar { x, y, width, height, tone } => {
                let paint = match tone {
                    Tone::Before => {
                        r##"class="before" fill="none" stroke="#555" stroke-width="25""##.to_owned()
                    }
                    Tone::Heat(grade) => {
                        let colour = heat(*grade);
                        format!(
                            r##"class="heat{grade}" fill="#{colour:06x}" stroke="#999" stroke-width="8""##
                        )
                    }
                    _ => r##"class="now" fill="#1f4e79""##.to_owned(),
                };
                write!(out, r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" {paint}/>"#)
            }
            Shape::Band { points } => write!(
                out,
                r##"<polygon class="band" points="{}" fill="#dfe7ef" stroke="#aab8c6" stroke-width="8"/>"##,
                pairs(points)
            ),
            Shape::Line { points, tone } => {
                let paint = match tone {
                    Tone::Axis => r##"class="axis" stroke="#ccc" stroke-width="12""##,
                    _ => r##"class="usual" stroke="#a33" stroke-width="45" stroke-dasharray="60 90""##,
                };
                write!(out, r#"<polyline points="{}" fill="none" {paint}/>"#, pairs(points))
            }
            Shape::Text { at: (x, y), text, size, stands } => {
                let anchor = match stands {
                    Stands::Right => "start",
                    Stands::Middle => "middle",
                    Stands::Left => "end",
                };
                write!(
                    out,
                    r##"<text class="label" x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="#222">{}</text>"##,
                    escaped(text)
                )
            }
        };
    }
    out.push_str("</svg>");
    out
}

fn pairs(points: &[(i32, i32)]) -> String {
    points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
