//! How much time and memory an answer may take.

use std::time::Duration;

/// The limits of every fetch. The defaults suit the open internet; tests set smaller ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// To connect, with TLS.
    pub connect: Duration,
    /// From the request to the end of the answer's head.
    pub head: Duration,
    /// Without a byte of the answer's body.
    pub stall: Duration,
    /// For all requests of one fetch together, redirects included, waiting for the host's turn not.
    pub whole: Duration,
    /// For the turn at a host that other requests keep busy.
    pub turn: Duration,
    /// Between two pages of one host.
    pub pause: Duration,
    /// Bytes of a body, unpacked.
    pub bytes: u64,
    /// Bytes of all names and values of the head.
    pub head_bytes: usize,
    /// How many bytes one packed byte may give, on the average of an answer larger than a MB.
    pub ratio: u64,
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(20),
            stall: Duration::from_secs(15),
            whole: Duration::from_secs(30),
            turn: Duration::from_secs(60),
            pause: Duration::from_secs(1),
            bytes: 20 << 20,
            head_bytes: 64 << 10,
            ratio: 200,
            redirects: 5,
        }
    }
}
