//! Texts: what is masked stays masked, spans are in order and in range, and the other text utilities keep their word.
//! A first byte of `0` makes every following byte a word of the list below, so that cues, names and numbers meet.

#![no_main]

use libfuzzer_sys::fuzz_target;
use qingting_fuzz::{each, text};
use qingting_models::text::{
    MaskKind, Masked, canonical, language, mask, mask_with, normalise, simplify, tidy,
};

#[rustfmt::skip]
const WORDS: &[&str] = &[
    // cues
    "电话", "手机", "手机号", "号码", "联系电话", "联系", "联系人", "QQ", "微信", "微信号", "加微", "邮箱",
    "身份证", "身份证号", "卡号", "账号", "车牌", "姓名", "我叫", "我是", "本人", "投诉人", "来电人",
    "当事人", "业主", "户主", "负责人", "老板", "市民", "村民", "名叫", "他叫", "叫", "是", "姓", "名",
    "tel", "TEL", "phone", "email", "wx", "VX:", "转", "分机", "拨打", "请打", "回电",
    // names and titles
    "张伟", "王建国", "李", "陈", "欧阳", "欧阳修文", "吴", "娜", "小明", "建军", "先生", "女士", "师傅", "老师", "主任",
    "局长", "阿姨", "老王", "小李", "某", "某某", "**", "张**", "李某", "买买提·艾力", "·", "陳建國", "陈建国",
    // places
    "路", "街", "弄", "村", "镇", "组", "幢", "栋", "单元", "室", "号", "楼", "层", "门", "户", "小区", "花园", "丹东街道", "象山县",
    "石浦镇", "建设路", "新村", "#", "号楼", "附", "之", "东", "A座", "区",
    // numbers
    "13812345678", "138", "1234", "0574", "65712345", "400", "12345", "110", "330225198001011231", "33022519800101123X",
    "6222021234567890128", "6222", "+86", "86", "0086", "浙B", "浙", "D12345", "学", "警", "挂", "1", "2", "3", "8", "0", "00", "x", "X",
    "一三八", "一", "二", "三", "零", "〇", "幺", "十", "百", "两", "八", "１３８", "０", "①", "㈠", "Ⅷ", "²",
    // signs
    "，", "。", "、", "：", "；", "！", "？", ":", ",", ".", "-", "－", "—", "–", "_", "/", "\\", "(", ")", "（", "）", "[", "]", "【", "】", "〔", "〕",
    "《", "\"", "'", "*", "＊", "@", "＠", "qq.com", "@qq.com", "163", ".com", "&", "=", "+", "＋", "~", "～", "|", "<", ">", "%",
    "\u{200b}", "\u{feff}", "\u{202e}", "\u{3000}", " ", "\t", "\n", "\r\n", "\n\n", "\u{2028}", "\0", "\u{ad}", "\u{fe0f}", "\u{301}", "\u{fffd}",
    "〔姓名〕", "〔手机号〕", "〔电话〕", "〔门牌〕", "〔车牌〕", "〔QQ〕", "〔微信〕", "〔邮箱〕", "〔身份证号〕", "〔银行卡号〕",
    // the rest
    "说", "的", "在", "和", "与", "及", "等", "都", "不", "了", "住", "到", "找", "元", "年", "月", "日", "米", "平方", "块", "点", "abc", "Z", "İ", "ß", "ﬀ", "😀",
    "𠀀", "ئا", "あ",
];

const _: () = assert!(WORDS.len() <= 256, "a byte names every word");

fuzz_target!(|data: &[u8]| each(data, read));

fn read(data: &[u8]) {
    let text = match data.split_first() {
        Some((b'0', words)) => words.iter().map(|word| WORDS[usize::from(*word) % WORDS.len()]).collect(),
        _ => text(data),
    };
    masking(&text, &mask(&text));
    let known: Vec<(MaskKind, &str)> = match text.split_once('\n') {
        Some((name, _)) => vec![(MaskKind::Name, name), (MaskKind::Mobile, "13812345678")],
        None => vec![(MaskKind::Name, "张伟"), (MaskKind::Landline, "65712345")],
    };
    let masked = mask_with(&text, &known);
    masking(&text, &masked);
    assert_eq!(mask_with(&masked.text, &known).text, masked.text, "masked twice with {known:?}: {text:?}");
    forms(&text);
}

fn masking(input: &str, masked: &Masked) {
    let chars: Vec<char> = input.chars().collect();
    let (mut at, mut rebuilt) = (0, String::new());
    for span in &masked.spans {
        let in_order = at <= span.start && span.start < span.end && span.end <= chars.len();
        assert!(in_order, "{span:?} in {input:?}");
        rebuilt.extend(&chars[at..span.start]);
        rebuilt.push_str(span.kind.label());
        at = span.end;
    }
    rebuilt.extend(&chars[at..]);
    assert_eq!(rebuilt, masked.text, "the spans of {input:?} tell another text");
    let again = mask(&masked.text);
    assert_eq!(again.text, masked.text, "masked twice: {input:?}");
    assert!(again.spans.is_empty(), "masked twice: {input:?} {:?}", again.spans);
}

fn forms(text: &str) {
    let once = tidy(text);
    assert_eq!(tidy(&once), once, "tidied twice: {text:?}");
    assert!(!once.contains("\n\n\n") && !once.contains('\0'), "not tidy: {text:?}");
    let count = text.chars().count();
    let plain = normalise(text);
    let length = plain.text.chars().count();
    assert_eq!(plain.origin.len(), length + 1, "{text:?}");
    assert_eq!(plain.origin.last().map(|last| *last as usize), Some(count), "{text:?}");
    assert!(plain.origin.is_sorted() && !plain.text.contains("  "), "{text:?}");
    for at in 0..length {
        let source = plain.source(at..at + 1);
        assert!(source.start < source.end && source.end <= count, "{at} of {text:?} leads to {source:?}");
    }
    assert_eq!(simplify(text).chars().count(), count, "{text:?}");
    canonical(text, text);
    language(text);
}
