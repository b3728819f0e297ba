//! The connection to a Redis server.

use std::io;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    ServerErrorKind, ToRedisArgs,
};
use tokio::time::timeout;

use super::scripts::{Script, evaluate};

/// How long [`Connection::open`] tries altogether.
const OPEN_DEADLINE: Duration = Duration::from_secs(5);
/// How long one attempt to connect, or one reply, may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(1);
/// The server does not have the script of this hash.
const UNKNOWN_SCRIPT: ErrorKind = ErrorKind::Server(ServerErrorKind::NoScript);

/// One multiplexed connection, shared by all calls; it reconnects by itself.
#[derive(Clone)]
pub(crate) struct Connection(ConnectionManager);

/// Why the connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not the URL of a Redis server.
    #[error("REDIS_URL cannot be used: {0}")]
    Url(RedisError),
    /// The server could not be reached, refused the connection, or did not answer.
    #[error("cannot connect to Redis at {address}: {reason}")]
    Refused {
        /// Host and port.
        address: String,
        /// The error of the client library.
        reason: RedisError,
    },
}

impl Connection {
    /// Connects to the server at this URL.
    pub async fn open(url: &str) -> Result<Self, ConnectError> {
        let client = Client::open(url).map_err(ConnectError::Url)?;
        let address = client.get_connection_info().addr().to_string();
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_DEADLINE))
            .set_response_timeout(Some(ANSWER_DEADLINE));
        let opened = ConnectionManager::new_with_config(client, config);
        let opened = timeout(OPEN_DEADLINE, opened).await;
        let opened =
            opened.unwrap_or_else(|late| Err(io::Error::from(late).into()));
        opened.map(Self).map_err(|reason| ConnectError::Refused { address, reason })
    }

    /// Sends a command at most once, and waits for the reply.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        command.query_async(&mut self.0.clone()).await
    }

    /// Runs a script. If the server does not have it, because the script is new or
    /// the server was restarted, the source is sent. That is no second attempt,
    /// because the server ran nothing.
    pub async fn run_script<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: impl ToRedisArgs,
        arguments: impl ToRedisArgs,
    ) -> RedisResult<T> {
        let by_hash = evaluate("EVALSHA", &script.hash, &keys, &arguments);
        match self.query(&by_hash).await {
            Err(error) if error.kind() == UNKNOWN_SCRIPT => {
                let source = &script.source;
                let by_source = evaluate("EVAL", source, &keys, &arguments);
                self.query(&by_source).await
            }
            answer => answer,
        }
    }
}
