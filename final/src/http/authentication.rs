//! Identifies the caller: the owner of a bearer token, or a network.
//! spec: basic/authorization; RFC 6750

use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{Extensions, HeaderMap};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::error::HttpError;
use super::guards::{Guards, Peer};
use super::single;
use crate::config::Tokens;
use crate::engine::Caller;
use crate::sessions::Principal;

/// Identifies the caller, for [`caller`].
///
/// # Errors
/// [`HttpError::Unauthorized`], [`HttpError::InvalidToken`],
/// [`HttpError::RepeatedHeader`].
pub fn authenticate(
    guards: &Guards,
    request: &mut Request,
) -> Result<(), HttpError> {
    let caller = identify(guards, request.headers(), request.extensions())?;
    request.extensions_mut().insert(caller);
    Ok(())
}

fn identify(
    guards: &Guards,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Caller, HttpError> {
    if guards.tokens.0.is_empty() {
        let peer = extensions.get::<Peer>();
        let owner = peer.map(|peer| peer.network.clone());
        let owner = owner.ok_or(HttpError::Unauthorized)?;
        return Ok(Caller { principal: Principal::anonymous(), owner });
    }
    let token = bearer_token(headers)?.ok_or(HttpError::Unauthorized)?;
    let principal =
        principal(&guards.tokens, token).ok_or(HttpError::InvalidToken)?;
    let owner = format!("principal {}", principal.as_str()).into();
    Ok(Caller { principal, owner })
}

/// Returns the token, if there is one. Credentials of another scheme are none
/// (RFC 6750, 3), and may have commas.
fn bearer_token(headers: &HeaderMap) -> Result<Option<&[u8]>, HttpError> {
    match single::value(headers, &AUTHORIZATION) {
        Ok(value) => Ok(value.and_then(after_bearer)),
        Err(error) => {
            let mut values = single::values(headers, &AUTHORIZATION);
            match values.any(|value| after_bearer(value).is_some()) {
                true => Err(error),
                false => Ok(None),
            }
        }
    }
}

fn after_bearer(credentials: &[u8]) -> Option<&[u8]> {
    let end = credentials.iter().position(|byte| *byte == b' ');
    let (scheme, token) = credentials.split_at(end.unwrap_or(credentials.len()));
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
}

/// Returns the caller that [`authenticate`] found.
///
/// # Errors
/// [`HttpError::Unauthorized`] if it did not run, so that a route without it is
/// closed, not open.
pub fn caller(extensions: &Extensions) -> Result<Caller, HttpError> {
    extensions.get::<Caller>().cloned().ok_or(HttpError::Unauthorized)
}

/// Finds the owner of a token. Compares with every known one in constant time, so
/// that the duration reveals nothing about which of them was nearly right.
fn principal(tokens: &Tokens, token: &[u8]) -> Option<Principal> {
    let mut found = 0_u64;
    for (index, (_, known)) in (1..).zip(&tokens.0) {
        let same: Choice = known.as_bytes().ct_eq(token);
        found.conditional_assign(&index, same);
    }
    let index = usize::try_from(found).ok()?.checked_sub(1)?;
    tokens.0.get(index).map(|(name, _)| Principal::named(name))
}
