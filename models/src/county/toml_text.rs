//! Reads a TOML file of the county into its raw form, with errors that name the line.

use serde::de::DeserializeOwned;
use toml::Spanned;

use super::error::{At, CountyError, line_of};

/// A TOML file at hand: for reading it and for saying where a value stands in it.
#[derive(Clone, Copy)]
pub(super) struct TomlText<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl<'a> TomlText<'a> {
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, CountyError> {
        toml::from_str(self.text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(self.text, span.start));
            let message = error.message();
            let (what, allowed) =
                message.split_once(", expected ").unwrap_or((message, "a file like the one shipped"));
            At { file: self.file, line }.invalid(what, allowed)
        })
    }

    /// Where a value stands.
    pub(super) fn at<T>(self, value: &Spanned<T>) -> At<'a> {
        At { file: self.file, line: line_of(self.text, value.span().start) }
    }
}
