//! How a request finds its session.

use std::sync::Arc;

use super::{Caller, Engine, dispatch};
use crate::error::Error;
use crate::protocol::jsonrpc::Request;
use crate::protocol::method::Method;
use crate::protocol::tools::ToolName;
use crate::service::session_ref::SessionRef;
use crate::sessions::{SessionId, SessionInit};

/// A session at the moment of a visit.
#[derive(Clone)]
pub struct Session {
    pub(super) visit: Arc<SessionRef>,
}

impl Session {
    /// What it was opened with.
    pub fn init(&self) -> &SessionInit {
        &self.visit.opened
    }

    /// Makes sure that it is there, if that was not known when it was visited.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn confirm(&self) -> Result<(), Error> {
        self.visit.confirm().await?;
        Ok(())
    }

    /// Waits until storage has answered the visit, whatever it has.
    pub async fn wait_for_outcome(&self) {
        self.visit.wait_for_outcome().await;
    }
}

impl Engine {
    /// Finds a session, on whichever node it was opened, and counts the visit.
    /// Nothing of it needs to be on this node: the record is enough to go on.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], also for a session of somebody else;
    /// [`Error::Store`] if it cannot be told.
    pub async fn load_and_touch(
        &self,
        id: &SessionId,
        caller: &Caller,
        requests: usize,
    ) -> Result<Session, Error> {
        let principal = &caller.principal;
        let found =
            SessionRef::load_and_touch(&self.common, id, principal, requests)
                .await?;
        let visit = found.ok_or(Error::SessionNotFound)?;
        Ok(Session { visit })
    }

    /// Like [`load_and_touch`](Self::load_and_touch) for one request. If it allows that and this node
    /// remembers the session, the visit is made with the first thing that depends on
    /// it: so a short call waits for storage once and not twice.
    ///
    /// # Errors
    /// As for [`load_and_touch`](Self::load_and_touch).
    pub async fn session_for(
        &self,
        request: &Request,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Session, Error> {
        let remembered = self.store.cached(id, &caller.principal);
        if let Some((opened, now)) = remembered
            && self.may_start_unconfirmed(request)
        {
            return Ok(Session {
                visit: SessionRef::unconfirmed(&self.common, opened, now),
            });
        }
        self.load_and_touch(id, caller, 1).await
    }

    fn may_start_unconfirmed(
        &self,
        Request { method, params, .. }: &Request,
    ) -> bool {
        Method::parse(method) == Method::CallTool
            && dispatch::parse::<ToolName<'_>>(params.as_ref())
                .is_ok_and(|tool| self.service.stays_in_context(&tool.name))
    }

    /// Finds a session and leaves it as it is, not even its expiry postponed:
    /// for a request that will be refused.
    ///
    /// # Errors
    /// As for [`load_and_touch`](Self::load_and_touch).
    pub async fn load(
        &self,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Session, Error> {
        let found = self.store.load(id, &caller.principal).await?;
        let record = found.ok_or(Error::SessionNotFound)?;
        Ok(Session { visit: SessionRef::loaded(&self.common, record) })
    }
}
