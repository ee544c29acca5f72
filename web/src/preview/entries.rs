//! What a source would bring as a page shows it: its entries masked, and what each rule found in the first.

use qingting_ingest::poll::{self, Found, PreviewEntry, Warning};
use qingting_ingest::prepare::prepare;
use qingting_ingest::record::RawRecord;
use qingting_models::clock::minute_text;
use qingting_models::records::{PageRule, PullRule, Source, SourceKind};
use qingting_models::text::mask;

use super::{ENTRIES, Matched, Preview, Shown};
use crate::plain::{self, Told};
use crate::view::{snippet, title_text};

/// Characters of a text that a rule found.
const FOUND: usize = 120;

pub(super) fn shown(source: &Source, read: poll::Preview) -> Preview {
    let extent = extent(source, read.first_article);
    let entries: Vec<Shown> = read.entries.into_iter().take(ENTRIES).map(entry).collect();
    let settings = &source.settings;
    let matched = match (entries.first(), &settings.page, &settings.pull) {
        (Some(first), Some(rule), _) => of_page(rule, read.total, first, read.first_article),
        (_, _, Some(rule)) => of_pull(rule, read.total + read.rejected, &read.found),
        _ => Vec::new(),
    };
    Preview {
        what: what(source.kind, &read.format, &snippet(&mask(&read.title).text, 80)),
        count: read.total,
        rejected: read.rejected,
        extent,
        entries,
        matched,
        notes: read.warnings.iter().map(note).collect(),
    }
}

/// How much of the source a trial reads, where that is not all.
fn extent(source: &Source, first_article: bool) -> &'static str {
    match source.kind {
        SourceKind::Pull => "试读只读第一页；保存以后，程序按翻页方式读其余各页。",
        SourceKind::Open311 => "试读只读第一页；保存以后，程序读其余各页。",
        _ if first_article => "正文只打开了第一篇文章；其余各篇保存以后再读。",
        _ => "",
    }
}

fn what(kind: SourceKind, format: &str, title: &str) -> String {
    let kind = match (kind, format) {
        (SourceKind::Feed, "atom") => "Atom 订阅源",
        (SourceKind::Feed, "json") => "JSON Feed 订阅源",
        (SourceKind::Feed, _) => "RSS 订阅源",
        (SourceKind::Page, _) => "网页",
        _ => "接口",
    };
    if title.is_empty() { kind.to_owned() } else { format!("{kind}“{title}”") }
}

/// An entry, masked as it would be stored.
fn entry(entry: PreviewEntry) -> Shown {
    let web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    let content = prepare(RawRecord { title: entry.title, body: entry.body, ..RawRecord::default() }).content;
    Shown {
        title: title_text(&content.title),
        text: snippet(&content.body, 160),
        at: entry.published.map(minute_text),
        url: entry.url.filter(web),
    }
}

/// A rule with what it found in the first entry; `by_itself` says what stood in for one that was left out.
fn row(label: impl Into<String>, rule: Option<&str>, by_itself: &str, found: &str) -> Matched {
    let nothing = found.is_empty() || found == "（无标题）";
    Matched {
        label: label.into(),
        rule: rule.unwrap_or(by_itself).to_owned(),
        nothing,
        found: if nothing { String::new() } else { snippet(found, FOUND) },
    }
}

fn of_page(rule: &PageRule, count: usize, first: &Shown, first_article: bool) -> Vec<Matched> {
    let (url, at) = (first.url.as_deref().unwrap_or_default(), first.at.as_deref().unwrap_or_default());
    let by_itself = if rule.list_only { "（列表里的文字）" } else { "（自动找正文）" };
    let text = if rule.list_only || first_article { first.text.as_str() } else { "" };
    vec![
        row("每一条", Some(&rule.item), "", &format!("选中 {count} 条")),
        row("标题", rule.title.as_deref(), "（链接的文字）", &first.title),
        row("链接", rule.link.as_deref(), "（第一个链接）", url),
        row("日期", rule.date.as_deref(), "（像日期的文字）", at),
        row("正文", rule.body.as_deref(), by_itself, text),
    ]
}

