//! Accepts connections, and drains them at a shutdown.
//!
//! This is not `axum::serve`, which stops accepting when the signal arrives: until
//! load balancers have noticed that this node is not ready, it must still accept.
//! An accept loop of our own also bounds the connections, and the time that a
//! request head may take.

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

/// The limits of this node.
const LIMITS: Limits = Limits {
    // Each costs a descriptor and some KiB.
    total: 10_000,
    // A client may have 1,000 sessions by default, and each needs a connection for
    // a stream and one for a call. This is a fifth of all connections.
    per_network: 2_000,
    // A handful of probes and scrapers connect, each for milliseconds.
    reserved: 64,
};

/// The time to record calls that still run at the deadline as failed, and to answer
/// their clients.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// The pause after a failed accept, whose most likely cause is a lack of
/// descriptors.
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

/// Waits for the shutdown, and then serves as a node that is not ready until load
/// balancers have noticed.
async fn lame_duck(app: &App, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    app.engine.readiness().drain();
    let delay = app.config.drain_delay;
    tracing::info!(?delay, "draining: not ready, still serving");
    sleep(delay).await;
}

/// Closes the streams first, because clients can resume them on another node, and
/// then waits for running calls. Records calls that still run at the deadline as
/// failed, so that no client waits for them.
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
            let failed = async {
                app.engine.fail_remaining_calls().await;
                connections.tasks.wait().await;
            };
            let _ = timeout(LAST_ANSWERS, failed).await;
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

    /// Serves one connection to its end.
    fn serve(
        &self,
        stream: TcpStream,
        peer: IpAddr,
    ) -> impl Future<Output = ()> + use<> {
        let shared = self.shared.clone();
        let network = network(peer);
        let place = shared.admit(&network);
        async move {
            // Without this, a small answer waits 40 ms for a delayed
            // acknowledgement.
            let served = match stream.set_nodelay(true) {
                Ok(()) => connection::serve(stream, network, place, shared).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a connection failed");
            }
        }
    }

    /// Lets the current requests finish, and waits until every connection is
    /// closed.
    async fn close(&self) {
        self.shared.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
