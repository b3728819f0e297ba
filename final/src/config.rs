//! Settings, read from the environment once, all problems reported together.

mod hosts;

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing::level_filters::LevelFilter;

use crate::events::LogBounds;
use crate::protocol::tools::Tool;
use crate::sealing::Secret;
use crate::sessions::redis::Servers;
use crate::telemetry::log::LogFormat;

pub use hosts::{AllowedHost, AllowedHosts, Host, NotAHost};

/// Which browser origins may talk to the server, besides its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Every one of them.
    Any,
    /// These; none in the default.
    Listed(Vec<HeaderValue>),
}

/// Who may call: pairs of a name and its bearer token. A name may have several,
/// so that tokens can be rotated. Debug output shows the names only.
#[derive(Clone, Default)]
pub struct Tokens(pub Vec<(String, String)>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Keys that seal what clients bring back, newest first; equal on all nodes. None:
/// the nodes agree on one. Debug output does not show them.
#[derive(Clone, Default)]
pub struct StateKeys(pub Vec<Secret>);

impl fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

/// What a server serves, and so which settings have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP: all of them.
    Http,
    /// Standard input and output: all but `HTTP_ONLY`.
    Stdio,
}

/// Settings that have no effect over stdio. Hosts of such servers pass on the
/// environment of a deployment, so a bad value there is no reason not to start.
const HTTP_ONLY: [&str; 11] = [
    "HOST",
    "PORT",
    "CORS_ORIGIN",
    "ALLOWED_HOSTS",
    "RATE_LIMIT_MAX",
    "RATE_LIMIT_WINDOW",
    "API_TOKENS",
    "TRUST_PROXY",
    "SSE_AFTER",
    "DRAIN_DELAY",
    "DRAIN_DEADLINE",
];

/// Other words for the values of settings that are a choice: those of syslog, of the
/// log levels of other languages, and of YAML.
const SYNONYMS: [(&str, &str); 14] = [
    ("trace", "debug"),
    ("verbose", "debug"),
    ("notice", "info"),
    ("information", "info"),
    ("warning", "warn"),
    ("err", "error"),
    ("critical", "error"),
    ("fatal", "error"),
    ("alert", "error"),
    ("emergency", "error"),
    ("yes", "true"),
    ("on", "true"),
    ("no", "false"),
    ("off", "false"),
];

/// Smallest `MAX_BODY`: below it, not even `initialize` of a modest client fits, and
/// every request would be refused.
const LEAST_BODY: usize = 512;

/// All settings. README.md has the table.
#[derive(Debug, Clone)]
pub struct Config {
    /// `HOST`: address to bind, or a name that is resolved for it.
    pub host: Host,
    /// `PORT`: 0 picks a free one.
    pub port: u16,
    /// `USE_REDIS`, `REDIS_URL`: where sessions are shared; `None` keeps them
    /// in the memory of this process.
    pub redis_url: Option<String>,
    /// `REDIS_KEY_PREFIX`: what all keys begin with.
    pub redis_key_prefix: String,
    /// `LOG_LEVEL`
    pub log_level: LevelFilter,
    /// `LOG_FORMAT`
    pub log_format: LogFormat,
    /// `CORS_ORIGIN`
    pub origins: Origins,
    /// `ALLOWED_HOSTS`; `None`: those [of the listener](AllowedHosts::of_listener).
    pub allowed_hosts: Option<AllowedHosts>,
    /// `SESSION_TIMEOUT`: idle time after which a session is gone.
    pub session_timeout: Duration,
    /// `RATE_LIMIT_MAX`: requests per window and client.
    pub rate_limit_max: u32,
    /// `RATE_LIMIT_WINDOW`
    pub rate_limit_window: Duration,
    /// `SAMPLE_TOOL_NAME`
    pub sample_tool: Option<String>,
    /// `MAX_SESSIONS_PER_CLIENT`
    pub max_sessions_per_client: usize,
    /// `MAX_BODY`: bytes.
    pub max_body: usize,
    /// `API_TOKENS`: empty turns authentication off.
    pub tokens: Tokens,
    /// `STATE_KEYS`
    pub state_keys: StateKeys,
    /// `TRUST_PROXY`: clients are told apart by what the proxy says.
    pub trust_proxy: bool,
    /// `SSE_AFTER`: a call that runs longer is answered as a stream.
    pub sse_after: Duration,
    /// `SSE_STALL`: a stream whose client takes nothing for so long is closed.
    pub sse_stall: Duration,
    /// `DRAIN_DELAY`: lame-duck time before a shutdown.
    pub drain_delay: Duration,
    /// `DRAIN_DEADLINE`: time for running calls at a shutdown.
    pub drain_deadline: Duration,
    /// `AUDIT_EVENTS`: entries of a session's audit trail; 0 keeps none.
    pub audit_events: usize,
    /// `NODE_LEASE`: after how long without a sign of life a node is dead.
    pub node_lease: Duration,
    /// `EVENT_LOG_ENTRIES`, `EVENT_LOG_BYTES`, `EVENT_LOG_AGE`: how much of what
    /// was said on a session's streams is kept.
    pub event_log: LogBounds,
    /// `PROGRESS_INTERVAL`: the pace of `demo_progress`.
    pub progress_interval: Duration,
}

