//! The calls that run, of both eras: the client's one set of ids.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Mutex;

use tokio_util::sync::CancellationToken;

use crate::engine::Call;
use crate::error::Error;
use crate::lock::lock;
use crate::protocol::jsonrpc::RequestId;

/// Running calls by the id of their request.
#[derive(Default)]
pub struct Running(Mutex<HashMap<RequestId, Entered>>);

struct Entered {
    cancelled: CancellationToken,
    /// It listens until somebody ends it.
    listens: bool,
}

impl Running {
    /// Enters a call that is about to run.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] if another one runs under its id, whatever its era: a
    /// cancellation could mean either.
    pub fn enter(&self, call: &Call, listens: bool) -> Result<(), Error> {
        match lock(&self.0).entry(call.id.clone()) {
            Entry::Occupied(_) => Err(Error::DuplicateId),
            Entry::Vacant(free) => {
                let cancelled = call.cancellation();
                free.insert(Entered { cancelled, listens });
                Ok(())
            }
        }
    }

    /// The call is over; its id may be used again.
    pub fn leave(&self, id: &RequestId) {
        lock(&self.0).remove(id);
    }

    /// Cancels a call; `false` if there is none.
    pub fn cancel(&self, id: &RequestId) -> bool {
        let running = lock(&self.0);
        running.get(id).inspect(|call| call.cancelled.cancel()).is_some()
    }

    /// Cancels the calls that listen, and says which they were.
    pub fn cancel_listeners(&self) -> Vec<RequestId> {
        let running = lock(&self.0);
        let listening = running.iter().filter(|(_, call)| call.listens);
        listening
            .map(|(id, call)| {
                call.cancelled.cancel();
                id.clone()
            })
            .collect()
    }
}
