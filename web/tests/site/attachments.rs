//! Files of cases on their page: what is taken and what is not, who opens and removes them, and that no unsealed file is
//! left behind.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use qingting_models::ids::CaseId;
use qingting_models::records::{Attachment, FileKind, Viewer};
use qingting_models::store::Page;
use qingting_respond::attachments::{AttachmentRules, Scan};

use crate::office::{Answer, CSRF, HOSTILE, Office, add_user};

pub(crate) const PDF: &[u8] = b"%PDF-1.7\n% a receipt of the test\n";

/// A part of the form: its name, the name of a file where it is one, and its content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file =
            file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream"));
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{}\r\n\r\n",
            file.unwrap_or_default()
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    body
}

pub(crate) async fn send(office: &Office, login: &str, case: CaseId, parts: &[Part<'_>]) -> Answer {
    let request = Request::post(format!("/cases/{case}/attachments"))
        .header("host", "qt.test")
        .header("origin", "http://qt.test")
        .header("cookie", office.cookie(login).await)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(Body::from(body(parts)));
    office.send(request.unwrap()).await
}

pub(crate) async fn add(office: &Office, login: &str, case: CaseId, name: &str, content: &[u8]) -> Answer {
    send(office, login, case, &[("csrf", None, CSRF.as_bytes()), ("file", Some(name), content)]).await
}

pub(crate) async fn files(office: &Office, case: CaseId) -> Vec<Attachment> {
    office.store.attachments(&Viewer::SYSTEM, case).await.unwrap()
}

/// The actions of the log about files, the newest first, with what they hold.
pub(crate) async fn log(office: &Office) -> Vec<(String, String)> {
    let page = office.store.audit_page(&Default::default(), Page::default()).await.unwrap();
    let lines = page.rows.into_iter().map(|line| (line.entry.action, line.entry.detail.to_string()));
    lines.filter(|(action, _)| action.starts_with("attachment.")).collect()
}

/// No file lies unsealed any more.
fn assert_clean(office: &Office) {
    let left = std::fs::read_dir(office.uploads().join("attachments")).unwrap().count();
    assert_eq!(left, 0, "an unsealed file is left behind");
}

async fn accept(office: &Office) {
    let path = format!("/cases/{}/act", office.housing.0);
    let done = office.post("handler", &path, &[("action", "accept"), ("version", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

#[tokio::test]
async fn a_handler_adds_a_file_and_the_reviewer_opens_it() {
    for office in Office::each().await {
        let case = office.housing.0;
        let page = office.get("handler", &format!("/cases/{case}")).await.body;
        assert!(
            page.contains("enctype=\"multipart/form-data\"") && page.contains("每个不超过 20 MB"),
            "{page}"
        );
        let parts: &[Part<'_>] = &[
            ("csrf", None, CSRF.as_bytes()),
            ("file", Some("修路回执 13800001234.pdf"), PDF),
            ("file", Some("路面.png"), b"\x89PNG\r\n\x1a\n and so on"),
            ("note", None, "路面已修好，问13800001234".as_bytes()),
        ];
        let done = send(&office, "handler", case, parts).await;
        assert_eq!(done.location(), format!("/cases/{case}?done=attached"), "{}", done.body);
        let page = office.get("reviewer", &format!("/cases/{case}")).await.body;
        for shown in [
            "附件 2 个",
            "修路回执",
            "PDF 文件",
            "33 字节",
            "handler员",
            "路面已修好",
            "路面.png",
            "添加附件",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("13800001234"), "names and notes are masked");
        let file = files(&office, case).await.remove(0);
        let open = format!("/cases/{case}/attachments/{}/open", file.id);
        let answer = office.post("reviewer", &open, &[]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body.as_bytes(), PDF);
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/pdf");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert!(
            header("content-security-policy").contains("sandbox"),
            "{}",
            header("content-security-policy")
        );
        let named = header("content-disposition");
        assert!(
            named.starts_with("attachment; filename=\"attachment.pdf\"; filename*=UTF-8''%E4%BF%AE"),
            "{named}"
        );
        assert!(named.ends_with("13800001234.pdf"), "who opens it gets its own name: {named}");
        let log = log(&office).await;
        assert_eq!(log[0].0, "attachment.open", "{log:?}");
        assert!(!format!("{log:?}").contains("修路"), "{log:?}");
        assert_clean(&office);
        let lines = office.get("auditor", "/audit?action=attachment.open").await.body;
        assert!(lines.contains("查看附件"), "{lines}");
    }
}

#[tokio::test]
async fn what_is_not_taken_is_named_with_what_is_wrong_and_what_is_allowed() {
    let rules = AttachmentRules { max_bytes: 1 << 20, max_files: 3, ..AttachmentRules::default() };
    let office = Office::new().await.attaching(rules);
    let case = office.housing.0;
    let large = [PDF, &vec![b' '; 1 << 20]].concat();
    for (name, content, says) in [
        ("木马.exe", &b"MZ\x90\x00"[..], "“木马.exe”没有添加：不收 .exe 文件；可以添加的是 jpg、png"),
        ("木马.pdf", b"MZ\x90\x00\x03\x00\x00\x00", "“木马.pdf”没有添加：按名称是PDF 文件，内容是可执行程序"),
        ("回执.pdf.exe", PDF, "不收 .exe 文件"),
        ("网页.svg", b"<svg onload=alert(1)>", "不收 .svg 文件"),
        ("网页.jpg", b"<html><script>alert(1)</script>", "按名称是JPG 图片，内容是网页"),
        ("没有后缀", PDF, "名称没有后缀"),
        ("空.pdf", b"", "“空.pdf”没有添加：文件是空的"),
        ("压缩包.zip", b"PK\x03\x04", "不收 .zip 文件"),
        ("很大.pdf", &large, "“很大.pdf”没有添加：超过 1 MB，请压缩或拆分"),
    ] {
        let answer = add(&office, "handler", case, name, content).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.body.contains(says), "{name}: {}", answer.body);
    }
    let none =
        send(&office, "handler", case, &[("csrf", None, CSRF.as_bytes()), ("file", Some(""), b"")]).await;
    assert!(none.body.contains("请选择要添加的文件"), "{}", none.body);
    let long = "长".repeat(201);
    let parts: &[Part<'_>] =
        &[("csrf", None, CSRF.as_bytes()), ("note", None, long.as_bytes()), ("file", Some("a.pdf"), PDF)];
    let noted = send(&office, "handler", case, parts).await;
    assert!(noted.body.contains("说明共 201 字，超出上限 200 字"), "{}", noted.body);
    assert!(files(&office, case).await.is_empty() && log(&office).await.is_empty());
    assert_clean(&office);
}

#[tokio::test]
async fn what_is_in_order_is_kept_although_another_is_not_and_a_case_has_room_for_so_many() {
    let rules = AttachmentRules { max_files: 2, ..AttachmentRules::default() };
    let office = Office::new().await.attaching(rules);
    let case = office.housing.0;
    let parts: &[Part<'_>] = &[
        ("csrf", None, CSRF.as_bytes()),
        ("note", None, "现场".as_bytes()),
        ("file", Some("a.exe"), b"MZ"),
        ("file", Some("b.pdf"), PDF),
    ];
    let mixed = send(&office, "handler", case, parts).await;
    assert!(
        mixed.body.contains("已添加 1 个附件。") && mixed.body.contains("“a.exe”没有添加"),
        "{}",
        mixed.body
    );
    assert!(mixed.body.contains("value=\"现场\""), "the note stays in the form");
    let same = add(&office, "handler", case, "c.pdf", PDF).await;
    assert!(same.body.contains("“c.pdf”没有添加：本工单里已有内容相同的附件"), "{}", same.body);
    add(&office, "handler", case, "d.pdf", b"%PDF-1.4 d").await;
    let full = add(&office, "handler", case, "e.pdf", b"%PDF-1.4 e").await;
    assert!(full.body.contains("本工单已有 2 个附件"), "{}", full.body);
    let first = files(&office, case).await.remove(0);
    let gone = office.post("handler", &format!("/cases/{case}/attachments/{}/remove", first.id), &[]).await;
    assert_eq!(gone.location(), format!("/cases/{case}?done=detached"));
    let again = add(&office, "handler", case, "e.pdf", b"%PDF-1.4 e").await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    let names: Vec<&str> = ["f.pdf"; 25].to_vec();
    let mut many: Vec<Part<'_>> = vec![("csrf", None, CSRF.as_bytes())];
    many.extend(names.iter().map(|name| ("file", Some(*name), PDF)));
    let many = send(&office, "handler", case, &many).await;
    assert!(many.body.contains("一次最多添加 20 个文件，后面的 5 个没有添加"), "{}", many.body);
    assert_clean(&office);
}

#[tokio::test]
async fn hostile_names_lead_nowhere_and_are_shown_as_text() {
    let office = Office::new().await;
    let case = office.housing.0;
    let hostile = HOSTILE.replace('"', "%22");
    let long = format!("{}.pdf", "很长的名字".repeat(200));
    let names = [
        "../../../etc/回执.pdf",
        "C:\\temp\\回执.PDF",
        &format!("{hostile}.pdf"),
        &long,
        "照片\u{202e}fdp.pdf",
        ".pdf",
    ];
    for (at, name) in names.iter().enumerate() {
        let added = add(&office, "handler", case, name, format!("%PDF-1.7 {at}").as_bytes()).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{name}: {}", added.body);
    }
    for name in [format!("{hostile}.exe"), "a;b\tc.exe".into()] {
        let refused = add(&office, "handler", case, &name, PDF).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(
            !refused.body.contains("<script>alert") && !refused.body.contains("<img src=x"),
            "{}",
            refused.body
        );
    }
    // A line break ends the header of the part: what comes of it is no file with a strange name.
    let broken = add(&office, "handler", case, "a\r\nX-Evil: 1\r\n\r\n.pdf", PDF).await;
    assert!(broken.status.is_client_error(), "{}", broken.status);
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains('\u{202e}'));
    assert!(!page.contains("..") || !page.contains("/etc/"), "{page}");
    for file in files(&office, case).await {
        assert!(file.name.chars().count() <= Attachment::LONGEST_NAME, "{}", file.name);
        let path = format!("/cases/{case}/attachments/{}/open", file.id);
        let answer = office.post("handler", &path, &[]).await;
        let named = answer.headers["content-disposition"].to_str().unwrap();
        let value = named.rsplit("''").next().unwrap();
        assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "%-._~".contains(c)), "{named}");
    }
    assert_clean(&office);
}

#[tokio::test]
async fn who_does_not_work_on_the_case_neither_adds_nor_opens_nor_removes() {
    for office in Office::each().await {
        use qingting_models::records::Role;
        add_user(&office.store, "teacher", &[Role::Handler], Some("jyj")).await;
        add_user(&office.store, "both", &[Role::Leader, Role::Handler], Some("jyj")).await;
        let case = office.housing.0;
        add(&office, "handler", case, "回执.pdf", PDF).await;
        let file = files(&office, case).await.remove(0);
        let path = format!("/cases/{case}/attachments");
        for login in ["teacher", "discipline", "both"] {
            for answer in [
                add(&office, login, case, "b.pdf", b"%PDF-1.4 b").await,
                office.post(login, &format!("{path}/{}/open", file.id), &[]).await,
                office.post(login, &format!("{path}/{}/remove", file.id), &[("reason", "试一试")]).await,
            ] {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{login}: {}", answer.body);
                assert!(!answer.body.contains("a receipt of the test"));
            }
        }
        let seen = office.get("leader", &format!("/cases/{case}")).await.body;
        assert!(
            seen.contains("回执.pdf") && !seen.contains("/attachments/"),
            "a leader sees that there is one"
        );
        assert_eq!(
            office.post("leader", &format!("{path}/{}/open", file.id), &[]).await.status,
            StatusCode::FORBIDDEN
        );
        let elsewhere = format!("/cases/{}/attachments/{}/open", office.school.0, file.id);
        let answer = office.post("duty", &elsewhere, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "a file is found in its own case only");
        assert_eq!(files(&office, case).await.len(), 1);
        let log = log(&office).await;
        assert_eq!(log.len(), 1, "nothing was opened: {log:?}");
        let bare = send(&office, "handler", case, &[("file", Some("c.pdf"), PDF)]).await;
        assert_eq!(bare.status, StatusCode::FORBIDDEN, "without the token of the session");
    }
}

#[tokio::test]
async fn files_of_confidential_cases_are_for_the_discipline_officer_and_those_who_handle_them() {
    let office = Office::new().await;
    use qingting_models::records::Role;
    add_user(&office.store, "inspector", &[Role::Handler], Some("jw")).await;
    let case = office.secret.0;
    let added = add(&office, "discipline", case, "谈话记录.pdf", PDF).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let file = files(&office, case).await.remove(0);
    let open = format!("/cases/{case}/attachments/{}/open", file.id);
    for login in ["duty", "handler", "reviewer"] {
        assert_eq!(office.post(login, &open, &[]).await.status, StatusCode::NOT_FOUND, "{login}");
        assert_eq!(add(&office, login, case, "x.pdf", PDF).await.status, StatusCode::NOT_FOUND, "{login}");
    }
    for login in ["discipline", "inspector"] {
        assert_eq!(office.post(login, &open, &[]).await.body.as_bytes(), PDF, "{login}");
    }
}

#[tokio::test]
async fn a_file_is_removed_by_who_added_it_or_by_the_duty_office_with_a_reason() {
    let office = Office::new().await;
    let case = office.housing.0;
    add(&office, "handler", case, "张三的房产证.pdf", PDF).await;
    let file = files(&office, case).await.remove(0);
    let remove = format!("/cases/{case}/attachments/{}/remove", file.id);
    let reviewer = office.post("reviewer", &remove, &[("reason", "不需要")]).await;
    assert!(reviewer.body.contains("附件由添加的人在工单结束前删除"), "{}", reviewer.body);
    let bare = office.post("duty", &remove, &[]).await;
    assert!(bare.body.contains("请写明删除的理由"), "{}", bare.body);
    assert_eq!(files(&office, case).await.remove(0).removed, None);
    let done = office.post("duty", &remove, &[("reason", "是别人的材料")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(page.contains("已删除的附件 1 个") && page.contains("是别人的材料"), "{page}");
    assert!(!page.contains("房产证"), "its name went with it: {page}");
    let open = format!("/cases/{case}/attachments/{}/open", file.id);
    for answer in
        [office.post("handler", &open, &[]).await, office.post("duty", &remove, &[("reason", "再删")]).await]
    {
        assert!(answer.body.contains("这个附件已经删除"), "{}", answer.body);
    }
    assert_eq!(log(&office).await[0].0, "attachment.remove");
}

#[tokio::test]
async fn once_the_case_has_ended_a_file_is_opened_for_a_typed_reason() {
    let office = Office::new().await;
    let case = office.housing.0;
    add(&office, "handler", case, "回执.pdf", PDF).await;
    let file = files(&office, case).await.remove(0);
    let void = [("action", "void"), ("version", "1"), ("text", "立错了")];
    let ended = office.post("duty", &format!("/cases/{case}/act"), &void).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.body);
    let page = office.get("handler", &format!("/cases/{case}")).await.body;
    assert!(page.contains("查看理由") && !page.contains("id=\"attach-file\""), "{page}");
    let late = add(&office, "handler", case, "b.pdf", b"%PDF-1.4 b").await;
    assert!(late.body.contains("工单已经结束，不能再添加附件"), "{}", late.body);
    let open = format!("/cases/{case}/attachments/{}/open", file.id);
    for reason in ["", "看看"] {
        let refused = office.post("handler", &open, &[("reason", reason)]).await;
        assert!(refused.body.contains("请写明查看附件的理由，至少 4 个字"), "{}", refused.body);
    }
    let opened = office.post("handler", &open, &[("reason", "复查施工质量")]).await;
    assert_eq!(opened.body.as_bytes(), PDF);
    let own = office.post("handler", &format!("/cases/{case}/attachments/{}/remove", file.id), &[]).await;
    assert!(own.body.contains("由值班研判员"), "{}", own.body);
}

#[tokio::test]
async fn a_file_goes_with_the_reply_and_the_reviewer_sees_it_there() {
    let office = Office::new().await;
    let case = office.housing.0;
    accept(&office).await;
    let parts: &[Part<'_>] =
        &[("csrf", None, CSRF.as_bytes()), ("file", Some("交付证明.pdf"), PDF), ("with_reply", None, b"1")];
    let added = send(&office, "handler", case, parts).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let path = format!("/cases/{case}");
    assert!(office.get("handler", &path).await.body.contains("待随答复提交"));
    let form = [("action", "submit"), ("version", "2"), ("text", "十二月底前交付"), ("outcome", "solved")];
    let sent = office.post("handler", &format!("{path}/act"), &form).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let page = office.get("reviewer", &path).await.body;
    assert!(page.contains("附件：<bdi>交付证明.pdf</bdi>") && page.contains("随答复提交"), "{page}");
    // A duty officer's file goes with no reply, whatever the form says.
    send(
        &office,
        "duty",
        case,
        &[
            ("csrf", None, CSRF.as_bytes()),
            ("with_reply", None, b"1"),
            ("file", Some("县里的通知.pdf"), b"%PDF-1.4 n"),
        ],
    )
    .await;
    assert!(files(&office, case).await.iter().any(|file| !file.with_reply));
}

#[cfg(unix)]
fn scanning(script: &str, seconds: u64) -> AttachmentRules {
    let words = ["/bin/sh", "-c", script, "scan", "{}"].map(str::to_owned);
    AttachmentRules { scan: Some(Scan::of(&words, seconds).unwrap()), ..AttachmentRules::default() }
}

#[cfg(unix)]
#[tokio::test]
async fn a_scanner_refuses_what_it_finds_and_what_it_could_not_look_at() {
    let office = Office::new().await;
    let case = office.housing.0;
    let mut office = office.attaching(scanning("grep -q EVIL \"$1\" && exit 1; exit 0", 60));
    let clean = add(&office, "handler", case, "回执.pdf", PDF).await;
    assert_eq!(clean.status, StatusCode::SEE_OTHER, "{}", clean.body);
    let found = add(&office, "handler", case, "木马.pdf", b"%PDF-1.7 EVIL").await;
    assert_eq!(found.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(found.body.contains("“木马.pdf”没有添加：查毒程序说它有问题"), "{}", found.body);
    let first = log(&office).await.remove(0);
    assert!(
        first.0 == "attachment.refuse" && first.1.contains("\"found\"") && !first.1.contains("木马"),
        "{first:?}"
    );
    for (script, seconds) in [("exit 2", 60), ("sleep 3600", 1)] {
        office = office.attaching(scanning(script, seconds));
        let unknown = add(&office, "handler", case, "二.pdf", b"%PDF-1.7 two").await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unknown.body.contains("没能查毒，没有查过的不收"), "{script}: {}", unknown.body);
        let first = log(&office).await.remove(0);
        assert!(first.0 == "attachment.refuse" && first.1.contains("not_scanned"), "{first:?}");
    }
    assert_eq!(files(&office, case).await.len(), 1);
    assert_clean(&office);
}

#[cfg(unix)]
#[tokio::test]
async fn while_it_is_scanned_a_file_lies_for_its_owner_alone() {
    let office = Office::new().await;
    let case = office.housing.0;
    let seen = office.uploads().join("seen");
    let script = format!("stat -c '%a' \"$1\" \"$(dirname \"$1\")\" > '{}'", seen.display());
    let office = office.attaching(scanning(&script, 60));
    let added = add(&office, "handler", case, "回执.pdf", PDF).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "600\n700\n");
    assert_clean(&office);
}

#[tokio::test]
async fn the_system_page_says_whether_files_are_scanned() {
    let office = Office::new().await;
    assert!(office.get("admin", "/system").await.body.contains("附件不查毒"));
    let words = ["scan".to_owned(), "{}".to_owned()];
    let rules = AttachmentRules { scan: Some(Scan::of(&words, 60).unwrap()), ..AttachmentRules::default() };
    let office = office.attaching(rules);
    assert!(office.get("admin", "/system").await.body.contains("附件先查毒"));
}

#[tokio::test]
async fn a_file_larger_than_a_piece_is_handed_out_whole() {
    for office in Office::each().await {
        let case = office.housing.0;
        let content: Vec<u8> = [PDF, "第 1 页，看不见头。\n".repeat(90_000).as_bytes()].concat();
        let added = add(&office, "handler", case, "厚.pdf", &content).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        let file = files(&office, case).await.remove(0);
        assert_eq!((file.size, file.kind), (content.len() as i64, FileKind::Pdf));
        let answer = office.post("duty", &format!("/cases/{case}/attachments/{}/open", file.id), &[]).await;
        assert_eq!(answer.headers["content-length"].to_str().unwrap(), content.len().to_string());
        assert!(answer.body.as_bytes() == content, "{} bytes came", answer.body.len());
    }
}
