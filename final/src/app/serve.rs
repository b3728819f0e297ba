//! Accepts connections, and drains them at a shutdown.
//!
//! This is not `axum::serve`, which stops accepting when the signal arrives: until load
//! balancers have noticed that this node is not ready, it must still accept. An accept
//! loop of our own also bounds the connections, and the time that a request head may
//! take.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Shared};
use super::slots::{Limits, Slots};
use super::{App, StartError, descriptors};
use crate::http::client_address::network;

/// How many connections there may be.
const LIMITS: Limits = Limits {
    // Each costs a descriptor and some KiB.
    total: 10_000,
    // As many as 1,000 sessions need, which is what a client may have by default: a
    // stream and a call for each. A fifth of all.
    per_network: 2_000,
    // There are a handful of probes and scrapers, each for milliseconds.
    reserved: 64,
};

/// How long it may take to record what is still running at the deadline as failed,
/// and to say so.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Pause after a failed accept: out of descriptors, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` resolves, then drains.
///
/// # Errors
/// [`StartError`] if the listener or the settings cannot be used.
pub async fn serve(
    listener: TcpListener,
    app: &App,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    descriptors::provide_for(LIMITS.total + LIMITS.reserved);
    let address = listener.local_addr()?;
    let (router, rate_limit) = app.router()?;
    let connections = Connections::new(router, app.config.trust_proxy);
    tracing::info!("listening on http://{address}");
    let upkeep =
        async { tokio::join!(app.engine.clone().upkeep(), rate_limit.purge()) };
    let serving = async {
        tokio::select! {
            () = connections.accept(&listener) => {}
            () = lame_duck(app, shutdown) => {}
        }
        drop(listener);
        drain(app, &connections).await;
    };
    tokio::select! {
        _ = upkeep => {}
        () = serving => {}
    }
    Ok(())
}

/// Everything is still served, but the balancer is told to look elsewhere.
async fn lame_duck(app: &App, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    app.engine.readiness().drain();
    let delay = app.config.drain_delay;
    tracing::info!(?delay, "draining: not ready, still serving");
    sleep(delay).await;
}

/// Streams that can be resumed elsewhere close first. What is still running at
/// the deadline is recorded as failed, so that nobody waits for it.
async fn drain(app: &App, connections: &Connections) {
    let deadline = app.config.drain_deadline;
    tracing::info!(?deadline, "draining: no new connections, calls finish");
    app.engine.close_streams();
    let finished = async {
        connections.close().await;
        app.engine.finish_background().await;
    };
    match timeout(deadline, finished).await {
        Ok(()) => tracing::info!("drained"),
        Err(_) => {
            tracing::warn!("the deadline ended the drain, running calls fail");
            let told = async {
                app.engine.fail_remaining_calls().await;
                connections.tasks.wait().await;
            };
            let _ = timeout(LAST_ANSWERS, told).await;
        }
    }
    app.engine.leave().await;
}

/// The connections of one listener.
struct Connections {
    shared: Shared,
    tasks: TaskTracker,
}

impl Connections {
    fn new(router: Router, trust_proxy: bool) -> Self {
        let slots = Slots::new(LIMITS);
        let closing = CancellationToken::new();
        let shared = Shared { router, slots, closing, trust_proxy };
        Self { shared, tasks: TaskTracker::new() }
    }

    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    self.tasks.spawn(self.serve(stream, peer.ip()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// One connection; once closing, its current request is its last.
    fn serve(
        &self,
        stream: TcpStream,
        peer: IpAddr,
    ) -> impl Future<Output = ()> + use<> {
        let shared = self.shared.clone();
        let network = network(peer);
        let place = shared.admit(&network);
        async move {
            // A small answer would otherwise wait for a delayed acknowledgement,
            // 40 ms.
            let served = match stream.set_nodelay(true) {
                Ok(()) => connection::serve(stream, network, place, shared).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended badly");
            }
        }
    }

    /// Resolves when the last connection is closed.
    async fn close(&self) {
        self.shared.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
