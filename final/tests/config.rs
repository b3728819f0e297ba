//! Settings from the environment.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use mcp_server::config::{AllowedHosts, Config, Origins, Problem, Transport};
use tracing::level_filters::LevelFilter;

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
    assert!(!config.use_redis);
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
    assert!(!read(&[url]).unwrap().use_redis);
    let config = read(&[url, ("USE_REDIS", "true")]).unwrap();
    assert!(config.use_redis);
    let servers = format!("{:?}", config.redis);
    assert!(servers.contains("one") && servers.contains("two"), "{servers}");
}

#[test]
fn all_problems_are_reported_together() {
    let found = problems(&[
        ("HOST", "no where"),
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

/// As browsers write an origin: otherwise it would be accepted and never match.
#[test]
fn an_origin_is_compared_as_browsers_write_it() {
    let value = "HTTPS://A.example:443, http://b.example:80, http://[0::1]:3000, \
                 vscode-webview://1a2b3c";
    let Origins::Listed(listed) = read(&[("CORS_ORIGIN", value)]).unwrap().origins
    else {
        panic!("any")
    };
    let expected = [
        "https://a.example",
        "http://b.example",
        "http://[::1]:3000",
        "vscode-webview://1a2b3c",
    ];
    assert_eq!(listed, expected);
    for wrong in [
        "https://a b.example",
        "https://user@a.example",
        "https://a.example:99999",
        "https://a.example?x",
        "https://a.example:*",
        "://a.example",
        "https://\u{e4}.example",
    ] {
        assert_eq!(problems(&[("CORS_ORIGIN", wrong)]).len(), 1, "{wrong}");
    }
}

fn allowed(value: &str) -> AllowedHosts {
    read(&[("ALLOWED_HOSTS", value)]).unwrap().allowed_hosts.unwrap()
}

#[test]
fn a_host_is_allowed_in_every_form_that_has_a_meaning() {
    for (value, yes, no) in [
        ("*", &["any.example", "localhost:1"][..], &[][..]),
        ("a.example:*", &["A.example", "a.example:1"], &["b.example"]),
        ("A.example.", &["a.example.:1", "a.example"], &["a.example.b"]),
        ("a.example:8080", &["a.example:8080"], &["a.example", "a.example:80"]),
        ("a.example:443", &["a.example", "a.example:443"], &["a.example:80"]),
        ("::1", &["[::1]", "[0:0::1]:7"], &["::1", "[::2]", "[::1", "[::1]7"]),
        ("[::1]:7", &["[::1]:7"], &["[::1]", "[::1]:8"]),
        ("127.0.0.1", &["127.0.0.1:7", "127.0.0.1:"], &["127.0.0.2", ""]),
        ("my_service", &["my_service:1"], &["my_service:x", "my_service:+1"]),
        ("x:1, *", &["y"], &[]),
    ] {
        let hosts = allowed(value);
        for host in yes {
            assert!(hosts.allows(host), "{value} allows {host}");
        }
        for host in no {
            assert!(!hosts.allows(host), "{value} does not allow {host}");
        }
    }
}

/// It would start the server, and then every request would be refused.
#[test]
fn a_host_that_can_never_match_is_refused_by_name() {
    for wrong in [
        "*.example.com",
        "https://mcp.example.com",
        "mcp.example.com/",
        "mcp example",
        "user@mcp.example.com",
        "mcp.example.com:",
        "mcp.example.com:0",
        "mcp.example.com:99999",
        "mcp..example",
        "m\u{e4}p.example",
        "127.0.0.256",
        "::1:8080:x",
        "[::1",
        "[localhost]",
    ] {
        let value = format!("localhost,{wrong}");
        let found = problems(&[("ALLOWED_HOSTS", &value)]);
        assert_eq!(found.len(), 1, "{wrong}");
        assert!(found[0].contains(&format!("{wrong:?}")), "{found:?}");
    }
}

#[test]
fn a_server_accepts_the_name_that_it_listens_on() {
    for (host, yes, no) in [
        ("192.0.2.1", "192.0.2.1:1453", "192.0.2.2:1453"),
        ("Box.example", "box.example:8080", "fox.example:8080"),
        ("::", "localhost:8080", "[::]:1453"),
        ("0.0.0.0", "127.0.0.1", "0.0.0.0:1453"),
    ] {
        let config = read(&[("HOST", host)]).unwrap();
        let hosts = AllowedHosts::of_listener(&config.host);
        for usual in [yes, "localhost", "127.0.0.1:9000", "[::1]:1"] {
            assert!(hosts.allows(usual), "{host} allows {usual}");
        }
        assert!(!hosts.allows(no), "{host} does not allow {no}");
    }
}

#[test]
fn a_host_is_an_address_or_a_name() {
    for (value, shown) in [
        ("localhost", "localhost"),
        ("::1", "[::1]"),
        ("[::]", "[::]"),
        ("0.0.0.0", "0.0.0.0"),
    ] {
        let config = read(&[("HOST", value)]).unwrap();
        assert_eq!(config.host.to_string(), shown, "{value}");
    }
    for wrong in ["*", "localhost:80", "http://localhost", "1.2.3", "a b", "[::"] {
        assert_eq!(problems(&[("HOST", wrong)]).len(), 1, "{wrong}");
    }
}

#[test]
fn choices_may_be_written_in_any_case_and_in_other_words() {
    for (value, level) in [
        ("ERROR", LevelFilter::ERROR),
        ("Info", LevelFilter::INFO),
        ("warning", LevelFilter::WARN),
        ("CRITICAL", LevelFilter::ERROR),
        ("trace", LevelFilter::DEBUG),
        ("notice", LevelFilter::INFO),
    ] {
        let config = read(&[("LOG_LEVEL", value)]).unwrap();
        assert_eq!(config.log_level, level, "{value}");
    }
    let config = read(&[("TRUST_PROXY", "True"), ("USE_REDIS", "No")]).unwrap();
    assert!(config.trust_proxy && !config.use_redis);
    assert_eq!(problems(&[("LOG_LEVEL", "loud"), ("TRUST_PROXY", "2")]).len(), 2);
}

/// A token that no header can hold would lock its owner out.
#[test]
fn a_token_that_cannot_be_sent_is_refused() {
    let config = read(&[("API_TOKENS", " alice = s3cret , bob=t0ken= ")]).unwrap();
    let pair = |name: &str, token: &str| (name.to_owned(), token.to_owned());
    assert_eq!(config.tokens.0, [pair("alice", "s3cret"), pair("bob", "t0ken=")]);
    for wrong in ["alice=two words", "alice=\u{e9}", "=token", "alice="] {
        assert_eq!(problems(&[("API_TOKENS", wrong)]).len(), 1, "{wrong}");
    }
}

/// Not even a handshake would fit.
#[test]
fn a_body_that_is_too_small_for_every_request_is_refused() {
    assert_eq!(problems(&[("MAX_BODY", "1")]).len(), 1);
}

fn over_stdio(pairs: &[(&str, &str)]) -> Result<Vec<String>, usize> {
    let value = |name: &str| {
        let found = pairs.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::read_for(Transport::Stdio, value)
        .map(|(_, warnings)| warnings.iter().map(ToString::to_string).collect())
        .map_err(|problems| problems.len())
}

/// A popular client sets HOST and PORT for every server that it starts.
#[test]
fn a_bad_setting_without_an_effect_is_a_warning() {
    let http = [("HOST", "no where"), ("PORT", "99999"), ("API_TOKENS", "alice")];
    let warnings = over_stdio(&http).unwrap();
    assert_eq!(warnings.len(), http.len(), "{warnings:?}");
    for ((name, _), warning) in http.iter().zip(&warnings) {
        assert!(warning.contains("no effect"), "{warning}");
        assert!(warnings.iter().any(|other| other.starts_with(name)), "{name}");
    }
    assert_eq!(over_stdio(&[("HOST", "localhost"), ("PORT", "1")]), Ok(vec![]));
    assert_eq!(over_stdio(&[http[0], ("MAX_BODY", "1MB")]), Err(1));
    let redis = over_stdio(&[("REDIS_URL", "redis://localhost")]).unwrap();
    assert_eq!(redis.len(), 1, "the operator may believe that it is used");
    let known = [("REDIS_URL", "redis://localhost"), ("USE_REDIS", "false")];
    assert_eq!(over_stdio(&known), Ok(vec![]));
}

/// The page of settings is printed from the table, so the table must be true.
#[test]
fn the_table_says_what_is_accepted_and_what_the_default_is() {
    let unset = format!("{:?}", read(&[]).unwrap());
    for setting in Config::table() {
        let given = read(&[(setting.variable, setting.default)]).unwrap();
        assert_eq!(format!("{given:?}"), unset, "{}", setting.variable);
        let words: Vec<&str> = setting.accepts.split(' ').collect();
        let most = match words[..] {
            [_, "to", most] => most.parse().unwrap(),
            [_, "and", "more"] => usize::MAX,
            _ => continue,
        };
        let least: usize = words[0].parse().unwrap();
        let takes = |number: usize| {
            read(&[(setting.variable, &*number.to_string())]).is_ok()
        };
        assert!(takes(least) && takes(most), "{}", setting.variable);
        assert!(least == 0 || !takes(least - 1), "{}", setting.variable);
        assert!(most == usize::MAX || !takes(most + 1), "{}", setting.variable);
    }
}
