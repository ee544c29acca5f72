//! How the program reaches the internet: proxy, further authorities, and whom to write to about it.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Proxy};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use super::guard::plain_host;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Larger files hold something else than authorities.
const MAX_CA_BYTES: u64 = 4 << 20;

/// The settings of the program's HTTP client.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// `http://host:port`, `socks5://host:port` or `socks5h://host:port`, with `user:password@` if need be.
    pub proxy: Option<String>,
    /// Hosts that are asked directly: names (with all names below them), addresses, or `*`.
    pub no_proxy: Vec<String>,
    /// A PEM file of authorities that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// An e-mail address or a page, shown to the servers in the user agent.
    pub contact: Option<String>,
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("proxy", &self.proxy.as_deref().map(without_password))
            .field("no_proxy", &self.no_proxy)
            .field("ca_file", &self.ca_file)
            .field("contact", &self.contact)
            .finish()
    }
}

/// A setting that cannot be used. Each begins with the name of the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpSettingsError {
    #[error(
        "proxy: \"{value}\" is no address of a proxy ({why}); allowed: http://host:port, socks5://host:port, \
         socks5h://host:port, with user:password@ before the host if the proxy asks for it"
    )]
    Proxy { value: String, why: String },
    #[error(
        "no_proxy: \"{value}\" is no host; allowed: names such as example.cn (with all names below), IP \
         addresses, and \"*\" for every host"
    )]
    NoProxy { value: String },
    #[error("ca_file: {path} cannot be read: {why}")]
    CaUnreadable { path: String, why: String },
    #[error(
        "ca_file: {path} holds no certificate; allowed: PEM, one or several blocks that begin with {BEGIN}"
    )]
    CaEmpty { path: String },
    #[error("ca_file: {path}, line {line}: {why}; allowed: X.509 certificates in PEM")]
    CaBad { path: String, line: usize, why: String },
    #[error(
        "contact: \"{value}\" cannot stand in a header; allowed: an e-mail address or a web address of at most \
         200 letters, digits and signs without spaces and brackets"
    )]
    Contact { value: String },
    #[error("the HTTP client cannot be set up with these settings: {why}")]
    Client { why: String },
}

/// The settings, read and found good.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    pub proxy: Option<Proxy>,
    /// Host and port of the proxy.
    pub proxy_name: String,
    pub proxy_host: String,
    no_proxy: Vec<String>,
    pub authorities: Vec<Certificate>,
}

impl Outside {
    pub(super) fn read(settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        let proxy = settings.proxy.as_deref().map(proxy).transpose()?;
        let (proxy, url) = proxy.unzip();
        let named = |url: &Url| (url.host_str().unwrap_or_default().to_owned(), url.port());
        let (proxy_host, port) = url.as_ref().map(named).unwrap_or_default();
        let proxy_name = port.map_or_else(|| proxy_host.clone(), |port| format!("{proxy_host}:{port}"));
        let no_proxy = settings.no_proxy.iter().map(|entry| direct_host(entry)).collect::<Result<_, _>>()?;
        let authorities = settings.ca_file.as_deref().map(authorities).transpose()?.unwrap_or_default();
        Ok(Self { proxy, proxy_name, proxy_host: plain_host(&proxy_host), no_proxy, authorities })
    }

    /// Whether a host is asked by way of the proxy.
    pub(super) fn is_proxied(&self, host: &str) -> bool {
        let host = plain_host(host);
        let direct = |entry: &String| {
            let below = host.strip_suffix(entry.as_str()).is_some_and(|start| start.ends_with('.'));
            entry == "*" || host == *entry || below
        };
        self.proxy.is_some() && !self.no_proxy.iter().any(direct)
    }
}

