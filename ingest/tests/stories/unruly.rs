//! Servers that misbehave: what comes of each, and that none of them costs more than the limits say.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use qingting_ingest::feed::FeedError;
use qingting_ingest::http::{Answer, Document, During, FetchError, Http, Limits, Request, Validators};
use qingting_ingest::poll::preview;

use crate::server::{Act, answer, packed, unruly};

const FEED: &str = "<rss version=\"2.0\"><channel><title>t</title><item><title>积水</title><guid>1</guid></item></channel></rss>";
const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(60);

/// Limits that only the case at hand can reach.
fn limits() -> Limits {
    Limits { connect: LONG, head: LONG, stall: LONG, whole: LONG, ..Limits::default() }
}

async fn ask(acts: Vec<Act>, limits: Limits) -> Result<Document, FetchError> {
    let server = unruly(acts).await;
    let request = Request::feed(&server.url).allowing(Some("127.0.0.1"));
    match Http::new("test").with_limits(limits).fetch(&request, Timestamp::UNIX_EPOCH).await? {
        Answer::Document(document) => Ok(document),
        Answer::NotModified { .. } => panic!("a document was expected"),
    }
}

fn late(result: Result<Document, FetchError>) -> During {
    match result {
        Err(FetchError::TimedOut { during, .. }) => during,
        other => panic!("{other:?}"),
    }
}

