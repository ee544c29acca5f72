//! Text utilities that every door needs: feeds, sheets, API, manual entry, replies, attachments.
//!
//! * [`tidy()`] makes the text people read: as written, without what hides, breaks or cannot be stored.
//! * [`normalise()`] makes the copy the model reads, and remembers where each character came from.
//! * [`mask()`] hides personal data before anything else sees the text.
//! * [`slots()`] finds the places in braces of a text that are filled in.
//! * [`language()`] tells the language of a text.
//! * [`file_name()`] and [`sheet_cell()`] make what strangers sent harmless as a name and as a cell.
//! * [`canonical`] is the one form that content digests are made over.

mod file_name;
mod language;
pub mod mask;
mod normalise;
mod sheet_cell;
mod simplify;
mod slots;
mod tidy;

pub use file_name::file_name;
pub use language::language;
pub use mask::{Known, MaskKind, MaskSpan, Masked, Masker, mask, mask_known, mask_official, mask_with};
pub use normalise::{Normalised, normalise};
pub use sheet_cell::sheet_cell;
pub use simplify::simplify;
pub use slots::{LooseBrace, Slot, fill, slots};
pub use tidy::{canonical, tidied, tidy, tidy_owned};

/// Whether a character takes no room on the page: zero-width spaces and joiners, byte order marks,
/// soft hyphens, and the marks that override the direction of writing.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}