/// The user agent: name, version, and whom to write to.
pub(super) fn agent(version: &str, contact: Option<&str>) -> Result<String, HttpSettingsError> {
    let Some(contact) = contact.map(str::trim) else { return Ok(format!("Qingting/{version}")) };
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '<' | '>' | '\\' | '"');
    let fits = !contact.is_empty() && contact.len() <= 200 && contact.chars().all(plain);
    if !fits {
        return Err(HttpSettingsError::Contact { value: contact.to_owned() });
    }
    Ok(format!("Qingting/{version} (+{contact})"))
}

fn proxy(value: &str) -> Result<(Proxy, Url), HttpSettingsError> {
    let bad = |why: String| HttpSettingsError::Proxy { value: without_password(value), why };
    let url = Url::parse(value.trim()).map_err(|wrong| bad(wrong.to_string()))?;
    if !matches!(url.scheme(), "http" | "socks5" | "socks5h") {
        return Err(bad(format!("its scheme is {}", url.scheme())));
    }
    if url.host_str().unwrap_or_default().is_empty() {
        return Err(bad("it has no host".into()));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(bad("something follows the port".into()));
    }
    let proxy = Proxy::all(url.clone()).map_err(|wrong| bad(wrong.to_string()))?;
    Ok((proxy, url))
}

/// An address as it may be shown: without what stands before the host.
fn without_password(value: &str) -> String {
    match (value.find("://"), value.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}***{}", &value[..scheme + 3], &value[at..]),
        (None, Some(at)) => format!("***{}", &value[at..]),
        _ => value.to_owned(),
    }
}

fn direct_host(entry: &str) -> Result<String, HttpSettingsError> {
    let bad = || HttpSettingsError::NoProxy { value: entry.to_owned() };
    let name = entry.trim().trim_start_matches("*.").trim_start_matches('.');
    if entry.trim() == "*" {
        return Ok("*".into());
    }
    let odd = |c: char| c.is_whitespace() || matches!(c, '/' | '*' | '@' | '?' | '#' | ',' | ';');
    if name.is_empty() || name.contains(odd) || Url::parse(&format!("http://{name}/")).is_err() {
        return Err(bad());
    }
    Ok(plain_host(name))
}

