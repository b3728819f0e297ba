//! The sessions room, through its public door.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use mcp_server::sessions::SessionId;

#[test]
fn only_the_form_that_we_issue_is_an_id() {
    let id = SessionId::random();
    let text = id.to_string();
    assert_eq!(SessionId::parse(&text), Some(id));
    for other in [
        text.to_uppercase().as_str(),
        text.replace('-', "").as_str(),
        &format!("{{{text}}}"),
        "00000000-0000-1000-8000-000000000000",
        "*",
        "",
    ] {
        assert_eq!(SessionId::parse(other), None, "{other}");
    }
}

/// M137, M180: and neither kind of id is taken for the other.
#[test]
fn a_tape_has_a_name_of_another_form() {
    let tape = SessionId::random_tape();
    let text = tape.to_string();
    assert_eq!(SessionId::parse_tape(&text), Some(tape));
    assert!(tape.is_tape() && !SessionId::random().is_tape());
    assert_eq!(SessionId::parse(&text), None);
    assert_eq!(SessionId::parse_tape(&SessionId::random().to_string()), None);
    for other in [
        text.to_uppercase().as_str(),
        text.replace("tape-", "").as_str(),
        &text[..text.len() - 1],
        &format!("{text}0"),
        "tape-+0000000000000000000000000000001",
        "tape-",
        "",
    ] {
        assert_eq!(SessionId::parse_tape(other), None, "{other}");
    }
    let tapes: HashSet<_> = (0..1000).map(|_| SessionId::random_tape()).collect();
    assert_eq!(tapes.len(), 1000);
}

/// L062, L174, L175: 122 bits of it are random. That one of them stays the same in
/// 1000 ids has a chance of 1 in 10^299.
#[test]
fn ids_differ_from_each_other_in_every_bit_that_may() {
    let ids: Vec<u128> = (0..1000)
        .map(|_| SessionId::random().to_string().replace('-', ""))
        .map(|hex| u128::from_str_radix(&hex, 16).unwrap())
        .collect();
    let first = ids[0];
    let changing = ids.iter().fold(0, |seen, id| seen | (id ^ first));
    assert_eq!(changing.count_ones(), 122);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}
