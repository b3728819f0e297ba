//! The calculator, served from the wrong store.

use std::error::Error;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::Arc;

use ch06_reconstruction::calculator::Calculator;
use ch06_reconstruction::config::Config;
use ch06_reconstruction::engine::Engine;
use ch06_reconstruction::http;
use ch06_reconstruction::sessions::{NodeId, RedisStore, StoreSettings};
use ch06_write_behind::write_behind::WriteBehind;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = serve().await else { return ExitCode::SUCCESS };
    let _ = writeln!(stderr(), "{error}");
    ExitCode::FAILURE
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let config = Config::from_env()?;
    let settings = StoreSettings { timeout: config.session_timeout };
    let url = config.redis_url.ok_or("USE_REDIS: must be true")?;
    let store = RedisStore::connect(&url, settings, NodeId::random()).await?;
    let store = Arc::new(WriteBehind(Arc::new(store)));
    let engine = Arc::new(Engine::new(Arc::new(Calculator::default()), store));
    let (host, port) = (&*config.host, config.port);
    let listener = TcpListener::bind((host, port)).await;
    let listener = listener.map_err(|error| {
        format!("cannot listen on {host}:{port}: {error}. Choose another PORT")
    })?;
    let address = listener.local_addr()?;
    let _ = writeln!(stderr(), "listening on http://{address}/mcp");
    Ok(axum::serve(listener, http::router(engine)).await?)
}
