//! Lists of feeds as files: brought in after a look, taken out again, and within limits.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::office::{Answer, CSRF, Office};
use crate::sources::{a_feed, named};

/// A form that sends a file, as browsers send it.
async fn send_file(office: &Office, path: &str, csrf: &str, file: &[u8]) -> Answer {
    let mut body = format!(
        "--line\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--line\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.opml\"\r\nContent-Type: text/xml\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--line--\r\n");
    let request = Request::post(path)
        .header("host", "qt.test")
        .header("origin", "http://qt.test")
        .header("cookie", office.cookie("admin").await)
        .header("content-type", "multipart/form-data; boundary=line")
        .body(Body::from(body));
    office.send(request.unwrap()).await
}

const OPML: &str = "<opml version='2.0'><body><outline text='部门'>\
    <outline type='rss' text='水务&lt;b&gt;' xmlUrl='https://a.example.cn/rss'/></outline>\
    <outline type='rss' text='已有' xmlUrl='https://example.cn/rss'/>\
    <outline type='rss' text='热线日报' xmlUrl='https://b.example.cn/rss'/></body></opml>";

#[tokio::test]
async fn a_list_of_feeds_is_looked_at_before_it_is_added_and_comes_out_again() {
    let office = Office::new().await;
    a_feed(&office, "县新闻").await;
    let list = send_file(&office, "/sources/opml", CSRF, OPML.as_bytes()).await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.body.contains("value=\"水务&#60;b&#62;\"") && list.body.contains("已经有这个来源"));
    assert_eq!(office.store.sources().await.unwrap().len(), 2, "nothing is added by looking");
    let form = [
        ("feed", "0"),
        ("name-0", "水务"),
        ("url-0", "https://a.example.cn/rss"),
        ("feed", "1"),
        ("name-1", "热线日报"),
        ("url-1", "https://b.example.cn/rss"),
        ("name-2", "没有勾"),
        ("url-2", "https://c.example.cn/rss"),
        ("channel", "news"),
        ("mode", "mirror"),
        ("minutes", "60"),
    ];
    let added = office.post("admin", "/sources/opml/add", &form).await.body;
    assert!(added.contains("已添加 1 个来源；1 个没有添加") && added.contains("已有名为“热线日报”的来源"));
    assert_eq!(named(&office, "水务").await.interval_s, 3600);
    assert!(office.store.source_named("没有勾").await.unwrap().is_none());
    let file = office.get("admin", "/sources/export.opml").await;
    assert!(file.headers["content-disposition"].to_str().unwrap().contains(".opml"));
    let read = qingting_ingest::feed::opml::read(file.body.as_bytes()).unwrap();
    let urls: Vec<&str> = read.feeds.iter().map(|f| f.url.as_str()).collect();
    assert_eq!(urls, ["https://example.cn/rss", "https://a.example.cn/rss"]);
}

#[tokio::test]
async fn a_file_needs_the_token_of_the_session_and_has_a_limit() {
    let office = Office::new().await;
    for csrf in ["", "guess"] {
        let answer = send_file(&office, "/sources/opml", csrf, OPML.as_bytes()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let big = vec![b'x'; 3 << 20];
    let answer = send_file(&office, "/sources/opml", CSRF, &big).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for (file, says) in [(&b""[..], "文件是空的"), (b"<rss/>", "不是 OPML"), (b"\x00\xff\xfe{{", "不是 OPML")]
    {
        let answer = send_file(&office, "/sources/opml", CSRF, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(says), "{says}");
    }
    let nothing = office.post("admin", "/sources/opml", &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let none = office.post("admin", "/sources/opml/add", &[("channel", "news"), ("mode", "mirror")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let elsewhere = send_file(&office, "/users/add", CSRF, b"x").await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY, "other forms take no files");
}
