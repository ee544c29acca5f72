//! What a file is by its content, whatever its name says. Containers are looked into: a Word document is an archive with
//! certain parts, an old one a compound file with certain streams.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use qingting_models::records::FileKind;
use zip::ZipArchive;

/// The bytes by which most kinds are known.
const HEAD: usize = 8 << 10;
/// Parts of an archive; no document has as many.
const MAX_PARTS: usize = 10_000;

/// Why a file is not what its name claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is this instead.
    #[error("内容是{0}")]
    Is(&'static str),
    #[error("设了密码，程序看不到里面是什么；请去掉密码")]
    Locked,
    #[error("里面有宏；请另存为不带宏的文档")]
    Macros,
    #[error("文件已损坏，打不开")]
    Damaged,
}

/// Says whether the content of a file is of the kind that its name claims. Blocks.
///
/// # Errors
/// When the file cannot be read; inside, why it is something else.
pub(super) fn check(path: &Path, claimed: FileKind) -> io::Result<Result<(), Mismatch>> {
    let mut file = File::open(path)?;
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    file.rewind()?;
    if matches!(claimed, FileKind::Txt | FileKind::Csv) {
        let text = is_text(file)?;
        return Ok(if text { Ok(()) } else { Err(Mismatch::Is(named(&head))) });
    }
    if head.starts_with(b"PK\x03\x04") {
        return Ok(archive(file, claimed));
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Ok(compound(file, claimed));
    }
    Ok(if plain(&head) == Some(claimed) { Ok(()) } else { Err(Mismatch::Is(named(&head))) })
}

/// Kinds that the first bytes tell.
fn plain(head: &[u8]) -> Option<FileKind> {
    // Some programs write a mark or a blank line before it.
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"%PDF-") {
        return Some(FileKind::Pdf);
    }
    match infer::get(head)?.extension() {
        "heif" => Some(FileKind::Heic),
        "jpg" => Some(FileKind::Jpg),
        "png" => Some(FileKind::Png),
        "webp" => Some(FileKind::Webp),
        "gif" => Some(FileKind::Gif),
        "bmp" => Some(FileKind::Bmp),
        "tif" => Some(FileKind::Tif),
        "mp4" | "m4v" => Some(FileKind::Mp4),
        _ => None,
    }
}

/// What such bytes are called.
fn named(head: &[u8]) -> &'static str {
    if head.starts_with(b"PK") {
        return "压缩包或新版 Office 文档";
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0") {
        return "旧版 Office 文档";
    }
    if let Some(kind) = plain(head) {
        return kind.label();
    }
    let Some(found) = infer::get(head) else {
        let letters = head.iter().all(|b| !b.is_ascii_control() || b.is_ascii_whitespace());
        return if letters && !head.is_empty() { "普通文本" } else { "不能识别的数据" };
    };
    match (found.extension(), found.matcher_type()) {
        ("html", _) => "网页",
        ("sh", _) => "脚本",
        (_, infer::MatcherType::App) => "可执行程序",
        (_, infer::MatcherType::Archive) => "压缩包",
        (_, infer::MatcherType::Audio) => "录音",
        (_, infer::MatcherType::Video) => "视频",
        (_, infer::MatcherType::Image) => "另一种图片",
        _ => "另一种文件",
    }
}

/// A document that is an archive is known by its parts.
fn archive(file: File, claimed: FileKind) -> Result<(), Mismatch> {
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|_| Mismatch::Damaged)?;
    if archive.len() > MAX_PARTS {
        return Err(Mismatch::Damaged);
    }
    if claimed == FileKind::Zip {
        return Ok(());
    }
    let names: Vec<_> = archive.file_names().collect::<Result<_, _>>().map_err(|_| Mismatch::Damaged)?;
    let has = |part: &str| names.iter().any(|name| name.eq_ignore_ascii_case(part));
    let under = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    let office = has("[Content_Types].xml");
    let found = if office && under("word/") {
        FileKind::Docx
    } else if office && under("xl/") {
        FileKind::Xlsx
    } else if office && under("ppt/") {
        FileKind::Pptx
    } else if has("OFD.xml") {
        FileKind::Ofd
    } else {
        FileKind::Zip
    };
    if names.iter().any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin")) {
        return Err(Mismatch::Macros);
    }
    if found == claimed { Ok(()) } else { Err(Mismatch::Is(found.label())) }
}

/// An old document is known by its streams. Documents of WPS have those of the old Office.
fn compound(file: File, claimed: FileKind) -> Result<(), Mismatch> {
    let compound = cfb::CompoundFile::open(file).map_err(|_| Mismatch::Damaged)?;
    let has = |stream: &str| compound.exists(stream);
    if has("/EncryptedPackage") {
        return Err(Mismatch::Locked);
    }
    let fits = match claimed {
        FileKind::Doc | FileKind::Wps => has("/WordDocument"),
        FileKind::Xls | FileKind::Et => has("/Workbook") || has("/Book"),
        FileKind::Ppt | FileKind::Dps => has("/PowerPoint Document"),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Mismatch::Is(if has("/WordDocument") {
        FileKind::Doc.label()
    } else if has("/Workbook") || has("/Book") {
        FileKind::Xls.label()
    } else if has("/PowerPoint Document") {
        FileKind::Ppt.label()
    } else {
        "另一种文件"
    }))
}

/// Whether all of a file reads as text in one of the encodings that are used here.
fn is_text(mut file: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0u8; 64 << 10];
    let mut reading: Option<Vec<(encoding_rs::Decoder, bool)>> = None;
    loop {
        let count = file.read(&mut buffer)?;
        let bytes = &buffer[..count];
        let decoders = reading.get_or_insert_with(|| {
            candidates(bytes).iter().map(|encoding| (encoding.new_decoder_with_bom_removal(), true)).collect()
        });
        for (decoder, fits) in decoders.iter_mut().filter(|(_, fits)| *fits) {
            *fits = goes_on(decoder, bytes, count == 0);
        }
        if count == 0 || !decoders.iter().any(|(_, fits)| *fits) {
            return Ok(decoders.iter().any(|(_, fits)| *fits));
        }
    }
}

fn candidates(beginning: &[u8]) -> Vec<&'static Encoding> {
    match Encoding::for_bom(beginning) {
        Some((encoding, _)) if encoding == UTF_16LE || encoding == UTF_16BE => vec![encoding],
        _ => vec![UTF_8, GB18030],
    }
}

/// Whether the next bytes are letters, and no signs that only machines read.
fn goes_on(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool) -> bool {
    let mut text = String::with_capacity(16 << 10);
    loop {
        text.clear();
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, last);
        let odd =
            |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1a}' | '\u{85}');
        if text.chars().any(odd) {
            return false;
        }
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => bytes = &bytes[read..],
            DecoderResult::Malformed(..) => return false,
        }
    }
}

#[cfg(test)]
mod tests;
