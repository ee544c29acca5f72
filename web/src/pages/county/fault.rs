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
    // What the reader of TOML says.
    (r"^unclosed array table$", "[[ ]] 的方括号没有配对"),
    (r"^unclosed (?:table|array)$|^missing (?:table|array) open(?:ing)?$", "方括号没有配对"),
    (r"^unclosed inline table$|^missing inline table opening$", "花括号没有配对"),
    (r"^invalid (?:multi-line )?(?:basic|literal) string$|^missing opening quote$", "引号没有配对"),
    (r"^string values must be quoted$|^invalid value$", "值写得不对；文字要加英文引号"),
    (r"^missing value(?: for key)?$", "等号后面没有写值"),
    (r"^key with no value$|^missing assignment between key-value pairs$", "这一项没有等号和值"),
    (r"^duplicate key(?:: `.*`)?$", "同一项写了两次"),
    (r"^missing comma between .*$", "各项之间少一个逗号"),
    (r"^extra comma in .*$", "多了一个逗号"),
    (r"^extra (?:`=`|assignment between key-value pairs)$|^unexpected `=` in array$", "多了一个等号"),
    (r"^unexpected (?:content.*|key or value)$", "这里有多余的内容"),
    (
        r"^invalid unquoted key$|^unquoted keys cannot be empty$|^invalid key$",
        "这一项的名称写得不对，只能用字母、数字、- 和 _",
    ),
    (r"^unknown field `(.*)`$", "没有“$1”这一项"),
    (r"^missing field `(.*)`$", "缺少“$1”这一项"),
    (r"^unknown variant `(.*)`$", "没有“$1”这个取值"),
    (r"^invalid type: .*$", "值的类型不对"),
    (r"^invalid value: .*$", "值不对"),
];

