//! The look of the Word file: fonts with what stands in for them, styles, and the number below each page.

use super::{DECLARATION, NAMESPACES, put};

/// Letters of 16 points stand a quarter of a point closer: 28 of them are 441 points, and the line has 442. The grid of letters
/// would do the same in Word alone; others give a letter that is wider than its cell two of them. The grid of lines is for all.
const CLOSER: &str = r#"<w:spacing w:val="-5"/>"#;

/// The fonts of government documents, each with what stands in for it where it is missing.
const FONTS: [(&str, &str); 5] = [
    ("方正小标宋简体", "小标宋,方正小标宋_GBK,宋体"),
    ("仿宋_GB2312", "仿宋,FangSong"),
    ("楷体_GB2312", "楷体,KaiTi"),
    ("黑体", "SimHei"),
    ("宋体", "SimSun"),
];

pub(super) fn fonts() -> String {
    let mut out = format!(r#"{DECLARATION}<w:fonts {NAMESPACES}>"#);
    for (name, others) in FONTS {
        put(
            &mut out,
            format_args!(
                r#"<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/><w:family w:val="modern"/><w:pitch w:val="fixed"/></w:font>"#
            ),
        );
    }
    out.push_str("</w:fonts>");
    out
}

/// A style: id, name, font, half points, what else its paragraphs have, what else its letters have.
struct Style {
    id: &'static str,
    name: &'static str,
    font: &'static str,
    half_points: u32,
    paragraph: &'static str,
    letters: &'static str,
}

/// `w:snapToGrid 0`: small print does not keep to the lines of the page.
const STYLES: [Style; 11] = [
    Style {
        id: "Normal",
        name: "Normal",
        font: "仿宋_GB2312",
        half_points: 32,
        paragraph: r#"<w:jc w:val="both"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Body",
        name: "正文段落",
        font: "仿宋_GB2312",
        half_points: 32,
        paragraph: r#"<w:ind w:firstLine="640" w:firstLineChars="200"/><w:jc w:val="both"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Letterhead",
        name: "版头",
        font: "方正小标宋简体",
        half_points: 52,
        paragraph: r#"<w:keepNext/><w:pBdr><w:bottom w:val="single" w:sz="12" w:space="6" w:color="FF0000"/></w:pBdr><w:jc w:val="center"/>"#,
        letters: r#"<w:color w:val="FF0000"/>"#,
    },
    Style {
        id: "Title",
        name: "Title",
        font: "方正小标宋简体",
        half_points: 44,
        paragraph: r#"<w:keepNext/><w:spacing w:before="579" w:after="0"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Subtitle",
        name: "Subtitle",
        font: "楷体_GB2312",
        half_points: 32,
        paragraph: r#"<w:jc w:val="center"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Heading1",
        name: "heading 1",
        font: "黑体",
        half_points: 32,
        paragraph: r#"<w:keepNext/><w:ind w:firstLine="640" w:firstLineChars="200"/><w:outlineLvl w:val="0"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Heading2",
        name: "heading 2",
        font: "楷体_GB2312",
        half_points: 32,
        paragraph: r#"<w:keepNext/><w:ind w:firstLine="640" w:firstLineChars="200"/><w:outlineLvl w:val="1"/>"#,
        letters: CLOSER,
    },
    Style {
        id: "Caption",
        name: "caption",
        font: "黑体",
        half_points: 24,
        paragraph: r#"<w:keepNext/><w:snapToGrid w:val="0"/><w:spacing w:before="160" w:after="60"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Figure",
        name: "图题",
        font: "黑体",
        half_points: 24,
        // What follows may stand on the next page.
        paragraph: r#"<w:snapToGrid w:val="0"/><w:spacing w:before="60" w:after="200"/><w:jc w:val="center"/>"#,
        letters: "",
    },
    Style {
        id: "Note",
        name: "表注",
        font: "仿宋_GB2312",
        half_points: 20,
        paragraph: r#"<w:snapToGrid w:val="0"/><w:spacing w:before="40" w:after="200"/>"#,
        letters: "",
    },
    Style {
        id: "TOC1",
        name: "toc 1",
        font: "仿宋_GB2312",
        half_points: 28,
        paragraph: r#"<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="8844"/></w:tabs>"#,
        letters: "",
    },
];

pub(super) fn styles() -> String {
    let mut out = format!(
        r#"{DECLARATION}<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{}<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr></w:pPrDefault></w:docDefaults>"#,
        font("仿宋_GB2312")
    );
    for style in &STYLES {
        let default = if style.id == "Normal" { r#" w:default="1""# } else { "" };
        let based = if style.id == "Normal" { "" } else { r#"<w:basedOn w:val="Normal"/>"# };
        put(
            &mut out,
            format_args!(
                r#"<w:style w:type="paragraph"{default} w:styleId="{}"><w:name w:val="{}"/>{based}<w:qFormat/><w:pPr>{}</w:pPr><w:rPr>{}{}<w:sz w:val="{}"/><w:szCs w:val="{}"/></w:rPr></w:style>"#,
                style.id,
                style.name,
                style.paragraph,
                font(style.font),
                style.letters,
                style.half_points,
                style.half_points
            ),
        );
    }
    let side = |name: &str| format!(r#"<w:{name} w:val="single" w:sz="4" w:space="0" w:color="444444"/>"#);
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(side).concat();
    put(
        &mut out,
        format_args!(
            r#"<w:style w:type="table" w:default="1" w:styleId="Plain"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style><w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:basedOn w:val="Plain"/><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr></w:style></w:styles>"#
        ),
    );
    out
}

pub(super) fn font(name: &str) -> String {
    format!(
        r#"<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}" w:hint="eastAsia"/>"#
    )
}

/// `— 1 —` in 4号宋体, one character from the outer edge.
pub(super) fn footer(side: &str) -> String {
    let letters = format!(r#"<w:rPr>{}<w:sz w:val="28"/></w:rPr>"#, font("宋体"));
    let field = |what: &str| format!(r#"<w:r>{letters}<w:fldChar w:fldCharType="{what}"/></w:r>"#);
    format!(
        r#"{DECLARATION}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Normal"/><w:ind w:left="280" w:right="280"/><w:jc w:val="{side}"/></w:pPr><w:r>{letters}<w:t>— </w:t></w:r>{}<w:r>{letters}<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>{}<w:r>{letters}<w:t>1</w:t></w:r>{}<w:r>{letters}<w:t> —</w:t></w:r></w:p></w:ftr>"#,
        field("begin"),
        field("separate"),
        field("end")
    )
}
