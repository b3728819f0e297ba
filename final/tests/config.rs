//! Settings from the environment.
#![allow(clippy::unwrap_used)]

use std::{
    collections::HashMap, ffi::OsStr, os::unix::ffi::OsStrExt, time::Duration,
};

use mcp_server::config::{Config, Origins, Problem};

fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    let variables: HashMap<&str, &str> = pairs.iter().copied().collect();
    Config::read(|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
    read(pairs).unwrap_err().iter().map(ToString::to_string).collect()
}

/// L037: only this machine can reach a server that was told nothing.
#[test]
fn nothing_has_to_be_set() {
    let config = read(&[]).unwrap();
    assert_eq!(
        (config.host.to_string().as_str(), config.port),
        ("127.0.0.1", 1453)
    );
    assert_eq!(config.redis_url, None);
    assert_eq!(config.session_timeout, Duration::from_secs(1800));
    assert_eq!(config.origins, Origins::Listed(Vec::new()));
}

#[test]
fn an_empty_value_counts_as_not_set() {
    assert_eq!(read(&[("PORT", ""), ("HOST", " ")]).unwrap().port, 1453);
}

#[test]
fn redis_is_used_only_when_asked_for() {
    let url = ("REDIS_URL", "redis://one:1,redis://two:2");
    assert_eq!(read(&[url]).unwrap().redis_url, None);
    let config = read(&[url, ("USE_REDIS", "true")]).unwrap();
    assert_eq!(config.redis_url.as_deref(), Some(url.1));
}

#[test]
fn all_problems_are_reported_together() {
    let found = problems(&[
        ("HOST", "nowhere"),
        ("PORT", "65536"),
        ("USE_REDIS", "maybe"),
        ("NODE_LEASE", "1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ORIGIN", "example.com"),
        ("SESSION_TIMEOUT", "999"),
        ("RATE_LIMIT_MAX", "0"),
        ("RATE_LIMIT_WINDOW", "-1"),
        ("MAX_BODY", "1MB"),
        ("MAX_SESSIONS_PER_CLIENT", "0"),
        ("API_TOKENS", "alice"),
        ("TRUST_PROXY", "2"),
        ("SSE_AFTER", "soon"),
        ("DRAIN_DELAY", "x"),
        ("DRAIN_DEADLINE", "x"),
        ("ALLOWED_HOSTS", "a,,b"),
        ("SAMPLE_TOOL_NAME", "no spaces"),
    ]);
    assert_eq!(found.len(), 19, "{found:#?}");
}

/// A variable of another program's must not keep the server from starting.
#[test]
fn the_address_of_redis_matters_only_if_it_is_used() {
    let used = |url| problems(&[("USE_REDIS", "true"), ("REDIS_URL", url)]);
    for wrong in [
        "http://localhost",
        "unix:///run/redis.sock",
        "redis://h:notaport",
        "redis://h:99999",
        "redis://localhost/notadb",
        "redis://[::1",
        "redis://user:s3cret@h:1,h:2",
    ] {
        let found = used(wrong);
        assert_eq!(found.len(), 1, "{wrong}");
        assert!(!found[0].contains("s3cret"), "{found:?}");
        assert!(read(&[("REDIS_URL", wrong)]).is_ok(), "{wrong}");
    }
    let several = "rediss://user:s3cret@h:1, redis://h:2";
    assert!(read(&[("USE_REDIS", "true"), ("REDIS_URL", several)]).is_ok());
}

/// Else `API_TOKENS` in another encoding would leave the door open.
#[test]
fn a_value_that_is_not_text_is_not_ignored() {
    let garbled = OsStr::from_bytes(b"alice=secret\xff");
    let config =
        Config::read(|name| (name == "API_TOKENS").then_some(garbled.to_owned()));
    assert_eq!(config.unwrap_err().len(), 1);
}

/// L188.
#[test]
fn tokens_are_never_repeated_in_a_problem_or_in_debug_output() {
    let found = problems(&[("API_TOKENS", "alice=s3cret,s3cret2,bob=s3cret")]);
    assert_eq!(found.len(), 2);
    assert!(!found.concat().contains("s3cret"), "{found:?}");
    let config = read(&[("API_TOKENS", "alice=s3cret,alice=old")]).unwrap();
    let shown = format!("{:?}", config.tokens);
    assert!(shown.contains("alice") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn origins_are_listed_or_all() {
    let config = read(&[("CORS_ORIGIN", "*")]).unwrap();
    assert_eq!(config.origins, Origins::Any);
    let config =
        read(&[("CORS_ORIGIN", "https://a.example, http://b.example:8080")]);
    let Origins::Listed(listed) = config.unwrap().origins else { panic!("any") };
    assert_eq!(listed, ["https://a.example", "http://b.example:8080"]);
    for wrong in ["https://a.example/path", "https://*.example", "null"] {
        assert_eq!(problems(&[("CORS_ORIGIN", wrong)]).len(), 1, "{wrong}");
    }
}