/// A setting that cannot be used, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {rule}")]
pub struct Problem {
    variable: &'static str,
    rule: String,
}

impl Config {
    /// Reads the settings from the process' environment. What an operator should
    /// know of settings without an effect is returned too.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn from_env(
        transport: Transport,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        Self::read_for(transport, |name| std::env::var_os(name))
    }

    /// Reads the settings of a server over HTTP from `lookup`. An empty value counts
    /// as not set.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn read<V: Into<OsString>>(
        lookup: impl Fn(&str) -> Option<V>,
    ) -> Result<Self, Vec<Problem>> {
        Self::read_for(Transport::Http, lookup).map(|(config, _)| config)
    }

    /// [`from_env`](Self::from_env) for another environment.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn read_for<V: Into<OsString>>(
        transport: Transport,
        lookup: impl Fn(&str) -> Option<V>,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let lookup = |name: &str| lookup(name).map(Into::into);
        let mut settings = Settings { lookup: &lookup, problems: Vec::new() };
        let config = settings.config();
        let has_no_effect = |problem: &Problem| {
            transport == Transport::Stdio && HTTP_ONLY.contains(&problem.variable)
        };
        let (mut warnings, problems): (Vec<_>, Vec<_>) =
            settings.problems.into_iter().partition(has_no_effect);
        if !problems.is_empty() {
            return Err(problems);
        }
        for warning in &mut warnings {
            warning.rule.push_str("; it has no effect over stdio");
        }
        if lookup("REDIS_URL").is_some() && lookup("USE_REDIS").is_none() {
            let rule = "has no effect without USE_REDIS=true".to_owned();
            warnings.push(Problem { variable: "REDIS_URL", rule });
        }
        Ok((config, warnings))
    }
}

/// Reads one variable after the other and gathers what is wrong with them.
struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    problems: Vec<Problem>,
}

