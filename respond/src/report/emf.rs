//! A drawing as an Enhanced Metafile, the vector picture that Word and WPS alike show and print without a font of ours.
//!
//! Records after \[MS-EMF\], sections 2.3. All numbers are little-endian; the drawing's own units are the logical ones, and a
//! hundredth of a millimetre each on paper.

use super::drawing::{Drawing, GRADES, Shape, Stands, Tone, heat};

const HEADER: u32 = 1;
const POLYGON: u32 = 3;
const POLYLINE: u32 = 4;
const SET_WINDOW_EXTENT: u32 = 9;
const SET_WINDOW_ORIGIN: u32 = 10;
const SET_VIEWPORT_EXTENT: u32 = 11;
const SET_VIEWPORT_ORIGIN: u32 = 12;
const END: u32 = 14;
const SET_MAP_MODE: u32 = 17;
const SET_BACKGROUND_MODE: u32 = 18;
const SET_TEXT_ALIGN: u32 = 22;
const SET_TEXT_COLOUR: u32 = 24;
const SELECT_OBJECT: u32 = 37;
const CREATE_PEN: u32 = 38;
const CREATE_BRUSH: u32 = 39;
const RECTANGLE: u32 = 43;
const CREATE_FONT: u32 = 82;
const TEXT_OUT: u32 = 84;

/// Handles of the objects that are made at the beginning.
const FONT: u32 = 1;
const PEN_NOW: u32 = 2;
const PEN_BEFORE: u32 = 3;
const PEN_USUAL: u32 = 4;
const PEN_AXIS: u32 = 5;
const BRUSH_NOW: u32 = 6;
const BRUSH_BAND: u32 = 7;
/// Of the grade 0; those of the others follow.
const BRUSH_HEAT: u32 = 8;
/// One more than the last handle: the zeroth is reserved.
const HANDLES: u16 = BRUSH_HEAT as u16 + GRADES as u16 + 1;
/// Stock objects.
const NULL_BRUSH: u32 = 0x8000_0005;
/// The font of labels; where it is missing the reader takes its own Chinese one.
const FACE: &str = "宋体";
/// A drawing is 15.6 cm wide on paper: its units are a thousandth of a centimetre.
const PIXEL_UNITS: i32 = 26;

/// The drawing as the bytes of an `.emf` file.
pub(super) fn emf(drawing: &Drawing) -> Vec<u8> {
    let mut file = Writer { bytes: Vec::new(), records: 0 };
    let size = drawing.shapes.iter().find_map(|shape| match shape {
        Shape::Text { size, .. } => Some(*size),
        _ => None,
    });
    file.begin(drawing);
    file.record(CREATE_FONT, &font(size.unwrap_or(340)));
    file.pen(PEN_NOW, 0, 10, 0x0079_4e1f);
    file.pen(PEN_BEFORE, 0, 25, 0x0055_5555);
    file.pen(PEN_USUAL, 2, 1, 0x0033_33aa);
    file.pen(PEN_AXIS, 0, 8, 0x00cc_cccc);
    file.brush(BRUSH_NOW, 0x0079_4e1f);
    file.brush(BRUSH_BAND, 0x00ef_e7df);
    for grade in 0..=GRADES {
        let [_, red, green, blue] = heat(grade).to_be_bytes();
        file.brush(BRUSH_HEAT + u32::from(grade), u32::from_be_bytes([0, blue, green, red]));
    }
    file.record(SELECT_OBJECT, &words(&[FONT]));
    for shape in &drawing.shapes {
        file.shape(shape);
    }
    // No palette; the size of this record.
    file.record(END, &words(&[0, 16, 20]));
    file.finish()
}

struct Writer {
    bytes: Vec<u8>,
    records: u32,
}

impl Writer {
    fn record(&mut self, kind: u32, body: &[u8]) {
        let padded = body.len().div_ceil(4) * 4;
        let size = u32::try_from(padded + 8).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&kind.to_le_bytes());
        self.bytes.extend_from_slice(&size.to_le_bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.resize(self.bytes.len() + padded - body.len(), 0);
        self.records += 1;
    }

