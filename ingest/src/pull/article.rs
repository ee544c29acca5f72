//! The readable text of an article's page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dom_smoothie::{Config, Readability};
use url::Url;

use super::html::{self, Unreadable};
use super::rule::{BadRule, selector};
use crate::feed::html_to_text;

/// Characters of an article below which the reader looks again with a more lenient eye. The library's 500 are for
/// languages with letters.
const ENOUGH: usize = 120;
/// Elements that the reader weighs; pages of articles have a few thousand.
const MAX_ELEMENTS: usize = 60_000;

/// An article's page without a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    #[error(transparent)]
    Page(#[from] Unreadable),
    #[error(transparent)]
    Rule(#[from] BadRule),
    #[error("the selector \"{written}\" for \"body\" matched nothing on the article's page")]
    NoMatch { written: String },
    #[error("no text of an article was found on the page")]
    NoText,
}

/// The text of an article, paragraphs apart, without what the page hides: of the elements that the selector
/// `body` matches, or what a reader of the page would take for the article.
///
/// # Errors
/// When the page cannot be read, the selector matches nothing, or no text is found.
pub fn read(
    bytes: &[u8],
    charset: Option<&str>,
    url: &Url,
    body: Option<&str>,
) -> Result<String, ArticleError> {
    let document = html::text_of(bytes, charset);
    let text = match body {
        Some(written) => selected(&document, written)?,
        None => readable(&document, url)?,
    };
    if text.is_empty() { Err(ArticleError::NoText) } else { Ok(text) }
}

fn selected(document: &str, written: &str) -> Result<String, ArticleError> {
    let selector = selector("body", written)?;
    let page = html::tree(document)?;
    let mut parts: Vec<String> = Vec::new();
    let mut inside = std::collections::HashSet::new();
    for element in page.select(&selector) {
        // An element within one that is taken already stands in its text.
        if element.ancestors().any(|node| inside.contains(&node.id())) {
            continue;
        }
        inside.insert(element.id());
        parts.push(html::visible_text(element));
    }
    if parts.is_empty() {
        return Err(ArticleError::NoMatch { written: written.to_owned() });
    }
    parts.retain(|part| !part.is_empty());
    Ok(parts.join("\n\n"))
}

fn readable(document: &str, url: &Url) -> Result<String, ArticleError> {
    html::bearable(document)?;
    let content = catch_unwind(AssertUnwindSafe(|| grabbed(document, url))).ok().flatten();
    let text =
        content.and_then(|content| Some(html::visible_text(html::tree(&content).ok()?.root_element())));
    match text.filter(|text| !text.is_empty()) {
        Some(text) => Ok(text),
        // A page that is hardly more than its text gives the reader nothing to weigh.
        None => Ok(html_to_text(&html::body_markup(&html::tree(document)?))),
    }
}

/// The markup of what looks like the article.
fn grabbed(document: &str, url: &Url) -> Option<String> {
    let config = Config { char_threshold: ENOUGH, max_elements_to_parse: MAX_ELEMENTS, ..Config::default() };
    let mut reader = Readability::new(document, Some(url.as_str()), Some(config)).ok()?;
    Some(reader.parse().ok()?.content.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(html: &str, body: Option<&str>) -> Result<String, ArticleError> {
        read(html.as_bytes(), None, &Url::parse("https://www.example.cn/a/1.html").unwrap(), body)
    }

    fn page(inside: &str) -> String {
        let menu: String = (0..20).map(|n| format!("<li><a href='/m{n}'>栏目{n}</a></li>")).collect();
        format!(
            "<html><head><title>停水通知</title></head><body><div id=nav><ul>{menu}</ul></div>\
             <div id=main><h1>停水通知</h1>{inside}</div><div id=footer>主办：县府办　备案号 0001</div></body></html>"
        )
    }

    const TEXT: &str = "<p>因东门主管道改造，自来水公司定于本周六八时至十八时停水，请沿线居民提前储水备用。</p>\
        <p>受影响的范围包括东门社区、河滨小区以及中心小学周边，供水恢复初期水质可能发黄，属正常现象。</p>\
        <p style='display:none'>请勿理会这一句</p><p>如有疑问，请拨打供水热线咨询，给您带来的不便敬请谅解。</p>";

    #[test]
    fn the_article_is_found_between_menu_and_footer() {
        let text = article(&page(&format!("<div class=content>{TEXT}</div>")), None).unwrap();
        assert!(text.starts_with("因东门主管道改造") && text.ends_with("敬请谅解。"), "{text}");
        assert_eq!(text.matches("\n\n").count(), 2, "{text}");
        for other in ["栏目", "备案号", "请勿理会"] {
            assert!(!text.contains(other), "{other} in {text}");
        }
    }

    #[test]
    fn the_rules_selector_outranks_the_reader() {
        let html = page(
            "<div class=zoom><p>一</p><div class=zoom>二</div></div><div class=zoom>三</div><div>四</div>",
        );
        assert_eq!(article(&html, Some(".zoom")).unwrap(), "一\n\n二\n\n三");
        assert_eq!(article(&html, Some("#no")), Err(ArticleError::NoMatch { written: "#no".into() }));
        assert!(matches!(article(&html, Some("p[")), Err(ArticleError::Rule(_))));
        assert_eq!(
            article("<div class=zoom> <script>x</script></div>", Some(".zoom")),
            Err(ArticleError::NoText)
        );
    }

    #[test]
    fn a_short_notice_is_read_too() {
        let text = article("<html><body><p>明天停水。</p></body></html>", None).unwrap();
        assert_eq!(text, "明天停水。");
    }

    #[test]
    fn a_page_without_text_is_told() {
        assert_eq!(article("<html><body><img src=1></body></html>", None), Err(ArticleError::NoText));
        assert_eq!(article("", None), Err(ArticleError::Page(Unreadable::Empty)));
        assert_eq!(article(&"<div>".repeat(90_000), None), Err(ArticleError::Page(Unreadable::TooDeep)));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_markup_makes_it_panic(html in "(<(/)?(div|p|a|table|td|b|script|ul|li|h1)( class=x)?>|[甲乙。 ]{1,9}){0,40}") {
            let _ = article(&html, None);
            let _ = article(&html, Some("div"));
        }
    }
}
