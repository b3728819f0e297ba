//! Reads the host to which a request is addressed.
//! spec: RFC 9112, 3.2 and 3.2.2; RFC 3986, 3.2

use std::net::Ipv6Addr;

use axum::extract::Request;
use axum::http::Version;
use axum::http::header::HOST;

use super::error::HttpError;

/// Returns the host and port that a request names, in its target or in `Host`. A
/// request of HTTP/1.0 may name none.
///
/// # Errors
/// [`HttpError::BadHost`], [`HttpError::HostMismatch`].
pub fn named(request: &Request) -> Result<Option<&str>, HttpError> {
    let header = header(request)?;
    let uri = request.uri();
    let Some(target) = uri.authority() else { return Ok(header) };
    let target = Some(target.as_str()).filter(|text| is_host(text));
    let target = target.ok_or(HttpError::BadHost)?;
    let port = match uri.scheme_str() {
        Some("https") => ":443",
        _ => ":80",
    };
    let bare = |host: &'_ str| host.strip_suffix(port).unwrap_or(host).to_owned();
    match header {
        Some(header) if !bare(header).eq_ignore_ascii_case(&bare(target)) => {
            Err(HttpError::HostMismatch)
        }
        _ => Ok(Some(target)),
    }
}

/// Returns the value of `Host`, which has exactly one line, even of equal ones.
fn header(request: &Request) -> Result<Option<&str>, HttpError> {
    let mut lines = request.headers().get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => {
            let text = line.to_str().ok().filter(|text| is_host(text));
            text.map(Some).ok_or(HttpError::BadHost)
        }
        (None, _) if request.version() < Version::HTTP_11 => Ok(None),
        _ => Err(HttpError::BadHost),
    }
}

/// Returns whether a text is `uri-host [ ":" port ]`; the host may be empty.
fn is_host(text: &str) -> bool {
    let (is_name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').unwrap_or(("", "]"));
            (address.parse::<Ipv6Addr>().is_ok(), port)
        }
        None => {
            let end = text.find(':').unwrap_or(text.len());
            let (name, port) = text.split_at(end);
            (name.bytes().all(is_name_byte), port)
        }
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_name && is_port && (port.is_empty() || port.starts_with(':'))
}

/// Returns whether a registered name may contain a byte: unreserved, sub-delims,
/// percent-encoded.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte)
}