    fn begin(&mut self, drawing: &Drawing) {
        let (width, height) = (drawing.width, drawing.height);
        let pixels = (width / PIXEL_UNITS, height / PIXEL_UNITS);
        let mut header = Vec::new();
        // Bounds in pixels, frame in hundredths of a millimetre.
        header.extend(numbers(&[0, 0, pixels.0, pixels.1, 0, 0, width, height]));
        // " EMF", version 1.0; size and number of records are filled in at the end.
        header.extend(words(&[0x464d_4520, 0x0001_0000, 0, 0]));
        header.extend(HANDLES.to_le_bytes());
        header.extend(0u16.to_le_bytes());
        // No description, no palette.
        header.extend(words(&[0, 0, 0]));
        // A device of 1000 by 1000 pixels, each PIXEL_UNITS hundredths of a millimetre.
        let millimetres = 10 * PIXEL_UNITS;
        header.extend(numbers(&[1000, 1000, millimetres, millimetres]));
        header.extend(words(&[0, 0, 0]));
        header.extend(numbers(&[millimetres * 1000, millimetres * 1000]));
        self.record(HEADER, &header);
        // Anisotropic: logical units are mapped onto the viewport.
        self.record(SET_MAP_MODE, &words(&[8]));
        self.record(SET_WINDOW_ORIGIN, &numbers(&[0, 0]));
        self.record(SET_WINDOW_EXTENT, &numbers(&[width, height]));
        self.record(SET_VIEWPORT_ORIGIN, &numbers(&[0, 0]));
        self.record(SET_VIEWPORT_EXTENT, &numbers(&[pixels.0, pixels.1]));
        self.record(SET_BACKGROUND_MODE, &words(&[1]));
        self.record(SET_TEXT_COLOUR, &words(&[0x0022_2222]));
    }

    fn pen(&mut self, handle: u32, style: u32, width: i32, colour: u32) {
        let mut body = words(&[handle, style]);
        body.extend(numbers(&[width, 0]));
        body.extend(words(&[colour]));
        self.record(CREATE_PEN, &body);
    }

    /// Solid, of a colour as `0xBBGGRR`.
    fn brush(&mut self, handle: u32, colour: u32) {
        self.record(CREATE_BRUSH, &words(&[handle, 0, colour, 0]));
    }

    /// A record of points, with their bounds.
    fn points(&mut self, kind: u32, points: &[(i32, i32)]) {
        let (xs, ys) = (points.iter().map(|p| p.0), points.iter().map(|p| p.1));
        let mut body = numbers(&[
            xs.clone().min().unwrap_or(0),
            ys.clone().min().unwrap_or(0),
            xs.max().unwrap_or(0),
            ys.max().unwrap_or(0),
        ]);
        body.extend(words(&[u32::try_from(points.len()).unwrap_or(0)]));
        body.extend(points.iter().flat_map(|(x, y)| numbers(&[*x, *y])));
        self.record(kind, &body);
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Bar { x, y, width, height, tone } => {
                let (pen, brush) = match tone {
                    Tone::Before => (PEN_BEFORE, NULL_BRUSH),
                    Tone::Heat(grade) => (PEN_AXIS, BRUSH_HEAT + u32::from((*grade).min(GRADES))),
                    _ => (PEN_NOW, BRUSH_NOW),
                };
                self.record(SELECT_OBJECT, &words(&[pen]));
                self.record(SELECT_OBJECT, &words(&[brush]));
                self.record(RECTANGLE, &numbers(&[*x, *y, x + width, y + height]));
            }
            Shape::Band { points } => {
                self.record(SELECT_OBJECT, &words(&[PEN_AXIS]));
                self.record(SELECT_OBJECT, &words(&[BRUSH_BAND]));
                self.points(POLYGON, points);
            }
            Shape::Line { points, tone } => {
                let pen = if *tone == Tone::Axis { PEN_AXIS } else { PEN_USUAL };
                self.record(SELECT_OBJECT, &words(&[pen]));
                self.points(POLYLINE, points);
            }
            Shape::Text { at, text, size, stands } => self.text(*at, text, *size, *stands),
        }
    }

    fn text(&mut self, (x, y): (i32, i32), text: &str, size: i32, stands: Stands) {
        let align = match stands {
            Stands::Right => 0,
            Stands::Middle => 6,
            Stands::Left => 2,
        };
        // On the base line.
        self.record(SET_TEXT_ALIGN, &words(&[24 | align]));
        let units: Vec<u16> = text.encode_utf16().collect();
        let chars = u32::try_from(units.len()).unwrap_or(0);
        let string_bytes = (units.len() * 2).div_ceil(4) * 4;
        let mut body = numbers(&[x, y - size, x, y]);
        // Compatible mode; scales are not used in it.
        body.extend(words(&[1]));
        body.extend(1f32.to_le_bytes());
        body.extend(1f32.to_le_bytes());
        body.extend(numbers(&[x, y]));
        // Offsets count from the beginning of the record: 76 bytes stand before the string.
        body.extend(words(&[chars, 76, 0]));
        body.extend(numbers(&[0, 0, -1, -1]));
        body.extend(words(&[76 + u32::try_from(string_bytes).unwrap_or(0)]));
        body.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        body.resize(68 + string_bytes, 0);
        // How far each character is from the next: Chinese ones are as wide as high, others half of it.
        let wide = |unit: &u16| if *unit < 0x2e80 { size / 2 } else { size };
        body.extend(units.iter().flat_map(|unit| wide(unit).to_le_bytes()));
        self.record(TEXT_OUT, &body);
    }

    fn finish(mut self) -> Vec<u8> {
        let size = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.bytes[48..52].copy_from_slice(&size);
        self.bytes[52..56].copy_from_slice(&self.records.to_le_bytes());
        self.bytes
    }
}

