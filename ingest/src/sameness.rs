//! By what a published article is recognised at another address or in another source: its address without
//! what differs between copies, and its words.

use std::sync::OnceLock;

use qingting_models::store::Sameness;
use qingting_models::text::normalise;
use serde::Deserialize;
use url::Url;

/// The lists of `data/addresses.toml`.
const LISTS: &str = include_str!("../data/addresses.toml");

/// Letters, digits and Chinese characters below which words say too little to tell articles apart.
const MIN_WORDS: usize = 60;

#[derive(Default, Deserialize)]
struct Lists {
    host_prefixes: Vec<String>,
    parameters: Vec<String>,
    parameter_prefixes: Vec<String>,
    index_pages: Vec<String>,
}

impl Lists {
    fn get() -> &'static Self {
        static LISTS_READ: OnceLock<Lists> = OnceLock::new();
        LISTS_READ.get_or_init(|| {
            toml::from_str(LISTS).unwrap_or_else(|wrong| {
                // The file is part of the program and a test reads it.
                tracing::error!(%wrong, "the lists for comparing addresses cannot be read");
                Self::default()
            })
        })
    }

    fn is_tracking(&self, parameter: &str) -> bool {
        let name = parameter.to_lowercase();
        self.parameters.contains(&name)
            || self.parameter_prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }
}

/// Both marks of a published article.
pub fn of(url: Option<&str>, title: &str, body: &str) -> Sameness {
    Sameness { address: url.and_then(address), words: words(title, body) }
}

/// An address as copies of one article share it: host in lower case without `www.`, `m.` and the like, no
/// scheme, tracking parameters, fragment, last slash or index page; parameters sorted.
///
/// `None` for a home page, which stands for no article, and for what is no web address.
pub fn address(url: &str) -> Option<String> {
    let url = Url::parse(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let lists = Lists::get();
    let host = url.host_str()?.trim_end_matches('.');
    let host = lists.host_prefixes.iter().find_map(|p| host.strip_prefix(p.as_str())).unwrap_or(host);
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let (folder, last) = url.path().rsplit_once('/').unwrap_or_default();
    let index = lists.index_pages.iter().any(|page| page.eq_ignore_ascii_case(last));
    let path = if index { folder } else { url.path() }.trim_end_matches('/');
    let mut parameters: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !lists.is_tracking(name)).collect();
    parameters.sort();
    // Some sites show their articles by the fragment: `#/article/12`.
    let route = url.fragment().filter(|f| f.starts_with('/') || f.starts_with("!/")).unwrap_or_default();
    if path.is_empty() && parameters.is_empty() && route.trim_matches(['/', '!']).is_empty() {
        return None;
    }
    let query: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let route = if route.is_empty() { String::new() } else { format!("#{route}") };
    Some(format!("{host}{port}{path}{query}{route}"))
}

/// The words of an article: simplified, in lower case, only letters, digits and Chinese characters. `None` for
/// fewer than 60 of them.
pub fn words(title: &str, body: &str) -> Option<String> {
    let plain = normalise(&format!("{title}\n{body}")).text;
    let words: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    (words.chars().nth(MIN_WORDS - 1).is_some()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_read() {
        let lists: Lists = toml::from_str(LISTS).unwrap();
        let lower = |list: &[String]| list.iter().all(|word| *word == word.to_lowercase());
        assert!(lower(&lists.parameters) && lower(&lists.parameter_prefixes) && lower(&lists.host_prefixes));
    }

    #[test]
    fn copies_of_one_article_share_their_address() {
        for copy in [
            "https://www.example.cn/news/2026/1.html",
            "http://m.example.cn/news/2026/1.html",
            "https://WAP.EXAMPLE.CN:443/news/2026/1.html?from=timeline&isappinstalled=0",
            "http://example.cn/news/2026/1.html?utm_source=a&UTM_Medium=b&share_token=9#comments",
            " https://3g.example.cn/news/2026/1.html?spm=1.2.3 ",
        ] {
            assert_eq!(address(copy).as_deref(), Some("example.cn/news/2026/1.html"), "{copy}");
        }
        assert_eq!(address("http://x.cn/a/?b=2&a=1"), address("https://x.cn/a/index.html?a=1&scene=7&b=2"));
        assert_eq!(address("http://x.cn/%E6%96%87"), address("http://x.cn/文"));
    }

    #[test]
    fn different_articles_keep_different_addresses() {
        let addresses: Vec<_> = [
            "http://x.cn/show?id=1",
            "http://x.cn/show?id=2",
            "http://x.cn/show",
            "http://x.cn:8080/show",
            "http://news.x.cn/show",
            "http://x.cn/Show",
            "http://x.cn/#/show/1",
            "http://x.cn/app/#/show/1",
            "http://x.cn/app/#/show/2",
        ]
        .into_iter()
        .map(|url| address(url).unwrap_or_else(|| panic!("{url}")))
        .collect();
        let different: std::collections::HashSet<_> = addresses.iter().collect();
        assert_eq!(different.len(), addresses.len(), "{addresses:?}");
    }

    #[test]
    fn a_home_page_is_no_article() {
        for home in [
            "http://x.cn",
            "https://www.x.cn/",
            "http://x.cn/index.html",
            "http://x.cn/?from=wx",
            "http://x.cn/#top",
            "http://x.cn/#/",
            "mailto:a@x.cn",
            "x.cn/a",
            "",
        ] {
            assert_eq!(address(home), None, "{home}");
        }
    }

    #[test]
    fn words_are_compared_without_marks_script_and_width() {
        let long = "道路积水已有三天，居民出行不便。".repeat(6);
        let other = long.replace('道', " 道").replace('，', ", ").replace('积', "積");
        assert_eq!(words("东门 Ａ１", &long), words("东门a1", &other));
        assert_ne!(words("东门", &long), words("西门", &long));
        assert_eq!(words("停水", "明天停水"), None);
        assert_eq!(words("", &"水".repeat(59)), None);
        assert!(words("", &"水".repeat(60)).is_some());
    }
}
