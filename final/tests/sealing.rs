//! What clients bring back: whether it is what they were given.
#![allow(clippy::unwrap_used)]

use mcp_server::sealing::{KeyRing, Secret};
use proptest::prelude::*;

const OLD: Secret = [1; 32];
const NEW: Secret = [2; 32];

/// M099, M105: any node with the keys can open it.
#[test]
fn what_one_node_seals_another_opens() {
    let (first, second) = (KeyRing::new(&[NEW]), KeyRing::new(&[NEW]));
    let sealed = first.seal(b"answers", b"alice").unwrap();
    assert_eq!(second.open(&sealed, b"alice").unwrap(), b"answers");
}

/// M100, M102: the purpose is part of the seal.
#[test]
fn a_seal_is_good_for_its_purpose_only() {
    let ring = KeyRing::new(&[]);
    let sealed = ring.seal(b"answers", b"alice").unwrap();
    assert!(ring.open(&sealed, b"alice").is_some());
    assert!(ring.open(&sealed, b"bob").is_none());
    assert!(KeyRing::new(&[]).open(&sealed, b"alice").is_none(), "another key");
}

/// Keys are exchanged one deployment at a time: the new one seals, the old one
/// still opens.
#[test]
fn an_older_key_opens_what_it_sealed() {
    let (before, after) = (KeyRing::new(&[OLD]), KeyRing::new(&[NEW, OLD]));
    let sealed = before.seal(b"answers", b"").unwrap();
    assert!(after.open(&sealed, b"").is_some());
    let sealed = after.seal(b"answers", b"").unwrap();
    assert!(before.open(&sealed, b"").is_none());
    assert!(KeyRing::new(&[NEW]).open(&sealed, b"").is_some());
}

#[test]
fn a_node_seals_with_what_the_others_agreed_on_and_still_opens_its_own() {
    let ring = KeyRing::new(&[]);
    let sealed = ring.seal(b"before", b"").unwrap();
    ring.learn(NEW);
    ring.learn(NEW);
    assert!(ring.open(&sealed, b"").is_some());
    let sealed = ring.seal(b"after", b"").unwrap();
    assert!(KeyRing::new(&[NEW]).open(&sealed, b"").is_some());
    assert_eq!(ring.proposal(), Some(NEW));
    assert_eq!(KeyRing::new(&[OLD]).proposal(), None, "the operator has chosen");
}

/// Two seals of the same text are told apart by nobody, and never equal.
#[test]
fn a_seal_shows_nothing_of_the_text() {
    let ring = KeyRing::new(&[]);
    let seals = [(); 2].map(|()| ring.seal(b"the same secret", b"").unwrap());
    assert_ne!(seals[0], seals[1]);
    assert!(!seals[0].contains("secret"));
}

proptest! {
    /// M099: whatever is changed, nothing is opened.
    #[test]
    fn a_changed_seal_is_not_opened(at in 0_usize..80, with in 1_u8..64) {
        let ring = KeyRing::new(&[]);
        let mut sealed = ring.seal(b"answers of an earlier round", b"").unwrap();
        let alphabet: Vec<u8> =
            (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"-_").collect();
        let at = at % sealed.len();
        let old = alphabet.iter().position(|c| *c == sealed.as_bytes()[at]).unwrap();
        let new = alphabet[(old + usize::from(with)) % alphabet.len()];
        sealed.replace_range(at..=at, &char::from(new).to_string());
        prop_assert!(ring.open(&sealed, b"").is_none(), "{sealed}");
    }

    #[test]
    fn what_was_never_sealed_is_not_opened(text in ".{0,100}") {
        prop_assert!(KeyRing::new(&[]).open(&text, b"").is_none());
    }
}
