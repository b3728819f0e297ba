//! Sessions in Redis, shared by all nodes.
//!
//! Sessions are spread over 256 **shards** by the end of their ids. The name of its
//! shard is the **hash tag** of every key of a session, so a cluster keeps a shard on
//! one server, and a script may touch all of it. Every change of a session is one
//! script, and so is atomic.
//!
//! The index of live sessions and the owners' places are in no shard: in a cluster
//! they are on other servers. They may be wrong for a moment, their entries expire,
//! and the sweep corrects them by the sessions themselves.

mod cache;
mod deployment;
mod health;
mod keys;
mod operations;
mod record;
mod run;
mod scripts;
mod sweep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::join;
use redis::{Cmd, cmd};
use serde_json::value::RawValue;

pub use self::cache::GENERATION;
use self::cache::SessionCache;
pub(crate) use self::operations::SessionOperation;
use self::run::SERVER;
use self::scripts::{Append, AppendAudit, Create, Scripts, Touch, begin};
use super::audit::AuditEntry;
use super::clock::Timestamp;
use super::id::{NodeId, Principal, SessionId};
use super::record::{SessionInit, SessionRecord, Totals};
use super::store::{
    AppendedSession, HistoryAppend, Result, SessionStore, StoreError,
    StoreSettings, TouchedSession, Vitals,
};
use crate::protocol::RawJson;
use crate::protocol::logging::Level;
use crate::redis::{
    ConnectError, Connection, Keys, NO_ARGUMENTS, Part, Servers, StoreMetrics,
};

/// A [`SessionStore`] for any number of nodes.
pub struct RedisStore {
    pub(crate) connection: Connection<SessionOperation>,
    pub(crate) keys: Keys,
    /// This node. If another node served the session's last request, this node has
    /// reconstructed the session.
    node: NodeId,
    settings: StoreSettings,
    /// The beginning of every script on a session, also of those in the modules
    /// above.
    pub(crate) script_begin: Vec<Part>,
    scripts: Scripts,
    /// The suffixes of the keys that the modules above keep with a session.
    further_keys: Vec<&'static str>,
    cache: SessionCache,
    /// The eviction policy of the server, if it can lose parts of sessions.
    eviction_policy: Mutex<Option<String>>,
}

impl RedisStore {
    /// Connects within about 5 s. `node` is this node. The keys of `parts` live and
    /// end with each session, and their sources run when one ends.
    ///
    /// # Errors
    /// [`ConnectError`], whose text has no password in it.
    pub(crate) async fn connect(
        servers: &Servers,
        settings: StoreSettings,
        node: NodeId,
        keys: Keys,
        metrics: &StoreMetrics,
        parts: &[Part],
    ) -> Result<Self, ConnectError> {
        let connection = Connection::open(servers, metrics).await?;
        let script_begin = begin(&settings, parts);
        let further_keys = parts.iter().flat_map(|part| part.keys).copied();
        let store = Self {
            scripts: Scripts::new(&settings, &script_begin, parts),
            script_begin,
            further_keys: further_keys.collect(),
            cache: SessionCache::default(),
            connection,
            keys,
            node,
            settings,
            eviction_policy: Mutex::default(),
        };
        store.read_settings().await;
        Ok(store)
    }

    /// Returns this node.
    pub(crate) fn node(&self) -> &NodeId {
        &self.node
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, session: &SessionInit) -> Result<bool> {
        let (id, owner) = (&session.id, &session.owner);
        let now = self.take_place(id, owner).await?;
        if now == 0 {
            return Ok(false);
        }
        let capabilities = session.capabilities.to_words();
        let fields = record::encode(session, self.node.as_str(), &capabilities);
        let create = self.connection.run_script::<()>(
            SessionOperation::Create,
            &self.scripts.index.create,
            self.record_key(&id.to_string()),
            Create { fields: fields.as_flattened() },
        );
        let (created, ()) = join(create, self.refresh_index(id, owner, now)).await;
        if let Err(error) = created {
            self.remove_from_index(id, owner).await;
            return Err(error.into());
        }
        Ok(true)
    }

