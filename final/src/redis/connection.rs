//! The connection to a Redis server or cluster.

use std::future::pending;
use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use redis::aio::PubSub;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, FromRedisValue,
    IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult, ServerErrorKind,
    ToRedisArgs,
};
use tokio::time::timeout;

use super::cluster::{open_cluster, send_to_cluster};
use super::error::{CommandError, Result};
use super::meter::{Meter, StoreMetrics, StoreOperation};
use super::primary::PrimaryConnection;
use super::scripts::{NO_ARGUMENTS, READ_TIME, Script, evaluate};

/// The time limit of [`Connection::open`] over all attempts.
const OPEN_DEADLINE: Duration = Duration::from_secs(5);
/// How long one attempt to connect, or one answer, may take.
pub(crate) const ANSWER_DEADLINE: Duration = Duration::from_secs(1);
/// A connection counts as broken after this time without an acknowledgement. A
/// partition drops packets silently, and by default TCP retries for minutes.
const SILENCE_DEADLINE: Duration = Duration::from_secs(2);
/// The server does not have the script of this hash.
const UNKNOWN_SCRIPT: ErrorKind = ErrorKind::Server(ServerErrorKind::NoScript);

/// One multiplexed connection, shared by all calls; it reconnects by itself. Every
/// command on it is one of the operations `O`, and is measured as such.
pub(crate) struct Connection<O> {
    topology: Topology,
    meter: Meter<O>,
}

#[derive(Clone)]
enum Topology {
    Single(PrimaryConnection),
    Cluster(ClusterConnection),
}

/// The addresses of Redis: one server, or several of one cluster.
#[derive(Debug, Clone)]
pub struct Servers(Vec<ConnectionInfo>);

/// The reason why there is no connection. The text names the address, never a
/// password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not the URL of a Redis server.
    #[error("REDIS_URL cannot be used: {0}")]
    Url(RedisError),
    /// It could not be reached, refused the connection, did not answer, or is one
    /// of several that form no cluster: then not all nodes would see the same
    /// sessions.
    #[error("cannot connect to Redis at {addresses}: {}", first_line(.reason))]
    Refused {
        /// Host and port, of each server if there are several.
        addresses: String,
        /// The error of the client library.
        reason: RedisError,
    },
}

/// Returns the first line of an error. Further lines may quote a server that is not
/// Redis.
fn first_line(reason: &RedisError) -> String {
    reason.to_string().lines().next().unwrap_or_default().to_owned()
}

impl Servers {
    /// Parses comma-separated URLs.
    ///
    /// # Errors
    /// [`ConnectError::Url`]
    pub fn parse(urls: &str) -> Result<Self, ConnectError> {
        // TLS needs a provider, and panics if there are none or several to choose
        // from. An error means that the process already has one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let servers = urls.split(',').map(|url| url.trim().into_connection_info());
        let servers: RedisResult<Vec<_>> =
            servers.map(|server| server.map(with_settings)).collect();
        servers.map(Self).map_err(ConnectError::Url)
    }

