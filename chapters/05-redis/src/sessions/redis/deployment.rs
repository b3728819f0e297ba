//! What belongs to the deployment and to no session: which sessions are alive,
//! and the totals.

use std::slice;

use redis::{Cmd, RedisResult};

use super::RedisStore;
use super::scripts::{ALIVE, SWEEP};
use crate::sessions::{Entry, SessionId, Totals};

impl RedisStore {
    /// Tells the index when a session expires.
    pub(super) async fn refresh_index(
        &self,
        id: &SessionId,
        expiry: u64,
    ) -> RedisResult<()> {
        let list = Cmd::zadd(self.keys.index(), id.to_string(), expiry);
        self.connection.query(&list).await
    }

    /// Takes a session off the index.
    pub(super) async fn unlist(&self, id: &SessionId) -> RedisResult<()> {
        let remove = Cmd::zrem(self.keys.index(), id.to_string());
        self.connection.query(&remove).await
    }

    /// Adds entries to the totals.
    pub(super) async fn count(&self, entries: &[Entry]) -> RedisResult<()> {
        for entry in entries {
            let add = Cmd::hincr(self.keys.totals(), entry.operation, 1);
            self.connection.query::<()>(&add).await?;
        }
        Ok(())
    }

    /// The deployment's figures.
    pub(super) async fn count_all(&self) -> RedisResult<Totals> {
        let index = self.keys.index();
        let index = slice::from_ref(&index);
        let active_sessions = ALIVE.run(&self.connection, index, &[]).await?;
        let totals = Cmd::hgetall(self.keys.totals());
        let by_operation = self.connection.query(&totals).await?;
        Ok(Totals { by_operation, active_sessions })
    }

    /// Takes expired sessions off the index; returns how many. Redis has deleted
    /// their keys by itself.
    pub(super) async fn sweep_index(&self) -> RedisResult<u64> {
        let index = self.keys.index();
        SWEEP.run(&self.connection, slice::from_ref(&index), &[]).await
    }
}
