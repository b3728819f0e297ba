//! What operators ask for, at most once a second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;

use super::Engine;
use crate::lock::lock;
use crate::sessions::{SessionStore, StoreError, Vitals};

/// For how long an answer of storage is shared. Anybody may ask without a token, so
/// however often they do, storage must not notice.
const SHARED: Duration = Duration::from_secs(1);

type Answer = Result<Vitals, StoreError>;

/// The last answer, or the one that is on its way, and since when it is.
#[derive(Default)]
pub(super) struct LastVitals(
    Mutex<Option<(Instant, Shared<BoxFuture<'static, Answer>>)>>,
);

impl LastVitals {
    fn get(
        &self,
        store: &Arc<dyn SessionStore>,
    ) -> Shared<BoxFuture<'static, Answer>> {
        let mut last = lock(&self.0);
        if let Some((since, answer)) = &*last
            && since.elapsed() < SHARED
        {
            return answer.clone();
        }
        let store = store.clone();
        let answer = async move { store.probe().await }.boxed().shared();
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

impl Engine {
    /// The state of storage and the figures for `/health` and `/metrics`, at most a
    /// second old.
    ///
    /// # Errors
    /// [`StoreError`] if sessions cannot be written.
    pub async fn vitals(&self) -> Result<Vitals, StoreError> {
        self.last_vitals.get(&self.store).await
    }
}
