//! The context of a request: all that a handler may use besides its arguments.

use std::sync::Arc;

use super::SessionHandle;
use crate::sessions::{SessionRecord, SessionStore};

/// The context of one running request.
pub struct Context {
    /// The session as it was when the request arrived.
    pub(crate) session: SessionRecord,
    /// Where the session is kept.
    pub(crate) store: Arc<dyn SessionStore>,
}

impl Context {
    /// The caller's session.
    pub fn state(&self) -> SessionHandle<'_> {
        SessionHandle { store: &*self.store, session: &self.session }
    }
}
