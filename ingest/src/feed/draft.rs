//! An entry while it is read: what its elements say, and which of them are believed.

use jiff::Timestamp;
use url::Url;

use super::capture::Captured;
use super::date;
use super::entry::FeedEntry;
use super::names::Field;

/// A summary of at least so many characters is taken for the whole text, unless it says that it goes on.
const WHOLE_TEXT: usize = 300;
/// Ends of a text that goes on elsewhere.
const GOES_ON: &[&str] =
    &["...", "…", "[...]", "[…]", "阅读全文", "查看全文", "查看详情", "详细]", "全文]", "[更多]", "更多>>"];

/// The best value so far: the one of the lowest rank that is not empty, of equals the first.
#[derive(Debug, Clone)]
struct Best<T>(Option<(u8, T)>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Best<T> {
    fn offer(&mut self, rank: u8, value: T) {
        if self.0.as_ref().is_none_or(|(known, _)| rank < *known) {
            self.0 = Some((rank, value));
        }
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

/// How well a link serves as the entry's page.
const PAGE: u8 = 0;
const OTHER_FORM: u8 = 1;
const PERMALINK: u8 = 2;
const ELSEWHERE: u8 = 3;

#[derive(Debug, Default)]
pub(super) struct Draft {
    id: Best<String>,
    title: Best<String>,
    link: Best<String>,
    content: Best<Captured>,
    summary: Best<Captured>,
    published: Best<Timestamp>,
    updated: Best<Timestamp>,
}

impl Draft {
    /// Takes what an element says. `base` resolves addresses.
    pub(super) fn take(&mut self, field: Field, said: Captured, base: Option<&Url>) {
        let words = said.raw().trim();
        if words.is_empty() {
            return;
        }
        match field {
            Field::Title(rank) => {
                let title = said.line();
                if !title.is_empty() {
                    self.title.offer(rank, title);
                }
            }
            Field::Link => self.link(words, "", "", base),
            Field::Id => {
                if said.is_permalink {
                    // A permalink is a whole address; what is none is a mere name.
                    self.offer_link(PERMALINK, words, None);
                }
                self.id.offer(0, crate::text::one_line(words));
            }
            Field::Content(rank) => self.content.offer(rank, said),
            Field::Summary(rank) => self.summary.offer(rank, said),
            Field::Published(rank) => {
                if let Some(at) = date::parse(words) {
                    self.published.offer(rank, at);
                }
            }
            Field::Updated(rank) => {
                if let Some(at) = date::parse(words) {
                    self.updated.offer(rank, at);
                }
            }
            Field::Ttl | Field::Period | Field::Frequency => {}
        }
    }

    /// The name of the entry in RDF, which stands for an id where there is none.
    pub(super) fn about(&mut self, name: &str) {
        let name = crate::text::one_line(name);
        if !name.is_empty() {
            self.offer_link(ELSEWHERE, &name, None);
            self.id.offer(1, name);
        }
    }

    /// Takes a link; `rel` and `kind` (a media type) as in Atom, empty where they are not given.
    pub(super) fn link(&mut self, href: &str, rel: &str, kind: &str, base: Option<&Url>) {
        let rel = rel.trim().to_ascii_lowercase();
        let rank = match (rel.rsplit('/').next().unwrap_or_default(), kind) {
            ("" | "alternate", "" | "text/html" | "application/xhtml+xml") => PAGE,
            ("" | "alternate", _) => OTHER_FORM,
            ("enclosure" | "content" | "self" | "via", _) => ELSEWHERE,
            _ => return,
        };
        self.offer_link(rank, href, base);
    }

    fn offer_link(&mut self, rank: u8, href: &str, base: Option<&Url>) {
        let href = href.split_whitespace().collect::<String>();
        let whole = base.and_then(|base| base.join(&href).ok()).map_or(href, String::from);
        // A name such as `tag:...` that is no web address must not hide a link that follows.
        if let Some(address) = crate::text::web_address(&whole) {
            self.link.offer(rank, address);
        }
    }

    pub(super) fn finish(self) -> FeedEntry {
        let url = self.link.take();
        let (mut html, mut body) = self.content.take().map(Captured::into_body).unwrap_or_default();
        let has_content = !body.is_empty();
        if let Some(summary) = self.summary.take().filter(|_| !has_content) {
            (html, body) = summary.into_body();
        }
        let updated = self.updated.take();
        FeedEntry {
            id: self.id.take().or_else(|| url.clone()).unwrap_or_default(),
            title: self.title.take().unwrap_or_default(),
            published: self.published.take().or(updated),
            summary_only: !has_content && is_summary(&body),
            url,
            body,
            html,
            updated,
        }
    }
}

/// Whether a text that a feed calls a summary is no more than that.
pub(super) fn is_summary(body: &str) -> bool {
    let end = body.trim_end();
    body.chars().nth(WHOLE_TEXT).is_none() || GOES_ON.iter().any(|mark| end.ends_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_whole_unless_it_goes_on_elsewhere() {
        let long = "长".repeat(400);
        assert!(!is_summary(&long));
        assert!(is_summary(&format!("{long}……")) && is_summary(&format!("{long} [阅读全文")));
        assert!(is_summary("短") && is_summary(""));
    }

    #[test]
    fn the_page_is_the_link_whatever_order_links_come_in() {
        let mut draft = Draft::default();
        draft.link("https://x.cn/self", "self", "", None);
        draft.link("https://x.cn/1.json", "alternate", "application/json", None);
        draft.link("https://x.cn/1.html", "alternate", "text/html", None);
        draft.link("https://x.cn/2.html", "", "", None);
        assert_eq!(draft.finish().url.as_deref(), Some("https://x.cn/1.html"));
    }
}
