//! Accepts connections, and lets them go in order.

use std::{io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

use super::{App, StartError};
use crate::http::{client_address::network, guards::Peer};

/// Connections that are served at once; more wait in the system's queue. Each
/// costs a descriptor and some KiB, and a client has no reason for many.
const MAX_CONNECTIONS: usize = 10_000;

/// How long the head of a request may take, and with it how long a connection
/// may stay idle.
const HEAD_DEADLINE: Duration = Duration::from_secs(30);

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
    let address = listener.local_addr()?;
    let (router, rate_limit) = app.router(address.port())?;
    let connections = Connections::new(router);
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
    app.readiness.drain();
    let delay = app.config.drain_delay;
    tracing::info!(?delay, "draining: not ready, still serving");
    sleep(delay).await;
}

/// Streams that can be resumed elsewhere close first. What is still running at
/// the deadline is recorded as failed, so that nobody waits for it.
async fn drain(app: &App, connections: &Connections) {
    let deadline = app.config.drain_deadline;
    tracing::info!(?deadline, "draining: no new connections, calls finish");
    app.engine.dismiss_readers();
    let finished = async {
        connections.close().await;
        app.engine.finish_background().await;
    };
    match timeout(deadline, finished).await {
        Ok(()) => tracing::info!("drained"),
        Err(_) => {
            tracing::warn!("the deadline ended the drain, running calls fail");
            let told = async {
                app.engine.give_up().await;
                connections.tasks.wait().await;
            };
            let _ = timeout(LAST_ANSWERS, told).await;
        }
    }
    app.engine.leave().await;
}

/// The connections of one listener.
struct Connections {
    router: Router,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl Connections {
    fn new(router: Router) -> Self {
        Self {
            router,
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }

    async fn accept(&self, listener: &TcpListener) {
        // The semaphore is never closed, so a permit always comes.
        while let Ok(permit) = self.permits.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = self.serve(stream, peer.ip());
                    self.tasks.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
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
        let router = self.router.clone();
        let closing = self.closing.clone();
        async move {
            if let Err(error) = converse(stream, peer, router, closing).await {
                tracing::debug!(%error, "a connection ended badly");
            }
        }
    }

    /// Resolves when the last connection is closed.
    async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn converse(
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    closing: CancellationToken,
) -> io::Result<()> {
    // A small answer would otherwise wait for a delayed acknowledgement, 40 ms.
    stream.set_nodelay(true)?;
    let hang_up = CancellationToken::new();
    let peer = Peer { network: network(peer), hang_up: hang_up.clone() };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.clone().call(request.map(Body::new))
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_DEADLINE)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        ended = &mut connection => return ended.map_err(io::Error::other),
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
        () = hang_up.cancelled() => return Ok(()),
    }
    tokio::select! {
        ended = connection => ended.map_err(io::Error::other),
        () = hang_up.cancelled() => Ok(()),
    }
}
