//! What is asked for, and with which manners.

use std::fmt;

use super::answer::Validators;

/// One thing to fetch. `Request::feed`, `page` and `json` fill in what suits each.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `http://` or `https://`.
    pub url: String,
    /// A host on a private network that may be asked all the same: a name or an address, without port.
    pub allow_host: Option<String>,
    /// What the last good answer gave; empty when there was none.
    pub known: Validators,
    pub accept: Accept,
    /// Further headers (an `Authorization`, say). They go to the host of `url` and to no other that a
    /// redirect names.
    pub headers: Vec<(String, String)>,
    pub politeness: Politeness,
}

/// What kind of document is asked for, in the words of an Accept header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    Feed,
    Page,
    Json,
}

/// How a host is spared. In every case it gets one request of this process at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Politeness {
    /// For what is offered to machines (feeds, interfaces): no pause between requests, robots.txt isn't asked.
    Machine,
    /// For what is offered to people: robots.txt is obeyed, and requests to one host keep a pause.
    Page,
}

impl Request {
    /// A feed.
    pub fn feed(url: impl Into<String>) -> Self {
        Self::new(url.into(), Accept::Feed, Politeness::Machine)
    }

    /// A page or an article that is written for people.
    pub fn page(url: impl Into<String>) -> Self {
        Self::new(url.into(), Accept::Page, Politeness::Page)
    }

    /// An answer of an interface in JSON.
    pub fn json(url: impl Into<String>) -> Self {
        Self::new(url.into(), Accept::Json, Politeness::Machine)
    }

    fn new(url: String, accept: Accept, politeness: Politeness) -> Self {
        let (allow_host, known) = (None, Validators::default());
        Self { url, allow_host, known, accept, headers: Vec::new(), politeness }
    }

    /// Lets the request reach that host though it lies on a private network.
    #[must_use]
    pub fn allowing(mut self, host: Option<&str>) -> Self {
        self.allow_host = host.map(str::to_owned);
        self
    }

    /// Asks only for what is newer than the answer that gave these.
    #[must_use]
    pub fn knowing(mut self, known: Validators) -> Self {
        self.known = known;
        self
    }

    /// Sends a further header to the host of the address.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for Request {
    /// Headers are shown by name only: their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("allow_host", &self.allow_host)
            .field("known", &self.known)
            .field("accept", &self.accept)
            .field("headers", &names)
            .field("politeness", &self.politeness)
            .finish()
    }
}

impl Accept {
    /// The value of the Accept header (RFC 9110, 12.5.1).
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, \
                 text/xml;q=0.9, */*;q=0.5"
            }
            Self::Page => "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
            Self::Json => "application/json, application/*+json;q=0.9, */*;q=0.5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_headers_are_not_shown() {
        let request = Request::json("https://a.cn/").with_header("Authorization", "Bearer geheim");
        let shown = format!("{request:?}");
        assert!(shown.contains("Authorization") && !shown.contains("geheim"), "{shown}");
    }
}
