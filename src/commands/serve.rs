//! `qingting serve` and `qingting worker`: the processes that run all day.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;
use qingting_web::request_figures::RequestFigures;
use qingting_web::{AppState, QueryWords, WebSettings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Global, Serve};
use crate::home::{self, ATTACHMENTS, Home, UPLOADS};
use crate::model_desk::Models;
use crate::model_folder::ModelFolder;
use crate::output;
use crate::worker::{self, Tools};

pub async fn run(global: &Global, serve: &Serve) -> Result<()> {
    let mut home = Home::find(global)?;
    home.metrics = serve.metrics.or(home.metrics);
    let bind = serve.bind.unwrap_or(home.bind);
    let listener = listen(bind).await?;
    let http = home.http()?;
    let advisor = home.advisor(&http)?;
    let store = home.store().await?;
    let county = Arc::new(home.county(&store).await?);
    let settings = WebSettings {
        secure_cookies: home.secure_cookies,
        base_url: home.base_url.clone(),
        behind_proxy: home.behind_proxy,
        ..WebSettings::default()
    };
    let tools = Tools::new(store, county, http, Some(ModelFolder::of(&home.dir)))?
        .with_county_files(home.county_files()?)
        .with_heads(home.heads.clone())
        .advised_by(advisor)
        .reached_at(home.base_url.clone());
    output::line(&format!("http://{}", listener.local_addr()?))?;
    serve_all(listener, tools, settings, &home, serve.workers.unwrap_or(home.workers)).await
}

/// Serves pages and runs workers until the process is asked to stop.
pub async fn serve_all(
    listener: TcpListener,
    tools: Tools,
    settings: WebSettings,
    home: &Home,
    workers: u16,
) -> Result<()> {
    let stop = stop_signal();
    let store = tools.store.clone();
    let requests = RequestFigures::default();
    let counted = requests.clone();
    let watched = watched(home, &tools, move |registry| counted.register(registry), &stop).await?;
    let running = worker::start(&tools, workers, &stop);
    let (segmenter, at_work) = (tools.clone(), tools.clone());
    let words: QueryWords = Arc::new(move |text| segmenter.classifier().query_tokens(text));
    let (uploads, attachments) = (home.dir.join(UPLOADS), home.dir.join(ATTACHMENTS));
    let state = AppState::new(store.clone(), tools.county(), words, settings)
        .with_county_files(tools.county_files())
        .with_classifier(Arc::new(move || at_work.classifier()))
        .with_models(Arc::new(Models::of(&home.dir, store.clone())))
        .with_http(tools.http.clone())
        .with_requests_counted_by(requests)
        .with_uploads(uploads.clone())
        .with_context(|| format!("what was left in {} cannot be deleted", uploads.display()))?
        .with_attachments(attachments.clone(), home.attachments.clone())
        .with_context(|| format!("what was left in {} cannot be deleted", attachments.display()))?;
    let (stopped, served) = (stop.clone(), state.clone());
    let following =
        tokio::spawn(worker::follow_county(tools, stop.clone(), move |county| served.take_county(county)));
    qingting_web::serve(listener, state, async move { stopped.cancelled().await }).await?;
    stop.cancel();
    running.await;
    following.await?;
    watched.await?;
    store.close().await;
    Ok(())
}

/// Serves the figures of this process beside its work, where the settings name an address.
async fn watched(
    home: &Home,
    tools: &Tools,
    register: impl FnOnce(&mut Registry),
    stop: &CancellationToken,
) -> Result<JoinHandle<()>> {
    let Some(bind) = home.metrics else { return Ok(tokio::spawn(async {})) };
    let serving =
        crate::metrics::serve(bind, tools.store.clone(), &tools.figures, register, stop.clone()).await?;
    Ok(tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!("{error:#}");
        }
    }))
}

/// Listens, or says in one line why not.
pub async fn listen(bind: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(bind)
        .await
        .with_context(|| format!("{bind} cannot be listened on; is another program using this port?"))
}

pub async fn work(global: &Global, workers: u16, metrics: Option<SocketAddr>) -> Result<()> {
    let mut home = Home::find(global)?;
    home.metrics = metrics.or(home.metrics);
    let http = home.http()?;
    let advisor = home.advisor(&http)?;
    let store = home.store().await?;
    let county = Arc::new(home.county(&store).await?);
    let models = Some(ModelFolder::of(&home.dir));
    let tools = Tools::new(store.clone(), county, http, models)?
        .with_county_files(home.county_files()?)
        .with_heads(home.heads.clone())
        .advised_by(advisor)
        .reached_at(home.base_url.clone());
    let stop = stop_signal();
    tracing::info!("{workers} workers over {}", home::shown(&home.database));
    let watched = watched(&home, &tools, |_| (), &stop).await?;
    tokio::join!(
        worker::start(&tools, workers, &stop),
        worker::follow_county(tools.clone(), stop.clone(), drop)
    );
    watched.await?;
    store.close().await;
    Ok(())
}

/// Cancelled by Ctrl-C or a termination signal.
fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        token.cancel();
    });
    stop
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
