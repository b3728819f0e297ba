//! All that a handler may touch besides its arguments.

use std::sync::Arc;

use super::State;
use crate::sessions::{SessionRecord, SessionStore};

/// One running request, as its handler sees it.
pub struct Context {
    /// The session as it was when the request arrived.
    pub(crate) session: SessionRecord,
    /// Where the session is kept.
    pub(crate) store: Arc<dyn SessionStore>,
}

impl Context {
    /// The session's state in the store.
    pub fn state(&self) -> State<'_> {
        State { store: &*self.store, session: &self.session }
    }
}
