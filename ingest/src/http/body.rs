//! Reads the body of an answer within the limits, and unpacks it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use futures::stream;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::timeout;
use tokio_util::io::StreamReader;

use super::error::{During, FetchError};
use super::limits::Limits;

/// The packings that are asked for.
pub(super) const ACCEPTED: &str = "gzip, br, zstd, deflate";
/// More packings around each other than this are refused.
const MAX_PACKINGS: usize = 3;
/// The density of smaller answers is not looked at.
const SMALL: u64 = 1 << 20;
/// The window of zstd that a sender may expect of the web (RFC 9659): 8 MB, as a power of two.
const ZSTD_WINDOW: u32 = 23;

/// How much of a body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it; too much of it is an error.
    All,
    /// So many bytes; what follows is left unread.
    First(u64),
}

/// What a body is packed in (RFC 9110, 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// Reads a body. Never more than the limit is held, however little of it came over the line.
///
/// # Errors
/// When it is cut off, stalls, is too large or too densely packed, or cannot be unpacked.
pub(super) async fn read(
    response: Response,
    host: &str,
    limits: &Limits,
    keep: Keep,
) -> Result<Vec<u8>, FetchError> {
    let packings = packings(response.headers())?;
    let received = Arc::new(AtomicU64::new(0));
    let chunks = stream::try_unfold(response, {
        let (host, limits, received) = (host.to_owned(), limits.clone(), received.clone());
        move |mut response| {
            let (host, limits, received) = (host.clone(), limits.clone(), received.clone());
            async move {
                let Ok(chunk) = timeout(limits.stall, response.chunk()).await else {
                    let (during, limit) = (During::Stall, limits.stall);
                    return Err(io::Error::other(FetchError::TimedOut { host, during, limit }));
                };
                let chunk =
                    chunk.map_err(|wrong| io::Error::other(FetchError::of(&wrong, &host, &limits)))?;
                let length = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                if received.fetch_add(length, Ordering::Relaxed) + length > limits.bytes && keep == Keep::All
                {
                    return Err(io::Error::other(FetchError::TooLarge { limit: limits.bytes }));
                }
                Ok(chunk.map(|chunk| (chunk, response)))
            }
        }
    });
    let failed = |wrong| failure(wrong, host);
    let mut reader: Reader = Box::pin(StreamReader::new(Box::pin(chunks)));
    for packing in packings.into_iter().rev() {
        reader = unpack(reader, packing).await.map_err(failed)?;
    }
    let wanted = match keep {
        Keep::All => limits.bytes,
        Keep::First(wanted) => wanted,
    };
    let mut bytes = Vec::new();
    loop {
        let part = reader.fill_buf().await.map_err(failed)?;
        let length = part.len();
        if length == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(part);
        reader.as_mut().consume(length);
        let so_far = bytes.len() as u64;
        if so_far >= wanted && keep != Keep::All {
            bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
            return Ok(bytes);
        }
        if so_far > SMALL && so_far / limits.ratio > received.load(Ordering::Relaxed) {
            return Err(FetchError::TooDense { ratio: limits.ratio });
        }
        if so_far > wanted {
            return Err(FetchError::TooLarge { limit: limits.bytes });
        }
    }
}

/// The packings of a body, the outermost last. A word that names none (some servers put a charset there)
/// does not keep the body from being read.
fn packings(headers: &HeaderMap) -> Result<Vec<Packing>, FetchError> {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let words: Vec<String> =
        lines.map(|line| String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase()).collect();
    let mut packings = Vec::new();
    for word in words.iter().flat_map(|line| line.split(',')).map(str::trim) {
        match word {
            "gzip" | "x-gzip" => packings.push(Packing::Gzip),
            "deflate" => packings.push(Packing::Deflate),
            "br" => packings.push(Packing::Brotli),
            "zstd" => packings.push(Packing::Zstd),
            "compress" | "x-compress" | "dcb" | "dcz" => {
                let why = format!("it is packed as \"{word}\"; known: {ACCEPTED}");
                return Err(FetchError::BrokenAnswer { why });
            }
            _ => {}
        }
    }
    if packings.len() > MAX_PACKINGS {
        let why = format!("it is packed {} times over; allowed: {MAX_PACKINGS}", packings.len());
        return Err(FetchError::BrokenAnswer { why });
    }
    Ok(packings)
}

/// Puts an unpacker around a body. One that is empty, or said to be gzip and is not, is left as it is.
async fn unpack(mut reader: Reader, packing: Packing) -> io::Result<Reader> {
    let start = reader.fill_buf().await?;
    if start.is_empty() {
        return Ok(reader);
    }
    let zlib = is_zlib(start);
    let gzip = start.starts_with(&[0x1F, 0x8B]) || start == [0x1F];
    Ok(match packing {
        Packing::Gzip if !gzip => reader,
        Packing::Gzip => {
            let mut unpacker = GzipDecoder::new(reader);
            unpacker.multiple_members(true);
            buffered(unpacker)
        }
        Packing::Deflate if zlib => buffered(ZlibDecoder::new(reader)),
        // What the standard calls deflate is zlib, but some servers send the bare stream.
        Packing::Deflate => buffered(DeflateDecoder::new(reader)),
        Packing::Brotli => buffered(BrotliDecoder::new(reader)),
        Packing::Zstd => {
            let window = DParameter::window_log_max(ZSTD_WINDOW);
            let mut unpacker = ZstdDecoder::with_params(reader, &[window]);
            unpacker.multiple_members(true);
            buffered(unpacker)
        }
    })
}

fn buffered(unpacker: impl AsyncRead + Send + 'static) -> Reader {
    Box::pin(BufReader::with_capacity(32 << 10, unpacker))
}

/// Whether a stream begins with the header of zlib (RFC 1950, 2.2).
fn is_zlib(start: &[u8]) -> bool {
    match start {
        [first, second, ..] => {
            first & 0x0F == 8 && first >> 4 <= 7 && u16::from_be_bytes([*first, *second]) % 31 == 0
        }
        [first] => first & 0x0F == 8,
        [] => false,
    }
}

/// What stopped the reading: our own reason, or one of the unpacker.
fn failure(wrong: io::Error, host: &str) -> FetchError {
    let kind = wrong.kind();
    match wrong.downcast::<FetchError>() {
        Ok(ours) => ours,
        // The second is how the unpackers of deflate call it.
        Err(wrong) if kind == io::ErrorKind::UnexpectedEof || wrong.to_string() == "unexpected BufError" => {
            FetchError::CutOff { host: host.to_owned(), why: "the packed data ends too early".into() }
        }
        Err(unpacker) => FetchError::BrokenAnswer { why: unpacker.to_string() },
    }
}
