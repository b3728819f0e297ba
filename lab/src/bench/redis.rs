//! The Redis of all nodes.

use std::io::Result as IoResult;

use testkit::RedisServer;
use testkit::programs::find;
use tokio::time::{sleep, timeout};

use crate::ports;
use lab::recorder::Recorder;

use super::{GLANCE, PATIENCE};

/// A Redis that no other program uses. It keeps its data on disk, so that a restart
/// loses nothing.
#[derive(Debug)]
pub struct Redis {
    /// The process and its data.
    pub server: RedisServer,
}

impl Redis {
    /// Starts it, and waits until it serves requests.
    ///
    /// # Errors
    /// A sentence, if it is not installed or does not start.
    pub async fn start() -> Result<Self, String> {
        if find("redis-server").is_none() {
            return Err(
                "this chapter needs redis-server, which is not installed: \
                        `apt-get install redis-server` on Debian, `brew install \
                        redis` on macOS"
                    .into(),
            );
        }
        let settings = ["--appendonly", "yes", "--appendfsync", "always"];
        let server = RedisServer::launch(&settings);
        let mut redis = Self { server: server.map_err(|error| error.to_string())? };
        redis.await_ready().await?;
        Ok(redis)
    }

    /// Starts it again with its data.
    ///
    /// # Errors
    /// A sentence, if it does not start.
    pub async fn start_again(&mut self) -> Result<(), String> {
        self.server.relaunch().map_err(|error| error.to_string())?;
        self.await_ready().await
    }

    async fn await_ready(&mut self) -> Result<(), String> {
        match timeout(PATIENCE, is_ready(&mut self.server)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("Redis does not start: {error}")),
            Err(_) => Err("Redis does not become ready".into()),
        }
    }

    /// Its own address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Opens a proxy for a node; the address for that node.
    ///
    /// # Errors
    /// A sentence, if there is no port.
    pub fn proxy(&self, recorder: &Recorder, node: &str) -> Result<String, String> {
        let proxy = ports::listen_anywhere()?;
        recorder.proxy_redis(node, proxy.listener, self.server.port());
        Ok(format!("redis://{}", proxy.address))
    }
}

async fn is_ready(server: &mut RedisServer) -> IoResult<()> {
    while !server.is_ready()? {
        sleep(GLANCE).await;
    }
    Ok(())
}
