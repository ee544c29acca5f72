//! What the fuzz targets share.

use std::borrow::Cow;
use std::sync::LazyLock;

/// Set, an input is read once more with its middle repeated until it has so many bytes: what takes long then takes
/// more than its share of time.
static GROWN_TO: LazyLock<Option<usize>> =
    LazyLock::new(|| std::env::var("QINGTING_FUZZ_GROW").ok()?.parse().ok());

/// Calls `read` with the input, or with what `QINGTING_FUZZ_GROW` asks to be made of it.
pub fn each(data: &[u8], read: impl Fn(&[u8])) {
    let Some(bytes) = *GROWN_TO else { return read(data) };
    let (third, length) = (data.len() / 3, data.len());
    for range in [0..length, third..length - third, 0..length.min(1), length / 2..length] {
        read(&grown(data, range, bytes));
    }
}

/// The bytes with those of `range` repeated up to so many bytes.
fn grown(data: &[u8], range: std::ops::Range<usize>, bytes: usize) -> Cow<'_, [u8]> {
    let piece = &data[range.clone()];
    if piece.is_empty() {
        return Cow::Borrowed(data);
    }
    let times = bytes.div_ceil(piece.len());
    Cow::Owned([&data[..range.start], &piece.repeat(times), &data[range.end..]].concat())
}

/// An input as text; what is no UTF-8 becomes replacement characters.
pub fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}
