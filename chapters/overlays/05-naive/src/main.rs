//! The calculator, served from the wrong store.

use std::error::Error;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::Arc;

use ch05_naive::sessions::redis::RedisStore;
use ch05_redis::calculator::Calculator;
use ch05_redis::config::Config;
use ch05_redis::engine::Engine;
use ch05_redis::http;
use ch05_redis::sessions::StoreSettings;
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
    let store = Arc::new(RedisStore::connect(&url, settings).await?);
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
