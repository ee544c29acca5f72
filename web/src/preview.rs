//! Reads the address of a feed for the page of the sources, and says in Chinese what is wrong with it.

use jiff::Timestamp;
use qingting_ingest::feed::{FeedDocument, FeedEntry, FeedError, FeedFormat};
use qingting_ingest::http::{FetchError, Http};
use qingting_models::clock::minute_text;
use qingting_models::text::mask;

use crate::view::{snippet, title_text};

/// Entries that are shown.
const ENTRIES: usize = 10;

/// What a feed would bring. Titles are masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    pub format: &'static str,
    pub title: String,
    pub count: usize,
    /// Title and time of the first entries.
    pub entries: Vec<(String, String)>,
}

/// Reads the feed at `url` and stores nothing.
///
/// # Errors
/// A Chinese sentence for the administrator.
pub async fn read(http: &Http, url: &str, now: Timestamp) -> Result<Preview, String> {
    match qingting_ingest::poll::preview(http, url, None, now).await {
        Ok(feed) => Ok(shown(&feed)),
        Err(error) => {
            tracing::info!(%error, "a feed could not be previewed");
            Err(words(&error))
        }
    }
}

fn shown(feed: &FeedDocument) -> Preview {
    let entry = |e: &FeedEntry| {
        let at = e.published.map_or_else(|| "没有时间".to_owned(), minute_text);
        (title_text(&mask(&e.title).text), at)
    };
    Preview {
        format: match feed.format {
            FeedFormat::Rss => "RSS",
            FeedFormat::Atom => "Atom",
            FeedFormat::Json => "JSON Feed",
        },
        title: snippet(&mask(&feed.title).text, 120),
        count: feed.entries.len(),
        entries: feed.entries.iter().take(ENTRIES).map(entry).collect(),
    }
}

fn words(error: &FetchError) -> String {
    match error {
        FetchError::BadAddress { .. } => "这不是网页地址，应以 http:// 或 https:// 开头。".into(),
        FetchError::Refused { host, .. } => {
            format!("{host} 位于内部网络，试读不访问内网；确需读取时请在添加来源时填写“允许的内网主机”。")
        }
        FetchError::NoSuchHost { host } => format!("找不到主机 {host}，请检查拼写。"),
        FetchError::CouldNotConnect { host, .. } => format!("连不上 {host}，对方可能停用或拒绝访问。"),
        FetchError::TimedOut { host } => format!("{host} 没有及时应答，请稍后再试。"),
        FetchError::Status { host, status, .. } => match status {
            401 | 403 => format!("{host} 拒绝访问（{status}）。"),
            404 | 410 => format!("{host} 上没有这个地址（{status}），可能已经更换。"),
            429 => format!("{host} 要求降低访问频率（429），请稍后再试。"),
            _ => format!("{host} 应答异常（{status}）。"),
        },
        FetchError::TooLarge { .. } => "内容过大，不像订阅源。".into(),
        FetchError::TooManyRedirects { .. } => "地址反复跳转，无法读取。".into(),
        FetchError::Feed(FeedError::Empty) => "地址可以打开，但没有内容。".into(),
        FetchError::Feed(FeedError::NotAFeed(_)) => {
            "地址可以打开，但不是订阅源；需要 RSS、Atom 或 JSON Feed 的地址。".into()
        }
        FetchError::Feed(FeedError::Broken(_)) => "订阅源内容损坏，读不出条目。".into(),
        FetchError::BrokenAnswer { .. } | FetchError::Setup { .. } => {
            "读取中断，请稍后再试；原因已写入日志。".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_no_personal_data() {
        let entry = FeedEntry { title: "失主请联系 13812345678".into(), ..FeedEntry::default() };
        let feed = FeedDocument {
            format: FeedFormat::Rss,
            title: "便民".into(),
            entries: vec![entry],
            lost: vec![],
            encoding: "UTF-8",
        };
        let preview = shown(&feed);
        assert_eq!(preview.count, 1);
        assert!(!preview.entries[0].0.contains("13812345678"), "{:?}", preview.entries);
    }
}