/// A LOGFONTW with the empty rest of an ExtLogFontW.
fn font(size: i32) -> Vec<u8> {
    let mut body = words(&[FONT]);
    // Negative: the height of the letters without their leading.
    body.extend(numbers(&[-size, 0, 0, 0, 400]));
    // Not italic, underlined or struck; the Chinese character set.
    body.extend([0, 0, 0, 134, 0, 0, 0, 0]);
    let face: Vec<u16> = FACE.encode_utf16().collect();
    body.extend((0..32).flat_map(|n| face.get(n).copied().unwrap_or(0).to_le_bytes()));
    body.resize(4 + 320, 0);
    body
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn numbers(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds of the records of a file, whose sizes must lead from one to the next.
    fn kinds(bytes: &[u8]) -> Vec<u32> {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (mut at, mut kinds) = (0, Vec::new());
        while at < bytes.len() {
            kinds.push(word(at));
            assert_eq!(word(at + 4) % 4, 0);
            at += word(at + 4) as usize;
        }
        assert_eq!(at, bytes.len());
        kinds
    }

    #[test]
    fn records_lead_from_one_to_the_next_and_the_header_counts_them() {
        let shapes = vec![
            Shape::Bar { x: 0, y: 0, width: 10, height: 10, tone: Tone::Now },
            Shape::Bar { x: 0, y: 0, width: 10, height: 10, tone: Tone::Heat(GRADES) },
            Shape::Band { points: vec![(0, 0), (5, 0), (5, 3), (0, 2)] },
            Shape::Line { points: vec![(0, 0), (5, 5), (9, 1)], tone: Tone::Usual },
            Shape::Text { at: (3, 9), text: "石浦镇 7".into(), size: 340, stands: Stands::Middle },
        ];
        let bytes = emf(&Drawing { width: 15_600, height: 5_200, shapes, says: String::new() });
        let kinds = kinds(&bytes);
        assert_eq!((kinds.first(), kinds.last()), (Some(&HEADER), Some(&END)));
        assert!([RECTANGLE, POLYGON, POLYLINE, TEXT_OUT].iter().all(|kind| kinds.contains(kind)));
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(word(4), 108, "the header with both extensions");
        assert_eq!((word(40), word(48) as usize, word(52) as usize), (0x464d_4520, bytes.len(), kinds.len()));
        let text: Vec<u8> = "石浦镇 7".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(bytes.windows(text.len()).any(|window| window == text));
    }
}
