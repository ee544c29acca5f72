//! What is wrong with a form, field by field.

use crate::error::WebError;

/// Problems by field; those of no field stand with the empty name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// One problem.
    pub fn one(field: &'static str, text: impl Into<String>) -> Self {
        Self(vec![(field, text.into())])
    }

    pub fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push((field, text.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| text.clone())
    }

    /// Each with its field.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, text)| (*field, text.as_str()))
    }

    /// Leaves out those of `fields`.
    pub fn without(mut self, fields: &[&str]) -> Self {
        self.0.retain(|(name, _)| !fields.contains(name));
        self
    }

    /// The line above the form.
    pub fn summary(&self) -> String {
        match self.0.as_slice() {
            [(_, only)] => only.clone(),
            more => {
                let texts: Vec<&str> = more.iter().map(|(_, text)| text.as_str()).collect();
                format!("有 {} 处需要修改：{}", more.len(), texts.join("；"))
            }
        }
    }

    /// The value, or a problem of `field` and nothing; an error of another kind than bad input is kept as well.
    pub fn take<T>(&mut self, field: &'static str, result: Result<T, WebError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(WebError::Bad(text)) => {
                self.add(field, text);
                None
            }
            Err(other) => {
                tracing::warn!(?other, field, "a field could not be read");
                self.add(field, "这一项无法识别");
                None
            }
        }
    }
}
