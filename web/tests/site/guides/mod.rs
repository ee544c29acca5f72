//! The guides of docs/ walked sentence by sentence: each is claimed in its order by the steps that show it to be
//! true, so a sentence that is added or changed must get its steps.

mod kit;
mod mirrored;
mod morning;
mod morning_alerts;
mod morning_answers;
mod morning_cases;
mod morning_incidents;
mod morning_judging;
mod morning_lines;
mod morning_notices;
mod morning_reports;
mod morning_routing;
mod week;
mod week_attachments;
mod week_case;
mod week_replies;

/// A chapter of a guide, cut into its sentences.
pub(crate) struct Guide {
    sentences: Vec<String>,
    claimed: usize,
}

/// Titles of the chapters, in their order; what stands before the first has an empty one.
pub(crate) fn chapters(guide: &str) -> Vec<&str> {
    std::iter::once("").chain(guide.lines().filter_map(|line| line.strip_prefix("## "))).collect()
}

/// The chapters of a guide that none of the tests begins to walk, by their texts.
pub(crate) fn unwalked<'g>(guide: &'g str, tests: &[&str]) -> Vec<&'g str> {
    let begins = |title: &str| format!("GUIDE, \"{title}\");");
    let walked = |title: &&str| tests.iter().any(|test| test.contains(&begins(title)));
    chapters(guide).into_iter().filter(|title| !walked(title)).collect()
}

impl Guide {
    /// The chapter `title` of the text of a guide.
    pub(crate) fn chapter(guide: &str, title: &str) -> Self {
        let mut within = "";
        let lines = guide.lines().filter(|line| {
            if let Some(next) = line.strip_prefix("## ") {
                within = next;
            }
            within == title && !line.starts_with('#')
        });
        let sentences = sentences(lines);
        assert!(!sentences.is_empty(), "the guide has no chapter “{title}”");
        Self { sentences, claimed: 0 }
    }

    /// Claims the next sentence, which must hold `words`.
    pub(crate) fn says(&mut self, words: &str) {
        let next = self.sentences.get(self.claimed);
        let next = next.unwrap_or_else(|| panic!("the chapter is over and does not say “{words}”"));
        assert!(next.contains(words), "the guide goes on with “{next}”, not with “{words}”");
        self.claimed += 1;
    }

    /// The chapter has been walked to its end.
    pub(crate) fn ends(&self) {
        let left = &self.sentences[self.claimed..];
        assert!(left.is_empty(), "no steps show that these are true:\n{}", left.join("\n"));
    }
}

/// Paragraphs, list items and table rows, each cut at `。` and `；`.
fn sentences<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in lines {
        let text = line.trim();
        let opens = text.starts_with("- ")
            || text.starts_with("| ")
            || text.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok());
        if text.is_empty() || opens {
            blocks.push(String::new());
        }
        if !text.starts_with("| ---") {
            blocks.last_mut().unwrap().push_str(text);
        }
    }
    let cut = blocks.iter().flat_map(|block| block.split(['。', '；']));
    cut.map(|sentence| sentence.replace("**", "").trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

#[test]
fn a_chapter_is_cut_into_sentences_items_and_rows() {
    let guide = "# 书\n\n写给甲。\n\n## 一\n\n头一句，\n接着写。第二句；第三句。\n\n1. **点**开\n   再说\n- 列一\n\n\
        | 键 | 作用 |\n| --- | --- |\n| `j` | 下 |\n\n## 二\n\n末句。";
    let all = |title: &str| Guide::chapter(guide, title).sentences;
    assert_eq!(chapters(guide), ["", "一", "二"]);
    assert_eq!(all(""), ["写给甲"]);
    let first =
        ["头一句，接着写", "第二句", "第三句", "1. 点开再说", "- 列一", "| 键 | 作用 |", "| `j` | 下 |"];
    assert_eq!(all("一"), first);
    assert_eq!(all("二"), ["末句"]);
}

#[test]
fn a_chapter_without_a_walk_is_named() {
    let guide = "写给甲。\n\n## 一\n\n头一句。\n\n## 二\n\n末句。";
    let test = "Walk::new(Office::new().await, GUIDE, \"一\");";
    assert_eq!(unwalked(guide, &[test]), ["", "二"]);
}

#[test]
#[should_panic(expected = "no steps show that these are true:\n第二句")]
fn a_sentence_without_steps_is_named() {
    let mut guide = Guide::chapter("第一句。第二句。", "");
    guide.says("第一句");
    guide.ends();
}

#[test]
#[should_panic(expected = "the guide goes on with “改了的句子”")]
fn a_sentence_that_was_changed_asks_for_its_steps() {
    Guide::chapter("改了的句子。", "").says("原来的句子");
}
