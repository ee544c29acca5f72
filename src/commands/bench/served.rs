//! The pages of an installation on a free port of loopback, and who asks for them as browsers do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use qingting_models::records::{Role, User};
use qingting_models::store::Store;
use qingting_web::{AppState, QueryWords, WebSettings, sessions};
use reqwest::header::{ACCEPT_ENCODING, COOKIE};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::commands::listen;
use crate::home::Home;
use crate::worker::Tools;

/// How long the log-ins of the benchmark last at most, in seconds.
const LOG_IN: i64 = 3_600;

/// A server of its own, with log-ins of users that the installation has, which end with it.
pub(super) struct Served {
    pub store: Store,
    pub tools: Tools,
    /// Where it listens, `http://127.0.0.1:PORT`.
    pub base: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), std::io::Error>>,
    /// The role, the cookie and the digest.
    log_ins: Vec<(Role, String, String)>,
}

impl Served {
    /// Opens the store and listens.
    ///
    /// # Errors
    /// When the installation cannot be used.
    pub(super) async fn start(home: &Home) -> Result<Self> {
        let store = home.store().await?;
        let county = Arc::new(home.county(&store).await?);
        let tools = Tools::new(store.clone(), county.clone(), home.http()?, None)?;
        let (segmenter, at_work) = (tools.clone(), tools.clone());
        let words: QueryWords = Arc::new(move |text| segmenter.classifier().query_tokens(text));
        let state = AppState::new(store.clone(), county, words, WebSettings::default())
            .with_county_files(home.county_files()?.into())
            .with_classifier(Arc::new(move || at_work.classifier()));
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(qingting_web::serve(listener, state, async move {
            let _ = stopped.await;
        }));
        Ok(Self { store, tools, base, stop, server, log_ins: Vec::new() })
    }

    /// The cookie of a user with that role, if there is one who may log in.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub(super) async fn log_in(&mut self, role: Role) -> Result<Option<String>> {
        if let Some((_, cookie, _)) = self.log_ins.iter().find(|(of, ..)| *of == role) {
            return Ok(Some(cookie.clone()));
        }
        let users = self.store.users().await?;
        let fits = |user: &&User| user.roles.contains(&role) && !user.disabled && !user.must_change_password;
        let Some(user) = users.iter().find(fits) else { return Ok(None) };
        let token = sessions::fresh_token().map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let digest = sessions::digest(&token);
        self.store.start_session(user.id, &digest, "no form is sent", LOG_IN, LOG_IN).await?;
        let cookie = format!("qingting={token}");
        self.log_ins.push((role, cookie.clone(), digest));
        Ok(Some(cookie))
    }

    /// Ends the log-ins and the server.
    ///
    /// # Errors
    /// When the store fails, or the server did.
    pub(super) async fn stop(self) -> Result<()> {
        for (_, _, digest) in &self.log_ins {
            self.store.end_session(digest).await?;
        }
        let _ = self.stop.send(());
        self.server.await??;
        self.store.close().await;
        Ok(())
    }
}

/// Times and sizes of one address.
#[derive(Default)]
pub(super) struct Measured {
    pub times: Vec<Duration>,
    pub whole: usize,
    pub sent: usize,
}

impl Measured {
    pub(super) fn take(&mut self, (time, sent): (Duration, usize)) {
        self.times.push(time);
        self.sent = sent;
    }

    /// The time that so many of a hundred stay below, in milliseconds to a hundredth.
    pub(super) fn at(&mut self, of_hundred: usize) -> f64 {
        self.times.sort_unstable();
        let place = (self.times.len() * of_hundred / 100).min(self.times.len().saturating_sub(1));
        let time = self.times.get(place).copied().unwrap_or_default();
        (time.as_secs_f64() * 100_000.0).round() / 100.0
    }
}

/// Asks as a browser does: time and bytes as they came, packed.
pub(super) async fn fetch(
    client: &reqwest::Client,
    address: &str,
    cookie: Option<&str>,
) -> Result<(Duration, usize)> {
    let start = Instant::now();
    let mut request = client.get(address).header(ACCEPT_ENCODING, "gzip");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let answer = request.send().await?;
    ensure!(answer.status().is_success(), "{address} answered {}", answer.status());
    let bytes = answer.bytes().await?.len();
    Ok((start.elapsed(), bytes))
}
