//! Encryption of state that a client keeps and sends back, so that no node has to
//! store it.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::lock::lock;

/// A secret key that all nodes of a deployment share.
pub type Secret = [u8; 32];

/// The length of a nonce in bytes. It is so long that two random ones are never
/// equal in practice.
const NONCE: usize = 24;

/// The number of older keys that are kept. The nodes seldom agree on a new key:
/// only after storage has lost the old one.
const OLDER_KEYS: usize = 8;

/// The keys of this node: it seals with the newest and opens with any
/// (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03). A client can neither read nor
/// change a sealed text, nor use it for another purpose.
pub struct KeyRing {
    keys: Mutex<Keys>,
    /// The operator configured the keys, so the nodes need not agree on one.
    configured: bool,
}

#[derive(Clone)]
struct Keys {
    newest: Secret,
    older: Vec<Secret>,
}

/// A text that is too long to be sealed.
#[derive(Debug, thiserror::Error)]
#[error("too long to be sealed")]
pub struct TooLong;

impl KeyRing {
    /// Makes a ring of the configured keys, newest first, or of a random key if
    /// none is configured.
    pub fn new(configured: &[Secret]) -> Self {
        let keys = match configured {
            [] => Keys { newest: rand::random(), older: Vec::new() },
            [newest, older @ ..] => Keys { newest: *newest, older: older.to_vec() },
        };
        Self { keys: Mutex::new(keys), configured: !configured.is_empty() }
    }

    /// Returns the key that this node proposes to all nodes; `None` if the operator
    /// configured the keys.
    pub fn proposal(&self) -> Option<Secret> {
        (!self.configured).then(|| lock(&self.keys).newest)
    }

    /// Makes `newest` the key that this node seals with.
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

    /// Returns the text that a node sealed for this purpose; `None` if no node did.
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