    async fn load(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<Option<SessionRecord>> {
        let fields = Cmd::hgetall(self.record_key(&id.to_string()));
        let fields: HashMap<String, String> =
            self.connection.query(SessionOperation::Load, &fields).await?;
        if fields.is_empty() {
            return Ok(None);
        }
        let record = record::decode(id, fields)?;
        Ok((record.init.principal == *principal).then_some(record))
    }

    async fn load_and_touch(
        &self,
        id: &SessionId,
        principal: &Principal,
        requests: usize,
    ) -> Result<Option<TouchedSession>> {
        let (asker, name) = (asker(principal), id.to_string());
        let requests = requests.to_string();
        let touched = self.connection.run_script(
            SessionOperation::LoadAndTouch,
            &self.scripts.session.touch,
            self.session_keys(&name),
            (self.in_session(&asker, &name), Touch { requests: &requests }),
        );
        let touched: Option<(String, HashMap<String, String>)> =
            self.refresh_index_after(id, touched.await?).await?;
        let Some((previous, fields)) = touched else {
            self.cache.forget(id);
            return Ok(None);
        };
        let record = record::decode(id, fields)?;
        self.cache.insert(&record);
        let reconstructed = previous != self.node.as_str();
        Ok(Some(TouchedSession { record, reconstructed }))
    }

    fn cached(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Option<(Arc<SessionInit>, Timestamp)> {
        self.cache.get(id, principal)
    }

    async fn touch(&self, id: &SessionId) -> Result<bool> {
        self.change(SessionOperation::Touch, id, "", "").await
    }

    async fn mark_ready(&self, id: &SessionId) -> Result<bool> {
        let ready = SessionOperation::MarkReady;
        self.change(ready, id, record::PHASE, record::READY).await
    }

    async fn set_log_level(&self, id: &SessionId, level: Level) -> Result<bool> {
        let set = SessionOperation::SetLogLevel;
        self.change(set, id, record::LOG_LEVEL, level.as_str()).await
    }

    async fn subscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        let field = record::subscription(uri);
        self.change(SessionOperation::Subscribe, id, &field, "1").await
    }

    async fn unsubscribe(&self, id: &SessionId, uri: &str) -> Result<bool> {
        let field = record::subscription(uri);
        self.change(SessionOperation::Unsubscribe, id, &field, "").await
    }

    async fn append_history(
        &self,
        id: &SessionId,
        append: &HistoryAppend,
    ) -> Result<Option<AppendedSession>> {
        // The time, the node of the last request, the log level, and a value for
        // each subscribed resource.
        type Found = (u64, String, String, Vec<Option<String>>);
        let (name, requests) = (id.to_string(), append.requests.to_string());
        let entries = append.entries.iter();
        let arguments = Append {
            requests: &requests,
            resources: &strings(&append.resources),
            operations: &entries.clone().map(|it| it.operation).collect::<Vec<_>>(),
            entries: &entries.map(|it| it.body.get()).collect::<Vec<_>>(),
        };
        let found = self.connection.run_script(
            SessionOperation::AppendHistory,
            &self.scripts.session.append,
            self.session_keys_and_totals(&name),
            (self.in_session(SERVER, &name), arguments),
        );
        let found: Option<Found> =
            self.refresh_index_after(id, found.await?).await?;
        let Some((now, previous, level, subscribed)) = found else {
            self.cache.forget(id);
            return Ok(None);
        };
        self.cache.set_time(Timestamp(now));
        let subscribed =
            append.resources.iter().zip(subscribed).filter(|(_, it)| it.is_some());
        Ok(Some(AppendedSession {
            reconstructed: append.requests > 0 && previous != self.node.as_str(),
            log_level: Level::from_name(&level),
            subscribed: subscribed.map(|(uri, _)| uri.clone()).collect(),
        }))
    }

    async fn read_history(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        let bodies = Cmd::lrange(self.part_key(&id.to_string(), "history"), 0, -1);
        let bodies: Vec<String> =
            self.connection.query(SessionOperation::ReadHistory, &bodies).await?;
        parse_all(bodies, "history")
    }

    async fn clear_history(&self, id: &SessionId) -> Result<Option<u64>> {
        let clear = SessionOperation::ClearHistory;
        let script = &self.scripts.session.clear_history;
        self.run_on_session(&self.connection, clear, script, id, NO_ARGUMENTS).await
    }

    async fn append_audit(
        &self,
        id: &SessionId,
        calls: Vec<AuditEntry>,
        keep: usize,
    ) -> Result<bool> {
        let parts: Vec<_> = calls.iter().flat_map(AuditEntry::parts).collect();
        let parts: Vec<_> = parts.iter().map(|part| part.get()).collect();
        let append = SessionOperation::AppendAudit;
        let script = &self.scripts.session.append_audit;
        let arguments = AppendAudit { keep: &keep.to_string(), parts: &parts };
        let appended: Option<u64> = self
            .run_on_session(&self.connection, append, script, id, arguments)
            .await?;
        Ok(appended.is_some())
    }

    async fn read_audit(&self, id: &SessionId) -> Result<Vec<RawJson>> {
        type Entries = Vec<(String, Vec<(String, String)>)>;
        let mut trail = cmd("XRANGE");
        trail.arg(self.part_key(&id.to_string(), "audit")).arg("-").arg("+");
        let entries: Entries =
            self.connection.query(SessionOperation::ReadAudit, &trail).await?;
        let parts =
            entries.into_iter().flat_map(|(_, parts)| parts).map(|(_, part)| part);
        parse_all(parts, "the audit trail")
    }

    async fn terminate(
        &self,
        id: &SessionId,
        principal: &Principal,
    ) -> Result<bool> {
        let (asker, name) = (asker(principal), id.to_string());
        let ended = self.connection.run_script(
            SessionOperation::Terminate,
            &self.scripts.end.terminate,
            self.session_keys(&name),
            self.in_session(&asker, &name),
        );
        let ended: Option<String> = ended.await?;
        let Some(owner) = ended else { return Ok(false) };
        self.cache.forget(id);
        self.remove_from_index(id, &owner).await;
        Ok(true)
    }

    async fn totals(&self) -> Result<Totals> {
        Ok(self.count_all().await?)
    }

    async fn probe(&self) -> Result<Vitals> {
        Ok(self.probe_once().await?)
    }

    async fn sweep(&self) -> Result<u64> {
        self.read_settings().await;
        Ok(self.sweep_index().await?)
    }
}

/// Parses stored JSON texts. `what` names them in the error.
fn parse_all(
    texts: impl IntoIterator<Item = String>,
    what: &'static str,
) -> Result<Vec<RawJson>> {
    let parsed = texts.into_iter().map(RawValue::from_string);
    parsed.collect::<Result<_, _>>().map_err(|_| StoreError::Damaged(what))
}

/// Returns the argument that names the asking principal in a script.
fn asker(principal: &Principal) -> String {
    format!("={}", principal.as_str())
}

fn strings(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
