//! Runs scripts on sessions, also those of the modules above.

use redis::{FromRedisValue, ToRedisArgs};

use super::RedisStore;
use super::operations::SessionOperation;
use super::scripts::{Change, InSession};
use crate::redis::{Connection, Script, StoreOperation};
use crate::sessions::SessionId;
use crate::sessions::store::Result;

/// The asker of a script for the server itself, on a session that it has found
/// before.
pub(super) const SERVER: &str = "";

impl RedisStore {
    /// Runs a script on a session, for the server itself. The script returns the
    /// time if the index needs to be refreshed, the owner, and the result; `None`
    /// if there is no such session.
    pub(crate) async fn run_on_session<O: StoreOperation, T: FromRedisValue>(
        &self,
        connection: &Connection<O>,
        operation: O,
        script: &Script,
        id: &SessionId,
        arguments: impl ToRedisArgs,
    ) -> Result<Option<T>> {
        let name = id.to_string();
        let arguments = (self.in_session(SERVER, &name), arguments);
        let keys = self.session_keys(&name);
        let answer = connection.run_script(operation, script, keys, arguments);
        self.refresh_index_after(id, answer.await?).await
    }

    /// Returns the arguments that every script on a session takes first.
    pub(super) fn in_session<'a>(
        &'a self,
        asker: &'a str,
        session: &'a str,
    ) -> InSession<'a> {
        InSession { asker, node: self.node.as_str(), session }
    }

    /// Refreshes the index if a script's answer requests it, and returns the rest.
    pub(super) async fn refresh_index_after<T>(
        &self,
        id: &SessionId,
        answer: Option<(u64, String, T)>,
    ) -> Result<Option<T>> {
        let Some((refresh, owner, answer)) = answer else { return Ok(None) };
        self.refresh_index(id, &owner, refresh).await;
        Ok(Some(answer))
    }

    /// Changes a field of the record; `false` if there is no such session.
    pub(super) async fn change(
        &self,
        operation: SessionOperation,
        id: &SessionId,
        field: &str,
        value: &str,
    ) -> Result<bool> {
        let script = &self.scripts.session.change;
        let change = Change { field, value };
        let changed: Option<u64> = self
            .run_on_session(&self.connection, operation, script, id, change)
            .await?;
        Ok(changed.is_some())
    }
}
