//! The context of a request: all that a handler may use besides its arguments.

use std::sync::Arc;

use super::session::{Session, SessionHandle};
use crate::sessions::SessionInit;

/// One running request, as its handler sees it.
pub struct Context {
    session: Arc<Session>,
}

impl Context {
    /// Creates the context of a request.
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// Returns the values with which the session was opened. Its present values are
    /// in its [state](Self::state).
    pub fn session(&self) -> &SessionInit {
        self.session.init()
    }

    /// The caller's session.
    pub fn state(&self) -> SessionHandle {
        self.session.clone().into()
    }
}
