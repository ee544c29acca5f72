//! Servers on the loopback interface for tests: a good one, and some that misbehave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use axum::Router;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Serves until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address that refuses connections as long as the socket is held: nobody listens there, and nobody else can.
pub(crate) fn closed() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// What a misbehaving server does, one after the other; at the end it closes the connection.
#[derive(Clone)]
pub(crate) enum Act {
    Send(Vec<u8>),
    /// One byte after the other, with this pause, for ever.
    Drip(u8, Duration),
    /// The same bytes for ever.
    Flood(Vec<u8>),
    /// Nothing, for ever.
    Hold,
    /// Breaks the connection so that the other side sees a reset.
    Reset,
}

/// A server that acts so at every request, whatever is asked.
pub(crate) struct Unruly {
    pub url: String,
    /// Bytes that it got rid of.
    pub sent: Arc<AtomicUsize>,
}

pub(crate) async fn unruly(acts: Vec<Act>) -> Unruly {
    let (listener, address) = listen().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acts, counter) = (acts.clone(), counter.clone());
            tokio::spawn(async move { act(stream, acts, &counter).await });
        }
    });
    Unruly { url: format!("http://{address}/"), sent }
}

async fn act(mut stream: TcpStream, acts: Vec<Act>, sent: &AtomicUsize) {
    if request(&mut stream).await.is_empty() {
        return;
    }
    for act in acts {
        let mut write = async |bytes: &[u8]| {
            sent.fetch_add(bytes.len(), Ordering::SeqCst);
            stream.write_all(bytes).await.is_ok()
        };
        match act {
            Act::Send(bytes) => {
                write(&bytes).await;
            }
            Act::Drip(byte, pause) => {
                while write(&[byte]).await {
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Flood(bytes) => while write(&bytes).await {},
            Act::Hold => std::future::pending().await,
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

/// Reads the head of a request; empty when the other side left.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap()
}

/// An answer with these lines in its head, and nothing said about its length.
pub(crate) fn answer(lines: &[&str], body: &[u8]) -> Act {
    let mut bytes = b"HTTP/1.1 200 OK\r\nConnection: close\r\n".to_vec();
    for line in lines {
        bytes.extend(line.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Act::Send(bytes)
}

/// Packs `times` copies of `bytes` as Content-Encoding calls it; "raw" is deflate without its zlib header.
pub(crate) async fn packed(encoding: &str, bytes: &[u8], times: usize) -> Vec<u8> {
    async fn fill<W: AsyncWrite + Unpin>(mut encoder: W, bytes: &[u8], times: usize) -> W {
        for _ in 0..times {
            encoder.write_all(bytes).await.unwrap();
        }
        encoder.shutdown().await.unwrap();
        encoder
    }
    let out = Vec::new();
    match encoding {
        "gzip" => fill(GzipEncoder::new(out), bytes, times).await.into_inner(),
        "br" => fill(BrotliEncoder::with_quality(out, Level::Fastest), bytes, times).await.into_inner(),
        "zstd" => fill(ZstdEncoder::with_quality(out, Level::Fastest), bytes, times).await.into_inner(),
        "deflate" => fill(ZlibEncoder::new(out), bytes, times).await.into_inner(),
        "raw" => fill(DeflateEncoder::new(out), bytes, times).await.into_inner(),
        other => panic!("unknown packing {other}"),
    }
}
