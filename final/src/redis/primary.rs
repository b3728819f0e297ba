//! The connection to a server that is no cluster: to the primary.
//!
//! A name or an address can move to another server while the connection to the old
//! one stays open, and a reconnect can be refused for a reason that passes: a user
//! that is switched off, too many clients, a server that is loading. So the
//! connection is checked while it is open, and replaced until it is usable again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, FromRedisValue,
    PushInfo, PushKind, RedisError, RedisResult, ServerErrorKind, Value,
};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::connection::ANSWER_DEADLINE;
use super::error::not_connected;

/// Pauses between attempts to reconnect: short, because a restarted server should
/// be found soon, and doubled up to the second one.
const BACKOFF: (Duration, Duration) =
    (Duration::from_millis(50), Duration::from_millis(500));
/// The number of attempts that commands wait for, about 150 ms. After these they
/// fail immediately while the attempts continue.
const PATIENCE: usize = 3;
/// The interval at which the server is asked whether it is still the primary.
/// Writes detect sooner that it is not; this is for a node that only reads, and for
/// a server that does not answer at all.
const CHECK: Duration = Duration::from_secs(1);
/// Commands that may wait to be sent, more than one busy node has in flight.
const PIPELINE: usize = 1024;

/// One multiplexed connection, shared by all calls. A task replaces it when it no
/// longer leads to the primary, and ends with the last clone.
#[derive(Clone)]
pub(crate) struct PrimaryConnection(watch::Receiver<State>);

enum State {
    Connected(Arc<Link>),
    Connecting,
    /// The last attempts failed, the latest for this reason.
    Refused(RedisError),
}

/// A connection, until it is broken.
struct Link {
    connection: MultiplexedConnection,
    opened: Instant,
    broken: CancellationToken,
}

impl PrimaryConnection {
    /// Connects, in one attempt.
    pub async fn open(server: &ConnectionInfo) -> RedisResult<Self> {
        let client = Client::open(server.clone())?;
        let link = Link::open(&client).await?;
        let (sender, state) = watch::channel(State::Connected(link.clone()));
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = keep_connected(&client, link, &sender) => {}
            }
        });
        Ok(Self(state))
    }

    /// Sends a command, once, and waits for the answer.
    pub async fn send<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let link = self.link().await.map_err(not_connected)?;
        let answer = command.query_async(&mut link.connection.clone()).await;
        let answer: Value = answer.inspect_err(|error| {
            if needs_another_connection(error) {
                link.broken.cancel();
            }
        })?;
        Ok(redis::from_redis_value(answer)?)
    }

    /// Waits until the present connection has been replaced.
    pub fn replaced(&self) -> impl Future<Output = ()> + use<> {
        let mut state = self.0.clone();
        state.mark_unchanged();
        async move {
            while state.changed().await.is_ok() {
                if matches!(*state.borrow_and_update(), State::Connected(_)) {
                    return;
                }
            }
        }
    }

    async fn link(&self) -> RedisResult<Arc<Link>> {
        if let State::Connected(link) = &*self.0.borrow() {
            return Ok(link.clone());
        }
        let mut state = self.0.clone();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting));
        let settled = timeout(ANSWER_DEADLINE, settled).await;
        match settled.map_err(io::Error::from)?.as_deref() {
            Ok(State::Connected(link)) => Ok(link.clone()),
            Ok(State::Refused(error)) => Err(error.clone()),
            // The process ends.
            Ok(State::Connecting) | Err(_) => {
                Err(io::Error::from(io::ErrorKind::NotConnected).into())
            }
        }
    }
}

/// Replaces the connection whenever it is broken.
async fn keep_connected(
    client: &Client,
    mut link: Arc<Link>,
    state: &watch::Sender<State>,
) {
    loop {
        link.until_broken().await;
        state.send_replace(State::Connecting);
        if link.opened.elapsed() < BACKOFF.1 {
            // It broke immediately, and the next one may, too.
            sleep(BACKOFF.1).await;
        }
        link = reconnect(client, state).await;
        tracing::info!("connected to Redis again");
        state.send_replace(State::Connected(link.clone()));
    }
}

/// Tries until it succeeds. No refusal is final, because operators may correct the
/// server or its address at any time.
async fn reconnect(client: &Client, state: &watch::Sender<State>) -> Arc<Link> {
    let (mut attempts, mut pause) = (0, BACKOFF.0);
    loop {
        let error = match Link::open(client).await {
            Ok(link) => return link,
            Err(error) => error,
        };
        attempts += 1;
        if attempts == PATIENCE {
            tracing::warn!(%error, "no connection to Redis, trying on");
        }
        if attempts >= PATIENCE {
            state.send_replace(State::Refused(error));
        }
        sleep(pause).await;
        pause = BACKOFF.1.min(2 * pause);
    }
}

impl Link {
    async fn open(client: &Client) -> RedisResult<Arc<Self>> {
        let broken = CancellationToken::new();
        let on_push = broken.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_DEADLINE))
            .set_response_timeout(Some(ANSWER_DEADLINE))
            .set_pipeline_buffer_size(PIPELINE)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    on_push.cancel();
                }
                Ok::<_, io::Error>(())
            });
        let connection =
            client.get_multiplexed_async_connection_with_config(&config).await?;
        let link = Self { connection, opened: Instant::now(), broken };
        link.check().await?;
        Ok(Arc::new(link))
    }

    /// Fails unless the server takes commands and is a primary.
    async fn check(&self) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        redis::cmd("PING").query_async::<()>(&mut connection).await?;
        let mut info = redis::cmd("INFO");
        let info: String =
            info.arg("replication").query_async(&mut connection).await?;
        if info.contains("role:slave") {
            let kind = ErrorKind::Server(ServerErrorKind::ReadOnly);
            return Err((kind, "this server is a replica").into());
        }
        Ok(())
    }

    async fn until_broken(&self) {
        let mut checks = interval_at(Instant::now() + CHECK, CHECK);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watch = async {
            loop {
                checks.tick().await;
                if let Err(error) = self.check().await {
                    tracing::warn!(%error, "the connection to Redis is replaced");
                    return;
                }
            }
        };
        tokio::select! {
            () = self.broken.cancelled() => {}
            () = watch => {}
        }
    }
}

/// Returns whether the server refuses, and another one at the same address might
/// not.
fn needs_another_connection(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    let elsewhere = matches!(
        error.kind(),
        ErrorKind::Server(BusyLoading | MasterDown | ReadOnly)
    );
    elsewhere || error.is_unrecoverable_error() || error.code() == Some("NOAUTH")
}
