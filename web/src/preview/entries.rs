//! What a source would bring as a page shows it: its entries masked, and what each rule found in the first.

use qingting_ingest::poll::{self, PreviewEntry};
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
    let entries: Vec<Shown> = read.entries.into_iter().take(ENTRIES).map(entry).collect();
    let settings = &source.settings;
    let matched = match (entries.first(), &settings.page, &settings.pull) {
        (Some(first), Some(rule), _) => of_page(rule, read.total, first),
        (Some(first), _, Some(rule)) => of_pull(rule, read.total, first),
        _ => Vec::new(),
    };
    Preview {
        what: what(source.kind, &read.format, &snippet(&mask(&read.title).text, 80)),
        count: read.total,
        entries,
        matched,
        notes: read.warnings.iter().map(|warning| note(warning)).collect(),
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
fn row(label: &'static str, rule: Option<&str>, by_itself: &str, found: &str) -> Matched {
    let nothing = found.is_empty() || found == "（无标题）";
    Matched {
        label,
        rule: rule.unwrap_or(by_itself).to_owned(),
        nothing,
        found: if nothing { String::new() } else { snippet(found, FOUND) },
    }
}

fn of_page(rule: &PageRule, count: usize, first: &Shown) -> Vec<Matched> {
    let (url, at) = (first.url.as_deref().unwrap_or_default(), first.at.as_deref().unwrap_or_default());
    let text = if rule.list_only { "（列表里的文字）" } else { "（自动找正文）" };
    vec![
        row("每一条", Some(&rule.item), "", &format!("选中 {count} 条")),
        row("标题", rule.title.as_deref(), "（链接的文字）", &first.title),
        row("链接", rule.link.as_deref(), "（第一个链接）", url),
        row("日期", rule.date.as_deref(), "（像日期的文字）", at),
        row("正文", rule.body.as_deref(), text, &first.text),
    ]
}

fn of_pull(rule: &PullRule, count: usize, first: &Shown) -> Vec<Matched> {
    let (url, at) = (first.url.as_deref().unwrap_or_default(), first.at.as_deref().unwrap_or_default());
    let mut rows = vec![row("所有记录", Some(&rule.records), "", &format!("{count} 条"))];
    rows.push(row("标题", rule.title.as_deref(), "（取内容的开头）", &first.title));
    let time = rule.occurred.as_deref().or(rule.dispatched.as_deref());
    let written = [
        ("内容", rule.body.as_deref(), first.text.as_str()),
        ("链接", rule.url.as_deref(), url),
        ("时间", time, at),
    ];
    rows.extend(
        written
            .into_iter()
            .filter(|(_, path, _)| path.is_some())
            .map(|(label, path, found)| row(label, path, "", found)),
    );
    rows
}

/// A warning in words; where it names an entry or an article, its reason is told.
fn note(warning: &str) -> Told {
    let told = |lead: String, reason: &str| Told {
        text: format!("{lead}{}", plain::told(reason).text),
        original: Some(warning.to_owned()),
    };
    if let Some((place, reason)) = warning.split_once(": ")
        && let Some((what, number)) = place.split_once(' ')
        && matches!(what, "entry" | "record" | "request")
    {
        return told(format!("第 {number} 条不会读入："), reason);
    }
    if let Some((_, reason)) =
        warning.strip_prefix("the article ").and_then(|w| w.split_once(" could not be read: "))
    {
        return told("第一篇文章的正文没有读到：".into(), reason);
    }
    if let Some((some, all)) =
        warning.strip_suffix(" entries have no title and are left out").and_then(|w| w.split_once(" of "))
    {
        let text = format!("{all} 条里有 {some} 条没有标题，不会读入。");
        return Told { text, original: Some(warning.to_owned()) };
    }
    plain::told(warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chinese(warning: &str) -> String {
        let told = note(warning);
        assert_eq!(told.original.as_deref(), Some(warning));
        told.text
    }

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
        let rows = of_page(&rule, 3, &shown);
        let all = format!("{shown:?}{rows:?}");
        for never in ["13812345678", "13987654321", "javascript"] {
            assert!(!all.contains(never), "{all}");
        }
        let nothing: Vec<&str> = rows.iter().filter(|m| m.nothing).map(|m| m.label).collect();
        assert_eq!(nothing, ["链接", "日期"]);
        assert_eq!((rows[0].found.as_str(), rows[3].rule.as_str()), ("选中 3 条", "i"));
    }

    #[test]
    fn an_interface_shows_the_paths_that_were_written() {
        let rule = PullRule { records: "$[*]".into(), body: Some("$.b".into()), ..PullRule::default() };
        let first = Shown { title: "路灯".into(), text: "路灯不亮".into(), ..Shown::default() };
        let labels: Vec<&str> = of_pull(&rule, 2, &first).iter().map(|m| m.label).collect();
        assert_eq!(labels, ["所有记录", "标题", "内容"]);
    }

    #[test]
    fn warnings_are_told_in_chinese() {
        assert_eq!(chinese("entry 3: the entry has no content"), "第 3 条不会读入：这一条没有内容。");
        assert!(
            chinese("the article https://a.cn/1 could not be read: the page is empty")
                .starts_with("第一篇文章")
        );
        assert_eq!(
            chinese("1 of 4 entries have no title and are left out"),
            "4 条里有 1 条没有标题，不会读入。"
        );
    }
}
