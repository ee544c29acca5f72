//! Reads the body of an answer within the limits.

use reqwest::Response;
use tokio::time::timeout;

use super::error::{During, FetchError};
use super::limits::Limits;

/// How much of a body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it; too much of it is an error.
    All,
    /// So many bytes; what follows is left unread.
    First(u64),
}

pub(super) async fn read(
    mut response: Response,
    host: &str,
    limits: &Limits,
    keep: Keep,
) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    loop {
        let stalled = |_| {
            let (host, during) = (host.to_owned(), During::Stall);
            FetchError::TimedOut { host, during, limit: limits.stall }
        };
        let chunk = timeout(limits.stall, response.chunk()).await.map_err(stalled)?;
        let Some(chunk) = chunk.map_err(|wrong| FetchError::of(&wrong, host, limits))? else {
            return Ok(bytes);
        };
        bytes.extend_from_slice(&chunk);
        match keep {
            Keep::First(wanted) if bytes.len() as u64 >= wanted => {
                bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
                return Ok(bytes);
            }
            _ if bytes.len() as u64 > limits.bytes => {
                return Err(FetchError::TooLarge { limit: limits.bytes });
            }
            _ => {}
        }
    }
}
