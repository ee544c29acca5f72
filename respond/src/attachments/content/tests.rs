//! Files are made here as the programs write them, as far as they are looked into.

use std::io::Write;

use qingting_models::records::FileKind as Kind;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn archive_of(parts: &[&str]) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for part in parts {
        zip.start_file(*part, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"<x/>").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn compound_of(streams: &[&str]) -> Vec<u8> {
    let mut compound = cfb::CompoundFile::create(io::Cursor::new(Vec::new())).unwrap();
    for stream in streams {
        compound.create_stream(stream).unwrap().write_all(b"x").unwrap();
    }
    compound.into_inner().into_inner()
}

fn checked(bytes: &[u8], claimed: Kind) -> Result<(), Mismatch> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    check(file.path(), claimed).unwrap()
}

const JPG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR";
const EXE: &[u8] = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00";

#[test]
fn each_kind_is_known_by_its_content() {
    let office = |folder: &str| archive_of(&["docProps/app.xml", folder, "[Content_Types].xml"]);
    let (gbk, _, _) = GB18030.encode("投诉人,路名\n某某,建设路\n");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain("路灯已修好".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (kind, bytes) in [
        (Kind::Jpg, JPG.to_vec()),
        (Kind::Png, PNG.to_vec()),
        (Kind::Webp, b"RIFF\x24\x00\x00\x00WEBPVP8 ".to_vec()),
        (Kind::Gif, b"GIF89a\x01\x00\x01\x00".to_vec()),
        (Kind::Heic, b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic".to_vec()),
        (Kind::Pdf, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec()),
        (Kind::Pdf, b"\xef\xbb\xbf\r\n%PDF-1.4\n".to_vec()),
        (Kind::Docx, office("word/document.xml")),
        (Kind::Xlsx, office("xl/workbook.xml")),
        (Kind::Pptx, office("ppt/presentation.xml")),
        (Kind::Ofd, archive_of(&["Doc_0/Document.xml", "OFD.xml"])),
        (Kind::Zip, archive_of(&["a.txt"])),
        (Kind::Doc, compound_of(&["/WordDocument"])),
        (Kind::Wps, compound_of(&["/WordDocument"])),
        (Kind::Xls, compound_of(&["/Workbook"])),
        (Kind::Xls, compound_of(&["/Book"])),
        (Kind::Et, compound_of(&["/Workbook"])),
        (Kind::Ppt, compound_of(&["/PowerPoint Document"])),
        (Kind::Txt, "路灯已修好。\r\n".into()),
        (Kind::Txt, wide),
        (Kind::Csv, gbk.into_owned()),
    ] {
        assert_eq!(checked(&bytes, kind), Ok(()), "{kind}");
    }
}

#[test]
fn what_is_disguised_is_named() {
    let docm = archive_of(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
    for (bytes, claimed, why) in [
        (EXE.to_vec(), Kind::Pdf, Mismatch::Is("可执行程序")),
        (EXE.to_vec(), Kind::Txt, Mismatch::Is("可执行程序")),
        (EXE.to_vec(), Kind::Docx, Mismatch::Is("可执行程序")),
        (b"#!/bin/sh\nid\n".to_vec(), Kind::Jpg, Mismatch::Is("脚本")),
        (b"<!DOCTYPE html><script>1</script>".to_vec(), Kind::Png, Mismatch::Is("网页")),
        (PNG.to_vec(), Kind::Jpg, Mismatch::Is("PNG 图片")),
        (archive_of(&["a.exe"]), Kind::Docx, Mismatch::Is("ZIP 压缩包")),
        (archive_of(&["[Content_Types].xml", "xl/workbook.xml"]), Kind::Docx, Mismatch::Is("Excel 表格")),
        (docm, Kind::Docx, Mismatch::Macros),
        (compound_of(&["/EncryptedPackage"]), Kind::Docx, Mismatch::Locked),
        (compound_of(&["/Workbook"]), Kind::Doc, Mismatch::Is("Excel 97-2003 表格")),
        (compound_of(&["/Other"]), Kind::Doc, Mismatch::Is("另一种文件")),
        (b"PK\x03\x04 cut off".to_vec(), Kind::Docx, Mismatch::Damaged),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut off".to_vec(), Kind::Doc, Mismatch::Damaged),
        (b"two\x00bytes".to_vec(), Kind::Txt, Mismatch::Is("不能识别的数据")),
        ("只是文字".into(), Kind::Pdf, Mismatch::Is("普通文本")),
        (Vec::new(), Kind::Pdf, Mismatch::Is("不能识别的数据")),
    ] {
        assert_eq!(checked(&bytes, claimed), Err(why), "{claimed}");
    }
}

#[test]
fn a_text_is_read_to_its_end() {
    let mut long = "街道已答复。\n".repeat(20_000).into_bytes();
    assert_eq!(checked(&long, Kind::Txt), Ok(()));
    long.push(0);
    assert!(checked(&long, Kind::Txt).is_err(), "the last byte counts");
    long.pop();
    long.push(0xe8);
    assert!(checked(&long, Kind::Txt).is_err(), "a letter is cut in two");
}
