//! The composition root: the only module that imports all others.

mod storage;

use std::env;
use std::error::Error;
use std::io::{Write, stderr};
use std::sync::Arc;

use tokio::io::{stdin, stdout};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::engine::Engine;
use crate::service::Service;
use crate::{http, stdio};

/// Serves `service` over HTTP, or with `--stdio` over standard input and output.
///
/// # Errors
/// If the server cannot start, or fails later.
pub async fn run(service: Arc<dyn Service>) -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    let store = storage::open(&config).await?;
    let engine = Arc::new(Engine::new(service, store));
    tokio::select! {
        served = serve(&config, engine.clone()) => served,
        () = engine.upkeep() => Ok(()),
    }
}

async fn serve(config: &Config, engine: Arc<Engine>) -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        None => serve_http(config, engine).await,
        Some("--stdio") => Ok(stdio::serve(engine, stdin(), stdout()).await?),
        Some(option) => Err(format!("unknown option {option}").into()),
    }
}

async fn serve_http(
    config: &Config,
    engine: Arc<Engine>,
) -> Result<(), Box<dyn Error>> {
    let (host, port) = (&*config.host, config.port);
    let listener = TcpListener::bind((host, port)).await;
    let listener = listener.map_err(|error| {
        format!("cannot listen on {host}:{port}: {error}. Choose another PORT")
    })?;
    let address = listener.local_addr()?;
    // To stderr: with `--stdio`, stdout belongs to the messages. `eprintln!` panics
    // when standard error is closed; a lost line must not stop the server.
    let _ = writeln!(stderr(), "listening on http://{address}/mcp");
    Ok(axum::serve(listener, http::router(engine)).await?)
}
