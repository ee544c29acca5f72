//! Reads RSS of every version, Atom and CDF in one pass over tags and text.
//!
//! What an element means follows from its name and the element that it lies in, not from the format the root
//! names: feeds mix them. Elements that mean nothing here are passed over, whatever is in them; an element that
//! was not ended ends where its parent does.

use url::Url;

use super::capture::{Capture, Captured};
use super::draft::Draft;
use super::entry::{FeedDocument, FeedFormat, LostEntry};
use super::markup::{Tag, Token, Tokens};
use super::names::{Field, Prefixes, Space, field};
use super::parse::FeedError;

/// Elements that lie deeper are not kept track of.
const MAX_DEPTH: usize = 200;
/// Entries after these are not read: a feed of so many is an attack on memory.
const MAX_ENTRIES: usize = 50_000;
/// Characters of an entry that are kept when it cannot be read.
const MARKUP_KEPT: usize = 10_000;

/// What an open element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `rss`, `RDF`
    Root,
    /// `channel`, `feed`
    Channel,
    Entry,
    /// `media:group`, `media:content`: what lies in it tells about the entry.
    Media,
    Other,
}

struct Frame<'t> {
    name: &'t str,
    place: Place,
    /// For [`Prefixes::leave`].
    prefixes: usize,
    /// The base of relative addresses outside the element, where the element has one of its own.
    outer_base: Option<Option<Url>>,
}

/// A document while it is read.
pub(super) struct Reader<'t> {
    text: &'t str,
    tokens: Tokens<'t>,
    prefixes: Prefixes<'t>,
    open: Vec<Frame<'t>>,
    base: Option<Url>,
    capture: Option<Capture<'t>>,
    /// The entry being read, and where it begins.
    draft: Option<(Draft, usize)>,
    format: Option<FeedFormat>,
    title: Option<(u8, String)>,
    rhythm: Rhythm,
    seen: u64,
    /// The name of the document's first element.
    first: Option<&'t str>,
    has_channel: bool,
    ended: bool,
    found: FeedDocument,
}

/// Reads a document; `None` when it is no feed.
///
/// # Errors
/// When it is a feed that ends before anything of use.
pub(super) fn read(text: &str, base: Option<&Url>) -> Result<Option<FeedDocument>, FeedError> {
    let mut reader = Reader {
        text,
        tokens: Tokens::new(text),
        prefixes: Prefixes::default(),
        open: Vec::new(),
        base: base.cloned(),
        capture: None,
        draft: None,
        format: None,
        title: None,
        rhythm: Rhythm::default(),
        seen: 0,
        first: None,
        has_channel: false,
        ended: false,
        found: FeedDocument::default(),
    };
    while let Some(token) = reader.tokens.next() {
        reader.take(token);
    }
    reader.finish()
}

impl<'t> Reader<'t> {
    fn take(&mut self, token: Token<'t>) {
        if let Some(mut capture) = self.capture.take() {
            if self.outlives(&capture, token) {
                let source = &self.text[self.tokens.start()..self.tokens.end()];
                if capture.take(token, source) {
                    self.tell(capture);
                } else {
                    self.capture = Some(capture);
                }
                return;
            }
            self.tell(capture);
        }
        match token {
            Token::Open(tag) => self.open(tag),
            Token::Close(name) => self.close(name),
            Token::Text(_) | Token::Cdata(_) => {}
        }
    }

    /// Whether an element whose content is gathered goes on with this token. It may lack its end tag.
    fn outlives(&self, capture: &Capture<'t>, token: Token<'t>) -> bool {
        match token {
            Token::Open(tag) => {
                let (space, local) = self.prefixes.of(tag.name);
                if is_entry(space, &local) {
                    return capture.name == tag.name;
                }
                let next = field(space, &local).filter(|_| space != Space::Xhtml && tag.name != capture.name);
                next.is_none_or(|next| !capture.ends_before(next))
            }
            Token::Close(name) if name != capture.name => {
                let outer = self.open.iter().rev().find(|frame| frame.name == name);
                outer.is_none_or(|frame| matches!(frame.place, Place::Other | Place::Media))
            }
            _ => true,
        }
    }

