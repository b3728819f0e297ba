//! Values that have a type of their own: origins, tokens, keys.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Rules;
use super::hosts::{self, AllowedHosts};
use crate::sealing::Secret;

/// The browser origins that may call the server, besides its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// All origins.
    Any,
    /// These origins; none by default.
    Listed(Vec<HeaderValue>),
}

impl FromStr for Origins {
    type Err = Rules;

    fn from_str(text: &str) -> Result<Self, Rules> {
        match text {
            "" => Ok(Self::Listed(Vec::new())),
            "*" => Ok(Self::Any),
            _ => read_list(text, "like https://example.com", |item| {
                HeaderValue::try_from(hosts::origin(item)?).ok()
            })
            .map(Self::Listed),
        }
    }
}

impl FromStr for AllowedHosts {
    type Err = Rules;

    fn from_str(text: &str) -> Result<Self, Rules> {
        if text.split(',').any(|item| item.trim() == "*") {
            return Ok(Self::Any);
        }
        let host = "a host name or an IP address, with or without a port";
        read_list(text, host, |item| item.parse().ok()).map(Self::Listed)
    }
}

/// Reads a list with commas between. Returns a rule for every item that breaks one.
fn read_list<T>(
    text: &str,
    kind: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Rules> {
    let mut values = Vec::new();
    let mut rules = Vec::new();
    for item in text.split(',').map(|item| item.trim().to_lowercase()) {
        match read(&item) {
            Some(value) => values.push(value),
            None if item.is_empty() => {
                rules.push("has an empty item between commas".to_owned());
            }
            None => rules.push(format!("{item:?} is not {kind}, nor is it *")),
        }
    }
    if rules.is_empty() { Ok(values) } else { Err(Rules(rules)) }
}

/// The pairs of a name and its bearer token that may call. A name may have several
/// tokens, so that an operator can rotate them. Debug output shows only the names.
#[derive(Clone, Default)]
pub struct Tokens(pub Vec<(String, String)>);

impl FromStr for Tokens {
    type Err = Rules;

    fn from_str(text: &str) -> Result<Self, Rules> {
        let mut tokens: Vec<(String, String)> = Vec::new();
        let mut rules = Vec::new();
        for pair in text.split(',').filter(|_| !text.is_empty()) {
            let (name, token) = pair.split_once('=').unwrap_or_default();
            let name = name.trim();
            let token = token.trim();
            if tokens.iter().any(|(_, other)| other == token) {
                rules.push("the same token is given twice".to_owned());
            } else if !name.is_empty() && !token.is_empty() && is_printable(token) {
                tokens.push((name.to_owned(), token.to_owned()));
            } else {
                rules.push(format!("must be {}", Self::ACCEPTS));
            }
        }
        if rules.is_empty() { Ok(Self(tokens)) } else { Err(Rules(rules)) }
    }
}

impl Tokens {
    pub(super) const ACCEPTS: &str = "name=token pairs with commas, tokens of \
        ASCII characters without blanks";
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Returns whether a text has neither blanks nor characters beyond ASCII.
pub(super) fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

/// The keys that seal state for clients, newest first; equal on all nodes. If there
/// are none, the nodes agree on one. Debug output does not show them.
#[derive(Clone, Default)]
pub struct StateKeys(pub Vec<Secret>);

impl StateKeys {
    /// Parses keys of 32 random bytes, as `openssl rand -base64 32` writes them.
    pub(super) fn read(text: &str) -> Option<Self> {
        let keys = text.split(',').filter(|_| !text.is_empty());
        let key = |key: &str| STANDARD.decode(key.trim()).ok()?.try_into().ok();
        keys.map(key).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}
