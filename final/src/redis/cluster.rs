//! The connection to a cluster. Its client knows which server has which key, but
//! does not wait while a key is moved to another server.

use std::time::Duration;

use redis::ServerErrorKind::{Ask, ClusterDown, Moved, ReadOnly, TryAgain};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{
    Cmd, ConnectionInfo, ErrorKind, FromRedisValue, RedisError, RedisResult, Value,
};
use tokio::time::sleep;

use super::connection::{ANSWER_DEADLINE, tcp_settings};

/// How often a command is repeated that a cluster has refused to run, within about
/// 600 ms: scripts are refused while a slot with some of their keys moves.
const REDIRECTS: u32 = 6;

/// Connects to the cluster that these servers are part of.
pub(super) async fn open_cluster(
    servers: &[ConnectionInfo],
) -> RedisResult<ClusterConnection> {
    let client = ClusterClientBuilder::new(servers.to_vec())
        .tcp_settings(tcp_settings())
        .connection_timeout(ANSWER_DEADLINE)
        .response_timeout(ANSWER_DEADLINE)
        // Its own retries would repeat a command whose answer was lost, and so run
        // it twice.
        .retries(0)
        .build()?;
    client.get_async_connection().await
}

/// Sends a command; repeats it only if the cluster has refused to run it.
pub(super) async fn send_to_cluster<T: FromRedisValue>(
    cluster: &ClusterConnection,
    command: &Cmd,
) -> RedisResult<T> {
    let mut cluster = cluster.clone();
    for attempt in 0..REDIRECTS {
        let mut answer = command.query_async(&mut cluster).await;
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Server(Ask)
            && let Some((node, _)) = error.redirect_node()
        {
            answer = ask(&mut cluster, node, command).await;
        }
        match answer {
            Err(error) if is_redirect(&error) => {
                // Meanwhile the client finds the key's new server.
                tracing::debug!(%error, "the cluster is changing");
                sleep(Duration::from_millis(10 << attempt)).await;
            }
            answer => return answer,
        }
    }
    command.query_async(&mut cluster).await
}

/// Sends a command to the server to which the key's slot is being moved, and which
/// already has the key.
async fn ask<T: FromRedisValue>(
    cluster: &mut ClusterConnection,
    node: &str,
    command: &Cmd,
) -> RedisResult<T> {
    let (host, port) = node.rsplit_once(':').unwrap_or((node, ""));
    let port = port.parse().unwrap_or_default();
    let there = SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port };
    let mut asking = redis::pipe();
    asking.cmd("ASKING").add_command(command.clone());
    let answers = cluster.route_pipeline(asking, 1, 1, there).await?;
    let answer = answers.into_iter().next().unwrap_or(Value::Nil);
    Ok(redis::from_redis_value(answer.extract_error()?)?)
}

/// Returns whether the cluster did not run the command, because its keys are, or
/// will be, on another server.
fn is_redirect(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(Ask | ClusterDown | Moved | ReadOnly | TryAgain)
            | ErrorKind::ClusterConnectionNotFound
    )
}
