//! A file that somebody added to a case: a photo of a mended road, a receipt, a document. Its bytes are sealed; what is
//! read of it before it is opened is masked.

use jiff::Timestamp;

use super::{Actor, words};
use crate::county::DepartmentCode;
use crate::ids::{AttachmentId, CaseId, ReplyId};

words! {
    /// What a file is, by its content. The code is the ending of its name.
    FileKind {
        Jpg => "jpg", "JPG 图片";
        Png => "png", "PNG 图片";
        Webp => "webp", "WebP 图片";
        Gif => "gif", "GIF 图片";
        Bmp => "bmp", "BMP 图片";
        Tif => "tif", "TIFF 图片";
        Heic => "heic", "HEIC 图片";
        Pdf => "pdf", "PDF 文件";
        Ofd => "ofd", "OFD 文件";
        Docx => "docx", "Word 文档";
        Xlsx => "xlsx", "Excel 表格";
        Pptx => "pptx", "PowerPoint 演示文稿";
        Doc => "doc", "Word 97-2003 文档";
        Xls => "xls", "Excel 97-2003 表格";
        Ppt => "ppt", "PowerPoint 97-2003 演示文稿";
        Wps => "wps", "WPS 文字文档";
        Et => "et", "WPS 表格";
        Dps => "dps", "WPS 演示文稿";
        Txt => "txt", "文本文件";
        Csv => "csv", "CSV 表格";
        Mp4 => "mp4", "MP4 视频";
        Zip => "zip", "ZIP 压缩包";
    }
}

impl FileKind {
    /// What may be added where the settings say nothing else: no archives and no videos, whose content nobody sees at a
    /// glance.
    pub const USUAL: &'static [Self] = &[
        Self::Jpg,
        Self::Png,
        Self::Webp,
        Self::Heic,
        Self::Pdf,
        Self::Ofd,
        Self::Docx,
        Self::Xlsx,
        Self::Pptx,
        Self::Doc,
        Self::Xls,
        Self::Ppt,
        Self::Wps,
        Self::Et,
        Self::Txt,
        Self::Csv,
    ];

    /// The kind that an ending of a name claims, in any case of letters.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "jpeg" => Some(Self::Jpg),
            "tiff" => Some(Self::Tif),
            "heif" => Some(Self::Heic),
            other => Self::from_code(other),
        }
    }

    /// The media type with which it is handed out.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tif => "image/tiff",
            Self::Heic => "image/heic",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Doc => "application/msword",
            Self::Xls => "application/vnd.ms-excel",
            Self::Ppt => "application/vnd.ms-powerpoint",
            Self::Mp4 => "video/mp4",
            Self::Zip => "application/zip",
            // Nothing that a browser would want to show.
            Self::Ofd | Self::Wps | Self::Et | Self::Dps | Self::Txt | Self::Csv => {
                "application/octet-stream"
            }
        }
    }
}

/// A file of a case as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub case: CaseId,
    /// The reply that it was submitted with.
    pub reply: Option<ReplyId>,
    /// Of whoever added it, for those who work for one.
    pub department: Option<DepartmentCode>,
    /// It goes with the department's next reply.
    pub with_reply: bool,
    pub kind: FileKind,
    /// Bytes.
    pub size: i64,
    /// Its name, masked; empty once it was removed.
    pub name: String,
    /// What it shows, masked; may be empty.
    pub note: String,
    /// A keyed digest of its content, by which the log tells it.
    pub digest: String,
    pub added_at: Timestamp,
    pub added_by: Actor,
    /// When, by whom and why it was removed (masked); its key and bytes are gone.
    pub removed: Option<(Timestamp, Actor, String)>,
}

impl Attachment {
    /// Longest name, in characters.
    pub const LONGEST_NAME: usize = 120;
    /// Longest note, in characters.
    pub const LONGEST_NOTE: usize = 200;
}

/// A size as people say it: `812 字节`, `64 KB`, `2.3 MB`.
pub fn size_text(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} 字节"),
        1_024..1_048_576 => format!("{} KB", bytes.div_euclid(1_024)),
        _ => {
            let tenths = bytes.saturating_mul(10).div_euclid(1_048_576);
            match tenths % 10 {
                0 => format!("{} MB", tenths / 10),
                part => format!("{}.{part} MB", tenths / 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (bytes, said) in [
            (0, "0 字节"),
            (1_023, "1023 字节"),
            (1_024, "1 KB"),
            (1_048_575, "1023 KB"),
            (1_048_576, "1 MB"),
            (2_411_725, "2.3 MB"),
            (20 << 20, "20 MB"),
        ] {
            assert_eq!(size_text(bytes), said);
        }
    }

    #[test]
    fn an_ending_claims_a_kind_in_any_case_of_letters() {
        for (ending, kind) in [("JPEG", FileKind::Jpg), ("pdf", FileKind::Pdf), ("TIFF", FileKind::Tif)] {
            assert_eq!(FileKind::of_ending(ending), Some(kind));
        }
        for wrong in ["", "exe", "docm", "svg", "html"] {
            assert_eq!(FileKind::of_ending(wrong), None, "{wrong}");
        }
        assert!(!FileKind::USUAL.contains(&FileKind::Zip) && !FileKind::USUAL.contains(&FileKind::Mp4));
    }
}
