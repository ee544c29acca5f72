//! Ways to the internet that an administrator sets: an authority of one's own, and a proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use qingting_ingest::http::{Answer, FetchError, Http, HttpSettings, Validators};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::server::{closed, listen, request};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<rss/>";
/// A name that no name server knows, so that only a proxy can lead there.
const FAR: &str = "news.invalid";

type Log = Arc<Mutex<Vec<String>>>;

async fn get(http: &Http, url: &str, allow: Option<&str>) -> Result<Vec<u8>, FetchError> {
    match http.get(url, allow, &Validators::default(), Timestamp::UNIX_EPOCH).await? {
        Answer::Document(document) => Ok(document.bytes),
        Answer::NotModified { .. } => panic!("a document was expected"),
    }
}

/// A TLS server whose certificate is for `name`, and the PEM of the authority that signed it.
async fn secure(name: &str) -> (SocketAddr, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    request(&mut stream).await;
                    let _ = stream.write_all(ANSWER).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    (address, pem)
}

/// A proxy for plain requests, which it answers itself, and for tunnels, which it leads to `end`.
async fn proxy(end: Option<SocketAddr>) -> (SocketAddr, Log) {
    let (listener, address) = listen().await;
    let log = Log::default();
    let noted = log.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let asked = request(&mut stream).await;
            noted.lock().unwrap().push(asked.clone());
            match end {
                Some(end) if asked.starts_with("CONNECT ") => {
                    stream.write_all(b"HTTP/1.1 200 Established\r\n\r\n").await.unwrap();
                    tunnel(stream, end);
                }
                None if asked.starts_with("CONNECT ") => {
                    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
                }
                _ => stream.write_all(ANSWER).await.unwrap(),
            }
        }
    });
    (address, log)
}

fn tunnel(mut stream: TcpStream, end: SocketAddr) {
    tokio::spawn(async move {
        let mut far = TcpStream::connect(end).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut far).await;
    });
}

fn through(proxy: &str) -> HttpSettings {
    HttpSettings { proxy: Some(proxy.to_owned()), ..HttpSettings::default() }
}

fn client(settings: &HttpSettings) -> Http {
    Http::with_settings("test", settings).unwrap()
}

#[tokio::test]
async fn an_authority_of_one_s_own_is_trusted_when_it_is_set() {
    let (address, pem) = secure("localhost").await;
    let dir = tempfile::tempdir().unwrap();
    let ca_file = Some(dir.path().join("ca.pem"));
    // Two authorities, with words between them as tools write them.
    let (_, other) = secure("localhost").await;
    std::fs::write(ca_file.as_ref().unwrap(), format!("# other\n{other}\nsubject=CN\n{pem}")).unwrap();
    let http = client(&HttpSettings { ca_file, ..HttpSettings::default() });
    let url = format!("https://localhost:{}/", address.port());
    assert_eq!(get(&http, &url, Some("localhost")).await.unwrap(), b"<rss/>");
    let strange = get(&Http::new("test"), &url, Some("localhost")).await.unwrap_err();
    assert!(strange.to_string().contains("ca_file"), "{strange}");
    let other_name = get(&http, &format!("https://{address}/"), Some("127.0.0.1")).await.unwrap_err();
    assert!(other_name.to_string().contains("is for another name"), "{other_name}");
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = stream.read(&mut [0; 64]).await;
    });
    let wrong = get(&http, &url, Some("127.0.0.1")).await.unwrap_err();
    assert!(matches!(wrong, FetchError::NotSafe { .. }), "{wrong:?}");
}

#[tokio::test]
async fn requests_go_through_the_proxy_but_for_hosts_that_are_asked_directly() {
    let (address, log) = proxy(None).await;
    let settings = HttpSettings {
        no_proxy: vec!["127.0.0.1".into()],
        contact: Some("xc@example.gov.cn".into()),
        ..through(&format!("http://user:pass@{address}"))
    };
    let http = client(&settings);
    assert_eq!(get(&http, &format!("http://{FAR}/feed"), None).await.unwrap(), b"<rss/>");
    let asked = log.lock().unwrap().join("").to_lowercase();
    assert!(asked.starts_with("get http://news.invalid/feed http/1.1\r\n"), "{asked}");
    assert!(asked.contains("proxy-authorization: basic dxnlcjpwyxnz"), "{asked}");
    assert!(asked.contains("user-agent: qingting/test (+xc@example.gov.cn)"), "{asked}");
    let (direct, _) = proxy(None).await;
    assert_eq!(get(&http, &format!("http://{direct}/"), Some("127.0.0.1")).await.unwrap(), b"<rss/>");
    assert_eq!(log.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_proxy_leads_to_no_private_network() {
    let (address, log) = proxy(None).await;
    let http = client(&through(&format!("http://{address}")));
    for host in ["localhost", "printer", "nas.local", "metadata.google.internal"] {
        let wrong = get(&http, &format!("http://{host}/"), None).await.unwrap_err();
        assert!(matches!(wrong, FetchError::LocalName { .. }), "{host}: {wrong:?}");
    }
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "0x7f.1"] {
        let wrong = get(&http, &format!("http://{host}/"), None).await.unwrap_err();
        assert!(matches!(wrong, FetchError::Refused { .. }), "{host}: {wrong:?}");
    }
    assert!(log.lock().unwrap().is_empty());
    assert!(get(&http, "http://printer/", Some("printer")).await.is_ok());
}

#[tokio::test]
async fn tunnels_lead_to_the_certificate_of_the_far_host() {
    let (end, pem) = secure(FAR).await;
    let (address, log) = proxy(Some(end)).await;
    let dir = tempfile::tempdir().unwrap();
    let ca_file = dir.path().join("ca.pem");
    std::fs::write(&ca_file, pem).unwrap();
    let http = client(&HttpSettings { ca_file: Some(ca_file), ..through(&format!("http://{address}")) });
    assert_eq!(get(&http, &format!("https://{FAR}/feed"), None).await.unwrap(), b"<rss/>");
    assert!(log.lock().unwrap()[0].starts_with("CONNECT news.invalid:443 "));
    let wrong = get(&http, "https://other.invalid/", None).await.unwrap_err();
    assert!(matches!(wrong, FetchError::NotSafe { .. }), "{wrong:?}");
}

#[tokio::test]
async fn a_proxy_that_fails_is_named() {
    let (refusing, _) = proxy(None).await;
    let (_held, dead) = closed();
    for (address, url) in [(refusing, format!("https://{FAR}/")), (dead, format!("http://{FAR}/"))] {
        let wrong = get(&client(&through(&format!("http://{address}"))), &url, None).await.unwrap_err();
        let named = matches!(&wrong, FetchError::ProxyFailed { proxy, .. } if *proxy == address.to_string());
        assert!(named, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_socks_proxy_is_given_the_name() {
    let (listener, address) = listen().await;
    let named = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Greeting with one method, then a request to connect to a name (RFC 1928, 3 to 6).
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut start = [0; 5];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(start[..4], [5, 1, 0, 3]);
        let mut name = vec![0; usize::from(start[4]) + 2];
        stream.read_exact(&mut name).await.unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        request(&mut stream).await;
        stream.write_all(ANSWER).await.unwrap();
        name.truncate(usize::from(start[4]));
        String::from_utf8(name).unwrap()
    });
    let http = client(&through(&format!("socks5h://{address}")));
    assert_eq!(get(&http, &format!("http://{FAR}/feed"), None).await.unwrap(), b"<rss/>");
    assert_eq!(named.await.unwrap(), FAR);
}
