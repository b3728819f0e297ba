//! The composition root: the only place that knows every room.

pub mod command;
mod connection;
mod idle;
pub mod serve;
mod slots;
pub mod storage;

use std::{process::ExitCode, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;

use crate::{
    config::Config,
    engine::{self, BadSchema, Engine},
    http::{self, Http, guards::Guards, rate_limit::RateLimit},
    readiness::Readiness,
    service::Service,
    sessions::{StoreError, redis::ConnectError},
    telemetry::Metrics,
};

/// Makes the service that the settings ask for.
pub type MakeService = fn(&Config) -> Result<Arc<dyn Service>, String>;

/// Everything that serves, put together.
pub struct App {
    engine: Arc<Engine>,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    config: Config,
}

/// Why the server did not start, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The service refuses the settings.
    #[error("{0}")]
    Service(String),
    /// A tool of the service is wrong.
    #[error(transparent)]
    Schema(#[from] BadSchema),
    /// Redis cannot be reached.
    #[error("{0}. Start Redis, correct REDIS_URL, or set USE_REDIS=false")]
    Redis(#[from] ConnectError),
    /// Redis was reached, but does not answer.
    #[error("{0}. See whether Redis is well, or set USE_REDIS=false")]
    Storage(#[from] StoreError),
    /// The port is taken, or the address is not ours.
    #[error("cannot listen on {address}: {cause}. Choose another HOST or PORT")]
    Listen {
        /// `HOST:PORT`
        address: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The rate limit is not a rate.
    #[error("RATE_LIMIT_MAX and RATE_LIMIT_WINDOW are not a usable rate")]
    RateLimit,
    /// Two metrics have one name.
    #[error("metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The transport broke.
    #[error("the transport failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Starts the program that the command line and the environment ask for, and
/// runs it to its end. Exit codes: 0 after an orderly end, 1 if the server could
/// not start or failed, 2 for bad settings.
pub fn run(make_service: MakeService) -> ExitCode {
    command::run(make_service)
}

impl App {
    /// Puts the server together. Storage is reached here, so that a server
    /// without it does not start.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn build(
        config: Config,
        make_service: MakeService,
    ) -> Result<Self, StartError> {
        let service = make_service(&config).map_err(StartError::Service)?;
        let metrics = Arc::new(Metrics::new()?);
        let storage = storage::open(&config, &metrics).await?;
        let settings = engine::Settings {
            session_timeout: config.session_timeout,
            audit_events: config.audit_events,
            lease: config.node_lease,
            stall: config.sse_stall,
            max_listeners: config.max_sessions_per_client,
        };
        let engine = Engine::new(service, storage, settings, metrics.clone())?;
        let engine = Arc::new(engine);
        engine.agree_on_key().await?;
        let readiness = engine.readiness().clone();
        Ok(Self { engine, readiness, metrics, config })
    }

    /// The HTTP routes, for a server that listens on `port`.
    ///
    /// # Errors
    /// [`StartError::RateLimit`]
    pub fn router(&self, port: u16) -> Result<(Router, RateLimit), StartError> {
        let config = &self.config;
        let guards = Arc::new(Guards {
            allowed_hosts: allowed_hosts(config, port),
            origins: config.origins.clone(),
            tokens: config.tokens.clone(),
        });
        let limit = RateLimit::new(config.rate_limit_max, config.rate_limit_window)
            .ok_or(StartError::RateLimit)?;
        let http = Arc::new(Http {
            engine: self.engine.clone(),
            metrics: self.metrics.clone(),
            rate_limit: limit.clone(),
            readiness: self.readiness.clone(),
            guards,
            max_body: config.max_body,
            sse_after: config.sse_after,
            sse_stall: config.sse_stall,
        });
        Ok((http::router(http), limit))
    }

    /// Binds the configured address.
    ///
    /// # Errors
    /// [`StartError::Listen`]
    pub async fn listen(&self) -> Result<TcpListener, StartError> {
        let address = (self.config.host, self.config.port);
        TcpListener::bind(address).await.map_err(|cause| StartError::Listen {
            address: format!("{}:{}", address.0, address.1),
            cause,
        })
    }
}

/// The loopback names are always reached under the port in use, which clients
/// leave out if it is 80.
fn allowed_hosts(config: &Config, port: u16) -> Vec<String> {
    let port = if port == 80 { String::new() } else { format!(":{port}") };
    config.allowed_hosts.clone().unwrap_or_else(|| {
        ["localhost", "127.0.0.1", "[::1]"]
            .map(|name| format!("{name}{port}"))
            .into()
    })
}
