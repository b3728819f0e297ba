//! Values of Redis' protocol, RESP2 and RESP3.

use std::io::{Error, ErrorKind, Result};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A status, a string, a number or a truth value, as its text.
    Text(String),
    /// An error.
    Error(String),
    /// Nothing.
    Nil,
    /// A list; of a map, keys and values in turns.
    List(Vec<Value>),
}

impl Value {
    /// The words of a command: the texts of a list.
    pub fn words(&self) -> Vec<String> {
        let Self::List(items) = self else { return Vec::new() };
        let words = items.iter().map(|item| match item {
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::Nil | Self::List(_) => String::new(),
        });
        words.collect()
    }

    /// Changes every text in it.
    pub(super) fn visit(&mut self, change: &mut impl FnMut(&mut String)) {
        match self {
            Self::Text(text) | Self::Error(text) => change(text),
            Self::Nil => {}
            Self::List(items) => {
                items.iter_mut().for_each(|item| item.visit(change));
            }
        }
    }
}

/// The value that `bytes` begins with, and how long it is; `None` if it is not all
/// there.
///
/// # Errors
/// If this is not Redis' protocol.
pub fn parse(bytes: &[u8]) -> Result<Option<(Value, usize)>> {
    let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else {
        return Ok(None);
    };
    let line = String::from_utf8_lossy(&bytes[..end]);
    let Some(kind) = line.chars().next() else {
        return Err(Error::new(ErrorKind::InvalidData, "an empty line"));
    };
    let (text, start) = (&line[kind.len_utf8()..], end + 2);
    match kind {
        '+' | ':' | ',' | '#' | '(' => {
            Ok(Some((Value::Text(text.to_owned()), start)))
        }
        '-' => Ok(Some((Value::Error(text.to_owned()), start))),
        '_' => Ok(Some((Value::Nil, start))),
        '$' | '=' | '!' => bulk(kind, length(text)?, bytes, start),
        '*' | '~' | '>' => list(length(text)?, bytes, start),
        '%' => list(length(text)?.map(|pairs| pairs * 2), bytes, start),
        // What a person types: a line of words.
        _ => {
            let words = line.split_whitespace();
            let words = words.map(|word| Value::Text(word.to_owned())).collect();
            Ok(Some((Value::List(words), start)))
        }
    }
}

/// A length; -1 stands for nothing.
fn length(text: &str) -> Result<Option<usize>> {
    match text.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(length @ 0..) => Ok(usize::try_from(length).ok()),
        _ => Err(Error::new(ErrorKind::InvalidData, format!("a length of {text}"))),
    }
}

fn bulk(
    kind: char,
    length: Option<usize>,
    bytes: &[u8],
    start: usize,
) -> Result<Option<(Value, usize)>> {
    let Some(length) = length else { return Ok(Some((Value::Nil, start))) };
    let end = start + length;
    if bytes.len() < end + 2 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes[start..end]).into_owned();
    let value = match kind {
        '!' => Value::Error(text),
        _ => Value::Text(text),
    };
    Ok(Some((value, end + 2)))
}

fn list(
    length: Option<usize>,
    bytes: &[u8],
    mut at: usize,
) -> Result<Option<(Value, usize)>> {
    let Some(length) = length else { return Ok(Some((Value::Nil, at))) };
    let mut items = Vec::new();
    for _ in 0..length {
        let Some((item, length)) = parse(&bytes[at..])? else { return Ok(None) };
        items.push(item);
        at += length;
    }
    Ok(Some((Value::List(items), at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn all(mut bytes: &[u8]) -> Vec<Value> {
        let mut values = Vec::new();
        while let Ok(Some((value, length))) = parse(bytes) {
            values.push(value);
            bytes = &bytes[length..];
        }
        assert!(bytes.is_empty(), "left over: {bytes:?}");
        values
    }

    #[test]
    fn commands_in_one_read_are_told_apart() {
        let bytes = b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$2\r\na\n\r\n";
        let expected = [
            Value::List(vec![text("PING")]),
            Value::List(vec![text("GET"), text("a\n")]),
        ];
        assert_eq!(all(bytes), expected);
    }

    #[test]
    fn a_value_is_not_read_before_its_last_byte_has_come() {
        let bytes = b"*3\r\n$4\r\nEVAL\r\n*2\r\n:1\r\n$-1\r\n%1\r\n+a\r\n_\r\n";
        for end in 0..bytes.len() {
            assert!(matches!(parse(&bytes[..end]), Ok(None)), "{end}");
        }
        let (value, length) = parse(bytes).ok().flatten().expect("all there");
        assert_eq!(length, bytes.len());
        let inner = Value::List(vec![text("1"), Value::Nil]);
        let map = Value::List(vec![text("a"), Value::Nil]);
        assert_eq!(value, Value::List(vec![text("EVAL"), inner, map]));
    }

    #[test]
    fn errors_and_nothing_are_values_too() {
        let bytes = b"-ERR no\r\n*-1\r\n#t\r\n!4\r\nBAD!\r\n*0\r\n";
        let expected = [
            Value::Error("ERR no".into()),
            Value::Nil,
            text("t"),
            Value::Error("BAD!".into()),
            Value::List(Vec::new()),
        ];
        assert_eq!(all(bytes), expected);
    }

    #[test]
    fn what_is_no_length_is_an_error() {
        assert!(parse(b"$x\r\n").is_err());
        assert!(parse(b"*-2\r\n").is_err());
    }
}