    fn open(&mut self, tag: Tag<'t>) {
        self.first.get_or_insert(tag.name);
        let prefixes = self.prefixes.enter(&tag);
        let (space, local) = self.prefixes.of(tag.name);
        let outer_base = self.rebase(&tag);
        let place = self.place(&tag, space, &local);
        match place {
            Place::Entry => self.begin_entry(&tag),
            Place::Other if space == Space::Tombstones && local == "deleted-entry" => {
                self.found.deleted.extend(tag.get("ref").filter(|id| !id.trim().is_empty()));
            }
            _ => self.attributes(&tag, space, &local),
        }
        let told = if place == Place::Other {
            field(space, &local).filter(|f| self.listens(*f, space))
        } else {
            None
        };
        match told {
            Some(field) if !tag.closed => {
                self.capture = Some(Capture::of(field, &tag));
                self.leave(prefixes, outer_base);
            }
            None if !tag.closed && self.open.len() < MAX_DEPTH => {
                self.open.push(Frame { name: tag.name, place, prefixes, outer_base });
            }
            _ => {
                self.leave(prefixes, outer_base);
                if place == Place::Entry {
                    self.end_entry();
                }
            }
        }
    }

    fn leave(&mut self, prefixes: usize, outer_base: Option<Option<Url>>) {
        self.prefixes.leave(prefixes);
        if let Some(base) = outer_base {
            self.base = base;
        }
    }

    /// Takes up `xml:base`; the base to go back to.
    fn rebase(&mut self, tag: &Tag<'_>) -> Option<Option<Url>> {
        let written = tag.get("xml:base")?;
        let inner = match &self.base {
            Some(base) => base.join(written.trim()).ok(),
            None => Url::parse(written.trim()).ok(),
        };
        let outer = self.base.clone();
        self.base = inner.or_else(|| outer.clone());
        Some(outer)
    }

    fn place(&mut self, tag: &Tag<'t>, space: Space, local: &str) -> Place {
        if is_entry(space, local) && self.format.is_some() {
            return Place::Entry;
        }
        if space == Space::Media && matches!(local, "group" | "content") {
            return Place::Media;
        }
        // Before the root there may be what a server prints in front of it (warnings of PHP), but then only
        // what can be nothing else is a root.
        let first = self.first == Some(tag.name);
        let (place, format) = match (space, local) {
            (Space::Core | Space::Other, "rss") | (Space::Core | Space::Rdf | Space::Other, "rdf") => {
                (Place::Root, FeedFormat::Rss)
            }
            (Space::Core, "channel") if first || self.format.is_some() => (Place::Channel, FeedFormat::Rss),
            (Space::Core, "feed") if first || tag.get("xmlns").is_some() => {
                (Place::Channel, FeedFormat::Atom)
            }
            _ => return Place::Other,
        };
        // RDF may hold anything; the other roots are those of feeds alone.
        self.has_channel |= local != "rdf" || declares_rss(tag);
        self.ended |= tag.closed;
        self.format.get_or_insert(format);
        place
    }

    /// Whether a field here tells about the entry or the feed, and not about a part of it (an author, an image).
    fn listens(&self, field: Field, space: Space) -> bool {
        let Some(parent) = self.open.last() else { return false };
        match (parent.place, &self.draft) {
            (Place::Entry, Some(_)) => true,
            (Place::Media, Some(_)) => space == Space::Media,
            (Place::Channel, _) => {
                matches!(field, Field::Title(_) | Field::Ttl | Field::Period | Field::Frequency)
            }
            _ => false,
        }
    }

    fn begin_entry(&mut self, tag: &Tag<'_>) {
        // An entry that was not ended ends where the next one begins.
        self.end_entry();
        let mut draft = Draft::default();
        let about = tag.attributes().find(|(key, _)| self.prefixes.of(key) == (Space::Rdf, "about".into()));
        if let Some(name) = about.and_then(|(key, _)| tag.get(key)) {
            draft.about(&name);
        }
        // CDF gives its items attributes.
        if let Some(href) = tag.get("href") {
            draft.link(&href, "", "", self.base.as_ref());
        }
        if let Some(at) = tag.get("lastmod") {
            draft.take(Field::Updated(2), Captured::plain_text(at), None);
        }
        self.seen += 1;
        self.draft = Some((draft, self.tokens.start()));
    }