    /// Opens a connection that receives the messages of these channels. In a
    /// cluster every server receives all messages.
    pub(crate) async fn subscribe(&self, channels: &[&str]) -> RedisResult<PubSub> {
        let mut last = (ErrorKind::InvalidClientConfig, "no address").into();
        for server in &self.0 {
            let opened = timeout(ANSWER_DEADLINE, subscriber(server, channels));
            let opened = opened.await;
            match opened.unwrap_or_else(|late| Err(io::Error::from(late).into())) {
                Ok(subscriber) => return Ok(subscriber),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn subscriber(
    server: &ConnectionInfo,
    channels: &[&str],
) -> RedisResult<PubSub> {
    // The client's subscriber speaks the older protocol only.
    let redis =
        server.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
    let client = Client::open(server.clone().set_redis_settings(redis))?;
    let mut subscriber = client.get_async_pubsub().await?;
    subscriber.subscribe(channels).await?;
    Ok(subscriber)
}

impl<O: StoreOperation> Connection<O> {
    /// Connects to a server, or to the cluster that it turns out to be part of.
    pub async fn open(
        Servers(servers): &Servers,
        metrics: &StoreMetrics,
    ) -> Result<Self, ConnectError> {
        let opened = timeout(OPEN_DEADLINE, Topology::open_any(servers)).await;
        let opened =
            opened.unwrap_or_else(|late| Err(io::Error::from(late).into()));
        let topology = opened.map_err(|reason| {
            let addresses: Vec<_> =
                servers.iter().map(|server| server.addr().to_string()).collect();
            ConnectError::Refused { addresses: addresses.join(", "), reason }
        })?;
        Ok(Self { topology, meter: metrics.meter() })
    }

    /// Returns the same connection, for the operations of another module.
    pub fn with_operations<P: StoreOperation>(&self) -> Connection<P> {
        Connection {
            topology: self.topology.clone(),
            meter: self.meter.with_operations(),
        }
    }

    /// Sends a command and waits for the answer. The command is sent **at most
    /// once**; only if the server has refused to run it, it is repeated.
    pub async fn query<T: FromRedisValue>(
        &self,
        operation: O,
        command: &Cmd,
    ) -> Result<T> {
        self.meter.measure(operation, self.topology.send(command)).await
    }

    /// Runs a script. If the server does not have it, because the script is new or
    /// the server was restarted, the source is sent. That is no second attempt,
    /// because the server ran nothing.
    pub async fn run_script<T: FromRedisValue>(
        &self,
        operation: O,
        script: &Script,
        keys: impl ToRedisArgs,
        arguments: impl ToRedisArgs,
    ) -> Result<T> {
        let run = async {
            let by_hash = evaluate("EVALSHA", &script.hash, &keys, &arguments);
            match self.topology.send(&by_hash).await {
                Err(error) if error.kind() == UNKNOWN_SCRIPT => {
                    let source = &script.source;
                    let by_source = evaluate("EVAL", source, &keys, &arguments);
                    self.topology.send(&by_source).await
                }
                answer => answer,
            }
        };
        self.meter.measure(operation, run).await
    }

    /// Reads the clock of the server that has this key, in ms.
    pub async fn read_time(&self, operation: O, key: &str) -> Result<u64> {
        self.run_script(operation, &READ_TIME, key, NO_ARGUMENTS).await
    }

    /// Returns the error of a command that has just failed, even if a probe
    /// succeeds: a server may refuse only some commands, or only some keys.
    pub fn last_outage(&self) -> Option<CommandError> {
        self.meter.last_outage()
    }

    /// Waits until the present server has been replaced by another connection;
    /// forever in a cluster, whose client knows where the servers are.
    pub fn replaced(&self) -> impl Future<Output = ()> + use<O> {
        match &self.topology {
            Topology::Single(primary) => primary.replaced().left_future(),
            Topology::Cluster(_) => pending().right_future(),
        }
    }
}

impl Topology {
    /// Asks one server after another for its topology; the first answer counts.
    async fn open_any(servers: &[ConnectionInfo]) -> RedisResult<Self> {
        let mut last = (ErrorKind::InvalidClientConfig, "no address").into();
        for server in servers {
            match is_cluster(server).await {
                Ok(true) => return open_cluster(servers).await.map(Self::Cluster),
                Ok(false) if servers.len() > 1 => {
                    let problem = "several addresses, one not part of a cluster";
                    let address = server.addr().to_string();
                    let kind = ErrorKind::InvalidClientConfig;
                    return Err((kind, problem, address).into());
                }
                Ok(false) => {
                    return PrimaryConnection::open(server).await.map(Self::Single);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn send<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::Single(primary) => primary.send(command).await,
            Self::Cluster(cluster) => send_to_cluster(cluster, command).await,
        }
    }
}

pub(super) fn tcp_settings() -> TcpSettings {
    TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(
            TcpKeepalive::new()
                .with_time(2 * SILENCE_DEADLINE)
                .with_interval(SILENCE_DEADLINE),
        )
        .set_user_timeout(SILENCE_DEADLINE)
}

fn with_settings(server: ConnectionInfo) -> ConnectionInfo {
    // With RESP3 the client notices a broken connection immediately, not at the
    // next command.
    let redis =
        server.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    server.set_tcp_settings(tcp_settings()).set_redis_settings(redis)
}

/// Asks the server whether it is part of a cluster. A managed cluster has a single
/// address, so the number of addresses does not decide.
async fn is_cluster(server: &ConnectionInfo) -> RedisResult<bool> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_DEADLINE))
        .set_response_timeout(Some(ANSWER_DEADLINE));
    let client = Client::open(server.clone())?;
    let mut asked =
        client.get_multiplexed_async_connection_with_config(&config).await?;
    let info: String =
        redis::cmd("INFO").arg("cluster").query_async(&mut asked).await?;
    Ok(info.contains("cluster_enabled:1"))
}
