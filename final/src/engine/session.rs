//! How a request finds its session.

use std::sync::Arc;

use super::{Caller, Engine, dispatch};
use crate::{
    error::Error,
    protocol::{jsonrpc::Request, method::Method, tools::ToolName},
    service::visit::Visit,
    sessions::{NewSession, SessionId},
};

/// A session at the moment of a visit.
#[derive(Clone)]
pub struct Session {
    pub(super) visit: Arc<Visit>,
}

impl Session {
    /// What it was opened with.
    pub fn opened(&self) -> &NewSession {
        &self.visit.opened
    }

    /// Makes sure that it is there, if that was not known when it was visited.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], [`Error::Store`].
    pub async fn arrive(&self) -> Result<(), Error> {
        self.visit.arrive().await?;
        Ok(())
    }

    /// Waits until storage has answered the visit, whatever it has.
    pub async fn settle(&self) {
        self.visit.settle().await;
    }
}

impl Engine {
    /// Finds a session, on whichever node it was opened, and counts the visit.
    /// Nothing of it needs to be on this node: the record is enough to go on.
    ///
    /// # Errors
    /// [`Error::SessionNotFound`], also for a session of somebody else;
    /// [`Error::Store`] if it cannot be told.
    pub async fn enter(
        &self,
        id: &SessionId,
        caller: &Caller,
        requests: usize,
    ) -> Result<Session, Error> {
        let principal = &caller.principal;
        let found = Visit::enter(&self.common, id, principal, requests).await?;
        let visit = found.ok_or(Error::SessionNotFound)?;
        Ok(Session { visit })
    }

    /// Like [`enter`](Self::enter) for one request. If it allows that and this node
    /// remembers the session, the visit is made with the first thing that depends on
    /// it: so a short call waits for storage once and not twice.
    ///
    /// # Errors
    /// As for [`enter`](Self::enter).
    pub async fn enter_for(
        &self,
        request: &Request,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Session, Error> {
        let remembered = self.store.remembered(id, &caller.principal);
        if let Some((opened, now)) = remembered
            && self.may_begin_early(request)
        {
            return Ok(Session { visit: Visit::due(&self.common, opened, now) });
        }
        self.enter(id, caller, 1).await
    }

    fn may_begin_early(&self, Request { method, params, .. }: &Request) -> bool {
        Method::parse(method) == Method::CallTool
            && dispatch::parse::<ToolName<'_>>(params.as_ref())
                .is_ok_and(|tool| self.service.stays_in_context(&tool.name))
    }

    /// Finds a session and leaves it as it is, not even its expiry postponed:
    /// for a request that will be refused.
    ///
    /// # Errors
    /// As for [`enter`](Self::enter).
    pub async fn find(
        &self,
        id: &SessionId,
        caller: &Caller,
    ) -> Result<Session, Error> {
        let found = self.store.load(id, &caller.principal).await?;
        let record = found.ok_or(Error::SessionNotFound)?;
        Ok(Session { visit: Visit::made(&self.common, record) })
    }
}
