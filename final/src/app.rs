//! The composition root: the only place that knows every room.

mod command;
mod connection;
mod descriptors;
mod idle;
pub mod serve;
mod slots;
pub mod storage;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, lookup_host};
use tokio::time::timeout;

pub use self::command::run;
use crate::config::{AllowedHosts, Config, Host};
use crate::engine::{self, BadSchema, Engine};
use crate::http::guards::Guards;
use crate::http::rate_limit::RateLimit;
use crate::http::{self, Http};
use crate::redis::ConnectError;
use crate::service::Service;
use crate::sessions::StoreError;
use crate::telemetry::Metrics;

/// How long the system may take to resolve `HOST`.
const RESOLUTION: Duration = Duration::from_secs(10);

/// Makes the service that the settings ask for.
pub type MakeService = fn(&Config) -> Result<Arc<dyn Service>, String>;

/// Everything that serves, put together.
pub struct App {
    engine: Arc<Engine>,
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
        let settings = engine::EngineSettings {
            session_timeout: config.session_timeout,
            audit_events: config.audit_events,
            lease: config.node_lease,
            stall: config.sse_stall,
            max_listeners: config.max_sessions_per_client,
        };
        let engine = Engine::new(service, storage, settings, metrics.clone())?;
        let engine = Arc::new(engine);
        engine.agree_on_key().await?;
        Ok(Self { engine, metrics, config })
    }

    /// The HTTP routes.
    ///
    /// # Errors
    /// [`StartError::RateLimit`]
    pub fn router(&self) -> Result<(Router, RateLimit), StartError> {
        let config = &self.config;
        let guards = Arc::new(Guards {
            allowed_hosts: config
                .allowed_hosts
                .clone()
                .unwrap_or_else(|| AllowedHosts::of_listener(&config.host)),
            origins: config.origins.clone(),
            tokens: config.tokens.clone(),
        });
        let limit = RateLimit::new(config.rate_limit_max, config.rate_limit_window)
            .ok_or(StartError::RateLimit)?;
        let http = Arc::new(Http {
            engine: self.engine.clone(),
            metrics: self.metrics.clone(),
            rate_limit: limit.clone(),
            readiness: self.engine.readiness().clone(),
            guards,
            max_body: config.max_body,
            sse_after: config.sse_after,
            sse_stall: config.sse_stall,
        });
        Ok((http::router(http), limit))
    }

    /// Binds the configured address. A name is resolved, and the first of its
    /// addresses that can be bound is used: IPv4 before IPv6, because a client that
    /// knows only one kind knows this one.
    ///
    /// # Errors
    /// [`StartError::Listen`]
    pub async fn listen(&self) -> Result<TcpListener, StartError> {
        let host = &self.config.host;
        let port = self.config.port;
        let bound = async {
            let addresses = timeout(RESOLUTION, resolve(host, port)).await??;
            TcpListener::bind(&*addresses).await
        };
        bound.await.map_err(|cause| StartError::Listen {
            address: format!("{host}:{port}"),
            cause,
        })
    }
}

async fn resolve(host: &Host, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = match host {
        Host::Address(address) => vec![(*address, port).into()],
        Host::Name(name) => lookup_host((name.as_str(), port)).await?.collect(),
    };
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}
