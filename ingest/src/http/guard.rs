//! Keeps fetches away from the machine itself and from private networks.
//!
//! An address in a source, or one that a server redirects to, must not make the program ask services inside
//! the house (loopback, private networks, cloud metadata). Names are checked on the addresses that the
//! connection is then made to, so a name server that changes its answer gains nothing.
//!
//! Behind a proxy it is the proxy that looks up names and connects, and what it reaches the program cannot
//! see. There the guard refuses addresses given as numbers and names that are local by their form, and looks
//! at the answer of the machine's own name server when there is one. A proxy that answers another address
//! than our name server is to be kept from private networks by its own rules.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;
use url::{Host, Url};

use super::address::is_public;

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

/// A host whose name belongs to a local network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local(pub String);

/// Endings of names that no public name server knows (RFC 6761, 6762, 8375; ICANN's reservation of internal),
/// and those that are customary inside houses.
const LOCAL_ENDINGS: [&str; 8] =
    ["localhost", "local", "internal", "home.arpa", "lan", "intranet", "corp", "localdomain"];
/// The machine's own name server is not waited for longer when a proxy is there to ask.
const OWN_ANSWER: Duration = Duration::from_secs(3);

/// Looks up the addresses of a name; none where there are none.
pub(super) type Lookup = fn(String) -> BoxFuture<'static, Vec<SocketAddr>>;

/// Resolves names to public addresses only, but for one host that is allowed whatever its address.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    allowed: Option<String>,
    proxy: Option<String>,
    lookup: Lookup,
}

pub(super) fn system(host: String) -> BoxFuture<'static, Vec<SocketAddr>> {
    async move { tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect).unwrap_or_default() }
        .boxed()
}

impl Guard {
    /// `allowed` is a host as it stands in a URL: a name or an address, without port.
    pub(super) fn new(allowed: Option<&str>) -> Self {
        Self { allowed: allowed.map(plain_host), proxy: None, lookup: system }
    }

