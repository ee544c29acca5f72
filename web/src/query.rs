//! The query of a list page: which filters are set, and the addresses that keep them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::access::url_encode;
use crate::error::WebError;
use crate::view::Choice;

/// The pairs of a query that are not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// A drop-down of a filter bar or a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    pub name: &'static str,
    pub label: &'static str,
    /// Words for no choice; empty when one has to be taken.
    pub any: &'static str,
    pub options: Vec<Choice>,
}

impl Query {
    /// Reads a query; values of more than 200 characters are cut.
    pub fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let kept = pairs.map(|(k, v)| (k.into_owned(), v.trim().chars().take(200).collect::<String>()));
        Self(kept.filter(|(_, v)| !v.is_empty()).take(20).collect())
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// All values of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// The value of `name` or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The value of `name` read as a `T`; a value that is none is no filter.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|v| v.parse().ok())
    }

    /// The address of `path` with these filters, without the page and what was said of an action; with `with` added.
    pub fn address(&self, path: &str, with: &[(&str, &str)]) -> String {
        let said = ["done", "made", "count"];
        let dropped = |k: &str| said.contains(&k) || k == "after" || with.iter().any(|(w, _)| *w == k);
        let kept = self.0.iter().filter(|(k, _)| !dropped(k)).map(|(k, v)| (k.as_str(), v.as_str()));
        let pairs: Vec<String> = kept
            .chain(with.iter().copied().filter(|(_, v)| !v.is_empty()))
            .map(|(k, v)| format!("{}={}", url_encode(k), url_encode(v)))
            .collect();
        if pairs.is_empty() { path.into() } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// The address of this very page.
    pub fn here(&self, path: &str) -> String {
        self.address(path, &[("after", self.text("after"))])
    }

    /// The address of the first page, when this is a later one.
    pub fn first(&self, path: &str) -> Option<String> {
        self.get("after").map(|_| self.address(path, &[]))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_the_filters_and_drop_page_and_notice() {
        let query = Query::parse("topic=wages&q=%E6%B8%94%E8%88%B9+%26&after=abc&done=judged&town=");
        assert_eq!(query.address("/items", &[]), "/items?topic=wages&q=%E6%B8%94%E8%88%B9%20%26");
        assert_eq!(query.address("/items", &[("topic", "")]), "/items?q=%E6%B8%94%E8%88%B9%20%26");
        assert_eq!(query.here("/items"), "/items?topic=wages&q=%E6%B8%94%E8%88%B9%20%26&after=abc");
        assert_eq!(query.get("town"), None);
        assert_eq!(query.first("/items").as_deref(), Some("/items?topic=wages&q=%E6%B8%94%E8%88%B9%20%26"));
    }
}
