//! A list page of a site without a feed, read by the CSS selectors of its rule.

use jiff::Timestamp;
use qingting_models::records::PageRule;
use scraper::{ElementRef, Html, Selector};
use serde::Serialize;
use url::Url;

use super::date;
use super::html::{self, Unreadable};
use super::rule::{BadRule, selector};
use crate::text::{one_line, web_address};

/// Entries of one page; a selector that matches more matches too much.
const MAX_ENTRIES: usize = 2_000;

/// A list page that gave no entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error(transparent)]
    Page(#[from] Unreadable),
    #[error(transparent)]
    Rule(#[from] BadRule),
    #[error(
        "the selector \"{written}\" for \"{part}\" matched nothing {place}; the page has {elements} elements; \
         it may have been rebuilt: look for a selector that fits"
    )]
    NoMatch { part: &'static str, written: String, place: &'static str, elements: usize },
    /// `part` has no selector of its own, and what stands for it was not found.
    #[error(
        "none of {found} entries has a {part} that was found without a selector of its own; it may have been rebuilt: \
         look for a selector that fits"
    )]
    NoneFound { part: &'static str, found: usize },
    #[error(
        "the selector \"{written}\" for \"item\" matched {found} elements; allowed: at most {MAX_ENTRIES}"
    )]
    TooMany { written: String, found: usize },
}

/// A list page as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListPage {
    /// The page's own title.
    pub title: String,
    /// In page order.
    pub entries: Vec<Listed>,
    /// What an administrator should look at, though entries were read.
    pub warnings: Vec<PageWarning>,
}

/// What is doubtful about a list page that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum PageWarning {
    #[error("{left_out} of {all} entries have no title and are left out")]
    Untitled { left_out: usize, all: usize },
    #[error("the selector \"{written}\" for \"date\" brought no date that can be read in any entry")]
    NoDate { written: String },
    #[error("{undated} of {all} entries have no date that can be read; no start date holds them back")]
    Undated { undated: usize, all: usize },
}

/// One entry of a list page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub title: String,
    /// Absolute, http or https.
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    /// What else stands in the entry.
    pub text: String,
}

struct Selectors {
    item: Selector,
    title: Option<Selector>,
    link: Option<Selector>,
    date: Option<Selector>,
}

/// Checks a rule before it is saved.
///
/// # Errors
/// When the entry's selector is missing, or one of the selectors is none.
pub fn check(rule: &PageRule) -> Result<(), BadRule> {
    selectors(rule)?;
    rule.body.as_deref().map(|written| selector("body", written)).transpose()?;
    Ok(())
}

fn selectors(rule: &PageRule) -> Result<Selectors, BadRule> {
    if rule.item.trim().is_empty() {
        let needed = "it is the CSS selector of one entry of the list, for example ul.news > li";
        return Err(BadRule::Missing { part: "item", needed });
    }
    let optional = |part, written: &Option<String>| written.as_deref().map(|w| selector(part, w)).transpose();
    Ok(Selectors {
        item: selector("item", &rule.item)?,
        title: optional("title", &rule.title)?,
        link: optional("link", &rule.link)?,
        date: optional("date", &rule.date)?,
    })
}

/// Reads a list page. `charset` is that of the Content-Type header, `url` the page's own address, `now` what
/// relative dates are measured from.
///
/// # Errors
/// When the page cannot be read, and when a selector of the rule matches nothing.
pub fn read(
    bytes: &[u8],
    charset: Option<&str>,
    url: &Url,
    rule: &PageRule,
    now: Timestamp,
) -> Result<ListPage, PageError> {
    let selectors = selectors(rule)?;
    let page = html::tree(&html::text_of(bytes, charset))?;
    let reader = Reader { base: base(&page, url), selectors: &selectors, now };
    let found: Vec<ElementRef<'_>> = page.select(&selectors.item).collect();
    let elements = page.root_element().descendent_elements().count();
    let no_match = |part, written: &Option<String>| match written.clone() {
        Some(written) => PageError::NoMatch { part, written, place: "in any entry", elements },
        None => PageError::NoneFound { part, found: found.len() },
    };
    if found.is_empty() {
        let (written, place) = (rule.item.clone(), "on the page");
        return Err(PageError::NoMatch { part: "item", written, place, elements });
    }
    if found.len() > MAX_ENTRIES {
        return Err(PageError::TooMany { written: rule.item.clone(), found: found.len() });
    }
    let entries: Vec<Listed> = found.iter().map(|element| reader.entry(*element)).collect();
    let titled = entries.iter().filter(|entry| !entry.title.is_empty()).count();
    if titled == 0 {
        return Err(no_match("title", &rule.title));
    }
    if entries.iter().all(|entry| entry.url.is_none()) && (rule.link.is_some() || !rule.list_only) {
        return Err(no_match("link", &rule.link));
    }
    let mut warnings = Vec::new();
    if titled < entries.len() {
        warnings.push(PageWarning::Untitled { left_out: entries.len() - titled, all: entries.len() });
    }
    let entries: Vec<Listed> = entries.into_iter().filter(|entry| !entry.title.is_empty()).collect();
    let undated = entries.iter().filter(|entry| entry.published.is_none()).count();
    match &rule.date {
        Some(written) if undated == entries.len() => {
            warnings.push(PageWarning::NoDate { written: written.clone() });
        }
        _ if undated > 0 => warnings.push(PageWarning::Undated { undated, all: entries.len() }),
        _ => {}
    }
    Ok(ListPage { title: page_title(&page), entries, warnings })
}

