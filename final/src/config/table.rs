//! The table of settings, with one row for each.

use std::time::Duration;

use tracing::level_filters::LevelFilter;

use super::hosts::{AllowedHosts, Host};
use super::kinds::{
    ValueKind, bytes, flag, millis, number, one_of, optional, secret, several,
    single,
};
use super::values::{Origins, StateKeys, Tokens, is_printable};
use super::{Reader, Setting, SettingScope};
use crate::protocol::tools::Tool;
use crate::redis::Servers;
use crate::telemetry::log::LogFormat;

/// Generates from the rows: the fields of [`Config`], the code that reads them, and
/// the table from which the pages are printed. A row ends with its scope, unless
/// the setting always has an effect.
macro_rules! settings {
    ($($variable:literal $field:ident: $type:ty, $kind:expr, $default:literal,
        $meaning:literal $(, $scope:ident)?;)*) => {
        /// All settings.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(#[doc = concat!("`", $variable, "`: ", $meaning)] pub $field: $type,)*
        }

        impl Config {
            pub(super) fn assemble(reader: &mut Reader<'_>) -> Option<Self> {
                $(let $field: Option<$type> = {
                    let scope = [$(SettingScope::$scope,)? SettingScope::Always][0];
                    reader.read($variable, scope, &$kind, $default)
                };)*
                Some(Self { $($field: $field?,)* })
            }

            /// Returns the table of all settings.
            pub fn table() -> Vec<Setting> {
                vec![$({
                    let kind: ValueKind<$type> = $kind;
                    let ValueKind { accepts, unit, .. } = kind;
                    let (variable, default, meaning) =
                        ($variable, $default, $meaning);
                    Setting { variable, meaning, accepts, default, unit }
                },)*]
            }
        }
    };
}

