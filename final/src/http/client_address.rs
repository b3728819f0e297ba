//! Finds the network from which a client calls, also behind a trusted proxy.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

/// The header in which most proxies name their client.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The header that RFC 7239 defines for it.
const FORWARDED: &str = "forwarded";

/// Reads the network of the client that a trusted proxy forwards for. `None` if it
/// cannot be read, or if the client may have written it: the request then counts
/// for the proxy.
///
/// A proxy writes one of the two headers, and may pass on the other one as the
/// client sent it. So an unreadable header does not make way for the other one, and
/// if two disagree, neither is trusted.
pub fn forwarded_network(headers: &HeaderMap) -> Option<Arc<str>> {
    let hops = [
        last_hop(headers, X_FORWARDED_FOR).map(parse_address),
        last_hop(headers, FORWARDED).map(|hop| parse_address(for_parameter(hop)?)),
    ];
    match hops {
        [Some(one), None] | [None, Some(one)] => one.map(network),
        [Some(one), Some(other)] if one == other => one.map(network),
        _ => None,
    }
}

/// Returns the last hop, which the proxy itself has added: everything before it
/// comes from the client, in any bytes.
fn last_hop<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let value = headers.get_all(name).iter().next_back()?.as_bytes();
    value.rsplit(|byte| *byte == b',').next().map(<[u8]>::trim_ascii)
}

/// Returns the address in a hop of `Forwarded`.
fn for_parameter(hop: &[u8]) -> Option<&[u8]> {
    let mut values = hop.split(|byte| *byte == b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = pair.split_at(at);
        name.trim_ascii().eq_ignore_ascii_case(b"for").then(|| &value[1..])
    });
    let value = values.next()?.trim_ascii();
    let quoted = value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
    Some(quoted.unwrap_or(value))
}

/// Parses an address as proxies write it: bare, in brackets, with or without a port.
fn parse_address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

/// Returns the network that identifies a client: an IPv4 address, or the /64
/// network of an IPv6 address, of which one client has 2^64.
pub fn network(address: IpAddr) -> Arc<str> {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address {address}").into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address {a:x}:{b:x}:{c:x}:{d:x}::/64").into()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn found(lines: &[(&'static str, &[u8])]) -> Option<String> {
        let headers = lines.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value);
            (HeaderName::from_static(name), value.unwrap_or_else(|e| panic!("{e}")))
        });
        forwarded_network(&headers.collect()).map(|network| network.to_string())
    }

    #[test]
    fn the_last_hop_of_the_last_line_counts() {
        let client = Some("address 203.0.113.7".to_owned());
        for value in ["203.0.113.7", "1.1.1.1, 203.0.113.7", "x,203.0.113.7:4711"] {
            assert_eq!(found(&[(X_FORWARDED_FOR, value.as_bytes())]), client);
        }
        let lines: [(_, &[u8]); 2] =
            [(X_FORWARDED_FOR, b"1.1.1.1"), (X_FORWARDED_FOR, b"203.0.113.7")];
        assert_eq!(found(&lines), client);
        for value in
            ["for=203.0.113.7", "for=1.1.1.1, proto=http; For = \"203.0.113.7:1\""]
        {
            assert_eq!(found(&[(FORWARDED, value.as_bytes())]), client, "{value}");
        }
    }

    /// The proxy appends to the client's header, whatever its bytes.
    #[test]
    fn a_byte_beyond_ascii_before_the_last_hop_changes_nothing() {
        let client = Some("address 203.0.113.7".to_owned());
        assert_eq!(found(&[(X_FORWARDED_FOR, b"\xe9, 203.0.113.7")]), client);
        let quoted = b"for=\"\xe9, for=203.0.113.7";
        assert_eq!(found(&[(FORWARDED, quoted)]), client);
    }

    #[test]
    fn what_cannot_be_read_does_not_make_way_for_the_clients_own_claim() {
        for unreadable in [&b"\xe9"[..], b"", b"unknown", b"1.1.1.1,", b"\xff:1"] {
            let claim = (FORWARDED, &b"for=198.51.100.1"[..]);
            assert_eq!(found(&[(X_FORWARDED_FOR, unreadable), claim]), None);
            assert_eq!(found(&[(X_FORWARDED_FOR, unreadable)]), None);
        }
        for unreadable in [&b"for=\xe9"[..], b"for=unknown", b"by=1.1.1.1", b"\xe9"]
        {
            let claim = (X_FORWARDED_FOR, &b"198.51.100.1"[..]);
            assert_eq!(found(&[(FORWARDED, unreadable), claim]), None);
            assert_eq!(found(&[(FORWARDED, unreadable)]), None);
        }
    }

    /// The node cannot know which of them the proxy has written.
    #[test]
    fn two_headers_that_disagree_tell_nothing() {
        let both = |forwarded: &[u8]| {
            found(&[(X_FORWARDED_FOR, b"203.0.113.7"), (FORWARDED, forwarded)])
        };
        assert_eq!(both(b"for=198.51.100.1"), None);
        assert_eq!(
            both(b"for=203.0.113.7"),
            Some("address 203.0.113.7".to_owned())
        );
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let one = Some("address 2001:db8:0:0::/64".to_owned());
        for address in ["2001:db8::1", "[2001:db8::2]:80", "[2001:db8::3]"] {
            assert_eq!(found(&[(X_FORWARDED_FOR, address.as_bytes())]), one);
        }
    }
}
