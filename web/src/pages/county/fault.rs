//! What is wrong with a county file, said in Chinese. The files' own errors are English, for the command line.

use std::sync::OnceLock;

use qingting_models::county::CountyError;
use regex::Regex;

/// What the files' checks say, and the same in Chinese; what stands in brackets is taken over.
const SAYINGS: &[(&str, &str)] = &[
    (r#"^topic "(.*)" is not in taxonomy.toml$"#, "没有代码为“$1”的话题"),
    (r#"^department "(.*)" is not in departments.csv$"#, "没有代码为“$1”的单位"),
    (r#"^(?:place|town) "(.*)" has no office in departments.csv$"#, "“$1”没有对应的乡镇街道单位"),
    (r#"^kind "(.*)" is unknown$"#, "没有“$1”这个类别"),
    (r#"^priority "(.*)" is not a number$"#, "优先级“$1”不是数字"),
    (r"^asks the same as line (\d+)$", "与第 $1 行的条件完全一样，永远轮不到这一行"),
    (r"^(\w+) is empty$", "“$1”没有填"),
    (r#"^(\w+) "(.*)" is not a date$"#, "$1 的“$2”不是日期"),
    (r"^valid_to (\S+) lies before valid_from (\S+)$", "失效日期 $1 早于生效日期 $2"),
    (r#"^column "(.*)" is unknown$"#, "不认识的列“$1”"),
    (r#"^column "(.*)" is missing$"#, "缺少“$1”这一列"),
    (r#"^column "(.*)" stands twice$"#, "“$1”这一列出现了两次"),
    (r"^the row has (\d+) cells$", "这一行有 $1 格，与表头的列数不同；含逗号的格要加英文引号"),
    (r#"^code "(.*)" is not a slug$"#, "代码“$1”只能用小写字母、数字和下划线"),
    (r#"^code "(.*)" stands twice$"#, "代码“$1”出现了两次"),
    (r#"^the name "(.*)" already means "(.*)"$"#, "名称“$1”已经是单位 $2 的名称"),
    (r#"^town "(.*)" already has the office "(.*)"$"#, "“$1”已经有单位 $2"),
    (r"^there is no department$", "一个单位也没有"),
    (r"^there is no \[\[field\]\]$", "一个话题也没有"),
    (r#"^date (\S+) stands twice$"#, "日期 $1 出现了两次"),
    (r#"^date (\S+) is not of the year (\d+)$"#, "日期 $1 不属于 $2 年"),
    (r"^the file holds the year (\d+)$", "文件里写的是 $1 年"),
    (r#"^the word "(.*)" has (\d+) characters$"#, "词语“$1”有 $2 个字"),
    (r#"^the word "(.*)" holds "(.*)"$"#, "词语“$1”里有“$2”"),
    (r#"^(\w+) "(.*)" is not a place$"#, "$1 的“$2”不是位置"),
    (r#"^there is no sentence "(.*)"$"#, "没有“$1”这一句"),
    (r#"^the sentence "(.*)" does not name its table$"#, "“$1”这一句没有写“{表}”，读者找不到数字的出处"),
    (r#"^"(\{.*\})" is not filled in here$"#, "这里不能用“$1”"),
    (r"^a brace has no other half$", "花括号没有配对"),
    (r#"^there is no chapter "(.*)"$"#, "没有代码为“$1”的一章"),
    (r"^there is no \[\[chapter\]\]$", "一章也没有"),
    (r"^the text has (\d+) characters$", "这句话有 $1 个字，或写成了几行"),
    (r"^(least_for_percent|level|least_due|far|bars) is (\S+)$", "$1 写成了 $2"),
    (r#"^the tile of "(.*)" is that of "(.*)" in line (\d+)$"#, "“$1”和第 $3 行的“$2”在同一个位置"),
    (r#"^"(.*)" stands twice$"#, "“$1”出现了两次"),
    (r#"^"(.*)" stands twice in one town$"#, "“$1”在同一个乡镇街道出现了两次"),
    (r#"^office_hours "(.*)" cannot be read$"#, "办公时间“$1”看不懂"),
    (r#"^office_hours "(.*)" overlaps the stretch before it$"#, "办公时间“$1”与前一段重叠"),
];

/// Words of what is allowed that are no values.
const ALLOWED: &[(&str, &str)] = &[
    ("a value", "填上内容"),
    ("a name", "填上名称"),
    ("a text", "填上文字"),
    ("each code once", "每个代码只出现一次"),
    ("each date once", "每个日期只出现一次"),
    ("one line of at most 300", "一行，最多 300 个字"),
    ("a text with {表}, or \"\"", "带“{表}”的文字，或 \"\""),
    ("a text without braces", "不带花括号的文字"),
    ("each town once", "每个乡镇街道只出现一次"),
    ("each tile once", "每个位置只有一个乡镇街道"),
    ("each word once", "每个词语只出现一次"),
    ("each name on one office", "每个名称只属于一个单位"),
    ("YYYY-MM-DD or nothing", "年-月-日，如 2027-01-01，或不填"),
    ("valid_to on or after valid_from", "失效日期不早于生效日期"),
    ("rows that differ in priority, conditions or dates", "优先级、条件或日期有所不同"),
    ("comma-separated text in UTF-8", "逗号分隔的 UTF-8 文本"),
    ("one office of a town at a time", "一个乡镇街道同一时间只有一个单位"),
    ("days of that year, the December before or the January after", "当年、上一年十二月或下一年一月的日期"),
    ("at least one row", "至少一行"),
    ("2 to 16", "2 至 16 个字"),
    ("1 to 16", "1 至 16 个字"),
    ("letters and digits", "只用字和数字"),
];

/// `routing.csv 第 3 行：没有代码为“money”的话题。可以填：business、housing …`
pub(super) fn in_words(error: &CountyError) -> String {
    match error {
        CountyError::Read { path, .. } => format!("{} 读不出来", path.display()),
        CountyError::Invalid { file, line, what, allowed } => {
            let allowed = ALLOWED.iter().find(|(english, _)| english == allowed).map_or_else(
                || allowed.replace(", ", "、").replace(" to ", " 至 "),
                |(_, chinese)| (*chinese).to_owned(),
            );
            format!("{file} 第 {line} 行：{}。可以填：{allowed}", said(what))
        }
    }
}

fn said(what: &str) -> String {
    static KNOWN: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        SAYINGS.iter().filter_map(|(pattern, chinese)| Some((Regex::new(pattern).ok()?, *chinese))).collect()
    });
    let found = known.iter().find(|(pattern, _)| pattern.is_match(what));
    found.map_or_else(|| what.to_owned(), |(pattern, chinese)| pattern.replace(what, *chinese).into_owned())
}

#[cfg(test)]
mod tests {
    use qingting_models::county::{County, Texts};

    use super::*;

    fn fault(file: &str, text: &str) -> String {
        let texts = Texts::from([(file.to_owned(), text.to_owned())]);
        in_words(&County::from_texts(&texts).unwrap_err())
    }

    #[test]
    fn what_is_mistyped_is_said_in_chinese_with_its_place() {
        let header = "priority,topic,place,kind,words,department,note,valid_from,valid_to\n";
        let row = |row: &str| fault("routing.csv", &format!("{header}{row}\n"));
        assert!(
            row("1,money,,,,rsj,,,")
                .starts_with("routing.csv 第 2 行：没有代码为“money”的话题。可以填：business、")
        );
        assert!(row("1,wages,,,,nobody,,,").contains("没有代码为“nobody”的单位"));
        assert!(row("x,wages,,,,rsj,,,").contains("优先级“x”不是数字"));
        assert!(row("1,wages,,,,rsj,,2026-13-01,").contains("valid_from 的“2026-13-01”不是日期"));
        assert!(row("1,wages,,,,rsj,,,\n1,wages,,,,zjj,,,").contains("第 3 行：与第 2 行的条件完全一样"));
        assert!(row("1,wages,,,,rsj").contains("这一行有 6 格"));
        assert!(fault("departments.csv", "code,name\n").contains("缺少“short_name”这一列"));
        let tile = |row: &str| fault("map.csv", &format!("town,column,row\n{row}\n"));
        assert!(tile("沙漠镇,1,1").contains("“沙漠镇”没有对应的乡镇街道单位"));
        assert!(tile("石浦镇,21,1").contains("column 的“21”不是位置。可以填：1 至 20"));
        assert!(tile("石浦镇,1,1\n鹤浦镇,1,1").contains("“鹤浦镇”和第 2 行的“石浦镇”在同一个位置"));
        let sentence = |text: &str| fault("reports/wording.toml", &format!("[towns]\n{text}\n"));
        assert!(sentence("last = \"\"").contains("没有“towns.last”这一句"));
        let named = sentence("first = \"{村}（{表}）\"");
        assert!(named.contains("这里不能用“{村}”。可以填：{本期} {乡镇街道} {表}"), "{named}");
        assert!(
            sentence("first = \"{乡镇街道}\"")
                .contains("没有写“{表}”，读者找不到数字的出处。可以填：带“{表}”的文字")
        );
    }

    #[test]
    fn every_saying_is_a_pattern() {
        for (pattern, chinese) in SAYINGS {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
            assert!(!chinese.is_ascii());
        }
    }
}
