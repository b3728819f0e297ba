//! The state of storage for operators, read at most once a second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;

use super::Engine;
use crate::lock::lock;
use crate::sessions::{SessionStore, StoreError, Vitals};

/// How long an answer of storage is shared. Anyone may ask without a token, so the
/// load on storage must not depend on how often they do.
const SHARED: Duration = Duration::from_secs(1);

type Probe = Shared<BoxFuture<'static, Result<Vitals, StoreError>>>;

/// The last answer of storage, or a pending one.
pub(super) struct VitalsCache {
    store: Arc<dyn SessionStore>,
    /// The time at which storage was asked, behind its answer.
    last: Mutex<Option<(Instant, Probe)>>,
}

impl VitalsCache {
    /// Creates an empty cache before `store`.
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