    /// What stands in attributes: Atom's links, and content that lies elsewhere.
    fn attributes(&mut self, tag: &Tag<'_>, space: Space, local: &str) {
        if self.open.last().is_none_or(|parent| parent.place != Place::Entry) || space != Space::Core {
            return;
        }
        let Some((draft, _)) = &mut self.draft else { return };
        let (address, rel) = match local {
            "link" => {
                (tag.get("href").or_else(|| tag.get("rdf:resource")), tag.get("rel").unwrap_or_default())
            }
            "a" => (tag.get("href"), String::new()),
            "content" => (tag.get("src"), "content".to_owned()),
            "enclosure" => (tag.get("url").or_else(|| tag.get("href")), "enclosure".to_owned()),
            _ => return,
        };
        if let Some(address) = address.filter(|address| !address.trim().is_empty()) {
            draft.link(&address, &rel, &tag.get("type").unwrap_or_default(), self.base.as_ref());
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name)) else {
            return;
        };
        while self.open.len() > at {
            let Some(frame) = self.open.pop() else { return };
            self.leave(frame.prefixes, frame.outer_base);
            match frame.place {
                Place::Entry => self.end_entry(),
                Place::Root | Place::Channel => self.ended = true,
                Place::Media | Place::Other => {}
            }
        }
    }

    /// Hands on what an element says.
    fn tell(&mut self, capture: Capture<'t>) {
        let (field, said) = capture.finish();
        match (&mut self.draft, field) {
            (Some((draft, _)), _) => draft.take(field, said, self.base.as_ref()),
            (None, Field::Title(rank)) => {
                let title = said.line();
                if !title.is_empty() && self.title.as_ref().is_none_or(|(known, _)| rank < *known) {
                    self.title = Some((rank, title));
                }
            }
            (None, _) => self.rhythm.take(field, said.raw().trim()),
        }
    }

    fn end_entry(&mut self) {
        let Some((draft, start)) = self.draft.take() else { return };
        if self.found.entries.len() < MAX_ENTRIES {
            self.found.entries.push(draft.finish());
        } else if self.found.lost.is_empty() {
            self.lose(
                start,
                format!("the feed has more than {MAX_ENTRIES} entries; those after that are not read"),
            );
        }
    }

    fn lose(&mut self, start: usize, reason: String) {
        let markup = self.text[start..].chars().take(MARKUP_KEPT).collect();
        self.found.lost.push(LostEntry { number: self.seen, reason, markup });
    }

    fn finish(mut self) -> Result<Option<FeedDocument>, FeedError> {
        // An entry that the document's end leaves open may lack half of its text.
        if let Some((_, start)) = self.draft.take() {
            self.lose(start, "the entry is cut off before its end".into());
        }
        let nothing = self.found.entries.is_empty() && self.found.lost.is_empty();
        let Some(format) = self.format.filter(|_| self.has_channel || !nothing) else { return Ok(None) };
        if nothing && !self.ended {
            return Err(FeedError::Broken("it ends before its first entry".into()));
        }
        self.found.format = format;
        self.found.title = self.title.map(|(_, title)| title).unwrap_or_default();
        self.found.ttl_s = self.rhythm.seconds();
        Ok(Some(self.found))
    }
}

/// Whether a root of RDF declares a namespace of RSS.
fn declares_rss(tag: &Tag<'_>) -> bool {
    let mut declared = tag.attributes().filter(|(key, _)| key.starts_with("xmlns"));
    declared.any(|(_, address)| address.contains("/rss") || address.contains("netscape.com/"))
}

fn is_entry(space: Space, local: &str) -> bool {
    matches!(space, Space::Core | Space::Rdf) && matches!(local, "item" | "entry")
}

/// How often a feed says that it changes: RSS 2.0 `ttl`, or the RSS 1.0 syndication module.
#[derive(Default)]
struct Rhythm {
    ttl_s: Option<i64>,
    period_s: Option<i64>,
    frequency: Option<i64>,
}

impl Rhythm {
    fn take(&mut self, field: Field, words: &str) {
        let number = || words.parse::<i64>().ok().filter(|n| (1..=1_000_000).contains(n));
        match field {
            Field::Ttl => self.ttl_s = number().map(|minutes| minutes * 60),
            Field::Frequency => self.frequency = number(),
            Field::Period => {
                self.period_s = match words.to_ascii_lowercase().as_str() {
                    "hourly" => Some(3_600),
                    "daily" => Some(86_400),
                    "weekly" => Some(7 * 86_400),
                    "monthly" => Some(30 * 86_400),
                    "yearly" => Some(365 * 86_400),
                    _ => None,
                }
            }
            _ => {}
        }
    }

    fn seconds(&self) -> Option<i64> {
        self.ttl_s.or_else(|| self.period_s.map(|s| (s / self.frequency.unwrap_or(1)).max(1)))
    }
}
