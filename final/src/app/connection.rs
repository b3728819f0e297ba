//! Serves one connection.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::idle::{Activity, Busy, Patience, TimedStream};
use super::slots::{ReservedSlot, Slot, Slots};
use crate::http::client_address::forwarded_network;
use crate::http::guards::Peer;
use crate::http::unread;

/// The deadlines of a connection. This node waits longer than the 60 s of load
/// balancers, because a balancer answers 502 if the node closes a connection on
/// which a request is arriving. The head of a request has much less time, from its
/// first byte on.
const PATIENCE: Patience =
    Patience { idle: Duration::from_secs(75), head: Duration::from_secs(30) };

/// The deadlines of a reserved connection. Probes send their request immediately.
const RESERVED_PATIENCE: Patience =
    Patience { idle: Duration::from_secs(2), head: Duration::from_secs(2) };

/// The state that all connections share.
#[derive(Clone)]
pub(super) struct Shared {
    pub router: Router,
    pub slots: Arc<Slots>,
    /// Once cancelled, the current request of every connection is its last.
    pub closing: CancellationToken,
    /// The peer is a proxy that names the client.
    pub trust_proxy: bool,
}

/// The place that a connection takes.
pub(super) enum ConnectionPlace {
    /// A place for clients.
    Regular { _slot: Slot },
    /// A place beyond that limit, for one request to an operators' route.
    Reserved(ReservedSlot),
}

impl ConnectionPlace {
    /// Returns what closes the connection early, how long it may wait, and whether it
    /// may send more than one request.
    fn terms(&self) -> (CancellationToken, Patience, bool) {
        match self {
            Self::Regular { .. } => (CancellationToken::new(), PATIENCE, true),
            Self::Reserved(slot) => {
                (slot.hang_up.clone(), RESERVED_PATIENCE, false)
            }
        }
    }
}

impl Shared {
    /// Finds a place for a connection from this network.
    pub fn admit(&self, network: &Arc<str>) -> ConnectionPlace {
        let network = (!self.trust_proxy).then_some(network);
        match self.slots.connection(network) {
            Some(_slot) => ConnectionPlace::Regular { _slot },
            None => ConnectionPlace::Reserved(self.slots.reserved()),
        }
    }

    /// Returns the client of a request. Behind a proxy, whose connections belong to
    /// many clients, the request takes a slot of its client.
    fn client_of(&self, peer: &Peer, headers: &HeaderMap) -> (Peer, Option<Slot>) {
        let mut peer = peer.clone();
        if !self.trust_proxy {
            return (peer, None);
        }
        if let Some(network) = forwarded_network(headers) {
            peer.network = network;
        }
        let slot = self.slots.request(&peer.network);
        peer.is_admitted &= slot.is_some();
        (peer, slot)
    }
}

/// Serves a connection to its end.
///
/// # Errors
/// [`io::Error`] if the connection breaks, or if the client violates HTTP.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    network: Arc<str>,
    place: ConnectionPlace,
    shared: Shared,
) -> io::Result<()> {
    let (hang_up, patience, is_admitted) = place.terms();
    let activity = Activity::default();
    let closing = shared.closing.clone();
    let stream = TimedStream::new(stream, activity.clone(), patience);
    let peer = Peer { network, hang_up: hang_up.clone(), is_admitted };
    let service = service_fn(move |request| {
        answer(&shared, &peer, activity.begin(), request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // hyper polls the stream after an answer only if it has a deadline
            // itself. The stream's own deadlines are shorter.
            .header_read_timeout(patience.idle + patience.head)
            .keep_alive(is_admitted)
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

/// Answers one request. The body of the answer holds the slot of the request.
fn answer(
    shared: &Shared,
    peer: &Peer,
    busy: Busy,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response<HeldBody>, Infallible>> + use<> {
    let (peer, slot) = shared.client_of(peer, request.headers());
    request.extensions_mut().insert(peer);
    let answer = unread::serve(shared.router.clone(), request);
    async move {
        let answer = answer.await?;
        Ok(answer.map(|body| HeldBody { body, _slot: slot, _busy: busy }))
    }
}

/// The body of an answer. The request ends when the body is dropped.
struct HeldBody {
    body: Body,
    _slot: Option<Slot>,
    _busy: Busy,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
