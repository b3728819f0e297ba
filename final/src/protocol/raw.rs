//! Readers of objects and arrays that visit one member at a time. A text of a
//! megabyte can hold half a million values, and if all were built, they would need
//! many times the memory of the text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::to_raw;

/// The kind of a JSON value, which follows from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A digit or `-`
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// Returns the kind of a value.
    pub fn of(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }
}

/// The name of a member; `None` if it is not valid Unicode text (`"\ud800"`).
pub type Name<'a> = Option<Cow<'a, str>>;

/// Passes each member of an object to `take`, in the order of the text. A value
/// that is not an object has no members.
pub fn each_member<'a>(
    object: &'a RawValue,
    take: impl FnMut(Name<'a>, &'a RawValue),
) {
    if Kind::of(object) == Kind::Object {
        let mut json = serde_json::Deserializer::from_str(object.get());
        // The text is valid JSON, and `take` returns no errors.
        let _ = json.deserialize_map(Members(take));
    }
}

/// Passes each item of an array to `take`, until `take` breaks. A value that is not
/// an array has no items.
pub fn each_item<'a>(
    array: &'a RawValue,
    take: impl FnMut(&'a RawValue) -> ControlFlow<()>,
) {
    if Kind::of(array) == Kind::Array {
        let mut json = serde_json::Deserializer::from_str(array.get());
        // The only error is that `take` broke off.
        let _ = json.deserialize_seq(Items(take));
    }
}

/// Returns whether an array has more than `limit` items. Reads no further than
/// that.
pub fn has_more_items(array: &RawValue, limit: usize) -> bool {
    let mut count = 0_usize;
    each_item(array, |_| {
        count += 1;
        if count > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    count > limit
}

struct Members<F>(F);

impl<'de, F: FnMut(Name<'de>, &'de RawValue)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(MemberName)? {
            (self.0)(name, map.next_value()?);
        }
        Ok(())
    }
}

struct Items<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> ControlFlow<()>> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element::<&RawValue>()? {
            if (self.0)(item).is_break() {
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

/// Reads a name as bytes. If it read text, serde_json would reject the whole object
/// without naming the member that is not valid.
struct MemberName;

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Name<'de>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        d: D,
    ) -> Result<Name<'de>, D::Error> {
        d.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for MemberName {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Name<'de>, E> {
        Ok(std::str::from_utf8(name).ok().map(Cow::Borrowed))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Name<'de>, E> {
        Ok(String::from_utf8(name.to_vec()).ok().map(Cow::Owned))
    }
}

/// Reads `null` like an absent member, because many clients send `null` for members
/// that they do not use.
///
/// # Errors
/// Those of the type.
pub fn null_is_absent<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Writes a value in its canonical form, which equal values share: members sorted
/// by name, each name once, with its last value.
pub fn canonical(raw: &RawValue, out: &mut String) {
    match Kind::of(raw) {
        Kind::Object => {
            let mut members = BTreeMap::new();
            each_member(raw, |name, value| {
                members.insert(name, value);
            });
            out.push('{');
            let mut separator = "";
            for (name, value) in members {
                out.push_str(mem::replace(&mut separator, ","));
                out.push_str(to_raw(&name).get());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            let mut separator = "";
            each_item(raw, |item| {
                out.push_str(mem::replace(&mut separator, ","));
                canonical(item, out);
                ControlFlow::Continue(())
            });
            out.push(']');
        }
        _ => match serde_json::from_str::<Value>(raw.get()) {
            Ok(value) => out.push_str(to_raw(&value).get()),
            Err(_) => out.push_str(raw.get()),
        },
    }
}

/// Returns whether arrays and objects nest deeper than `limit`. This counts the
/// bytes before anything is parsed, because raw values hide their nesting.
pub fn nests_deeper(bytes: &[u8], limit: usize) -> bool {
    // Nearly every message has too few brackets to nest too deep. The compiler
    // counts them with vector instructions.
    let opening = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= limit {
        return false;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    bytes.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > limit
    })
}
