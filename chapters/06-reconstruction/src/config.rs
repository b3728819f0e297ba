//! Settings, read from the environment once.

use std::env;
use std::str::FromStr;
use std::time::Duration;

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `HOST`: address or name to bind.
    pub host: String,
    /// `PORT`: 0 picks a free one.
    pub port: u16,
    /// `USE_REDIS`, `REDIS_URL`: where sessions are shared; `None` keeps them
    /// in the memory of this process.
    pub redis_url: Option<String>,
    /// `SESSION_TIMEOUT`: idle time after which a session is gone, milliseconds.
    pub session_timeout: Duration,
}

impl Config {
    /// Reads the settings from the process' environment.
    ///
    /// # Errors
    /// A sentence that names the variable and the rule that it breaks.
    pub fn from_env() -> Result<Self, String> {
        let timeout = parsed("SESSION_TIMEOUT", 1_800_000)?;
        if timeout < 1_000 {
            return Err("SESSION_TIMEOUT: must be at least 1000".into());
        }
        let redis_url = parsed("REDIS_URL", "redis://localhost:6379".to_owned())?;
        Ok(Self {
            host: parsed("HOST", "127.0.0.1".to_owned())?,
            port: parsed("PORT", 1453)?,
            redis_url: flag("USE_REDIS")?.then_some(redis_url),
            session_timeout: Duration::from_millis(timeout),
        })
    }
}

fn parsed<T: FromStr>(variable: &str, default: T) -> Result<T, String> {
    let Ok(value) = env::var(variable) else { return Ok(default) };
    value.parse().map_err(|_| format!("{variable}: cannot be {value:?}"))
}

fn flag(variable: &str) -> Result<bool, String> {
    match parsed(variable, "false".to_owned())?.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        value => Err(format!("{variable}: cannot be {value:?}")),
    }
}
