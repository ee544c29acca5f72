//! The guard turned round: one named host inside the house, and only at addresses of the house itself.
//!
//! What is sent there must not leave the house. So the host is the one that an administrator named, every address
//! that its name has is private or this machine's own, and there is neither a proxy nor a redirect on the way.

use std::net::IpAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_inside;
use super::error::FetchError;
use super::guard::{Lookup, Unknown, plain_host, system};
use super::trail::web_url;

/// Resolves the name of one host to addresses inside the house, and nothing else.
#[derive(Debug, Clone)]
pub(super) struct House {
    host: String,
    lookup: Lookup,
}

impl House {
    /// The guard of the host of an address; an address that is given as a number is checked at once, a name when
    /// it is resolved.
    ///
    /// # Errors
    /// [`FetchError::NotInside`].
    pub(super) fn of(url: &Url) -> Result<Self, FetchError> {
        let host = plain_host(url.host_str().unwrap_or_default());
        let number = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        match number {
            Some(address) if !is_inside(address) => Err(FetchError::NotInside { host, address }),
            _ => Ok(Self { host, lookup: system }),
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

impl Resolve for House {
    fn resolve(&self, name: Name) -> Resolving {
        let house = self.clone();
        let host = plain_host(name.as_str());
        Box::pin(async move {
            let found = if host == house.host { (house.lookup)(host.clone()).await } else { Vec::new() };
            if found.is_empty() {
                return Err(Unknown(host).into());
            }
            // One address outside among those inside is enough to refuse: which is tried is chance.
            if let Some(outside) = found.iter().find(|at| !is_inside(at.ip())) {
                return Err(FetchError::NotInside { host, address: outside.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Reads the address of a server inside the house. Names are not looked up here, so that the program also starts
/// while the name server is away; they are checked at each connection.
///
/// # Errors
/// When it is no address of the web, or its host is an address outside the house.
pub fn house_url(text: &str) -> Result<Url, FetchError> {
    let url = web_url(text)?;
    House::of(&url)?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use futures::future::{BoxFuture, FutureExt};

    use super::*;

    #[test]
    fn only_addresses_of_the_house_may_be_named() {
        for url in [
            "http://10.0.0.8:8000/v1",
            "https://192.168.1.2/v1",
            "http://127.0.0.1:1/",
            "http://[fd00::8]/v1",
            "http://model.intranet/v1",
        ] {
            assert!(house_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://8.8.8.8/v1",
            "http://134744072/",
            "http://[2400:3200::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0.0.0.0/",
            "http://[::ffff:8.8.8.8]/",
        ] {
            assert!(matches!(house_url(url), Err(FetchError::NotInside { .. })), "{url}");
        }
        for url in ["ftp://10.0.0.8/", "10.0.0.8:8000", "file:///etc/passwd", ""] {
            assert!(matches!(house_url(url), Err(FetchError::BadAddress { .. })), "{url}");
        }
    }

    fn inside(_: String) -> BoxFuture<'static, Vec<SocketAddr>> {
        async { vec!["10.0.0.8:0".parse().unwrap()] }.boxed()
    }

    fn mixed(_: String) -> BoxFuture<'static, Vec<SocketAddr>> {
        async { vec!["10.0.0.8:0".parse().unwrap(), "8.8.8.8:0".parse().unwrap()] }.boxed()
    }

    async fn resolved(lookup: Lookup, name: &str) -> Result<usize, String> {
        let house = House { host: "model.intranet".into(), lookup };
        let found = house.resolve(name.parse().unwrap()).await;
        found.map(Iterator::count).map_err(|wrong| wrong.to_string())
    }

    #[tokio::test]
    async fn a_name_leads_to_the_house_or_nowhere() {
        assert_eq!(resolved(inside, "model.intranet").await, Ok(1));
        let outside = resolved(mixed, "model.intranet").await.unwrap_err();
        assert!(outside.contains("8.8.8.8"), "{outside}");
        assert!(resolved(inside, "other.intranet").await.is_err());
    }
}
