//! The state that a client of the stateless era brings back with its answers: sealed,
//! so that no node has to keep it.
//! spec: basic/patterns/mrtr, 2026-07-28

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bus::Bus;
use crate::error::Error;
use crate::protocol::retries::Answers;
use crate::protocol::to_raw;
use crate::sealing::KeyRing;
use crate::service::ServiceError;
use crate::service::asking::ANSWER_LIFETIME;
use crate::sessions::StoreError;

/// The contents of a sealed `requestState`.
#[derive(Serialize, Deserialize)]
struct RequestState {
    /// A random id, under which the state is used once.
    id: String,
    /// The end of its life, ms since 1970, by the clock that all nodes share.
    until: u64,
    /// The answers of earlier rounds.
    answers: Answers,
}

/// Seals and opens the states of all nodes.
pub(super) struct RequestStates {
    keys: Arc<KeyRing>,
    bus: Arc<dyn Bus>,
}

impl RequestStates {
    /// Seals with `keys`, by the clock of the nodes on `bus`.
    pub fn new(keys: Arc<KeyRing>, bus: Arc<dyn Bus>) -> Self {
        Self { keys, bus }
    }

    /// Takes over the key with which all nodes seal, unless it is configured. If
    /// Redis has lost it, one of the nodes restores it.
    ///
    /// # Errors
    /// [`StoreError`] if the bus does not answer.
    pub async fn agree_on_key(&self) -> Result<(), StoreError> {
        if let Some(proposal) = self.keys.proposal() {
            self.keys.learn(self.bus.agree_on_secret(proposal).await?);
        }
        Ok(())
    }

    /// Seals the answers of this round and the rounds before, for `purpose` only.
    ///
    /// # Errors
    /// [`Error::Store`] if the time is not known.
    pub async fn seal(
        &self,
        answers: Answers,
        purpose: &[u8],
    ) -> Result<String, Error> {
        let id = format!("{:032x}", rand::random::<u128>());
        let now = self.bus.time_for(&id).await?;
        let until = now.plus(ANSWER_LIFETIME).0;
        let state = to_raw(&RequestState { id, until, answers });
        let sealed = self.keys.seal(state.get().as_bytes(), purpose);
        Ok(sealed.map_err(|error| ServiceError::Internal(error.into()))?)
    }

    /// Opens a state that a node has sealed for `purpose`. Returns its id and the
    /// answers.
    ///
    /// # Errors
    /// [`Error::InvalidParams`] if no node has sealed it, or too long ago;
    /// [`Error::Store`].
    pub async fn open(
        &self,
        sealed: &str,
        purpose: &[u8],
    ) -> Result<(String, Answers), Error> {
        let opened = self.keys.open(sealed, purpose);
        let state: RequestState = opened
            .and_then(|text| serde_json::from_slice(&text).ok())
            .ok_or_else(bad_state)?;
        let now = self.bus.time_for(&state.id).await?;
        if state.until <= now.0 {
            return Err(bad_state());
        }
        Ok((state.id, state.answers))
    }
}

fn bad_state() -> Error {
    let rule = "requestState is not ours, not for this, or too old";
    Error::InvalidParams(rule.into())
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::bus::MemoryBus;

    fn states() -> RequestStates {
        let keys = Arc::new(KeyRing::new(&[]));
        RequestStates::new(keys, Arc::new(MemoryBus::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_state_opens_for_its_purpose_and_for_a_while() {
        let states = states();
        let answers: Answers = [("name".to_owned(), to_raw(&"Ada"))].into();
        let sealed = states.seal(answers, b"this").await.unwrap();
        let (_, opened) = states.open(&sealed, b"this").await.unwrap();
        assert_eq!(opened["name"].get(), "\"Ada\"");
        assert!(states.open(&sealed, b"that").await.is_err());
        assert!(states.open("AAAA", b"this").await.is_err());
        advance(ANSWER_LIFETIME).await;
        assert!(states.open(&sealed, b"this").await.is_err());
    }

    #[tokio::test]
    async fn no_two_states_have_one_name() {
        let states = states();
        let mut names = Vec::new();
        for _ in 0..2 {
            let sealed = states.seal(Answers::new(), b"").await.unwrap();
            names.push(states.open(&sealed, b"").await.unwrap().0);
        }
        assert_ne!(names[0], names[1]);
    }
}
