//! The way through the pages of an interface: which is asked next, and from where the next poll goes on.

use qingting_models::records::Paging;
use url::Url;

use super::PollError;

/// A page that was read and stored.
pub(super) struct Page<'p> {
    /// Where it was fetched from.
    pub url: &'p Url,
    /// What its document names as next: a cursor or an address.
    pub next: Option<String>,
    /// Its Link headers.
    pub links: Option<&'p str>,
    pub is_empty: bool,
    /// None of its records is new or changed.
    pub nothing_new: bool,
}

/// Where the walk stands.
pub(super) struct Walk<'s> {
    home: &'s Url,
    paging: Option<&'s Paging>,
    at: Step,
    /// Kept between polls.
    cursor: Option<String>,
    /// A page number from which an interrupted walk goes on once the newest pages bring nothing new.
    resume: Option<u32>,
    /// While an interrupted walk goes on: pages in a row that brought nothing new.
    known_in_a_row: Option<u32>,
    seen: Vec<String>,
}

/// Known pages in a row that end an interrupted walk.
const KNOWN_PAGES: u32 = 3;

enum Step {
    Home,
    Cursor(String),
    Link(Url),
    Number(u32),
}

impl<'s> Walk<'s> {
    /// `cursor` is what the poll before kept.
    pub(super) fn new(home: &'s Url, paging: Option<&'s Paging>, cursor: Option<&str>) -> Self {
        let cursor = cursor.map(str::to_owned);
        let (at, resume) = match (paging, &cursor) {
            (Some(Paging::Cursor { .. }), Some(cursor)) => (Step::Cursor(cursor.clone()), None),
            (Some(Paging::Link { .. }), Some(link)) => {
                (Url::parse(link).map_or(Step::Home, Step::Link), None)
            }
            (Some(Paging::Number { first, .. }), kept) => {
                (Step::Number(*first), kept.as_ref().and_then(|page| page.parse().ok()))
            }
            _ => (Step::Home, None),
        };
        Self { home, paging, at, cursor, resume, known_in_a_row: None, seen: Vec::new() }
    }

    /// The address of the next page.
    ///
    /// # Errors
    /// [`PollError::Circle`] when it was asked before.
    pub(super) fn address(&mut self) -> Result<Url, PollError> {
        let (url, name) = match (&self.at, self.paging) {
            (Step::Cursor(cursor), Some(Paging::Cursor { parameter, .. })) => {
                (with(self.home, parameter, cursor), format!("the cursor {cursor}"))
            }
            (Step::Number(page), Some(Paging::Number { parameter, .. })) => {
                (with(self.home, parameter, &page.to_string()), format!("page {page}"))
            }
            (Step::Link(url), _) => (url.clone(), format!("the page {}", url.path())),
            _ => (self.home.clone(), "the first page".to_owned()),
        };
        if self.seen.iter().any(|seen| seen == url.as_str()) {
            return Err(PollError::Circle(name));
        }
        self.seen.push(url.to_string());
        Ok(url)
    }

    /// Whether the walk began where the poll before stopped.
    pub(super) fn is_resumed(&self) -> bool {
        self.seen.len() == 1 && self.cursor.is_some() && !matches!(self.at, Step::Number(_))
    }

    /// Goes on from a page; whether there is a next one.
    pub(super) fn advance(&mut self, page: &Page<'_>) -> bool {
        match (self.paging, &self.at) {
            (None, _) => false,
            (Some(Paging::Cursor { .. }), at) => {
                let current = if let Step::Cursor(cursor) = at { Some(cursor.clone()) } else { None };
                match &page.next {
                    Some(next) if Some(next) != current.as_ref() => {
                        self.cursor = Some(next.clone());
                        self.at = Step::Cursor(next.clone());
                        // A cursor that leads on from an empty page waits for what comes later.
                        !page.is_empty
                    }
                    _ => false,
                }
            }
            (Some(Paging::Link { .. }), _) => {
                let next = page.next.clone().or_else(|| page.links.and_then(next_of));
                let next = next.and_then(|next| page.url.join(next.trim()).ok());
                let next = next.filter(|url| matches!(url.scheme(), "http" | "https"));
                self.cursor = next.as_ref().map(Url::to_string);
                next.map(|url| self.at = Step::Link(url)).is_some()
            }
            (Some(Paging::Number { .. }), Step::Number(number)) => {
                let next = number.saturating_add(1);
                self.advance_number(next, page)
            }
            _ => false,
        }
    }

