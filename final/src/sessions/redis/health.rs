//! Checks that Redis does all that sessions need.

use redis::{Value, cmd};

use super::RedisStore;
use super::operations::SessionOperation;
use super::scripts::Probe;
use crate::lock::lock;
use crate::redis::Result;
use crate::sessions::{Timestamp, Vitals};

/// The lifetime of a probe's key in ms: the next probe does not need it.
const PROBE_MS: &str = "1000";

/// The only policy under which Redis keeps all that it has confirmed.
const SAFE_POLICY: &str = "noeviction";

impl RedisStore {
    /// Writes a short-lived key, in the same way as sessions, and counts the
    /// sessions. That is one script of two commands, because anyone may request it
    /// without a token. A command that has just failed makes it fail, too.
    pub(super) async fn probe_once(&self) -> Result<Vitals> {
        let time = self.cache.time().map(|now| now.0.to_string());
        let time = time.unwrap_or_default();
        let (now, active_sessions): (u64, u64) = self
            .connection
            .run_script(
                SessionOperation::Probe,
                &self.scripts.probe.probe,
                &[self.index(), self.probe_key()],
                Probe { lifetime: PROBE_MS, time: &time },
            )
            .await?;
        if time.is_empty() {
            self.cache.set_time(Timestamp(now));
        }
        if let Some(outage) = self.connection.last_outage() {
            return Err(outage);
        }
        let eviction_policy = lock(&self.eviction_policy).clone();
        Ok(Vitals { active_sessions, eviction_policy })
    }

    /// Reads the time and the eviction policy, so that no probe has to. A server
    /// that does not report its policy is assumed to be safe.
    pub(super) async fn read_settings(&self) {
        let read = SessionOperation::ReadSettings;
        let now = self.connection.read_time(read, &self.index()).await;
        if let Ok(now) = now {
            self.cache.set_time(Timestamp(now));
        }
        let info = self.connection.query(read, cmd("INFO").arg("memory")).await;
        let policy = info.ok().as_ref().and_then(unsafe_policy);
        let mut last = lock(&self.eviction_policy);
        if let Some(policy) = &policy
            && *last != Some(policy.clone())
        {
            tracing::warn!(
                policy,
                "Redis may evict parts of sessions when its memory is full; set \
                 maxmemory-policy to noeviction"
            );
        }
        *last = policy;
    }
}

/// Returns a policy that can lose parts of sessions, of one server or of any in a
/// cluster.
fn unsafe_policy(info: &Value) -> Option<String> {
    let text = match info {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::VerbatimString { text, .. } => text.clone(),
        Value::Map(servers) => {
            return servers.iter().find_map(|(_, info)| unsafe_policy(info));
        }
        Value::Array(servers) => return servers.iter().find_map(unsafe_policy),
        _ => return None,
    };
    let mut lines = text.lines();
    let policy = lines.find_map(|line| line.strip_prefix("maxmemory_policy:"))?;
    (policy != SAFE_POLICY).then(|| policy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(policy: &str) -> Value {
        let text =
            format!("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:{policy}\r\n");
        Value::BulkString(text.into_bytes())
    }

    #[test]
    fn any_policy_that_evicts_is_found_also_in_a_part_of_a_cluster() {
        for policy in ["allkeys-lru", "volatile-ttl", "volatile-random"] {
            assert_eq!(unsafe_policy(&info(policy)).as_deref(), Some(policy));
            let name = || Value::SimpleString("server".to_owned());
            let cluster = Value::Map(vec![
                (name(), info(SAFE_POLICY)),
                (name(), info(policy)),
            ]);
            assert_eq!(unsafe_policy(&cluster).as_deref(), Some(policy));
        }
        assert_eq!(unsafe_policy(&info(SAFE_POLICY)), None);
        assert_eq!(unsafe_policy(&Value::Nil), None);
    }
}