/// Words of what is allowed that are no values.
const ALLOWED: &[(&str, &str)] = &[
    ("a file like the one shipped", "和随程序的样例一样的写法"),
    ("a string", "加英文引号的文字"),
    ("literal string", "加英文引号的文字"),
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

/// So many values are named of what is allowed where none is like what was written.
const NAMED: usize = 12;

/// `routing.csv 第 3 行：没有代码为“money”的话题。可以填：business、housing …`; of the departments, which are code and short
/// name, the one that is meant: `没有代码为“rsjj”的单位。是不是 rsj（人社局）？`
pub(super) fn in_words(error: &CountyError, departments: &[(String, String)]) -> String {
    match error {
        CountyError::Read { path, .. } => format!("{} 读不出来", path.display()),
        CountyError::Invalid { file, line, what, allowed } => {
            let place = format!("{file} 第 {line} 行");
            if let Some(meant) = meant(what, allowed, departments) {
                return format!("{place}：{}。是不是 {meant}？", said(what));
            }
            let allowed = shortened(&allowed.replace("one of ", "").replace("newline", "换行"));
            let allowed = ALLOWED.iter().find(|(english, _)| *english == allowed).map_or_else(
                || allowed.replace(", ", "、").replace(" to ", " 至 "),
                |(_, chinese)| (*chinese).to_owned(),
            );
            format!("{place}：{}。可以填：{allowed}", said(what))
        }
    }
}

/// The line that [`in_words`] names, for going there.
pub(super) fn line_of(file: &str, words: &str) -> Option<usize> {
    let after = words.strip_prefix(file)?.strip_prefix(" 第 ")?;
    after.split_once(" 行")?.0.parse().ok()
}

/// The code that somebody meant who wrote one that there is not: the office whose name was written in place of its code, or
/// the code that is nearest, if one is near.
fn meant(what: &str, allowed: &str, departments: &[(String, String)]) -> Option<String> {
    static WRITTEN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = WRITTEN
        .get_or_init(|| Regex::new(r#"^(department|topic) "(.*)" is not in \w+\.\w+$"#).ok())
        .as_ref()?;
    let found = pattern.captures(what)?;
    let (kind, written) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let named = |code: &str| departments.iter().find(|(known, _)| known == code).map(|(_, name)| name);
    let said = |code: &str| match named(code).filter(|_| kind == "department") {
        Some(name) => format!("{code}（{name}）"),
        None => code.to_owned(),
    };
    let by_name = |(_, name): &&(String, String)| {
        written.chars().count() > 1
            && !written.is_ascii()
            && (name.contains(written) || written.contains(name.as_str()))
    };
    if kind == "department"
        && let Some((code, _)) = departments.iter().find(by_name)
    {
        return Some(said(code));
    }
    let near = allowed.split(", ").map(|code| (edits(written, code), code));
    let (steps, code) = near.min_by_key(|(steps, _)| *steps)?;
    (steps <= written.chars().count().div_ceil(3)).then(|| said(code))
}

/// How many letters have to be put in, left out or exchanged to make one word of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        for (column, second) in other.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(left);
            let best = (before + usize::from(letter != *second)).min(above + 1).min(left + 1);
            if let Some(cell) = row.get_mut(column) {
                *cell = left;
            }
            (before, left) = (above, best);
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The first of many values.
fn shortened(allowed: &str) -> String {
    let values: Vec<&str> = allowed.split(", ").collect();
    if values.len() <= NAMED {
        return allowed.to_owned();
    }
    format!("{} 等 {} 个", values[..NAMED].join(", "), values.len())
}

fn said(what: &str) -> String {
    static KNOWN: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        SAYINGS.iter().filter_map(|(pattern, chinese)| Some((Regex::new(pattern).ok()?, *chinese))).collect()
    });
    let found = known.iter().find(|(pattern, _)| pattern.is_match(what));
    let unknown = || if what.is_ascii() { format!("写法不对（{what}）") } else { what.to_owned() };
    found.map_or_else(unknown, |(pattern, chinese)| pattern.replace(what, *chinese).into_owned())
}

#[cfg(test)]
mod tests {
    use qingting_models::county::{County, Texts};

    use super::*;

    fn fault(file: &str, text: &str) -> String {
        let texts = Texts::from([(file.to_owned(), text.to_owned())]);
        let departments = [("rsj".to_owned(), "人社局".to_owned()), ("zjj".to_owned(), "住建局".to_owned())];
        in_words(&County::from_texts(&texts).unwrap_err(), &departments)
    }

    #[test]
    fn the_code_that_was_meant_is_asked_for() {
        let header = "priority,topic,place,kind,words,department,note,valid_from,valid_to\n";
        let row = |row: &str| fault("routing.csv", &format!("{header}{row}\n"));
        assert_eq!(
            row("1,wages,,,,rsjj,,,"),
            "routing.csv 第 2 行：没有代码为“rsjj”的单位。是不是 rsj（人社局）？"
        );
        assert!(row("1,wages,,,,人社局,,,").ends_with("是不是 rsj（人社局）？"));
        assert!(row("1,wage,,,,rsj,,,").ends_with("没有代码为“wage”的话题。是不是 wages？"));
        let far = row("1,wages,,,,nobody,,,");
        assert!(far.contains("可以填：@town、") && far.contains("等 "), "{far}");
        assert_eq!(line_of("routing.csv", &far), Some(2));
        assert_eq!(line_of("places.csv", &far), None);
        for (one, other, steps) in
            [("", "abc", 3), ("abc", "", 3), ("rsj", "rsj", 0), ("rjs", "rsj", 2), ("sj", "rsj", 1)]
        {
            assert_eq!(edits(one, other), steps, "{one} {other}");
        }
    }

    #[test]
    fn the_notation_of_a_file_is_told_in_chinese() {
        for (text, said) in [
            ("[[rule]\nid = \"x\"", "方括号"),
            ("[[rule]]\nid = \"x", "引号"),
            ("[[rule]]\nid = ", "值写得不对"),
            ("[[rule]]\nid = \"x\"\nid = \"y\"", "写了两次"),
            ("[[rule]]\nhello = 1", "没有“hello”这一项"),
            ("[[rule]]\nid = 3", "类型不对"),
            ("[[rule]]\nid", "等号"),
        ] {
            let fault = fault("deadlines.toml", text);
            assert!(fault.starts_with("deadlines.toml 第 ") && fault.contains(said), "{text}: {fault}");
            let english = fault.replace("deadlines.toml", "").replace("hello", "").replace("TOML", "");
            assert!(!english.contains("expected") && !english.contains("unclosed"), "{fault}");
        }
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
