//! Finds the session of a request.

use std::sync::Arc;

use super::Engine;
use crate::service::Session;
use crate::sessions::{SessionId, StoreError};

impl Engine {
    /// Finds a session, whichever node opened it, and counts `requests` of it. This
    /// node needs nothing but the stored record to continue it.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub async fn load_and_touch(
        &self,
        id: &SessionId,
        requests: usize,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        let found = Session::load_and_touch(&self.store, id, requests).await?;
        Ok(found.map(Arc::new))
    }
}
