//! Fetches documents: conditional requests, checked redirects, limits on time and size, and manners.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, Response, StatusCode, redirect};
use tokio::time::{Instant, timeout};
use url::Url;

use super::answer::{self, Answer, Document, Validators};
use super::body;
use super::error::{During, FetchError};
use super::guard::Guard;
use super::house::House;
use super::limits::Limits;
use super::request::{Politeness, Request};
use super::robots::{self, Robots, Wishes};
use super::settings::{self, HttpSettings, HttpSettingsError, Outside};
use super::trail::Trail;
use super::turns::Turns;

/// The program's HTTP client. Clones share connections, the queues at hosts, and what is known of robots.txt.
///
/// Proxies of the environment are not used: only the settings say whether there is one. Behind a proxy the
/// program connects to nothing else, and can guard private networks only as far as it sees them: by address,
/// by the form of a name, and by what its own name server says.
#[derive(Debug, Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    agent: String,
    limits: Limits,
    outside: Outside,
    /// One client per allowed host, as what one source may reach, another may not; and one more of each for
    /// every other way.
    clients: Mutex<HashMap<(Option<String>, Way), Client>>,
    turns: Turns,
    robots: Robots,
}

/// How a client reaches a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Direct,
    Proxy,
    /// Only at addresses inside the house.
    House,
}

/// What one request came to.
#[allow(clippy::large_enum_variant, reason = "there is one for each request, and it is taken apart at once")]
enum Step {
    Answer(Answer),
    Redirect { status: StatusCode, location: String },
}

impl Http {
    /// `version` stands in the user agent, `Qingting/<version>`. There is no proxy, and the system's
    /// authorities alone are trusted.
    pub fn new(version: &str) -> Self {
        Self::build(format!("Qingting/{version}"), Outside::default(), Limits::default())
    }

    /// As [`Http::new`], with settings.
    ///
    /// # Errors
    /// When one of them cannot be used; the error names it and what is allowed.
    pub fn with_settings(version: &str, settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        let agent = settings::agent(version, settings.contact.as_deref())?;
        let http = Self::build(agent, Outside::read(settings)?, Limits::default());
        let proxied = http.shared.outside.proxy.is_some();
        let client = http.client(None, &Guard::new(None), proxied);
        client.map_err(|wrong| HttpSettingsError::Client { why: wrong.to_string() })?;
        Ok(http)
    }

