//! The settings. They are read from the environment once, and all problems are
//! reported together.

mod hosts;
mod kinds;
mod table;
mod values;

use std::ffi::OsString;
use std::iter;

use self::kinds::ValueKind;

pub use self::hosts::{AllowedHost, AllowedHosts, Host, NotAHost};
pub use self::table::Config;
pub use self::values::{Origins, StateKeys, Tokens};

/// The transport of a server, which decides which settings have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// Standard input and output. An MCP host may pass on the environment of
    /// another deployment, so a server starts despite a bad value that matters only
    /// to HTTP.
    Stdio,
}

/// The servers in which a setting has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingScope {
    /// Every server.
    Always,
    /// Servers that serve HTTP.
    OverHttp,
    /// Servers that use Redis.
    WithRedis,
}

/// A row of the table of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The variable of the environment.
    pub variable: &'static str,
    /// The effect of the setting, in words.
    pub meaning: &'static str,
    /// The values that are accepted, in words.
    pub accepts: String,
    /// The value if the variable is not set; empty if there is none.
    pub default: &'static str,
    /// The unit of a number; empty if it has none.
    pub unit: &'static str,
}

/// A setting that cannot be used, with a sentence that names its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {rule}")]
pub struct Problem {
    variable: &'static str,
    scope: SettingScope,
    rule: String,
}

/// The rules that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(Vec<String>);

impl From<String> for Rules {
    fn from(rule: String) -> Self {
        Self(vec![rule])
    }
}

impl Config {
    /// Reads the settings from the process' environment. Also returns warnings
    /// about settings that have no effect.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn from_env(
        transport: Transport,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        Self::read_for(transport, |name| std::env::var_os(name))
    }

    /// Reads the settings of a server over HTTP from `lookup`. An empty value
    /// counts as not set.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn read<V: Into<OsString>>(
        lookup: impl Fn(&str) -> Option<V>,
    ) -> Result<Self, Vec<Problem>> {
        Self::read_for(Transport::Http, lookup).map(|(config, _)| config)
    }

    /// Reads like [`from_env`](Self::from_env), from another environment.
    ///
    /// # Errors
    /// Every [`Problem`], not only the first.
    pub fn read_for<V: Into<OsString>>(
        transport: Transport,
        lookup: impl Fn(&str) -> Option<V>,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let lookup = |name: &str| lookup(name).map(Into::into);
        let mut reader = Reader { lookup: &lookup, problems: Vec::new() };
        let config = Self::assemble(&mut reader);
        let use_redis = config.as_ref().is_none_or(|config| config.use_redis);
        let (mut warnings, problems) = reader.classify(transport, use_redis);
        if lookup("REDIS_URL").is_some() && lookup("USE_REDIS").is_none() {
            let rule = "has no effect without USE_REDIS=true".to_owned();
            let scope = SettingScope::WithRedis;
            warnings.push(Problem { variable: "REDIS_URL", scope, rule });
        }
        match config {
            Some(config) if problems.is_empty() => Ok((config, warnings)),
            _ => Err(problems),
        }
    }
}

/// The reader of the variables, which collects their problems.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads a setting. Returns the default for one that cannot be used, so that
    /// the problems of the others are found too.
    fn read<T>(
        &mut self,
        variable: &'static str,
        scope: SettingScope,
        kind: &ValueKind<T>,
        default: &str,
    ) -> Option<T> {
        let value = (self.lookup)(variable).unwrap_or_default();
        let given = match value.to_str().map(str::trim) {
            Some("") => None,
            Some(text) => Some(kind.read(text)),
            // This must not count as unset: without `API_TOKENS`, every client may
            // call.
            None => Some(Err("is not UTF-8".to_owned().into())),
        };
        let default = iter::once_with(|| kind.read(default));
        for read in given.into_iter().chain(default) {
            match read {
                Ok(value) => return Some(value),
                Err(Rules(rules)) => {
                    let problem = |rule| Problem { variable, scope, rule };
                    self.problems.extend(rules.into_iter().map(problem));
                }
            }
        }
        None
    }

    /// Returns the problems that are only warnings, because the settings have no
    /// effect, and the others.
    fn classify(
        self,
        transport: Transport,
        use_redis: bool,
    ) -> (Vec<Problem>, Vec<Problem>) {
        let mut problems = self.problems;
        // If USE_REDIS cannot be read, problems of REDIS_URL are reported too.
        let is_unclear = problems.iter().any(|it| it.variable == "USE_REDIS");
        if !use_redis && !is_unclear {
            problems.retain(|problem| problem.scope != SettingScope::WithRedis);
        }
        if transport == Transport::Http {
            return (Vec::new(), problems);
        }
        let is_of_http = |it: &mut Problem| it.scope == SettingScope::OverHttp;
        let mut warnings: Vec<_> = problems.extract_if(.., is_of_http).collect();
        for warning in &mut warnings {
            warning.rule.push_str("; it has no effect over stdio");
        }
        (warnings, problems)
    }
}