impl Settings<'_> {
    fn config(&mut self) -> Config {
        // Of no interest if it has no effect; if that is unclear, it may have one.
        let use_redis = self.flag("USE_REDIS", false) || !self.problems.is_empty();
        let redis_url = use_redis.then(|| {
            self.text("REDIS_URL", "redis://localhost:6379", check_redis_url)
        });
        Config {
            host: self.parsed(
                "HOST",
                Host::Address([127, 0, 0, 1].into()),
                "an IP address or a host name",
            ),
            port: self.parsed("PORT", 1453, "a port number, 0 to 65535"),
            redis_url,
            redis_key_prefix: self.text(
                "REDIS_KEY_PREFIX",
                "mcp",
                check_key_prefix,
            ),
            log_level: self.choice(
                "LOG_LEVEL",
                LevelFilter::INFO,
                &[
                    ("debug", LevelFilter::DEBUG),
                    ("info", LevelFilter::INFO),
                    ("warn", LevelFilter::WARN),
                    ("error", LevelFilter::ERROR),
                ],
            ),
            log_format: self.choice(
                "LOG_FORMAT",
                LogFormat::Text,
                &[("text", LogFormat::Text), ("json", LogFormat::Json)],
            ),
            origins: self.origins(),
            allowed_hosts: self.allowed_hosts(),
            session_timeout: self.millis("SESSION_TIMEOUT", 1_800_000, 1_000),
            rate_limit_max: self.number("RATE_LIMIT_MAX", 1_000, 1),
            rate_limit_window: self.millis("RATE_LIMIT_WINDOW", 900_000, 1),
            sample_tool: self.sample_tool(),
            max_sessions_per_client: self.number(
                "MAX_SESSIONS_PER_CLIENT",
                1_000,
                1,
            ),
            max_body: self.number("MAX_BODY", 1_048_576, LEAST_BODY),
            tokens: self.tokens(),
            state_keys: self.state_keys(),
            trust_proxy: self.flag("TRUST_PROXY", false),
            sse_after: self.millis("SSE_AFTER", 250, 0),
            sse_stall: self.millis("SSE_STALL", 30_000, 100),
            drain_delay: self.millis("DRAIN_DELAY", 3_000, 0),
            drain_deadline: self.millis("DRAIN_DEADLINE", 25_000, 0),
            audit_events: self.number("AUDIT_EVENTS", 200, 0),
            node_lease: self.millis("NODE_LEASE", 10_000, 500),
            event_log: LogBounds {
                entries: self.number("EVENT_LOG_ENTRIES", 2_000, 1),
                bytes: self.number("EVENT_LOG_BYTES", 4_194_304, 1),
                age: self.millis("EVENT_LOG_AGE", 600_000, 1),
            },
            progress_interval: self.millis("PROGRESS_INTERVAL", 200, 0),
        }
    }

    /// A value that is not text must not count as not set: without `API_TOKENS`
    /// everybody may call.
    fn value(&mut self, variable: &'static str) -> Option<String> {
        let value = (self.lookup)(variable)?;
        let Some(value) = value.to_str() else {
            self.problem(variable, "is not UTF-8");
            return None;
        };
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn problem(&mut self, variable: &'static str, rule: impl Into<String>) {
        self.problems.push(Problem { variable, rule: rule.into() });
    }

    fn parsed<T: FromStr>(
        &mut self,
        variable: &'static str,
        default: T,
        kind: &str,
    ) -> T {
        let Some(value) = self.value(variable) else { return default };
        value.parse().unwrap_or_else(|_| {
            self.problem(variable, format!("{value:?} is not {kind}"));
            default
        })
    }

    fn number<T>(&mut self, variable: &'static str, default: T, least: T) -> T
    where
        T: FromStr + PartialOrd + Copy + fmt::Display,
    {
        let number = self.parsed(variable, default, "a whole number that fits");
        if number < least {
            self.problem(variable, format!("must be at least {least}"));
        }
        number
    }

    fn millis(
        &mut self,
        variable: &'static str,
        default: u32,
        least: u32,
    ) -> Duration {
        Duration::from_millis(self.number(variable, default, least).into())
    }

    fn choice<T: Copy>(
        &mut self,
        variable: &'static str,
        default: T,
        choices: &[(&str, T)],
    ) -> T {
        let Some(value) = self.value(variable) else { return default };
        let name = value.to_lowercase();
        let synonym = SYNONYMS.iter().find(|(word, _)| *word == name);
        let name = synonym.map_or(name.as_str(), |(_, meaning)| meaning);
        if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == name)
        {
            return *choice;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.problem(
            variable,
            format!("{value:?} is not one of {}", names.join(", ")),
        );
        default
    }

    fn flag(&mut self, variable: &'static str, default: bool) -> bool {
        self.choice(
            variable,
            default,
            &[("true", true), ("false", false), ("1", true), ("0", false)],
        )
    }

    fn text(
        &mut self,
        variable: &'static str,
        default: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> String {
        let value = self.value(variable).unwrap_or_else(|| default.to_owned());
        if let Err(rule) = check(&value) {
            self.problem(variable, rule);
        }
        value
    }

    fn list(&mut self, variable: &'static str) -> Option<Vec<String>> {
        let value = self.value(variable)?;
        let mut items: Vec<String> =
            value.split(',').map(|item| item.trim().to_lowercase()).collect();
        if items.iter().any(String::is_empty) {
            self.problem(variable, "has an empty item between commas");
            items.retain(|item| !item.is_empty());
        }
        Some(items)
    }

    fn allowed_hosts(&mut self) -> Option<AllowedHosts> {
        let items = self.list("ALLOWED_HOSTS")?;
        if items.iter().any(|item| item == "*") {
            return Some(AllowedHosts::Any);
        }
        let mut listed = Vec::new();
        for item in items {
            match item.parse() {
                Ok(host) => listed.push(host),
                Err(NotAHost) => self.problem(
                    "ALLOWED_HOSTS",
                    format!(
                        "{item:?} is not a host name or an IP address, with or \
                         without a port, nor is it *"
                    ),
                ),
            }
        }
        Some(AllowedHosts::Listed(listed))
    }

    fn origins(&mut self) -> Origins {
        let Some(origins) = self.list("CORS_ORIGIN") else {
            return Origins::Listed(Vec::new());
        };
        if origins == ["*"] {
            return Origins::Any;
        }
        let mut listed = Vec::new();
        for origin in origins {
            let value = hosts::origin(&origin);
            match value.and_then(|value| HeaderValue::try_from(value).ok()) {
                Some(value) => listed.push(value),
                None => self.problem(
                    "CORS_ORIGIN",
                    format!(
                        "{origin:?} is not like https://example.com, nor is it *"
                    ),
                ),
            }
        }
        Origins::Listed(listed)
    }

    fn sample_tool(&mut self) -> Option<String> {
        let name = self.value("SAMPLE_TOOL_NAME")?;
        if !Tool::is_valid_name(&name) {
            let rule = "must be 1 to 128 of A-Z, a-z, 0-9, underscore, hyphen, dot";
            self.problem("SAMPLE_TOOL_NAME", rule);
        }
        Some(name)
    }

    /// Values are secret, so a problem does not repeat them.
    fn state_keys(&mut self) -> StateKeys {
        let value = self.value("STATE_KEYS").unwrap_or_default();
        let keys = value.split(',').filter(|_| !value.is_empty()).map(read_key);
        match keys.collect() {
            Some(keys) => StateKeys(keys),
            None => {
                let rule =
                    "must be keys of 32 bytes in base64, with commas between";
                self.problem("STATE_KEYS", rule);
                StateKeys::default()
            }
        }
    }

    /// Values are secret, so a problem does not repeat them.
    fn tokens(&mut self) -> Tokens {
        let mut tokens: Vec<(String, String)> = Vec::new();
        let Some(value) = self.value("API_TOKENS") else { return Tokens(tokens) };
        for pair in value.split(',') {
            let pair = pair.split_once('=');
            match pair.map(|(name, token)| (name.trim(), token.trim())) {
                Some((_, token))
                    if tokens.iter().any(|(_, other)| other == token) =>
                {
                    self.problem("API_TOKENS", "the same token is given twice");
                }
                Some((name, token)) if !name.is_empty() && is_token(token) => {
                    tokens.push((name.to_owned(), token.to_owned()));
                }
                _ => {
                    let rule = "must be name=token pairs with commas, tokens of \
                                ASCII characters without blanks";
                    self.problem("API_TOKENS", rule);
                }
            }
        }
        Tokens(tokens)
    }
}

/// Whether a client can send it: a header has no other characters.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

/// 32 random bytes, as `openssl rand -base64 32` writes them.
fn read_key(text: &str) -> Option<Secret> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

/// Braces would move the hash tag, and with it the keys of a session apart.
fn check_key_prefix(prefix: &str) -> Result<(), String> {
    if prefix.bytes().all(|b| b.is_ascii_graphic() && !b"{}*?[]".contains(&b)) {
        Ok(())
    } else {
        Err("must be printable characters other than {}*?[]".to_owned())
    }
}

/// Without the URL in the rule: it may hold a password.
fn check_redis_url(urls: &str) -> Result<(), String> {
    let is_tcp = |url: &str| {
        let url = url.trim();
        url.starts_with("redis://") || url.starts_with("rediss://")
    };
    if urls.split(',').all(is_tcp) && Servers::parse(urls).is_ok() {
        Ok(())
    } else {
        Err("must be redis:// or rediss:// URLs, separated by commas".to_owned())
    }
}