    /// The newest pages first, until one brings nothing new; then on from where an earlier walk was interrupted,
    /// until the pages end.
    fn advance_number(&mut self, next: u32, page: &Page<'_>) -> bool {
        if page.is_empty {
            return false;
        }
        let next = match self.resume {
            Some(resume) if resume > next && page.nothing_new => resume,
            _ => next,
        };
        let catching_up = self.known_in_a_row.is_some() || self.resume.is_some_and(|resume| resume <= next);
        if catching_up {
            self.resume = None;
            // A server that gives its last page for ever ends here; a shifted page or two doesn't.
            let known = if page.nothing_new { self.known_in_a_row.unwrap_or(0) + 1 } else { 0 };
            self.known_in_a_row = Some(known);
            if known > KNOWN_PAGES {
                return false;
            }
        } else if page.nothing_new {
            return false;
        }
        if self.resume.is_none() {
            self.cursor = Some(next.to_string());
        }
        self.at = Step::Number(next);
        true
    }

    /// What the next poll needs to go on.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Ends a walk by page numbers that came to its end.
    pub(super) fn finished(&mut self) {
        if matches!(self.paging, Some(Paging::Number { .. })) {
            self.cursor = None;
        }
    }
}

/// The address with this parameter, in place of one of the same name.
fn with(url: &Url, parameter: &str, value: &str) -> Url {
    let mut asked = url.clone();
    let others: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != parameter).collect();
    asked.query_pairs_mut().clear().extend_pairs(others).append_pair(parameter, value);
    asked
}

/// The target of `rel=next` in a Link header: `<https://a.cn/?page=2>; rel="next", ...`.
fn next_of(links: &str) -> Option<String> {
    links.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let next = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && value.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        next.then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_header_is_read_whatever_its_dress() {
        for links in [
            "<https://a.cn/?p=2>; rel=\"next\", <https://a.cn/?p=9>; rel=\"last\"",
            "<https://a.cn/?p=1>; rel=prev,<https://a.cn/?p=2>; title=x; rel=next",
            "<https://a.cn/?p=2>; REL=\"alternate NEXT\"",
        ] {
            assert_eq!(next_of(links).as_deref(), Some("https://a.cn/?p=2"), "{links}");
        }
        for links in ["", "<https://a.cn/>; rel=prev", "https://a.cn/; rel=next", "<>; rel"] {
            assert_eq!(next_of(links), None, "{links}");
        }
    }

    #[test]
    fn a_parameter_takes_the_place_of_its_namesake() {
        let url = Url::parse("https://a.cn/list?size=5&page=7").unwrap();
        assert_eq!(with(&url, "page", "a&b").as_str(), "https://a.cn/list?size=5&page=a%26b");
    }

    fn numbered(kept: Option<&str>, pages: &[bool]) -> (Vec<String>, Option<String>) {
        let home = Url::parse("https://a.cn/").unwrap();
        let paging = Paging::Number { parameter: "p".into(), first: 1 };
        let mut walk = Walk::new(&home, Some(&paging), kept);
        let mut asked = Vec::new();
        for nothing_new in pages {
            let url = walk.address().unwrap();
            asked.push(url.query().unwrap_or_default().to_owned());
            let page =
                Page { url: &url, next: None, links: None, is_empty: false, nothing_new: *nothing_new };
            if !walk.advance(&page) {
                walk.finished();
                break;
            }
        }
        (asked, walk.cursor().map(str::to_owned))
    }

    #[test]
    fn page_numbers_end_at_what_is_known_and_go_on_where_they_were_interrupted() {
        assert_eq!(numbered(None, &[false, true, false]), (vec!["p=1".into(), "p=2".into()], None));
        assert_eq!(numbered(None, &[false, false]), (vec!["p=1".into(), "p=2".into()], Some("3".into())));
        let (asked, kept) = numbered(Some("7"), &[false, true, false, false]);
        assert_eq!((asked.join(" ").as_str(), kept.as_deref()), ("p=1 p=2 p=7 p=8", Some("9")));
    }
}