    /// The same client with other limits; it shares neither connections nor queues with this one.
    #[must_use]
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self::build(self.shared.agent.clone(), self.shared.outside.clone(), limits)
    }

    fn build(agent: String, outside: Outside, limits: Limits) -> Self {
        // Another part of the program may have installed the provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (clients, turns, robots) = Default::default();
        Self { shared: Arc::new(Shared { agent, limits, outside, clients, turns, robots }) }
    }

    /// Fetches a feed: [`Http::fetch`] with [`Request::feed`].
    ///
    /// # Errors
    /// As [`Http::fetch`].
    pub async fn get(
        &self,
        url: &str,
        allow_host: Option<&str>,
        known: &Validators,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        self.fetch(&Request::feed(url).allowing(allow_host).knowing(known.clone()), now).await
    }

    /// Fetches a page as robots.txt allows it: [`Http::fetch`] with [`Request::page`].
    ///
    /// # Errors
    /// As [`Http::fetch`].
    pub async fn get_page(
        &self,
        url: &str,
        allow_host: Option<&str>,
        known: &Validators,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        self.fetch(&Request::page(url).allowing(allow_host).knowing(known.clone()), now).await
    }

    /// Fetches one document. `now` is what dates in answers, and the age of a robots.txt, are measured from.
    ///
    /// # Errors
    /// As [`FetchError`] says; a status other than 2xx and 304 is one.
    pub async fn fetch(&self, request: &Request, now: Timestamp) -> Result<Answer, FetchError> {
        self.walk(request, body::Keep::All, now).await
    }

    /// Goes from redirect to redirect to an answer. Every address on the way is checked as the first.
    async fn walk(&self, request: &Request, keep: body::Keep, now: Timestamp) -> Result<Answer, FetchError> {
        let limits = &self.shared.limits;
        let mut trail = Trail::from(&request.url)?;
        let mut left = limits.whole;
        loop {
            let pause = self.pause(request, trail.url(), now).await?;
            let host = trail.url().host_str().unwrap_or_default().to_owned();
            let turn = self.shared.turns.take(&host, pause, limits.turn).await?;
            let began = Instant::now();
            let step = timeout(left, self.step(request, &trail, keep, now)).await;
            drop(turn);
            left = left.saturating_sub(began.elapsed());
            match step {
                Ok(Ok(Step::Answer(answer))) => return Ok(answer),
                Ok(Ok(Step::Redirect { status, location })) => {
                    trail.follow(status, &location, limits.redirects)?;
                }
                Ok(Err(wrong)) => return Err(wrong),
                Err(_) => {
                    return Err(FetchError::TimedOut { host, during: During::Whole, limit: limits.whole });
                }
            }
        }
    }

    /// The pause that the host is owed before the request.
    async fn pause(&self, request: &Request, url: &Url, now: Timestamp) -> Result<Duration, FetchError> {
        match request.politeness {
            Politeness::Machine => Ok(Duration::ZERO),
            Politeness::Page => {
                let wishes = self.wishes(url, request.allow_host.as_deref(), now).await?;
                let asked = wishes.pause_for(url)?.unwrap_or_default();
                Ok(asked.max(self.shared.limits.pause))
            }
        }
    }

    async fn wishes(
        &self,
        url: &Url,
        allow_host: Option<&str>,
        now: Timestamp,
    ) -> Result<Wishes, FetchError> {
        let site = robots::site(url);
        if let Some(known) = self.shared.robots.known(&site, now) {
            return Ok(known);
        }
        let request =
            Request { politeness: Politeness::Machine, ..Request::page(format!("{site}/robots.txt")) };
        let request = request.allowing(allow_host);
        // A request for robots.txt asks for no robots.txt, but the compiler cannot see that the circle ends.
        let fetched = Box::pin(self.walk(&request, body::Keep::First(robots::MAX_BYTES), now)).await;
        let wishes = match fetched {
            Ok(Answer::Document(document)) => {
                let read = tokio::task::spawn_blocking(move || Wishes::read(&document.bytes)).await;
                read.unwrap_or_else(|_| Wishes::Unknown { why: "reading it was stopped".into() })
            }
            Ok(Answer::NotModified { .. }) => Wishes::None,
            // These say more about the page that was asked for than a word about robots.txt.
            Err(refused @ (FetchError::Refused { .. } | FetchError::NoSuchHost { .. })) => {
                return Err(refused);
            }
            Err(wrong) => Wishes::without(&wrong),
        };
        Ok(self.shared.robots.note(site, wishes, now))
    }

    /// Sends one request and reads the answer, if it is one.
    async fn step(
        &self,
        request: &Request,
        trail: &Trail,
        keep: body::Keep,
        now: Timestamp,
    ) -> Result<Step, FetchError> {
        let limits = &self.shared.limits;
        let url = trail.url();
        let host = url.host_str().unwrap_or_default();
        let (client, proxied) = self.client_for(url, request.allow_host.as_deref()).await?;
        let conditions = request.known.conditions();
        let conditional = !conditions.is_empty();
        let sent = client.get(url.clone()).headers(headers(request, trail)?).headers(conditions).send();
        let response = match timeout(limits.head, sent).await {
            Ok(response) => response.map_err(|wrong| {
                let named = FetchError::of(&wrong, host, limits);
                if proxied { self.through_proxy(named) } else { named }
            })?,
            Err(_) => {
                let (host, during) = (host.to_owned(), During::Head);
                return Err(FetchError::TimedOut { host, during, limit: limits.head });
            }
        };
        let status = response.status();
        let given = response.headers();
        if given.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
            > limits.head_bytes
        {
            return Err(FetchError::HeadTooLarge { limit: limits.head_bytes });
        }
        let (fresh_for, moved_to) = (answer::fresh_for(given, now), trail.moved_to());
        if status == StatusCode::NOT_MODIFIED && conditional {
            return Ok(Step::Answer(Answer::NotModified { fresh_for, moved_to }));
        }
        if let (true, Some(location)) = (status.is_redirection(), answer::header(given, LOCATION)) {
            return Ok(Step::Redirect { status, location });
        }
        if !status.is_success() {
            let asked = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            let retry_after = answer::retry_after(given, now).filter(|_| asked);
            return Err(FetchError::Status { host: host.to_owned(), status: status.as_u16(), retry_after });
        }
        let document = Document { fresh_for, moved_to, ..self.document(response, host, keep).await? };
        Ok(Step::Answer(Answer::Document(document)))
    }

    async fn document(
        &self,
        response: Response,
        host: &str,
        keep: body::Keep,
    ) -> Result<Document, FetchError> {
        let headers = response.headers();
        Ok(Document {
            url: response.url().clone(),
            charset: answer::charset(headers),
            media_type: answer::media_type(headers),
            validators: Validators::of(headers),
            fresh_for: None,
            moved_to: None,
            links: answer::links(headers),
            bytes: body::read(response, host, &self.shared.limits, keep).await?,
        })
    }

    /// The proxy is what could not be reached when a connection by way of it fails.
    fn through_proxy(&self, wrong: FetchError) -> FetchError {
        match wrong {
            FetchError::CouldNotConnect { host, why } => {
                FetchError::ProxyFailed { proxy: self.shared.outside.proxy_name.clone(), host, why }
            }
            other => other,
        }
    }

    /// The client that may ask for an address, once the guard let it pass, and whether that goes by the proxy.
    pub(super) async fn client_for(
        &self,
        url: &Url,
        allow_host: Option<&str>,
    ) -> Result<(Client, bool), FetchError> {
        let guard = Guard::new(allow_host);
        let proxied = self.shared.outside.is_proxied(url.host_str().unwrap_or_default());
        let checked = if proxied {
            guard.check_proxied(url).await.map_err(|local| FetchError::LocalName { host: local.0 })?
        } else {
            guard.check(url)
        };
        checked.map_err(|refused| FetchError::Refused { host: refused.host, address: refused.address })?;
        Ok((self.client(allow_host, &guard, proxied)?, proxied))
    }

    /// The client that may ask one host inside the house.
    pub(super) fn house_client(&self, url: &Url) -> Result<Client, FetchError> {
        let house = House::of(url)?;
        let key = (Some(house.host().to_owned()), Way::House);
        self.kept(key, |builder| builder.dns_resolver(Arc::new(house)))
    }

    fn client(&self, allow_host: Option<&str>, guard: &Guard, proxied: bool) -> Result<Client, FetchError> {
        let outside = &self.shared.outside;
        let way = if proxied { Way::Proxy } else { Way::Direct };
        self.kept((allow_host.map(str::to_owned), way), |builder| match &outside.proxy {
            Some(proxy) if proxied => {
                builder.dns_resolver(Arc::new(guard.reaching(&outside.proxy_host))).proxy(proxy.clone())
            }
            _ => builder.dns_resolver(Arc::new(guard.clone())),
        })
    }

    /// The client that was made for this before, or a new one.
    fn kept(
        &self,
        key: (Option<String>, Way),
        reaching: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Client, FetchError> {
        let Shared { agent, limits, outside, clients, .. } = &*self.shared;
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let head_bytes = u32::try_from(limits.head_bytes).unwrap_or(u32::MAX);
        let builder = Client::builder()
            .user_agent(agent)
            .connect_timeout(limits.connect)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_merge(outside.authorities.iter().cloned())
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http2_max_header_list_size(head_bytes);
        let client = reaching(builder)
            .build()
            .map_err(|wrong| FetchError::Setup { why: super::error::last_cause(&wrong) })?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }
}

/// What stands in the head of the request besides its conditions.
fn headers(request: &Request, trail: &Trail) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
    headers.insert(ACCEPT, HeaderValue::from_static(request.accept.header()));
    headers.extend(named_headers(if trail.is_home() { &request.headers } else { &[] })?);
    Ok(headers)
}

/// Headers that a source or a setting names; their values are kept out of logs.
pub(super) fn named_headers(named: &[(String, String)]) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        let bad = |why: &str| FetchError::BadHeader { name: name.clone(), why: why.to_owned() };
        let valid = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| bad("its name has other characters than letters, digits and -"))?;
        let mut value = HeaderValue::from_str(value.trim())
            .map_err(|_| bad("its value has characters that a header may not hold"))?;
        value.set_sensitive(true);
        headers.insert(valid, value);
    }
    Ok(headers)
}
