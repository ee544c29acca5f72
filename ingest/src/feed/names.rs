//! The names of feeds: which vocabulary an element belongs to, whatever prefix it goes by, and what it tells.

use super::markup::Tag;

/// A document that declares more prefixes at once than this is no feed; the rest are ignored.
const MAX_DECLARED: usize = 200;

/// The vocabularies that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of every version, Atom 0.3 and 1.0, CDF, and names without a namespace.
    Core,
    Content,
    DublinCore,
    DublinTerms,
    Media,
    Itunes,
    Syndication,
    Tombstones,
    Rdf,
    Xhtml,
    Other,
}

/// Beginnings of namespace addresses, without scheme and `www.`, in lower case; longer ones first.
const ADDRESSES: &[(&str, Space)] = &[
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/rss/1.0/modules/syndication", Space::Syndication),
    ("purl.org/rss/1.0/modules/", Space::Other),
    ("purl.org/rss/1.0", Space::Core),
    ("purl.org/net/rss1.1", Space::Core),
    ("purl.org/dc/elements/", Space::DublinCore),
    ("purl.org/dc/terms", Space::DublinTerms),
    ("purl.org/atom/ns", Space::Core),
    ("purl.org/atompub/tombstones/", Space::Tombstones),
    ("w3.org/2005/atom", Space::Core),
    ("w3.org/1999/02/22-rdf-syntax-ns", Space::Rdf),
    ("w3.org/1999/xhtml", Space::Xhtml),
    ("my.netscape.com/", Space::Core),
    ("channel.netscape.com/", Space::Core),
    ("backend.userland.com/", Space::Core),
    ("blogs.law.harvard.edu/tech/rss", Space::Core),
    ("search.yahoo.com/mrss", Space::Media),
    ("itunes.com/dtds/podcast", Space::Itunes),
];

/// Prefixes that feeds use without declaring them.
const PREFIXES: &[(&str, Space)] = &[
    ("", Space::Core),
    ("rss", Space::Core),
    ("atom", Space::Core),
    ("content", Space::Content),
    ("dc", Space::DublinCore),
    ("dcterms", Space::DublinTerms),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("sy", Space::Syndication),
    ("at", Space::Tombstones),
    ("rdf", Space::Rdf),
    ("xhtml", Space::Xhtml),
];

/// The prefixes that are declared at a place in the document.
#[derive(Debug, Default)]
pub(super) struct Prefixes<'t> {
    declared: Vec<(&'t str, Space)>,
}

impl<'t> Prefixes<'t> {
    /// Takes up what a start tag declares; what [`Prefixes::leave`] needs at its end.
    pub(super) fn enter(&mut self, tag: &Tag<'t>) -> usize {
        let before = self.declared.len();
        for (key, address) in tag.attributes() {
            let prefix = match key.split_once(':') {
                Some(("xmlns", prefix)) => prefix,
                None if key == "xmlns" => "",
                _ => continue,
            };
            if self.declared.len() < MAX_DECLARED {
                self.declared.push((prefix, space(prefix, address)));
            }
        }
        before
    }

    pub(super) fn leave(&mut self, before: usize) {
        self.declared.truncate(before);
    }

    /// The vocabulary of an element or attribute, and its name there in lower case.
    pub(super) fn of(&self, name: &str) -> (Space, String) {
        let (prefix, local) = name.rsplit_once(':').unwrap_or(("", name));
        let declared =
            self.declared.iter().rev().find(|(known, _)| *known == prefix).map(|(_, space)| *space);
        (declared.unwrap_or_else(|| customary(prefix)), local.to_ascii_lowercase())
    }
}

fn space(prefix: &str, address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let bare = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    let known = ADDRESSES.iter().find(|(start, _)| bare.starts_with(start)).map(|(_, space)| *space);
    // A default namespace of their own is what many plain RSS feeds declare.
    known.unwrap_or(if prefix.is_empty() { Space::Core } else { Space::Other })
}

fn customary(prefix: &str) -> Space {
    let prefix = prefix.to_ascii_lowercase();
    PREFIXES.iter().find(|(known, _)| *known == prefix).map_or(Space::Other, |(_, space)| *space)
}

/// What an element tells about a feed or an entry. The number ranks elements that tell the same: 0 is believed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title(u8),
    Link,
    Id,
    Content(u8),
    Summary(u8),
    Published(u8),
    Updated(u8),
    /// Minutes.
    Ttl,
    /// `hourly`, `daily` ...
    Period,
    /// Times a period.
    Frequency,
}

/// What the element of a vocabulary tells; `None` when it is of no use here.
pub(super) fn field(space: Space, local: &str) -> Option<Field> {
    Some(match (space, local) {
        (Space::Core, "title") => Field::Title(0),
        (Space::DublinCore | Space::DublinTerms | Space::Media, "title") => Field::Title(1),
        (Space::Itunes, "title") => Field::Title(2),
        (Space::Core, "link") => Field::Link,
        (Space::Core, "guid" | "id") => Field::Id,
        (Space::Core, "content") | (Space::Content, "encoded") | (Space::Xhtml, "body" | "div") => {
            Field::Content(0)
        }
        (Space::Core, "content_encoded" | "fullitem" | "body") => Field::Content(1),
        (Space::Core, "description" | "summary" | "abstract") => Field::Summary(0),
        (Space::DublinCore | Space::DublinTerms, "description" | "abstract") => Field::Summary(1),
        (Space::Itunes, "summary") => Field::Summary(2),
        (Space::Media, "description") => Field::Summary(3),
        (Space::Itunes, "subtitle") => Field::Summary(4),
        (Space::Core, "pubdate" | "published" | "issued") => Field::Published(0),
        (Space::DublinTerms, "issued" | "available") => Field::Published(1),
        (Space::Core | Space::DublinTerms, "created") => Field::Published(2),
        (Space::DublinCore, "date") => Field::Published(3),
        (Space::Core, "updated" | "modified") => Field::Updated(0),
        (Space::DublinTerms, "modified") => Field::Updated(1),
        (Space::Core, "ttl") => Field::Ttl,
        (Space::Syndication, "updateperiod") => Field::Period,
        (Space::Syndication, "updatefrequency") => Field::Frequency,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::markup::{Token, Tokens};
    use super::*;

    #[test]
    fn an_element_is_known_by_its_namespace_whatever_its_prefix() {
        let markup =
            "<r xmlns='http://my.own/' xmlns:x='HTTPS://www.w3.org/2005/Atom' xmlns:dc='http://other/'>";
        let Some(Token::Open(tag)) = Tokens::new(markup).next() else { panic!("no tag") };
        let mut prefixes = Prefixes::default();
        let before = prefixes.enter(&tag);
        assert_eq!(prefixes.of("Title"), (Space::Core, "title".into()));
        assert_eq!(prefixes.of("x:entry"), (Space::Core, "entry".into()));
        assert_eq!(prefixes.of("dc:title"), (Space::Other, "title".into()));
        assert_eq!(prefixes.of("media:title"), (Space::Media, "title".into()));
        prefixes.leave(before);
        assert_eq!(prefixes.of("dc:title"), (Space::DublinCore, "title".into()));
    }
}
