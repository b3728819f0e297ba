//! Every setting: default, unit, what is accepted, what it does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use mcp_server::config::{AllowedHosts, Config, Origins, StateKeys, Tokens};
use mcp_server::events::LogBounds;
use mcp_server::telemetry::log::LogFormat;

use suite::climb::chapters::root;

const HEAD: &str = "\
# Settings

Every setting of the finished server is a variable of the environment. An empty one
counts as not set. A value that cannot be used stops the start, and everything that is
wrong is said at once. The chapters have those that they have come to.

The table is written by `cargo xtask bless`. The defaults are those of a server that was
told nothing. What is accepted is what it says of a value that it cannot use, or the
smallest and the largest number that it takes.

| variable, and what it does | default | accepts |
|---|---|---|
";

/// No value of any setting, but a text.
const NONSENSE: &str = "?!";

/// What a setting is if nobody sets it, and so what it is measured in.
enum Unset {
    Text(String),
    Number(u64),
    Bytes(u64),
    Time(Duration),
    Absent,
}

/// The settings of a server that was told nothing, Redis left aside.
fn defaults(config: Config) -> Vec<(&'static str, Unset)> {
    use Unset::{Absent, Bytes, Number, Text, Time};
    let text = |value: &dyn ToString| Text(value.to_string());
    // Every field by its name, so that a new one does not compile.
    let Config {
        host,
        port,
        redis_url,
        redis_key_prefix,
        log_level,
        log_format,
        origins,
        allowed_hosts,
        session_timeout,
        rate_limit_max,
        rate_limit_window,
        sample_tool,
        max_sessions_per_client,
        max_body,
        tokens: Tokens(tokens),
        state_keys: StateKeys(state_keys),
        trust_proxy,
        sse_after,
        sse_stall,
        drain_delay,
        drain_deadline,
        audit_events,
        node_lease,
        event_log: LogBounds { entries, bytes, age },
        progress_interval,
    } = config;
    let log_format = match log_format {
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    let origins = match origins {
        Origins::Any => Text("*".into()),
        Origins::Listed(list) if list.is_empty() => Absent,
        Origins::Listed(list) => Text(format!("{list:?}")),
    };
    let optional = |value: Option<String>| value.map_or(Absent, Text);
    let hosts = match allowed_hosts {
        None => Absent,
        Some(AllowedHosts::Any) => Text("*".into()),
        Some(AllowedHosts::Listed(list)) => Text(format!("{list:?}")),
    };
    let secrets = |count: usize| match count {
        0 => Absent,
        count => Text(format!("{count} of them")),
    };
    vec![
        ("HOST", text(&host)),
        ("PORT", Number(port.into())),
        ("USE_REDIS", text(&redis_url.is_some())),
        ("REDIS_URL", optional(redis_url)),
        ("REDIS_KEY_PREFIX", Text(redis_key_prefix)),
        ("LOG_LEVEL", text(&log_level)),
        ("LOG_FORMAT", text(&log_format)),
        ("CORS_ORIGIN", origins),
        ("ALLOWED_HOSTS", hosts),
        ("SESSION_TIMEOUT", Time(session_timeout)),
        ("RATE_LIMIT_MAX", Number(rate_limit_max.into())),
        ("RATE_LIMIT_WINDOW", Time(rate_limit_window)),
        ("SAMPLE_TOOL_NAME", optional(sample_tool)),
        ("MAX_SESSIONS_PER_CLIENT", Number(max_sessions_per_client as u64)),
        ("MAX_BODY", Bytes(max_body as u64)),
        ("API_TOKENS", secrets(tokens.len())),
        ("STATE_KEYS", secrets(state_keys.len())),
        ("TRUST_PROXY", text(&trust_proxy)),
        ("SSE_AFTER", Time(sse_after)),
        ("SSE_STALL", Time(sse_stall)),
        ("DRAIN_DELAY", Time(drain_delay)),
        ("DRAIN_DEADLINE", Time(drain_deadline)),
        ("AUDIT_EVENTS", Number(audit_events as u64)),
        ("NODE_LEASE", Time(node_lease)),
        ("EVENT_LOG_ENTRIES", Number(entries as u64)),
        ("EVENT_LOG_BYTES", Bytes(bytes as u64)),
        ("EVENT_LOG_AGE", Time(age)),
        ("PROGRESS_INTERVAL", Time(progress_interval)),
    ]
}

/// The names of all variables that the server asks for.
pub fn names() -> Vec<String> {
    let asked = RefCell::new(Vec::new());
    let config = Config::read(|name| {
        let mut asked = asked.borrow_mut();
        if !asked.iter().any(|other| other == name) {
            asked.push(name.to_owned());
        }
        (name == "USE_REDIS").then_some("true")
    });
    drop(config);
    asked.into_inner()
}

/// The settings of a server that was told only this.
fn told(pairs: &[(&str, &str)]) -> Result<Config, String> {
    let value = |name: &str| {
        let found = pairs.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::read(value)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// The rule that `value` breaks.
fn refusal(name: &str, value: &str) -> Option<String> {
    // The address of Redis is of no interest to a server that does not use it.
    let redis = ("USE_REDIS", "true");
    let complaint = match name {
        "USE_REDIS" => told(&[(name, value)]),
        _ => told(&[redis, (name, value)]),
    };
    let complaint = complaint.err()?;
    Some(complaint.strip_prefix(&format!("{name}: "))?.to_owned())
}

/// What a setting that is a number accepts.
fn numbers(name: &str) -> String {
    let least = refusal(name, "0").map_or(0, |rule| {
        let number = rule.rsplit(' ').next().and_then(|word| word.parse().ok());
        number.unwrap_or_else(|| panic!("{name}: 0 is refused with {rule:?}"))
    });
    let takes = |number: u64| refusal(name, &number.to_string()).is_none();
    let is_least = takes(least) && (least == 0 || !takes(least - 1));
    assert!(is_least, "{name}: {least} is not the least");
    let largest = [u64::from(u16::MAX), u64::from(u32::MAX)];
    let largest = largest.into_iter().find(|last| takes(*last) && !takes(last + 1));
    match largest {
        Some(largest) => format!("{least} to {largest}"),
        None => format!("{least} and more"),
    }
}

/// What a setting that is a text accepts, in the server's own words.
fn texts(name: &str) -> String {
    if let Some(rule) = refusal(name, NONSENSE) {
        let words = rule.trim_start_matches(&format!("{NONSENSE:?} is not "));
        let words = words.trim_start_matches("must be ");
        return words.replace(", nor is it", " or");
    }
    match refusal(name, ",") {
        Some(_) => "names with commas between".to_owned(),
        None => "any text".to_owned(),
    }
}

/// The whole page.
pub fn page() -> String {
    let unset = told(&[]).unwrap_or_else(|error| panic!("{error}"));
    page_of(unset)
}

/// The page of a server whose settings are these if nobody sets them.
pub fn page_of(unset: Config) -> String {
    let shared = told(&[("USE_REDIS", "true")]);
    let address = shared.ok().and_then(|config| config.redis_url);
    let mut defaults: BTreeMap<&str, Unset> = defaults(unset).into_iter().collect();
    defaults.insert("REDIS_URL", address.map_or(Unset::Absent, Unset::Text));
    let meanings = meanings();
    let mut page = HEAD.to_owned();
    for name in names() {
        let default = defaults.remove(name.as_str());
        let default = default.unwrap_or_else(|| panic!("{name} has no default"));
        let (words, meaning) = meanings
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is not in README.md"));
        let (value, unit, accepts) = match default {
            Unset::Absent => (None, "", texts(&name)),
            Unset::Text(text) => (Some(text), "", texts(&name)),
            Unset::Number(n) => (Some(n.to_string()), "", numbers(&name)),
            Unset::Bytes(n) => (Some(n.to_string()), "bytes", numbers(&name)),
            Unset::Time(time) => {
                (Some(time.as_millis().to_string()), "ms", numbers(&name))
            }
        };
        let value = value.map_or(words.clone(), |text| format!("`{text}` {unit}"));
        let value = value.trim_end();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}`<br>{meaning} | {value} | {accepts} |");
    }
    let unasked: Vec<&&str> = defaults.keys().collect();
    assert!(unasked.is_empty(), "nobody asks for {unasked:?}");
    page
}

/// In words, what each setting is by itself and what it does: as README.md has it.
fn meanings() -> BTreeMap<String, (String, String)> {
    let readme = std::fs::read_to_string(root().join("README.md"));
    let readme = readme.unwrap_or_else(|error| panic!("README.md: {error}"));
    let table = readme.split("<!-- configuration -->\n").nth(1).unwrap_or_default();
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(2);
    rows.filter_map(|row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let name = cells.next()?.trim_matches('`').to_owned();
        Some((name, (cells.next()?.to_owned(), cells.next()?.to_owned())))
    })
    .collect()
}