fn head(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

#[tokio::test]
async fn slow_servers_are_given_up_with_the_part_that_was_slow() {
    let short_head = || Limits { head: SHORT, ..limits() };
    assert_eq!(late(ask(vec![Act::Hold], short_head()).await), During::Head);
    assert_eq!(late(ask(vec![head("HTTP/1.1 200 OK\r\nA: b"), Act::Hold], short_head()).await), During::Head);
    let dripping = vec![head("HTTP/1.1 200 OK\r\nA: "), Act::Drip(b'x', Duration::from_millis(5))];
    assert_eq!(late(ask(dripping, short_head()).await), During::Head);
    let stalls = vec![answer(&["Content-Length: 100"], b"<rss>"), Act::Hold];
    assert_eq!(late(ask(stalls, Limits { stall: SHORT, ..limits() }).await), During::Stall);
    let drips = vec![answer(&[], b""), Act::Drip(b' ', Duration::from_millis(5))];
    assert_eq!(late(ask(drips, Limits { whole: SHORT, ..limits() }).await), During::Whole);
    // Data that are unpacked to nothing keep nobody waiting for ever.
    let skipped = b"\x50\x2A\x4D\x18\x01\x00\x00\x00x".repeat(100);
    let empty = vec![answer(&["Content-Encoding: zstd"], b""), Act::Flood(skipped)];
    let wrong = ask(empty, Limits { bytes: 1 << 20, ..limits() }).await;
    assert_eq!(wrong, Err(FetchError::TooLarge { limit: 1 << 20 }));
}

#[tokio::test]
async fn answers_that_end_too_early_are_an_error_that_says_so() {
    let cut = |lines: &'static [&'static str], body: Vec<u8>| async move {
        ask(vec![answer(lines, &body)], limits()).await.unwrap_err()
    };
    let short = cut(&["Content-Length: 400"], FEED.into()).await;
    assert!(matches!(short, FetchError::CutOff { .. }), "{short:?}");
    assert!(short.to_string().contains("broke off"), "{short}");
    let chunk = cut(&["Transfer-Encoding: chunked"], b"20\r\n<rss>".to_vec()).await;
    assert!(matches!(chunk, FetchError::CutOff { .. }), "{chunk:?}");
    for (line, encoding) in [
        (&["Content-Encoding: gzip"], "gzip"),
        (&["Content-Encoding: br"], "br"),
        (&["Content-Encoding: zstd"], "zstd"),
        (&["Content-Encoding: deflate"], "deflate"),
        (&["Content-Encoding: deflate"], "raw"),
    ] {
        let mut body = packed(encoding, FEED.as_bytes(), 1).await;
        body.truncate(body.len() / 2);
        let wrong = cut(line, body).await;
        assert!(matches!(wrong, FetchError::CutOff { .. }), "{encoding}: {wrong:?}");
    }
    for acts in [
        vec![Act::Reset],
        vec![],
        vec![head("HTTP/1.1 200 OK\r\n"), Act::Reset],
        vec![answer(&["Content-Length: 400"], b"<rss>"), Act::Reset],
    ] {
        let wrong = ask(acts, limits()).await;
        assert!(matches!(wrong, Err(FetchError::CutOff { .. })), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_body_longer_than_announced_ends_where_it_was_announced_to() {
    let long = format!("{FEED}<!-- more -->");
    let length = format!("Content-Length: {}", FEED.len());
    let document = ask(vec![answer(&[&length], long.as_bytes())], limits()).await.unwrap();
    assert_eq!(document.bytes, FEED.as_bytes());
}

#[tokio::test]
async fn every_packing_is_unpacked_also_when_it_is_announced_wrongly() {
    for (named, encoding) in [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("deflate", "deflate"),
        ("deflate", "raw"),
    ] {
        let body = packed(encoding, FEED.as_bytes(), 1).await;
        let line = format!("Content-Encoding: {named}");
        let document = ask(vec![answer(&[&line], &body)], limits()).await.unwrap();
        assert_eq!(document.bytes, FEED.as_bytes(), "{encoding}");
    }
    let twice = packed("br", &packed("gzip", FEED.as_bytes(), 1).await, 1).await;
    let document = ask(vec![answer(&["Content-Encoding: gzip, br"], &twice)], limits()).await.unwrap();
    assert_eq!(document.bytes, FEED.as_bytes());
    let parts = [packed("gzip", b"<rss>", 1).await, packed("gzip", b"</rss>", 1).await].concat();
    let document = ask(vec![answer(&["Content-Encoding: gzip"], &parts)], limits()).await.unwrap();
    assert_eq!(document.bytes, b"<rss></rss>");
    for line in ["gzip", "UTF-8", "none", "identity"].map(|name| format!("Content-Encoding: {name}")) {
        let document = ask(vec![answer(&[&line], FEED.as_bytes())], limits()).await.unwrap();
        assert_eq!(document.bytes, FEED.as_bytes(), "{line}");
    }
    for (line, body) in [
        ("Content-Encoding: compress", FEED.as_bytes()),
        ("Content-Encoding: br, br, br, br", b"x"),
        ("Content-Encoding: gzip", b"\x1F\x8B\x08\x00not packed at all"),
    ] {
        let wrong = ask(vec![answer(&[line], body)], limits()).await;
        assert!(matches!(wrong, Err(FetchError::BrokenAnswer { .. })), "{line}: {wrong:?}");
    }
}

#[tokio::test]
async fn endless_and_swollen_answers_are_cut_off() {
    let server = unruly(vec![answer(&[], b""), Act::Flood(vec![b'x'; 1 << 16])]).await;
    let request = Request::feed(&server.url).allowing(Some("127.0.0.1"));
    let http = Http::new("test").with_limits(Limits { bytes: 2 << 20, ..limits() });
    let wrong = http.fetch(&request, Timestamp::UNIX_EPOCH).await;
    assert_eq!(wrong, Err(FetchError::TooLarge { limit: 2 << 20 }));
    let sent = server.sent.load(Ordering::SeqCst);
    assert!(sent < 32 << 20, "{sent} bytes were sent before the connection was closed");

    // 64 MB of zeros: the density gives them away long before the limit on the size is reached.
    let zeros = vec![0; 1 << 20];
    for encoding in ["gzip", "br", "zstd", "deflate"] {
        let bomb = packed(encoding, &zeros, 64).await;
        let line = format!("Content-Encoding: {encoding}");
        let wrong = ask(vec![answer(&[&line], &bomb)], limits()).await;
        assert_eq!(wrong, Err(FetchError::TooDense { ratio: 200 }), "{encoding}, {} bytes", bomb.len());
    }
    let inner = packed("gzip", &zeros, 64).await;
    let nested = packed("gzip", &inner, 1).await;
    let wrong = ask(vec![answer(&["Content-Encoding: gzip, gzip"], &nested)], limits()).await;
    assert_eq!(wrong, Err(FetchError::TooDense { ratio: 200 }));
    // Dense enough to pass, but too much of it.
    let wordy: Vec<u8> = (0..1u32 << 19).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let large = packed("gzip", &wordy, 2).await;
    let small = Limits { bytes: 3 << 20, ..limits() };
    let wrong = ask(vec![answer(&["Content-Encoding: gzip"], &large)], small).await;
    assert_eq!(wrong, Err(FetchError::TooLarge { limit: 3 << 20 }));
}

#[tokio::test]
async fn heads_without_measure_are_refused() {
    let line = format!("X-Long: {}", "x".repeat(80 << 10));
    let too_large = Err(FetchError::HeadTooLarge { limit: 64 << 10 });
    assert_eq!(ask(vec![answer(&[&line], FEED.as_bytes())], limits()).await, too_large);
    let many: Vec<String> = (0..3_000).map(|n| format!("X-{n}: 1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(ask(vec![answer(&many, FEED.as_bytes())], limits()).await, too_large);
    let endless = vec![head("HTTP/1.1 200 OK\r\nX: "), Act::Flood(vec![b'x'; 1 << 14])];
    assert_eq!(ask(endless, limits()).await, too_large);
}

#[tokio::test]
async fn odd_heads_don_t_keep_a_feed_from_being_read() {
    for lines in [
        &["Content-Type: image/png"][..],
        &["Content-Type: text/html"],
        &["Content-Type:"],
        &["Bad Name: 1", "Content-Type: text/xml"],
        &["Folded: a", "  b"],
        &["Space : 1"],
    ] {
        let document = ask(vec![answer(lines, FEED.as_bytes())], limits()).await.unwrap();
        assert_eq!(document.bytes, FEED.as_bytes(), "{lines:?}");
    }
    let wrong = ask(vec![head("SSH-2.0-OpenSSH_9.6\r\n\r\n")], limits()).await.unwrap_err();
    assert!(wrong.to_string().contains("it is not HTTP"), "{wrong}");
}

#[tokio::test]
async fn a_feed_in_another_encoding_than_announced_is_read() {
    // GBK for 积水, in a document that calls itself UTF-8 twice.
    let start = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><item><title>";
    let words = [0xBB, 0xFD, 0xCB, 0xAE];
    let body = [&start[..], &words, b"</title><guid>1</guid></item></channel></rss>"].concat();
    let server = unruly(vec![answer(&["Content-Type: text/xml; charset=utf-8"], &body)]).await;
    let feed = preview(&Http::new("test"), &server.url, Some("127.0.0.1"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(feed.unwrap().entries[0].title, "积水");
    let page = "<!doctype html><html><head><title>系统维护</title></head><body>请稍后再试</body></html>";
    let server = unruly(vec![answer(&["Content-Type: text/xml"], page.as_bytes())]).await;
    let wrong = preview(&Http::new("test"), &server.url, Some("127.0.0.1"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(wrong, Err(FetchError::Feed(FeedError::NotAFeed("a web page"))));
}

#[tokio::test]
async fn statuses_say_when_to_come_again() {
    let at = |lines: &str| head(&format!("HTTP/1.1 {lines}\r\nContent-Length: 0\r\n\r\n"));
    for (lines, status, seconds) in [
        ("429 Slow Down\r\nRetry-After: 120", 429, Some(120)),
        ("503 Away\r\nRetry-After: Thu, 01 Jan 1970 00:10:00 GMT", 503, Some(600)),
        ("503 Away\r\nRetry-After: 9999999", 503, Some(24 * 3600)),
        ("503 Away\r\nRetry-After: later", 503, None),
        ("404 Gone Fishing\r\nRetry-After: 60", 404, None),
        ("301 Nowhere", 301, None),
        ("304 Unasked", 304, None),
    ] {
        let wrong = ask(vec![at(lines)], limits()).await.unwrap_err();
        let told = matches!(wrong, FetchError::Status { status: told, .. } if told == status);
        assert!(told, "{lines}: {wrong:?}");
        assert_eq!(wrong.retry_after(), seconds.map(Duration::from_secs), "{lines}");
    }
    let unchanged = at("304 Not Modified\r\nCache-Control: max-age=600");
    let server = unruly(vec![unchanged]).await;
    let known = Validators { etag: Some("\"1\"".into()), last_modified: None };
    let answer = Http::new("test").get(&server.url, Some("127.0.0.1"), &known, Timestamp::UNIX_EPOCH).await;
    let fresh_for = Some(Duration::from_secs(600));
    assert_eq!(answer, Ok(Answer::NotModified { fresh_for, moved_to: None }));
}
