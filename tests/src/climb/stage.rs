//! What a scenario finds: running nodes, and what it may do to them.

use super::server::{Launched, Place};
use super::visitor::Visitor;
use super::{Answer, Complaint, Need, Server};
use crate::{Pipes, RedisServer, Transcript};

/// The nodes of one scenario. Dropping it ends those that were started for it.
pub struct Stage {
    places: Vec<Place>,
    launched: Vec<Launched>,
    command: Option<String>,
    redis: Option<RedisServer>,
    transcript: Transcript,
}

impl Stage {
    /// Starts what the needs ask for; a server that runs already needs nothing.
    pub(super) async fn set(
        server: &Server,
        needs: &[Need],
    ) -> Result<Self, Complaint> {
        let mut stage = Self {
            places: Vec::new(),
            launched: Vec::new(),
            command: None,
            redis: None,
            transcript: Transcript::default(),
        };
        match server {
            Server::Running(place) => stage.places.push(place.clone()),
            Server::Command(command) => {
                stage.command = Some(command.clone());
                stage.launch(command, needs).await?;
            }
        }
        Ok(stage)
    }

    async fn launch(
        &mut self,
        command: &str,
        needs: &[Need],
    ) -> Result<(), Complaint> {
        if needs.contains(&Need::Stdio) {
            return Ok(());
        }
        let mut settings = Vec::new();
        for need in needs {
            if let Need::Setting(name, value) = need {
                settings.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let count = if needs.contains(&Need::TwoNodes) { 2 } else { 1 };
        if count > 1 {
            let redis = RedisServer::start().await;
            settings.push(("USE_REDIS".to_owned(), "true".to_owned()));
            settings.push(("REDIS_URL".to_owned(), redis.url()));
            self.redis = Some(redis);
        }
        for _ in 0..count {
            let node = Launched::start(command, &settings).await?;
            self.places.push(node.place.clone());
            self.launched.push(node);
        }
        Ok(())
    }

    /// A client that has not said anything yet, in front of the first node.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(self.places[0].clone())
    }

    /// A client that has shaken hands with the first node.
    ///
    /// # Errors
    /// If the server does not shake hands.
    pub async fn visitor(&self) -> Result<Visitor, Complaint> {
        self.stranger().shake_hands().await
    }

    /// The same client in front of another node, from 0.
    pub fn move_to(&self, node: usize, visitor: &Visitor) -> Visitor {
        visitor.at(self.places[node].clone())
    }

    /// Kills a node, from 0.
    pub fn kill(&mut self, node: usize) {
        self.launched[node].kill();
    }

    /// Deletes all data and scripts, as if Redis had been restarted without its disk.
    ///
    /// # Errors
    /// If the nodes have no Redis.
    pub async fn empty_redis(&self) -> Result<(), Complaint> {
        let redis = self.redis.as_ref().ok_or("there is no Redis")?;
        redis.command(&["FLUSHALL"]).await;
        redis.command(&["SCRIPT", "FLUSH"]).await;
        Ok(())
    }

    /// The server at the other end of two pipes.
    ///
    /// # Errors
    /// If there is no command to start it with.
    pub fn pipes(&self) -> Result<Pipes, Complaint> {
        let command = self.command.as_ref().ok_or("there is no command")?;
        Ok(Launched::pipes(command))
    }

    /// Writes an exchange down: what is worth comparing between chapters.
    pub fn note(&mut self, answer: &Answer) {
        self.transcript.add(&answer.exchange);
    }

    /// What was written down.
    pub(super) fn transcript(&self) -> String {
        self.transcript.to_string()
    }
}
