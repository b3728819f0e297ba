//! Options as `name=value`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use crate::Error;

/// What a command was given.
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// Reads `name=value` pairs.
    pub fn parse(pairs: impl Iterator<Item = String>) -> Result<Self, Error> {
        let pair = |text: String| {
            let (name, value) = text.split_once('=').ok_or("not name=value")?;
            Ok((name.to_owned(), value.to_owned()))
        };
        Ok(Self(pairs.map(pair).collect::<Result<_, Error>>()?))
    }

    /// An option, or what it is without being given.
    pub fn get<T: FromStr>(&self, name: &str, default: T) -> Result<T, Error> {
        match self.0.get(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| format!("{name}={text}?").into())
            }
        }
    }

    /// How long to go on.
    pub fn duration(&self) -> Result<Duration, Error> {
        Ok(Duration::from_secs_f64(self.get("seconds", 3.0)?))
    }

    /// The authorities of the servers: `127.0.0.1:1453`.
    pub fn servers(&self) -> Result<Vec<String>, Error> {
        let urls = self.0.get("url").ok_or("url is required")?;
        let authority = |url: &str| {
            let authority = url.strip_prefix("http://")?.split('/').next()?;
            Some(authority.to_owned())
        };
        let all: Option<_> = urls.split(',').map(authority).collect();
        all.ok_or_else(|| format!("{urls} are no URLs").into())
    }
}