/// The page's address, or what its `<base href>` says.
fn base(page: &Html, url: &Url) -> Url {
    first(page, "base[href]")
        .and_then(|e| url.join(e.attr("href")?.trim()).ok())
        .unwrap_or_else(|| url.clone())
}

fn first<'p>(page: &'p Html, selector: &str) -> Option<ElementRef<'p>> {
    page.select(&Selector::parse(selector).ok()?).next()
}

fn page_title(page: &Html) -> String {
    first(page, "title").map(|e| one_line(&e.text().collect::<String>())).unwrap_or_default()
}

struct Reader<'r> {
    base: Url,
    selectors: &'r Selectors,
    now: Timestamp,
}

impl Reader<'_> {
    fn entry(&self, entry: ElementRef<'_>) -> Listed {
        let link = self.link(entry);
        let title = match &self.selectors.title {
            Some(selector) => within(entry, selector).map(whole_title),
            None => Some(whole_title(link.unwrap_or(entry))),
        };
        let title = title.unwrap_or_default();
        let text = one_line(&html::visible_text(entry));
        let dated = match &self.selectors.date {
            Some(selector) => within(entry, selector).map(|e| (e, date_of(e, self.now))),
            None => None,
        };
        let published = match (&self.selectors.date, dated) {
            (Some(_), dated) => dated.and_then(|(_, at)| at),
            (None, _) => date::find(&without(&text, &title), self.now),
        };
        let date_text = dated.map(|(e, _)| one_line(&html::visible_text(e))).unwrap_or_default();
        let url = link.and_then(|e| web_address(self.base.join(e.attr("href")?.trim()).ok()?.as_str()));
        Listed { text: without(&without(&text, &title), &date_text), title, url, published }
    }

    fn link<'p>(&self, entry: ElementRef<'p>) -> Option<ElementRef<'p>> {
        let anchor = Selector::parse("a[href]").ok()?;
        match &self.selectors.link {
            Some(selector) => {
                let found = within(entry, selector)?;
                within(found, &anchor).or_else(|| found.attr("href").map(|_| found))
            }
            None => within(entry, &anchor),
        }
    }
}

/// The element itself, if the selector fits it, or the first below it that does.
fn within<'p>(element: ElementRef<'p>, selector: &Selector) -> Option<ElementRef<'p>> {
    if selector.matches_with_scope(&element, Some(element)) {
        return Some(element);
    }
    element.select(selector).next()
}

/// The element's text; many lists cut it and keep the whole title in an attribute.
fn whole_title(element: ElementRef<'_>) -> String {
    let text = one_line(&html::visible_text(element));
    let stem = text.trim_end_matches(['…', '.', '⋯']).trim_end();
    let attribute = element.attr("title").map(one_line).unwrap_or_default();
    let cut = stem.len() < text.len() && attribute.starts_with(stem);
    if text.is_empty() || (cut && attribute.chars().count() > stem.chars().count()) {
        attribute
    } else {
        text
    }
}

/// A `datetime` attribute is written for machines; else the text.
fn date_of(element: ElementRef<'_>, now: Timestamp) -> Option<Timestamp> {
    let exact = element.attr("datetime").and_then(|written| date::find(written, now));
    exact.or_else(|| date::find(&html::visible_text(element), now))
}

