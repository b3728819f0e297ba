//! Runs scripts on sessions.

use redis::{FromRedisValue, ToRedisArgs};

use super::RedisStore;
use super::scripts::{Change, InSession};
use crate::redis::Script;
use crate::sessions::SessionId;
use crate::sessions::store::Result;

impl RedisStore {
    /// Runs a script on a session. The script returns when the session expires, and
    /// the result; `None` if there is no such session.
    pub(super) async fn run_on_session<T: FromRedisValue>(
        &self,
        script: &Script,
        id: &SessionId,
        arguments: impl ToRedisArgs,
    ) -> Result<Option<T>> {
        let keys = self.session_keys(&id.to_string());
        let arguments = (InSession { node: self.node.as_str() }, arguments);
        let answer: Option<(u64, T)> =
            self.connection.run_script(script, keys, arguments).await?;
        let Some((expiry, answer)) = answer else { return Ok(None) };
        self.refresh_index(id, expiry).await?;
        Ok(Some(answer))
    }

    /// Changes a field of the record; `false` if there is no such session.
    pub(super) async fn change(
        &self,
        id: &SessionId,
        field: &str,
        value: &str,
    ) -> Result<bool> {
        let script = &self.scripts.session.change;
        let change = Change { field, value };
        let changed: Option<u64> = self.run_on_session(script, id, change).await?;
        Ok(changed.is_some())
    }
}
