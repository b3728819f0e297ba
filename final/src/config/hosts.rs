//! Hosts, in the forms that settings and clients' headers use.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The ports that clients omit from `Host`: those of http and https. Behind a proxy
/// that terminates TLS, a client may mean either.
const DEFAULT_PORTS: [u16; 2] = [80, 443];

/// The name or the address of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// An IP address.
    Address(IpAddr),
    /// A DNS name in lower case, without the dot at its end.
    Name(String),
}

/// The error for a text that is not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host")]
pub struct NotAHost;

impl FromStr for Host {
    type Err = NotAHost;

    /// Parses a host. An IPv6 address may be in brackets, as in URLs.
    fn from_str(text: &str) -> Result<Self, NotAHost> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        match split(text) {
            Some((host, None)) => Ok(host),
            _ => Err(NotAHost),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Parses a name as in DNS, or of a container. Rejects a name whose last part is a
/// number, because it is a malformed address.
fn name(text: &str) -> Option<Host> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(is_letter)
    };
    let last = text.rsplit('.').next()?;
    let is_name = text.len() <= 253
        && text.split('.').all(is_label)
        && !last.bytes().all(|b| b.is_ascii_digit());
    is_name.then(|| Host::Name(text.to_ascii_lowercase()))
}

/// Splits a text into a host and the text after its colon.
fn split(text: &str) -> Option<(Host, Option<&str>)> {
    if let Some(text) = text.strip_prefix('[') {
        let (address, rest) = text.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port = match rest {
            "" => None,
            _ => Some(rest.strip_prefix(':')?),
        };
        return Some((Host::Address(address.into()), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let address = host.parse().ok().map(Host::Address);
    Some((address.or_else(|| name(host))?, port))
}

/// Parses a port. Accepts only digits, although `u16` also parses a sign.
fn port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// One item of `ALLOWED_HOSTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: Host,
    /// The only port that is allowed; `None` allows any.
    port: Option<u16>,
}

impl From<Host> for AllowedHost {
    fn from(host: Host) -> Self {
        Self { host, port: None }
    }
}

impl FromStr for AllowedHost {
    type Err = NotAHost;

    /// Parses `name`, `name:port` or `name:*`, and addresses likewise.
    fn from_str(text: &str) -> Result<Self, NotAHost> {
        if let Ok(host) = text.parse::<Host>() {
            return Ok(host.into());
        }
        match split(text) {
            Some((host, Some("*"))) => Ok(host.into()),
            Some((host, Some(digits))) => {
                let port = port(digits).filter(|port| *port > 0).ok_or(NotAHost)?;
                Ok(Self { host, port: Some(port) })
            }
            _ => Err(NotAHost),
        }
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => self.host.fmt(f),
        }
    }
}

/// The `Host` headers that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// All headers.
    Any,
    /// Headers that name one of these hosts.
    Listed(Vec<AllowedHost>),
}

impl AllowedHosts {
    /// Returns the default: the names of this machine, and the host that the server
    /// listens on. Allows any port, because a port may be forwarded. No other
    /// site's page has one of these names.
    pub fn of_listener(host: &Host) -> Self {
        let name = AllowedHost::from(Host::Name("localhost".into()));
        let loopback: [IpAddr; 2] =
            [[127, 0, 0, 1].into(), Ipv6Addr::LOCALHOST.into()];
        let addresses = loopback.map(|address| Host::Address(address).into());
        let is_wildcard =
            matches!(host, Host::Address(address) if address.is_unspecified());
        let own = (!is_wildcard).then(|| host.clone().into());
        Self::Listed([name].into_iter().chain(addresses).chain(own).collect())
    }

    /// Returns whether the value of a `Host` header is accepted.
    pub fn allows(&self, header: &str) -> bool {
        let Self::Listed(allowed) = self else { return true };
        let Some((host, digits)) = split(header) else { return false };
        let port = match digits {
            None | Some("") => None,
            Some(digits) => match port(digits) {
                None => return false,
                port => port,
            },
        };
        allowed.iter().any(|allowed| {
            let is_port = |expected| match port {
                Some(port) => port == expected,
                None => DEFAULT_PORTS.contains(&expected),
            };
            allowed.host == host && allowed.port.is_none_or(is_port)
        })
    }
}

/// Returns an origin as browsers write it, without the default port of its scheme;
/// `None` if the text is not an origin.
pub fn origin(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !scheme.bytes().all(is_letter) {
        return None;
    }
    let (host, digits) = split(authority)?;
    let port = match digits {
        None => None,
        Some(digits) => Some(port(digits)?),
    };
    match (scheme, port) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => {
            Some(format!("{scheme}://{host}"))
        }
        (_, Some(port)) => Some(format!("{scheme}://{host}:{port}")),
    }
}
