//! The kinds of values. Each describes the accepted values in words and in code.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::Rules;

/// A function that reads a value, or returns the rules that it breaks.
type Read<T> = dyn Fn(&str) -> Result<T, Rules>;

/// A kind of value.
pub(super) struct ValueKind<T> {
    /// The values that are accepted, in words.
    pub accepts: String,
    /// The unit of a number; empty if it has none.
    pub unit: &'static str,
    read: Box<Read<T>>,
}

impl<T> ValueKind<T> {
    fn new(
        accepts: impl Into<String>,
        read: impl Fn(&str) -> Result<T, Rules> + 'static,
    ) -> Self {
        Self { accepts: accepts.into(), unit: "", read: Box::new(read) }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// The [`Rules`] that it breaks.
    pub fn read(&self, text: &str) -> Result<T, Rules> {
        (self.read)(text)
    }

    fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }
}

/// Makes the kind of a single value that its type parses.
pub(super) fn single<T: FromStr>(accepts: &'static str) -> ValueKind<T> {
    ValueKind::new(accepts, move |text| {
        text.parse().map_err(|_| format!("{text:?} is not {accepts}").into())
    })
}

/// Makes the kind of a value that may be secret, so that a problem does not repeat
/// it.
pub(super) fn secret<T: 'static>(
    accepts: &'static str,
    read: fn(&str) -> Option<T>,
) -> ValueKind<T> {
    ValueKind::new(accepts, move |text| {
        read(text).ok_or_else(|| format!("must be {accepts}").into())
    })
}

/// Makes the kind of values with commas between, each of which may break a rule.
pub(super) fn several<T>(accepts: &'static str) -> ValueKind<T>
where
    T: FromStr<Err = Rules> + 'static,
{
    ValueKind::new(accepts, str::parse)
}

/// Makes the kind of a value that may be absent.
pub(super) fn optional<T: 'static>(kind: ValueKind<T>) -> ValueKind<Option<T>> {
    let ValueKind { accepts, read, .. } = kind;
    ValueKind::new(accepts, move |text| match text {
        "" => Ok(None),
        _ => read(text).map(Some),
    })
}

/// Makes the kind of a whole number.
pub(super) fn number<T>(range: RangeInclusive<T>) -> ValueKind<T>
where
    T: FromStr + PartialOrd + Copy + Display + 'static,
{
    let (least, most) = range.into_inner();
    let accepts = match most.to_string() {
        most if most == usize::MAX.to_string() => format!("{least} and more"),
        most => format!("{least} to {most}"),
    };
    ValueKind::new(accepts, move |text| match text.parse() {
        Ok(number) if number < least => {
            Err(format!("must be at least {least}").into())
        }
        Ok(number) if number <= most => Ok(number),
        _ => Err(format!("{text:?} is not a whole number that fits").into()),
    })
}

/// Makes the kind of a number of bytes.
pub(super) fn bytes(least: usize) -> ValueKind<usize> {
    number(least..=usize::MAX).in_unit("bytes")
}

/// Makes the kind of a time in milliseconds.
pub(super) fn millis(least: u32) -> ValueKind<Duration> {
    let ValueKind { accepts, read, .. } = number(least..=u32::MAX);
    let time = move |text: &str| {
        read(text).map(|number| Duration::from_millis(number.into()))
    };
    ValueKind::new(accepts, time).in_unit("ms")
}

/// Makes the kind of one of a few words, in upper or lower case. A word may be
/// followed by its synonyms, as in syslog, in the log levels of other languages,
/// and in YAML.
pub(super) fn one_of<T: Copy>(choices: &'static [(&str, T)]) -> ValueKind<T> {
    let words = choices.iter().filter_map(|(words, _)| words.split(' ').next());
    let accepts = format!("one of {}", words.collect::<Vec<_>>().join(", "));
    ValueKind::new(accepts.clone(), move |text| {
        let given = text.to_lowercase();
        let means = |words: &str| words.split(' ').any(|word| word == given);
        let choice = choices.iter().find(|(words, _)| means(words));
        let choice = choice.map(|(_, value)| *value);
        choice.ok_or_else(|| format!("{text:?} is not {accepts}").into())
    })
}

/// Makes the kind of a flag.
pub(super) fn flag() -> ValueKind<bool> {
    one_of(&[
        ("true yes on", true),
        ("false no off", false),
        ("1", true),
        ("0", false),
    ])
}
