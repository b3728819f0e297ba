//! What a client is given to bring back, so that no node has to keep it: sealed,
//! because on the way it is in the hands of others.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::lock::lock;

/// A key, and a secret of the whole deployment.
pub type Secret = [u8; 32];

/// Bytes of the nonce in front of what it encrypts. So many may be drawn at random
/// for every seal.
const NONCE: usize = 24;

/// How many older keys are kept; the nodes agree on a new one after the old one
/// was lost, which is seldom.
const OLDER_KEYS: usize = 8;

/// Seals with its newest key and opens with any (XChaCha20-Poly1305,
/// draft-irtf-cfrg-xchacha-03). What is sealed can be neither read nor changed, nor
/// opened for another purpose.
pub struct KeyRing {
    keys: Mutex<Keys>,
    /// The operator gave the keys to all nodes; they need not agree on one.
    configured: bool,
}

#[derive(Clone)]
struct Keys {
    newest: Secret,
    older: Vec<Secret>,
}

/// What is to be sealed is longer than any message.
#[derive(Debug, thiserror::Error)]
#[error("too long to be sealed")]
pub struct TooLong;

impl KeyRing {
    /// The keys of a configuration, newest first; a random one if it has none.
    pub fn new(configured: &[Secret]) -> Self {
        let keys = match configured {
            [] => Keys { newest: rand::random(), older: Vec::new() },
            [newest, older @ ..] => Keys { newest: *newest, older: older.to_vec() },
        };
        Self { keys: Mutex::new(keys), configured: !configured.is_empty() }
    }

    /// What this node proposes to the others as the key that all seal with; nothing
    /// if the operator has chosen.
    pub fn proposal(&self) -> Option<Secret> {
        (!self.configured).then(|| lock(&self.keys).newest)
    }

    /// Seals with this key from now on.
    pub fn learn(&self, newest: Secret) {
        let mut keys = lock(&self.keys);
        if keys.newest != newest {
            let previous = std::mem::replace(&mut keys.newest, newest);
            keys.older.retain(|known| *known != newest);
            keys.older.insert(0, previous);
            keys.older.truncate(OLDER_KEYS);
        }
    }

    /// Seals a text for a purpose.
    ///
    /// # Errors
    /// [`TooLong`], for texts of more than 256 GiB.
    pub fn seal(&self, text: &[u8], purpose: &[u8]) -> Result<String, TooLong> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: text, aad: purpose };
        let cipher = XChaCha20Poly1305::new(&lock(&self.keys).newest.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| TooLong)?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// The text that was sealed for this purpose, by whichever node; `None` if it
    /// was not.
    pub fn open(&self, sealed: &str, purpose: &[u8]) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let Keys { newest, older } = lock(&self.keys).clone();
        [newest].into_iter().chain(older).find_map(|key| {
            let payload = Payload { msg: sealed, aad: purpose };
            let cipher = XChaCha20Poly1305::new(&key.into());
            cipher.decrypt(&XNonce::from(*nonce), payload).ok()
        })
    }
}
