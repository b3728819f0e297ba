//! The composition root: the only module that knows all others.

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

/// The longest time that the system may take to resolve `HOST`.
const RESOLUTION: Duration = Duration::from_secs(10);

/// A function that makes the service for the settings.
pub type MakeService = fn(&Config) -> Result<Arc<dyn Service>, String>;

/// The assembled server.
pub struct App {
    engine: Arc<Engine>,
    metrics: Arc<Metrics>,
    config: Config,
}

/// The reason why the server cannot start, with a sentence that names a remedy.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The service refuses the settings.
    #[error("{0}")]
    Service(String),
    /// The schema of a tool is wrong.
    #[error(transparent)]
    Schema(#[from] BadSchema),
    /// Redis cannot be reached.
    #[error("{0}. Start Redis, correct REDIS_URL, or set USE_REDIS=false")]
    Redis(#[from] ConnectError),
    /// Redis was reached, but does not answer.
    #[error("{0}. See whether Redis is well, or set USE_REDIS=false")]
    Storage(#[from] StoreError),
    /// The port is in use, or this machine does not have the address.
    #[error("cannot listen on {address}: {cause}. Choose another HOST or PORT")]
    Listen {
        /// `HOST:PORT`
        address: String,
        /// The system's error.
        cause: std::io::Error,
    },
    /// The two settings of the rate limit do not make a rate.
    #[error("RATE_LIMIT_MAX and RATE_LIMIT_WINDOW are not a usable rate")]
    RateLimit,
    /// Two metrics have the same name.
    #[error("metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Io(#[from] std::io::Error),
}

impl App {
    /// Assembles the server. Connects to storage, so that a server whose storage
    /// cannot be reached does not start.
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
            max_subscriptions: config.max_sessions_per_client,
        };
        let engine = Engine::new(service, storage, settings, metrics.clone())?;
        let engine = Arc::new(engine);
        engine.agree_on_key().await?;
        Ok(Self { engine, metrics, config })
    }

    /// Returns the HTTP routes, and the rate limit that they enforce.
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

    /// Binds the configured address. Of the addresses of a name, binds the first
    /// that can be bound, IPv4 before IPv6, because every client can use IPv4.
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
