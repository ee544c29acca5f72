//! What a sender's state words say of a record: that it is finished, or taken back.

use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Default, Deserialize)]
struct File {
    words: Words,
}

#[derive(Default, Deserialize)]
struct Words {
    finished: Vec<String>,
    unsatisfied: Vec<String>,
    withdrawn: Vec<String>,
    nobody: Vec<String>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| match toml::from_str::<File>(include_str!("../data/headers.toml")) {
        Ok(file) => file.words,
        // The file is part of the program and a test reads it.
        Err(wrong) => {
            tracing::error!(%wrong, "the state words cannot be read");
            Words::default()
        }
    })
}

/// Whether a state word means finished; what follows it in brackets or after a dash doesn't count.
pub(crate) fn is_finished(state: &str) -> bool {
    words().finished.contains(&first_word(state))
}

/// Whether a state word means that the sender takes the record back.
pub(crate) fn is_withdrawn(state: &str) -> bool {
    words().withdrawn.contains(&first_word(state))
}

/// Whether what a resident said of an answer means unsatisfied.
pub(crate) fn is_unsatisfied(said: &str) -> bool {
    words().unsatisfied.contains(&first_word(said))
}

/// Whether a name names nobody (匿名, 市民 ...).
pub(crate) fn is_nobody(name: &str) -> bool {
    words().nobody.iter().any(|word| word == name)
}

fn first_word(state: &str) -> String {
    state.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_words_mean_what_they_say() {
        for word in ["已办结", "已办结（超期）", "Closed", " done "] {
            assert!(is_finished(word) && !is_withdrawn(word), "{word}");
        }
        for word in ["已撤单", "撤回-市民本人", "作废", "已撤销", "CANCELLED"] {
            assert!(is_withdrawn(word) && !is_finished(word), "{word}");
        }
        assert!(is_unsatisfied("不满意（对结果）") && is_unsatisfied("非常不满意"));
        assert!(!is_unsatisfied("满意") && !is_unsatisfied("基本满意") && !is_unsatisfied(""));
        for word in ["", "办理中", "未撤销", "open"] {
            assert!(!is_withdrawn(word) && !is_finished(word), "{word}");
        }
        assert!(is_nobody("匿名") && !is_nobody("章小雨"));
    }
}