/// Every path of the rule with what it found in the first record, whether or not that can be taken in.
fn of_pull(rule: &PullRule, count: usize, found: &[Found]) -> Vec<Matched> {
    let records = row("所有记录", Some(&rule.records), "", &format!("{count} 条"));
    let part = |found: &Found| {
        let sealed = found.any && found.text.is_empty();
        let text = if sealed { "（有，密封保存，不显示）" } else { found.text.as_str() };
        row(plain::pull_part(&found.part), Some(&found.path), "", text)
    };
    std::iter::once(records).chain(found.iter().map(part)).collect()
}

/// A warning in words.
fn note(warning: &Warning) -> Told {
    let text = match warning {
        Warning::Lost { number, path, reason, .. } => {
            let path = path.as_ref().map(|path| format!("（{path}）")).unwrap_or_default();
            format!("第 {number} 条不会读入{path}：{}", plain::told(reason).text)
        }
        Warning::Article { why, .. } => format!("第一篇文章的正文没有读到：{}", plain::told(why).text),
        Warning::Page(page) => return plain::told(&page.to_string()),
    };
    Told { text, original: Some(warning.to_string()) }
}

#[cfg(test)]
mod tests {
    use qingting_ingest::pull::page::PageWarning;

    use super::*;

    #[test]
    fn entries_and_what_the_rules_found_are_masked() {
        let found = PreviewEntry {
            title: "失主请电 13812345678".into(),
            body: "联系人电话 13987654321".into(),
            url: Some("javascript:alert(1)".into()),
            ..PreviewEntry::default()
        };
        let shown = entry(found);
        let rule = PageRule { item: "li".into(), date: Some("i".into()), ..PageRule::default() };
        let rows = of_page(&rule, 3, &shown, true);
        let all = format!("{shown:?}{rows:?}");
        for never in ["13812345678", "13987654321", "javascript"] {
            assert!(!all.contains(never), "{all}");
        }
        let nothing: Vec<&str> = rows.iter().filter(|m| m.nothing).map(|m| m.label.as_str()).collect();
        assert_eq!(nothing, ["链接", "日期"]);
        assert!(of_page(&rule, 3, &shown, false)[4].nothing, "an article that was not read is not found");
        assert_eq!((rows[0].found.as_str(), rows[3].rule.as_str()), ("选中 3 条", "i"));
    }

    #[test]
    fn an_interface_shows_each_path_and_what_it_found() {
        let rule = PullRule { records: "$[*]".into(), body: Some("$.b".into()), ..PullRule::default() };
        let found = |part: &str, any: bool, text: &str| Found {
            part: part.into(),
            path: format!("$.{part}"),
            any,
            text: text.into(),
        };
        let found = [
            found("body", true, "路灯不亮"),
            found("occurred", false, ""),
            found("person_name", true, ""),
            found("extra 区域", true, "城东"),
        ];
        let rows = of_pull(&rule, 2, &found);
        let labels: Vec<&str> = rows.iter().map(|m| m.label.as_str()).collect();
        assert_eq!(labels, ["所有记录", "内容", "发生或发布时间", "姓名", "区域"]);
        assert_eq!(rows.iter().map(|m| m.nothing).collect::<Vec<_>>(), [false, false, true, false, false]);
        assert!(rows[3].found.contains("不显示"));
    }

    #[test]
    fn warnings_are_told_in_chinese() {
        let chinese = |warning: Warning| {
            let told = note(&warning);
            assert_eq!(told.original, Some(warning.to_string()));
            told.text
        };
        let path = Some("$.t".to_owned());
        let reason = "the entry has no content".to_owned();
        assert_eq!(
            chinese(Warning::Lost { what: "entry", number: 3, path, reason }),
            "第 3 条不会读入（$.t）：这一条没有内容。"
        );
        let why = "the selector \"#x\" for \"body\" matched nothing on the article's page".to_owned();
        assert_eq!(
            chinese(Warning::Article { url: "https://a.cn/1".into(), why }),
            "第一篇文章的正文没有读到：正文选择器“#x”在文章页上什么也没有匹配到。"
        );
        let untitled = Warning::Page(PageWarning::Untitled { left_out: 1, all: 4 });
        assert_eq!(chinese(untitled), "4 条里有 1 条没有标题，不会读入。");
        let undated = Warning::Page(PageWarning::NoDate { written: ".nodate".into() });
        assert!(chinese(undated).starts_with("日期选择器“.nodate”没有得到"));
    }
}
