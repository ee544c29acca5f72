//! Text in every encoding that Chinese feeds and sheets come in, labelled rightly, wrongly and not at all.

use std::io::Read;

use encoding_rs::{BIG5, GB18030, UTF_8};
use proptest::prelude::*;
use qingting_ingest::decode::{Survey, TextReader, declared_inside, decode};

const TEXT: &str =
    "编号,内容\r\n1,石浦镇海鲜市场门口积水严重，群众出行不便，请尽快处理。\r\n2,镕基路路灯不亮\r\n";

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
        .collect()
}

fn encoded() -> Vec<(&'static str, Vec<u8>)> {
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    vec![
        ("UTF-8", TEXT.as_bytes().to_vec()),
        ("UTF-8", marked(b"\xEF\xBB\xBF", TEXT.as_bytes().to_vec())),
        ("gb18030", GB18030.encode(TEXT).0.into_owned()),
        ("UTF-16LE", utf16(TEXT, true)),
        ("UTF-16LE", marked(b"\xFF\xFE", utf16(TEXT, true))),
        ("UTF-16BE", utf16(TEXT, false)),
        ("UTF-16BE", marked(b"\xFE\xFF", utf16(TEXT, false))),
    ]
}

#[test]
fn every_encoding_is_found_whatever_the_label_says() {
    for label in [
        None,
        Some("utf-8"),
        Some("gb2312"),
        Some("gbk"),
        Some("iso-8859-1"),
        Some("utf-16"),
        Some("no such thing"),
    ] {
        for (name, bytes) in encoded() {
            let declared: Vec<&str> = label.into_iter().collect();
            let found = decode(&bytes, &declared);
            assert_eq!((found.text.as_str(), found.encoding), (TEXT, name), "labelled {label:?}");
            assert!(!found.damaged);
        }
    }
}

#[test]
fn characters_that_only_gb18030_has_are_read_under_a_gb2312_label() {
    let text = "㐂𠀀镕堃";
    assert_eq!(decode(&GB18030.encode(text).0, &["gb2312"]).text, text);
}

#[test]
fn two_characters_in_gbk_that_happen_to_be_utf8_follow_their_label() {
    let bytes = GB18030.encode("联通").0.into_owned();
    assert!(std::str::from_utf8(&bytes).is_err() || decode(&bytes, &["gbk"]).text == "联通");
    assert_eq!(decode(&bytes, &["gbk"]).text, "联通");
}

#[test]
fn big5_is_read_when_it_is_declared() {
    let text = "縣政府公告：明日停水，請民眾提前儲水備用。";
    assert_eq!(decode(&BIG5.encode(text).0, &["big5"]).text, text);
}

#[test]
fn utf32_is_read_with_and_without_its_mark() {
    let wide = |little: bool| -> Vec<u8> {
        TEXT.chars()
            .skip(6)
            .flat_map(|c| if little { (c as u32).to_le_bytes() } else { (c as u32).to_be_bytes() })
            .collect()
    };
    let rest: String = TEXT.chars().skip(6).collect();
    for (little, mark) in [(true, b"\xFF\xFE\0\0"), (false, b"\0\0\xFE\xFF")] {
        assert_eq!(decode(&[mark.as_slice(), &wide(little)].concat(), &["utf-8"]).text, rest);
    }
    let rss: Vec<u8> = "<r>水</r>".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
    assert_eq!(decode(&rss, &[]).text, "<r>水</r>");
}

#[test]
fn a_declared_single_byte_encoding_is_believed_unless_it_is_a_mere_default() {
    let russian = encoding_rs::KOI8_R.encode("Отключение воды").0;
    assert_eq!(decode(&russian, &["koi8-r"]).text, "Отключение воды");
    let french = encoding_rs::WINDOWS_1252.encode("Café fermé à midi").0;
    assert_eq!(decode(&french, &["iso-8859-1"]).text, "Café fermé à midi");
    let chinese = GB18030.encode("石浦镇停水通知").0;
    assert_eq!(decode(&chinese, &["iso-8859-1"]).text, "石浦镇停水通知");
    // A label that browsers replace by nothing at all must not empty the text.
    assert_eq!(decode(&chinese, &["hz-gb-2312"]).text, "石浦镇停水通知");
}

#[test]
fn a_stray_zero_byte_or_half_a_character_at_the_end_does_not_change_the_encoding() {
    assert_eq!(decode("<title>停\0水</title>".as_bytes(), &[]).encoding, "UTF-8");
    assert_eq!(decode(&"<title>县级要闻甲".as_bytes()[..21], &[]).encoding, "UTF-8");
}

#[test]
fn a_damaged_character_does_not_change_the_encoding() {
    let mut utf8 = TEXT.repeat(20).into_bytes();
    utf8.truncate(utf8.len() - 20);
    let cut = utf8.len() - (0..4).find(|n| std::str::from_utf8(&utf8[..utf8.len() - n]).is_ok()).unwrap() - 1;
    utf8.truncate(cut);
    utf8[40] = 0xFF;
    let found = decode(&utf8, &[]);
    assert_eq!(found.encoding, "UTF-8");
    assert!(found.damaged && found.text.contains("镕基路"));

    let mut gbk = GB18030.encode(&TEXT.repeat(20)).0.into_owned();
    gbk.insert(30, 0xFF);
    let found = decode(&gbk, &["utf-8"]);
    assert_eq!(found.encoding, "gb18030");
    assert!(found.damaged && found.text.contains("镕基路"));
}

#[test]
fn an_xml_declaration_is_read_in_any_width() {
    let declaration = "<?xml version=\"1.0\" encoding='GB2312'?><rss/>";
    assert_eq!(declared_inside(declaration.as_bytes()).as_deref(), Some("GB2312"));
    assert_eq!(declared_inside(&utf16(declaration, true)).as_deref(), Some("GB2312"));
    assert_eq!(declared_inside(b"<rss encoding=\"x\"/>"), None);
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let whole = decode(&bytes, &[]);
        prop_assert!(whole.text.len() <= bytes.len() * 3 + 3);
    }

    /// Reading piece by piece gives what reading at once gives.
    #[test]
    fn streams_read_as_wholes_do(text in "[a-z,\\n石浦镇镕𠀀]{0,200}", piece in 1usize..7) {
        let bytes = GB18030.encode(&text).0.into_owned();
        let mut survey = Survey::default();
        bytes.chunks(piece).for_each(|part| survey.feed(part));
        let encoding = survey.choose(&["gbk"]);
        let mut read = String::new();
        TextReader::new(Pieces(&bytes, piece), encoding).read_to_string(&mut read).unwrap();
        prop_assert_eq!(&read, &decode(&bytes, &["gbk"]).text);
        if encoding != UTF_8 {
            prop_assert_eq!(&read, &text);
        }
    }
}

/// Gives a few bytes at a time.
struct Pieces<'b>(&'b [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(out.len()).min(self.0.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