settings! {
    "HOST" host: Host, single("an IP address or a host name"), "127.0.0.1",
        "address to bind, or a name that resolves to one", OverHttp;
    "PORT" port: u16, single("a port number, 0 to 65535"), "1453",
        "port to bind; 0 picks a free port and logs its number", OverHttp;
    "USE_REDIS" use_redis: bool, flag(), "false",
        "store sessions in Redis, shared by all nodes";
    "REDIS_URL" redis: Servers,
        secret("redis:// or rediss:// URLs, separated by commas", servers),
        "redis://localhost:6379",
        "one address, or several of a cluster, separated by commas; `rediss://` \
         for TLS; may contain user and password", WithRedis;
    "REDIS_KEY_PREFIX" redis_key_prefix: String,
        secret("printable characters other than {}*?[]", key_prefix), "mcp",
        "prefix of all keys; must be equal on all nodes";
    "LOG_LEVEL" log_level: LevelFilter, one_of(&LEVELS), "info",
        "`debug`, `info`, `warn` or `error`, in upper or lower case, or a usual \
         synonym (`warning`, `critical`, …); the log goes to standard error";
    "LOG_FORMAT" log_format: LogFormat, one_of(&FORMATS), "text",
        "`text`, or `json` with one object per line";
    "CORS_ORIGIN" origins: Origins,
        several("like https://example.com, with commas between, or *"), "",
        "browser origins that may call, besides the server's own; separated by \
         commas, or `*`", OverHttp;
    "ALLOWED_HOSTS" allowed_hosts: Option<AllowedHosts>,
        optional(several(
            "host names or IP addresses, with or without a port, or *",
        )), "",
        "accepted `Host` headers on `/mcp`, separated by commas: names or \
         addresses with a port; without a port, or with `:*`, they match any port; \
         `*` accepts all; none: localhost, 127.0.0.1, `[::1]` and `HOST`", OverHttp;
    "SESSION_TIMEOUT" session_timeout: Duration, millis(1_000), "1800000",
        "idle time after which a session expires; at least 1000";
    "RATE_LIMIT_MAX" rate_limit_max: u32, number(1..=u32::MAX), "1000",
        "requests per window and client, counted by each node separately", OverHttp;
    "RATE_LIMIT_WINDOW" rate_limit_window: Duration, millis(1), "900000",
        "length of the window", OverHttp;
    "MAX_SESSIONS_PER_CLIENT" max_sessions_per_client: usize,
        number(1..=usize::MAX), "1000",
        "open sessions and tapes per token, or per address without tokens; also \
         the limit of open `subscriptions/listen` requests on each node";
    "MAX_BODY" max_body: usize, bytes(LEAST_BODY), "1048576",
        "largest request, in bytes";
    "API_TOKENS" tokens: Tokens, several(Tokens::ACCEPTS), "",
        "`name=token` pairs, separated by commas; none: every client may call",
        OverHttp;
    "STATE_KEYS" state_keys: StateKeys,
        secret("keys of 32 bytes in base64, with commas between", StateKeys::read),
        "",
        "keys of 32 bytes in base64, separated by commas, newest first, that \
         encrypt `requestState`; must be equal on all nodes; none: the nodes agree \
         on a random key";
    "TRUST_PROXY" trust_proxy: bool, flag(), "false",
        "take the client's address from the proxy's headers (`X-Forwarded-For` or \
         `Forwarded`; a proxy that sets one should remove the other)", OverHttp;
    "AUDIT_EVENTS" audit_events: usize, number(0..=usize::MAX), "200",
        "entries that a session's audit trail (`session://events`) keeps; 0 turns \
         it off";
    "SSE_AFTER" sse_after: Duration, millis(0), "250",
        "a call that takes longer is answered with an event stream", OverHttp;
    "SSE_STALL" sse_stall: Duration, millis(100), "30000",
        "a stream whose client reads nothing for this time is closed; the client \
         can resume it";
    "DRAIN_DELAY" drain_delay: Duration, millis(0), "3000",
        "at shutdown: time to continue serving while `/readyz` answers 503",
        OverHttp;
    "DRAIN_DEADLINE" drain_deadline: Duration, millis(0), "25000",
        "at shutdown, after that: time for running calls to finish", OverHttp;
    "NODE_LEASE" node_lease: Duration, millis(500), "10000",
        "time after which a node that has not renewed its lease counts as dead, \
         and its calls as failed; must be equal on all nodes";
    "EVENT_LOG_ENTRIES" event_log_entries: usize, number(1..=usize::MAX),
        "2000",
        "number of events that are kept of a session, so that clients can resume \
         streams";
    "EVENT_LOG_BYTES" event_log_bytes: usize, bytes(1), "4194304",
        "largest total size of these events, in bytes";
    "EVENT_LOG_AGE" event_log_age: Duration, millis(1), "600000",
        "largest age of these events";
    "SAMPLE_TOOL_NAME" sample_tool: Option<String>,
        optional(secret(
            "1 to 128 of A-Z, a-z, 0-9, underscore, hyphen, dot",
            |name| Tool::is_valid_name(name).then(|| name.to_owned()),
        )), "",
        "name of an example tool to add";
    "PROGRESS_INTERVAL" progress_interval: Duration, millis(0), "200",
        "pause between two steps of the tool `demo_progress`";
}

const LEVELS: [(&str, LevelFilter); 4] = [
    ("debug trace verbose", LevelFilter::DEBUG),
    ("info notice information", LevelFilter::INFO),
    ("warn warning", LevelFilter::WARN),
    ("error err critical fatal alert emergency", LevelFilter::ERROR),
];

const FORMATS: [(&str, LogFormat); 2] =
    [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// The smallest `MAX_BODY`. A smaller one would refuse every client, because it
/// refuses even a short `initialize`.
const LEAST_BODY: usize = 512;

fn servers(urls: &str) -> Option<Servers> {
    let is_tcp = |url: &str| {
        let url = url.trim();
        url.starts_with("redis://") || url.starts_with("rediss://")
    };
    let parsed = urls.split(',').all(is_tcp).then(|| Servers::parse(urls));
    parsed?.ok()
}

/// Reads a prefix. Rejects braces, which would change the hash tag, so that the
/// keys of a session would be on different nodes of a cluster.
fn key_prefix(prefix: &str) -> Option<String> {
    let special = |c: char| "{}*?[]".contains(c);
    let is_usable = is_printable(prefix) && !prefix.contains(special);
    is_usable.then(|| prefix.to_owned())
}