    /// The guard of connections to a proxy, which may stand anywhere. Addresses asked for by way of it are
    /// checked with [`Guard::check_proxied`] of the guard without it.
    pub(super) fn reaching(&self, proxy: &str) -> Self {
        Self { proxy: Some(plain_host(proxy)), ..self.clone() }
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

    /// Checks a host that a proxy is to be asked for, as far as that can be done from here.
    ///
    /// # Errors
    /// When its name is local, or our own name server gives an address that is not public.
    pub(super) async fn check_proxied(&self, url: &Url) -> Result<Result<(), Refused>, Local> {
        let Some(Host::Domain(host)) = url.host() else { return Ok(self.check(url)) };
        if self.allows(host) {
            return Ok(Ok(()));
        }
        let name = plain_host(host);
        let ends = |ending: &&str| {
            name.strip_suffix(*ending).is_some_and(|start| start.is_empty() || start.ends_with('.'))
        };
        if !name.contains('.') || LOCAL_ENDINGS.iter().any(ends) {
            return Err(Local(name));
        }
        let found = timeout(OWN_ANSWER, (self.lookup)(name.clone())).await.unwrap_or_default();
        let private = found.iter().find(|at| !is_public(at.ip()));
        Ok(private.map_or(Ok(()), |at| Err(Refused { host: name, address: at.ip() })))
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
            let found = (guard.lookup)(host.clone()).await;
            if found.is_empty() {
                return Err(Unknown(host).into());
            }
            // One private address among public ones is enough to refuse: which is tried is chance.
            let proxy = guard.proxy.as_deref() == Some(plain_host(&host).as_str());
            if !guard.allows(&host)
                && !proxy
                && let Some(private) = found.iter().find(|at| !is_public(at.ip()))
            {
                return Err(Refused { host, address: private.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A host in lower case, without brackets, port and last dot.
pub(super) fn plain_host(host: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://%31%32%37.0.0.1/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://0xa9fea9fe/latest/meta-data/",
        ] {
            assert!(Guard::new(None).check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(Guard::new(Some("10.0.0.1")).check(&Url::parse("http://10.0.0.1:8080/").unwrap()).is_ok());
        assert!(Guard::new(Some("::1")).check(&Url::parse("http://[::1]:80/").unwrap()).is_ok());
        assert!(Guard::new(Some("10.0.0.1:9000")).check(&Url::parse("http://10.0.0.1/").unwrap()).is_ok());
        assert!(Guard::new(Some("10.0.0.2")).check(&Url::parse("http://10.0.0.1/").unwrap()).is_err());
    }

    fn public(_: String) -> BoxFuture<'static, Vec<SocketAddr>> {
        async { vec!["203.0.114.1:0".parse().unwrap()] }.boxed()
    }

    fn mixed(_: String) -> BoxFuture<'static, Vec<SocketAddr>> {
        async { vec!["203.0.114.1:0".parse().unwrap(), "10.0.0.9:0".parse().unwrap()] }.boxed()
    }

    fn nothing(_: String) -> BoxFuture<'static, Vec<SocketAddr>> {
        async { Vec::new() }.boxed()
    }

    fn resolving(lookup: Lookup) -> Guard {
        Guard { lookup, ..Guard::new(None) }
    }

    async fn resolved(guard: &Guard, name: &str) -> Result<Vec<SocketAddr>, String> {
        let found = guard.resolve(name.parse().unwrap()).await;
        found.map(Iterator::collect).map_err(|wrong| wrong.to_string())
    }

    #[tokio::test]
    async fn a_name_server_that_changes_its_answer_gains_nothing() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        fn rebinding(host: String) -> BoxFuture<'static, Vec<SocketAddr>> {
            if ASKED.fetch_add(1, Ordering::SeqCst) == 0 { public(host) } else { mixed(host) }
        }
        let guard = resolving(rebinding);
        // What was checked is what is connected to: the name is looked up once for each connection.
        let found = resolved(&guard, "rebind.example.cn").await.unwrap();
        assert_eq!((found, ASKED.load(Ordering::SeqCst)), (public(String::new()).await, 1));
        let again = resolved(&guard, "rebind.example.cn").await.unwrap_err();
        assert!(again.contains("10.0.0.9"), "{again}");
        let allowed = Guard { allowed: Some("rebind.example.cn".into()), ..guard };
        assert!(resolved(&allowed, "rebind.example.cn").await.is_ok());
    }

    #[tokio::test]
    async fn the_proxy_may_stand_inside_the_house_and_nothing_else() {
        let guard = resolving(mixed).reaching("proxy.corp");
        assert!(resolved(&guard, "proxy.corp").await.is_ok());
        assert!(resolved(&guard, "files.corp").await.is_err());
    }

    #[tokio::test]
    async fn local_names_are_not_asked_for_behind_a_proxy() {
        let check = |lookup: Lookup, allowed: Option<&str>, url: &str| {
            let guard = Guard { lookup, ..Guard::new(allowed) };
            let url = Url::parse(url).unwrap();
            async move { guard.check_proxied(&url).await }
        };
        for host in ["localhost", "printer", "a.local", "x.internal.", "METADATA.google.internal", "nas.lan"]
        {
            let url = format!("http://{host}/");
            assert!(matches!(check(nothing, None, &url).await, Err(Local(_))), "{host}");
            assert!(matches!(check(nothing, Some(host), &url).await, Ok(Ok(()))), "{host}");
        }
        assert!(matches!(check(nothing, None, "http://news.example.cn/").await, Ok(Ok(()))));
        assert!(matches!(check(public, None, "http://mylocal/").await, Err(Local(_))));
        assert!(matches!(check(public, None, "http://notlocal.example.cn/").await, Ok(Ok(()))));
        assert!(matches!(check(mixed, None, "http://news.example.cn/").await, Ok(Err(_))));
        assert!(matches!(check(public, None, "http://169.254.169.254/").await, Ok(Err(_))));
    }
}