/// Reads a PEM file of authorities.
fn authorities(path: &Path) -> Result<Vec<Certificate>, HttpSettingsError> {
    let shown = path.display().to_string();
    let unreadable = |why: String| HttpSettingsError::CaUnreadable { path: shown.clone(), why };
    let size = std::fs::metadata(path).map_err(|wrong| unreadable(wrong.to_string()))?.len();
    if size > MAX_CA_BYTES {
        return Err(unreadable(format!("it is larger than {} MB", MAX_CA_BYTES >> 20)));
    }
    let bytes = std::fs::read(path).map_err(|wrong| unreadable(wrong.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for (line, number) in text.lines().zip(1..) {
        let bad = |line, why: &str| HttpSettingsError::CaBad { path: shown.clone(), line, why: why.into() };
        match (line.trim(), &mut block) {
            (BEGIN, None) => block = Some((number, format!("{BEGIN}\n"))),
            (BEGIN, Some((begun, _))) => {
                return Err(bad(*begun, "the certificate that begins here has no end"));
            }
            (END, None) => return Err(bad(number, "a certificate ends here that has not begun")),
            (END, Some((begun, text))) => {
                text.push_str(END);
                found.push(authority(text).map_err(|why| bad(*begun, &why))?);
                block = None;
            }
            (line, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (line, None) if line.contains("PRIVATE KEY") => {
                return Err(bad(number, "a private key has no place here; take it out of the file"));
            }
            _ => {}
        }
    }
    match block {
        Some((line, _)) => {
            let why = "the certificate that begins here has no end".into();
            Err(HttpSettingsError::CaBad { path: shown, line, why })
        }
        None if found.is_empty() => Err(HttpSettingsError::CaEmpty { path: shown }),
        None => Ok(found),
    }
}

fn authority(pem: &str) -> Result<Certificate, String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "the certificate that begins here is damaged (not base64)".to_owned())?;
    let added = RootCertStore::empty().add(der.clone());
    added.map_err(|wrong| format!("what begins here is no certificate of an authority ({wrong})"))?;
    Certificate::from_der(&der).map_err(|wrong| wrong.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(proxy: &str, no_proxy: &[&str]) -> Result<Outside, HttpSettingsError> {
        let no_proxy = no_proxy.iter().map(ToString::to_string).collect();
        Outside::read(&HttpSettings { proxy: Some(proxy.into()), no_proxy, ..HttpSettings::default() })
    }

    #[test]
    fn hosts_named_in_no_proxy_are_asked_directly() {
        let outside =
            outside("http://10.1.1.1:3128", &["example.cn", ".gov.cn", "10.0.0.5", "[::1]"]).unwrap();
        for host in ["example.cn", "WWW.example.cn", "x.gov.cn", "10.0.0.5", "[::1]", "example.cn."] {
            assert!(!outside.is_proxied(host), "{host}");
        }
        for host in ["notexample.cn", "example.cn.evil.com", "10.0.0.50"] {
            assert!(outside.is_proxied(host), "{host}");
        }
        assert!(!Outside::default().is_proxied("a.cn"));
    }

    #[test]
    fn a_mistyped_proxy_is_named_without_its_password() {
        for value in
            ["10.1.1.1:3128", "ftp://a:1", "http://", "http://a:3128/pac", "socks4://a:1", "https//a"]
        {
            let told = outside(value, &[]).unwrap_err().to_string();
            assert!(told.starts_with("proxy: ") && told.contains("socks5://host:port"), "{told}");
        }
        let told = outside("htp://user:geheim@a.cn:3128", &[]).unwrap_err().to_string();
        assert!(told.contains("a.cn:3128") && !told.contains("geheim"), "{told}");
        let settings =
            HttpSettings { proxy: Some("http://user:geheim@a.cn:3128".into()), ..HttpSettings::default() };
        assert!(!format!("{settings:?}").contains("geheim"));
    }

    #[test]
    fn a_mistyped_direct_host_is_named() {
        for value in ["", "http://a.cn", "a b", "10.0.0.0/8", "a,b"] {
            assert_eq!(
                outside("http://p:1", &[value]).unwrap_err(),
                HttpSettingsError::NoProxy { value: value.into() }
            );
        }
    }

    #[test]
    fn a_contact_stands_in_the_user_agent() {
        assert_eq!(agent("1.0", None).unwrap(), "Qingting/1.0");
        assert_eq!(agent("1.0", Some("xc@example.gov.cn")).unwrap(), "Qingting/1.0 (+xc@example.gov.cn)");
        for bad in ["", "a\r\nX: y", "县委宣传部", "a b", "a)b"] {
            assert!(agent("1.0", Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_file_of_authorities_is_told_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let settings = HttpSettings { ca_file: Some(path.clone()), ..HttpSettings::default() };
            Outside::read(&settings).unwrap_err()
        };
        assert!(matches!(read("nothing\n"), HttpSettingsError::CaEmpty { .. }));
        let line = |text: &str| match read(text) {
            HttpSettingsError::CaBad { line, .. } => line,
            other => panic!("{other}"),
        };
        assert_eq!(line(&format!("# ours\n{BEGIN}\nMIIB\n")), 2);
        assert_eq!(line(&format!("\n\n{BEGIN}\n???\n{END}\n")), 3);
        assert_eq!(line(&format!("{BEGIN}\naGVsbG8=\n{END}\n")), 1);
        assert_eq!(line(&format!("{END}\n")), 1);
        assert_eq!(line("a\n-----BEGIN PRIVATE KEY-----\n"), 2);
        let missing = HttpSettings { ca_file: Some(dir.path().join("none")), ..HttpSettings::default() };
        assert!(matches!(Outside::read(&missing), Err(HttpSettingsError::CaUnreadable { .. })));
    }
}
