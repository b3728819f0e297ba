//! The state of storage for operators, read at most once a second.

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

type Probe = Shared<BoxFuture<'static, Result<Vitals, StoreError>>>;

/// The last answer of storage, or the one that is on its way.
pub(super) struct VitalsCache {
    store: Arc<dyn SessionStore>,
    /// And when storage was asked.
    last: Mutex<Option<(Instant, Probe)>>,
}

impl VitalsCache {
    /// An empty cache before `store`.
    pub fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { store, last: Mutex::default() }
    }

    fn get(&self) -> Probe {
        let mut last = lock(&self.last);
        if let Some((since, probe)) = &*last
            && since.elapsed() < SHARED
        {
            return probe.clone();
        }
        let store = self.store.clone();
        let probe = async move { store.probe().await }.boxed().shared();
        *last = Some((Instant::now(), probe.clone()));
        probe
    }
}

impl Engine {
    /// Returns the state of storage and the figures for `/health` and `/metrics`, at
    /// most a second old.
    ///
    /// # Errors
    /// [`StoreError`] if sessions cannot be written.
    pub async fn vitals(&self) -> Result<Vitals, StoreError> {
        self.vitals.get().await
    }
}