fn without(text: &str, part: &str) -> String {
    if part.is_empty() { text.to_owned() } else { one_line(&text.replacen(part, " ", 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qingting_models::clock;

    const LIST: &str = "<html><head><title> 县府 通知 </title><base href='/a/'></head><body>\
        <ul class=news>\
        <li><a href='1.html?x=1&amp;y=2' title='关于东门片区停水的紧急通知'>关于东门片区停水的…</a><span>2026-10-31</span></li>\
        <li><a href='//m.example.cn/2.html'>路灯改造</a> <i>昨天 10:20</i><p>共三百盏</p></li>\
        <li><a href='javascript:void(0)'>更多</a></li>\
        <li class=line></li>\
        </ul></body></html>";

    fn rule(item: &str) -> PageRule {
        PageRule { item: item.into(), ..PageRule::default() }
    }

    fn page(html: &str, rule: &PageRule) -> Result<ListPage, PageError> {
        let now = Timestamp::from_second(1_793_581_200).unwrap();
        read(html.as_bytes(), None, &Url::parse("https://www.example.cn/tz/index.html").unwrap(), rule, now)
    }

    #[test]
    fn entries_come_in_page_order_with_whole_titles_links_and_dates() {
        let read = page(LIST, &rule("ul.news > li")).unwrap();
        assert_eq!(read.title, "县府 通知");
        let shown: Vec<_> = read
            .entries
            .iter()
            .map(|e| {
                (
                    e.title.as_str(),
                    e.url.as_deref(),
                    e.published.map(|at| clock::rfc3339(at)[..16].to_owned()),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "关于东门片区停水的紧急通知",
                    Some("https://www.example.cn/a/1.html?x=1&y=2"),
                    Some("2026-10-31T00:00".into())
                ),
                ("路灯改造", Some("https://m.example.cn/2.html"), Some("2026-11-01T10:20".into())),
                ("更多", None, None),
            ]
        );
        assert_eq!(read.entries[1].text, "昨天 10:20 共三百盏");
        let undated = PageWarning::Undated { undated: 1, all: 3 };
        assert_eq!(read.warnings, [PageWarning::Untitled { left_out: 1, all: 4 }, undated]);
    }

    #[test]
    fn each_part_can_have_a_selector_of_its_own() {
        let html = "<div class=row><a href='/pic'><img></a><h3><a href='/x'>停水</a></h3><time datetime='2026-10-30T08:00:00+08:00'>周五</time></div>";
        let with = PageRule {
            title: Some("h3".into()),
            link: Some("h3".into()),
            date: Some("time".into()),
            ..rule("div.row")
        };
        let read = page(html, &with).unwrap();
        let entry = &read.entries[0];
        assert_eq!((entry.title.as_str(), entry.url.as_deref()), ("停水", Some("https://www.example.cn/x")));
        assert_eq!(entry.published.map(clock::rfc3339).as_deref(), Some("2026-10-30T08:00:00+08:00"));
    }

    #[test]
    fn the_entry_may_be_the_link_itself() {
        let read = page("<p><a class=n href=/1>一</a><a class=n href=/2>二</a></p>", &rule("a.n")).unwrap();
        assert_eq!(read.entries.len(), 2);
        assert_eq!(read.entries[1].url.as_deref(), Some("https://www.example.cn/2"));
    }

    #[test]
    fn a_selector_that_matches_nothing_is_named_with_the_size_of_the_page() {
        let told = page(LIST, &rule("ul.list li")).unwrap_err().to_string();
        assert!(told.starts_with("the selector \"ul.list li\" for \"item\" matched nothing on the page; the page has 16 elements"), "{told}");
        let with = PageRule { title: Some("h2".into()), ..rule("li") };
        let told = page(LIST, &with).unwrap_err().to_string();
        assert!(told.contains("\"h2\" for \"title\" matched nothing in any entry"), "{told}");
        let with = PageRule { link: Some("b".into()), ..rule("li") };
        assert!(page(LIST, &with).unwrap_err().to_string().contains("\"b\" for \"link\""));
        let with = PageRule { date: Some("b".into()), ..rule("li") };
        assert_eq!(page(LIST, &with).unwrap().warnings[1], PageWarning::NoDate { written: "b".into() });
    }

    #[test]
    fn bad_selectors_are_refused_with_what_is_wrong() {
        assert!(matches!(check(&rule(" ")), Err(BadRule::Missing { part: "item", .. })));
        for bad in ["li[", "li >", "::before", "a:nosuch", ","] {
            let told = check(&PageRule { date: Some(bad.into()), ..rule("li") }).unwrap_err();
            assert!(matches!(&told, BadRule::Selector { part: "date", .. }), "{bad}: {told}");
        }
        assert!(check(&PageRule { body: Some("..".into()), ..rule("li") }).is_err());
        assert_eq!(
            check(&PageRule { body: Some("#zoom".into()), ..rule("li:not(.line), dd > a[href*='art']") }),
            Ok(())
        );
    }

    #[test]
    fn pages_that_are_none_are_told() {
        assert_eq!(page("", &rule("li")), Err(PageError::Page(Unreadable::Empty)));
        assert_eq!(page(&"<div>".repeat(5_000), &rule("li")), Err(PageError::Page(Unreadable::TooDeep)));
        let many = "<b>x</b>".repeat(2_001);
        assert!(matches!(
            page(&many, &PageRule { list_only: true, ..rule("b") }),
            Err(PageError::TooMany { found: 2_001, .. })
        ));
    }
}
