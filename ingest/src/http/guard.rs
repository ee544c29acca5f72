//! Keeps fetches away from the machine itself and from private networks.
//!
//! An address in a source, or one that a server redirects to, must not make the program ask services inside
//! the house (loopback, private networks, cloud metadata). Names are checked on the addresses that the
//! connection is then made to, so a name server that changes its answer gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// A host whose address is not public.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{host} has the address {address}, which is not public")]
pub(super) struct Refused {
    pub host: String,
    pub address: IpAddr,
}

/// A host without an address.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no address is known for {0}")]
pub(super) struct Unknown(pub String);

/// Resolves names to public addresses only, but for one host that is allowed whatever its address.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    allowed: Option<String>,
}

impl Guard {
    /// `allowed` is a host as it stands in a URL: a name or an address, without port.
    pub(super) fn new(allowed: Option<&str>) -> Self {
        Self { allowed: allowed.map(plain_host) }
    }

    /// Checks an address that the URL gives as a number; names are checked when they are resolved.
    ///
    /// # Errors
    /// When it is not public and the source does not allow it.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        let host = plain_host(url.host_str().unwrap_or_default());
        if self.allows(&host) || is_public(address) { Ok(()) } else { Err(Refused { host, address }) }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.as_deref() == Some(plain_host(host).as_str())
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let looked_up = tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect);
            let found: Vec<SocketAddr> = looked_up.unwrap_or_default();
            if found.is_empty() {
                return Err(Unknown(host).into());
            }
            // One private address among public ones is enough to refuse: which is tried is chance.
            if !guard.allows(&host)
                && let Some(private) = found.iter().find(|at| !is_public(at.ip()))
            {
                return Err(Refused { host, address: private.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A host in lower case, without brackets, port and last dot.
fn plain_host(host: &str) -> String {
    let host = host.trim();
    let host = match Url::parse(&format!("http://{host}/")) {
        Ok(url) => url.host_str().unwrap_or(host).to_owned(),
        Err(_) => match host.parse::<Ipv6Addr>() {
            Ok(address) => address.to_string(),
            Err(_) => host.to_owned(),
        },
    };
    host.trim_matches(|c| matches!(c, '[' | ']')).trim_end_matches('.').to_ascii_lowercase()
}

/// Whether an address is one of the open internet (IANA special-purpose address registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, protocol assignments, benchmarking.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // IPv4 in other clothes: mapped, compatible, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] => is_public_v4(embedded(high, low)),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => is_public_v4(embedded(high, low)),
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Local NAT64, Teredo and the other protocol assignments, documentation.
        [0x64, 0xFF9B, ..] | [0x2001, 0..0x200, ..] | [0x2001, 0xDB8, ..] => false,
        // Everything that is given out globally lies in 2000::/3.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for text in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2400:3200::1", "::ffff:8.8.8.8", "2001:4860:4860::8888"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn numbers_in_any_dress_are_checked() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://10.0.0.1:8080/",
            "http://user@10.0.0.1/",
        ] {
            assert!(Guard::default().check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(Guard::new(Some("10.0.0.1")).check(&Url::parse("http://10.0.0.1:8080/").unwrap()).is_ok());
        assert!(Guard::new(Some("::1")).check(&Url::parse("http://[::1]:80/").unwrap()).is_ok());
        assert!(Guard::new(Some("10.0.0.1:9000")).check(&Url::parse("http://10.0.0.1/").unwrap()).is_ok());
        assert!(Guard::new(Some("10.0.0.2")).check(&Url::parse("http://10.0.0.1/").unwrap()).is_err());
    }
}
