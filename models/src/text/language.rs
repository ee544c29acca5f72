//! In which language a text is written.

use whatlang::Lang;

/// Characters that are looked at; a text's language shows long before.
const LOOKED_AT: usize = 20_000;
/// A letter of an alphabet says about a quarter of what a Chinese character says.
const LETTERS_PER_CHARACTER: usize = 4;
/// In characters, from which length on a text of Chinese characters, kana or Hangul tells its language.
const LEAST_CHARACTERS: usize = 4;
/// Letters from which on a text in an alphabet tells its language.
const LEAST_LETTERS: usize = 20;
/// The library's measure of certainty, 0 to 1, from which on its answer counts: single sentences of one language lie
/// above, rows of names and of loose letters below.
const SURE_FROM: f64 = 0.25;
/// One kana in so many characters makes a text Japanese.
const KANA_SHARE: usize = 10;

/// Letters of a text by script.
#[derive(Debug, Default)]
struct Scripts {
    han: usize,
    kana: usize,
    hangul: usize,
    /// Letters of any other script.
    others: usize,
}

/// The ISO 639-1 code of the language that most of a text is written in: `zh` for Chinese of any region and script,
/// `en`, `ja`, `ug` ... `None` when the text is too short, in no known language, or it is not clear which.
pub fn language(text: &str) -> Option<&'static str> {
    let head = text.char_indices().nth(LOOKED_AT).map_or(text, |(end, _)| &text[..end]);
    let scripts = count(head);
    let east = scripts.han + scripts.kana + scripts.hangul;
    if east >= LEAST_CHARACTERS && east * LETTERS_PER_CHARACTER >= scripts.others {
        return Some(eastern(&scripts));
    }
    if scripts.others < LEAST_LETTERS {
        return None;
    }
    alphabetic(head)
}

fn count(text: &str) -> Scripts {
    let mut scripts = Scripts::default();
    for c in text.chars() {
        match c {
            // All of them letters.
            '\u{4e00}'..='\u{9fff}' => scripts.han += 1,
            _ if !c.is_alphabetic() => {}
            '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                scripts.han += 1;
            }
            '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => scripts.kana += 1,
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => {
                scripts.hangul += 1
            }
            _ => scripts.others += 1,
        }
    }
    scripts
}

fn eastern(scripts: &Scripts) -> &'static str {
    if scripts.hangul > scripts.han + scripts.kana {
        "ko"
    } else if scripts.kana * KANA_SHARE >= scripts.han + scripts.kana {
        "ja"
    } else {
        "zh"
    }
}

/// Tells languages in alphabets apart. Chinese characters among them are left out: a few would lead astray.
fn alphabetic(text: &str) -> Option<&'static str> {
    // Letters of Uighur, which the library does not know and takes for other languages of the Arabic script.
    if text.chars().filter(|c| matches!(c, 'ې' | 'ۇ' | 'ۈ' | 'ۆ' | 'ڭ')).count() * 20 > text.chars().count()
    {
        return Some("ug");
    }
    let letters: String =
        text.split_whitespace().filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ");
    let info = whatlang::detect(&letters)?;
    (info.confidence() >= SURE_FROM).then(|| code(info.lang()))
}

fn is_address(word: &str) -> bool {
    word.contains("://") || word.starts_with("www.") || word.contains('@')
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_of_any_kind_is_zh() {
        for text in [
            "小区门口的路灯坏了一个多星期",
            "請問石浦鎮的公車何時恢復行駛",
            "我哋屋企樓下啲垃圾成日冇人執",
            "iPhone 15 Pro Max 在专卖店买的，用了两天就坏，商家不肯退",
            "路灯不亮",
            "请看 https://example.org/a/very/long/address/of/a/page 里的材料",
        ] {
            assert_eq!(language(text), Some("zh"), "{text}");
        }
    }

    #[test]
    fn other_languages_have_their_codes() {
        for (text, code) in [
            ("The street lamp in front of our house has been broken for more than a week now", "en"),
            (
                "La lampadaire devant notre maison est en panne depuis plus d'une semaine, merci de la réparer",
                "fr",
            ),
            ("Уличный фонарь перед нашим домом не работает уже больше недели, почините его", "ru"),
            ("家の前の街灯が一週間以上も壊れたままになっています", "ja"),
            ("집 앞 가로등이 일주일 넘게 고장 나 있습니다", "ko"),
            ("Đèn đường trước nhà chúng tôi bị hỏng hơn một tuần nay rồi", "vi"),
            (
                "نحن سكان هذا الحي ونطلب من البلدية أن تقوم بإصلاح مصباح الشارع أمام منزلنا لأنه لا يعمل منذ أكثر من أسبوع",
                "ar",
            ),
            ("ئۆيىمىزنىڭ ئالدىدىكى كوچا چىرىغى بۇزۇلۇپ قالغىلى بىر ھەپتىدىن ئاشتى", "ug"),
        ] {
            assert_eq!(language(text), Some(code), "{text}");
        }
    }

    #[test]
    fn what_is_too_short_or_unclear_has_none() {
        for text in [
            "",
            "你好",
            "ok",
            "13800001234",
            "!!!???",
            "COVID-19",
            "https://example.org/",
            "asdfgh qwerty zxcvbn poiuyt lkjhg",
        ] {
            assert_eq!(language(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        let text = format!("{}{}", "路灯坏了。".repeat(10_000), "broken lamp ".repeat(50_000));
        assert_eq!(language(&text), Some("zh"));
    }
}
