//! `qingting serve` and `qingting worker`: the processes that run all day.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use qingting_web::app::query_words;
use qingting_web::{AppState, WebSettings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::{Global, Serve};
use crate::home::{self, Home, UPLOADS};
use crate::model_folder::ModelFolder;
use crate::output;
use crate::worker::{self, Tools};

pub async fn run(global: &Global, serve: &Serve) -> Result<()> {
    let home = Home::find(global)?;
    let county = Arc::new(home.county()?);
    let bind = serve.bind.unwrap_or(home.bind);
    let listener = listen(bind).await?;
    let http = home.http()?;
    let advisor = home.advisor(&http)?;
    let store = home.store().await?;
    let settings = WebSettings {
        secure_cookies: home.secure_cookies,
        base_url: home.base_url.clone(),
        behind_proxy: home.behind_proxy,
        ..WebSettings::default()
    };
    let tools = Tools::new(store, county, http, Some(ModelFolder::of(&home.dir)))?.advised_by(advisor);
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
    let running = worker::start(&tools, workers, &stop);
    let words = query_words(tools.classifier());
    let uploads = home.dir.join(UPLOADS);
    let state = AppState::new(store.clone(), tools.county.clone(), words, settings)
        .with_classifier(tools.classifier())
        .with_http(tools.http.clone())
        .with_uploads(uploads.clone())
        .with_context(|| format!("what was left in {} cannot be deleted", uploads.display()))?;
    let stopped = stop.clone();
    qingting_web::serve(listener, state, async move { stopped.cancelled().await }).await?;
    stop.cancel();
    running.await;
    store.close().await;
    Ok(())
}

/// Listens, or says in one line why not.
pub async fn listen(bind: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(bind)
        .await
        .with_context(|| format!("{bind} cannot be listened on; is another program using this port?"))
}

pub async fn work(global: &Global, workers: u16) -> Result<()> {
    let home = Home::find(global)?;
    let county = Arc::new(home.county()?);
    let http = home.http()?;
    let advisor = home.advisor(&http)?;
    let store = home.store().await?;
    let models = Some(ModelFolder::of(&home.dir));
    let tools = Tools::new(store.clone(), county, http, models)?.advised_by(advisor);
    let stop = stop_signal();
    tracing::info!("{workers} workers over {}", home::shown(&home.database));
    worker::start(&tools, workers, &stop).await;
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
