//! Settings, read from the environment once, all problems reported together.

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

/// What a server serves, and so which settings have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// Standard input and output. MCP hosts pass on the environment of a
    /// deployment, so a bad value that matters only to HTTP is no reason not to
    /// start.
    Stdio,
}

/// When a setting has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingScope {
    /// In every server.
    Always,
    /// If it serves HTTP.
    OverHttp,
    /// If it uses Redis.
    WithRedis,
}

/// A row of the table of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The variable of the environment.
    pub variable: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// What is accepted.
    pub accepts: String,
    /// The value of a variable that is not set; empty if it has none.
    pub default: &'static str,
    /// What a number counts.
    pub unit: &'static str,
}

/// A setting that cannot be used, in a sentence that says what to do.
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
    /// Reads the settings from the process' environment. Returns warnings about
    /// settings that have no effect, too.
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

/// Reads one variable after the other and gathers what is wrong with them.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads a setting. One that cannot be used has its default, so that the others
    /// are read too.
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
            // It must not count as not set: without `API_TOKENS` all may call.
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
        // If it is unclear whether Redis is used, its address has to be right.
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
