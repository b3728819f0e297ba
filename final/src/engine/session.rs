//! Finds the session of a request.

use std::sync::Arc;

use super::{Caller, Engine};
use crate::error::Error;
use crate::protocol::method::Method;
use crate::service::{Session, SessionHandle};
use crate::sessions::SessionId;

impl Engine {
    /// Finds a session, whichever node opened it, and counts `requests` of it. This
    /// node needs nothing but the stored record to continue it.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], also for a session of another principal;
    /// [`Error::Store`] if storage does not answer.
    pub async fn load_and_touch(
        &self,
        id: &SessionId,
        caller: &Caller,
        requests: usize,
    ) -> Result<Arc<Session>, Error> {
        let principal = &caller.principal;
        let found = Session::load_and_touch(&self.node, id, principal, requests);
        Ok(Arc::new(found.await?.ok_or(Error::SessionNotFound)?))
    }

    /// Finds a session in this node's cache, for a method that may start before
    /// storage has confirmed the session: `tools/call` alone, which confirms it
    /// when its tool needs that. A short call then waits for storage once instead
    /// of twice.
    pub fn cached_session(
        &self,
        method: Method,
        id: &SessionId,
        caller: &Caller,
    ) -> Option<SessionHandle> {
        if method != Method::CallTool {
            return None;
        }
        let (init, now) = self.node.store.cached(id, &caller.principal)?;
        Some(SessionHandle::cached(&self.node, init, now))
    }

    /// Finds a session without touching it, for a request that will be refused. Its
    /// expiry is not postponed.
    ///
    /// # Errors
    /// As for [`load_and_touch`](Self::load_and_touch).
    pub async fn load(
        &self,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Arc<Session>, Error> {
        let found = self.node.store.load(id, &caller.principal).await?;
        let record = found.ok_or(Error::SessionNotFound)?;
        Ok(Arc::new(Session::loaded(&self.node, record)))
    }
}
