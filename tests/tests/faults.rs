//! Storage blinks, dies and comes back; settings are wrong. Clients are told
//! the truth in time, and nothing that Redis kept is lost.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use suite::{Client, Cluster, Exchange, Node, PATIENCE, eventually};

/// The longest that a client waits to hear that storage is away.
const TOLD: Duration = Duration::from_millis(1500);

/// The longest until everything works again after Redis has come back.
const BACK: Duration = Duration::from_secs(2);

async fn add(client: &Client, a: usize) -> Exchange {
    client.call_tool("calculate", json!({ "a": a, "b": 1, "op": "add" })).await
}

fn assert_unavailable(what: &str, answer: &Exchange) {
    assert_eq!(answer.status, 503, "{what}: {:?}", answer.body);
    assert!(answer.took < TOLD, "{what} took {:?}", answer.took);
    assert_eq!(answer.content_type(), Some("application/json"), "{what}");
    assert_eq!(answer.code(), -32603, "{what}");
    let wait = answer.header("retry-after").and_then(|s| s.parse::<u64>().ok());
    assert!(wait.is_some_and(|seconds| seconds >= 1), "{what}: Retry-After");
    let told = answer.error().to_string().to_lowercase();
    for secret in ["redis", "127.0.0.1", "mcp:", "os error", "/src/"] {
        assert!(!told.contains(secret), "{what} tells of {secret}: {told}");
    }
}

/// While storage is away every door says so, in time, and none says 404.
/// `doomed` is a session whose end is asked for, with an unknown outcome.
async fn assert_away(node: &Node, client: &Client, doomed: &Client) {
    assert_unavailable("a call", &add(client, 1).await);
    let opened = Client::builder().initialize(node).await;
    assert_unavailable("initialize", &opened);
    assert_eq!(opened.header("mcp-session-id"), None);
    assert_unavailable("GET", &client.attempt("GET").send().await);
    assert_unavailable("DELETE", &doomed.end_session().await);
    let (uri, prompt) = ("calculator://history", "explain-calculation");
    let explain = json!({ "name": prompt, "arguments": { "operation": "add" } });
    let complete = json!({
        "ref": { "type": "ref/prompt", "name": prompt },
        "argument": { "name": "level", "value": "b" },
    });
    let (read, get, completion, level) = tokio::join!(
        client.read(uri),
        client.request("prompts/get", explain),
        client.request("completion/complete", complete),
        client.request("logging/setLevel", json!({ "level": "debug" })),
    );
    assert_unavailable("resources/read", &read);
    assert_unavailable("prompts/get", &get);
    assert_unavailable("completion/complete", &completion);
    assert_unavailable("logging/setLevel", &level);
    let health = node.get("/health").await;
    assert_eq!(health.status, 503);
    assert!(health.took < TOLD, "/health took {:?}", health.took);
    let suite::Body::Json(report) = &health.body else {
        panic!("/health is not JSON: {:?}", health.body)
    };
    assert_eq!(report["status"], "unhealthy", "{report}");
    assert_eq!(report["redis"], "disconnected", "{report}");
    assert_eq!(node.get("/livez").await.status, 200, "the process is well");
    assert_eq!(node.get("/readyz").await.status, 200, "it stays in the balancer");
    assert_eq!(node.get("/metrics").await.status, 200, "and can be watched");
}

/// Works again in time, and all that was confirmed is still there.
async fn assert_back(node: &Node, client: &Client, confirmed: &[Value]) {
    eventually("the session works again", BACK, async || {
        (client.ping().await.status == 200).then_some(())
    })
    .await;
    eventually("the node is healthy again", BACK, async || {
        (node.get("/health").await.status == 200).then_some(())
    })
    .await;
    let history = client.read("calculator://history").await.resource();
    let kept: Vec<&Value> =
        history.as_array().into_iter().flatten().map(|one| &one["id"]).collect();
    for id in confirmed {
        assert!(kept.contains(&id), "{id} is lost, only {kept:?} are left");
    }
    node.assert_alive().await;
}

async fn confirmed(client: &Client) -> Vec<Value> {
    let mut ids = Vec::new();
    for a in 0..5 {
        let result = add(client, a).await.result();
        ids.push(result["structuredContent"]["calculationId"].clone());
    }
    ids
}

/// The reference service needs 10 s for `/health` and 85 s for a call.
#[tokio::test]
async fn while_redis_is_frozen_clients_are_told_in_time() {
    let cluster = Cluster::with_redis(1).await;
    let node = cluster.node(0);
    let client = node.connect().await;
    let confirmed = confirmed(&client).await;
    let doomed = node.connect().await;
    cluster.redis.freeze();
    assert_away(node, &client, &doomed).await;
    cluster.redis.thaw();
    assert_back(node, &client, &confirmed).await;
}

/// L116, L124, L129, L135: an error of ours is -32603, whatever was asked.
#[tokio::test]
async fn while_redis_is_dead_clients_are_told_in_time() {
    let mut cluster = Cluster::with_redis(2).await;
    let client = cluster.node(0).connect().await;
    let confirmed = confirmed(&client).await;
    let doomed = cluster.node(0).connect().await;
    cluster.redis.kill();
    for node in &cluster.nodes {
        assert_away(node, &client.at(node), &doomed.at(node)).await;
    }
    cluster.redis.restart().await;
    for node in &cluster.nodes {
        assert_back(node, &client.at(node), &confirmed).await;
    }
}

/// A short freeze is no outage: the call waits, and is made once.
#[tokio::test]
async fn a_blink_of_redis_is_not_noticed() {
    let cluster = Cluster::with_redis(1).await;
    let client = cluster.node(0).connect().await;
    cluster.redis.freeze();
    let call = tokio::spawn({
        let client = client.clone();
        async move { add(&client, 1).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    cluster.redis.thaw();
    let answer = call.await.expect("an answer");
    assert_eq!(answer.text(), "1 add 1 = 2");
    let history = client.read("calculator://history").await.resource();
    assert_eq!(history.as_array().map(Vec::len), Some(1), "{history}");
}

/// What is not there any more is not there: 404, so that clients start anew.
#[tokio::test]
async fn a_redis_that_comes_back_empty_has_no_sessions() {
    let mut cluster = Cluster::with_redis(1).await;
    let client = cluster.node(0).connect().await;
    cluster.redis.restart_empty().await;
    let status = eventually("Redis is used again", BACK, async || {
        Some(client.ping().await.status).filter(|status| *status != 503)
    });
    assert_eq!(status.await, 404);
    cluster.node(0).assert_alive().await;
}

fn report(health: &Exchange) -> &Value {
    match &health.body {
        suite::Body::Json(report) => report,
        body => panic!("/health is not JSON: {body:?}"),
    }
}

/// Redis answers a PING through all of this.
#[tokio::test]
async fn health_tells_why_sessions_cannot_be_written() {
    let cluster = Cluster::with_redis(1).await;
    let node = cluster.node(0);
    for (refuse, accept, word) in [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "out-of-memory"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read-only"),
        ("ACL SETUSER default -hset", "ACL SETUSER default +hset", "denied"),
    ] {
        let run = async |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(cluster.redis.command(&words).await, "+OK", "{line}");
        };
        let client = node.connect().await;
        run(refuse).await;
        eventually("a word says why", BACK, async || {
            let call = add(&client, 1).await;
            assert_eq!(call.status, 503, "{refuse}: {:?}", call.body);
            let health = node.get("/health").await;
            let (said, status) = (&report(&health)["redis"], health.status);
            (status == 503 && said == word).then_some(())
        })
        .await;
        run(accept).await;
        eventually("it is healthy again", PATIENCE, async || {
            (node.get("/health").await.status == 200).then_some(())
        })
        .await;
    }
    node.assert_alive().await;
}

#[tokio::test]
async fn an_eviction_policy_that_can_lose_sessions_is_told_at_the_start_and_later()
{
    let redis = suite::RedisServer::start().await;
    redis.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let node = Node::builder().redis(&redis).start().await;
    let health = node.get("/health").await;
    assert_eq!(health.status, 200);
    assert_eq!(report(&health)["evictionPolicy"], "allkeys-lru");
    let log = node.stop().await;
    assert!(log.contains("allkeys-lru") && log.contains("WARN"), "{log}");
}

/// Anybody may ask, without a token and as often as they like.
#[tokio::test]
async fn health_and_metrics_cost_storage_the_same_however_often_they_are_asked_for()
{
    let redis = suite::RedisServer::start().await;
    let quiet = Node::builder().set("NODE_LEASE", 600_000).redis(&redis);
    let node = quiet.start().await;
    node.get("/health").await;
    // How many commands Redis has run; it is asked by the story, and a node sees with
    // two of these whether it is still there.
    let count = async || -> u64 {
        let info = redis.command(&["INFO", "commandstats"]).await;
        let stats = info.lines().filter_map(|l| l.strip_prefix("cmdstat_"));
        let stats = stats.filter_map(|line| line.split_once(":calls="));
        let stats =
            stats.filter(|(name, _)| !["info", "ping", "quit"].contains(name));
        let calls = stats
            .filter_map(|(_, rest)| rest.split(',').next()?.parse::<u64>().ok());
        calls.sum::<u64>()
    };
    let (before, start) = (count().await, Instant::now());
    for _ in 0..200 {
        let both = tokio::join!(node.get("/health"), node.get("/metrics"));
        assert_eq!((both.0.status, both.1.status), (200, 200));
    }
    // Every second that has begun, and a sweep of the node, which may come between.
    let (seconds, sweep) = (start.elapsed().as_secs() + 1, 6);
    let commands = count().await - before;
    assert!(commands <= 3 * seconds + sweep, "{commands} in {seconds} s");
}

/// Memory mode has no storage that could be away.
#[tokio::test]
async fn health_tells_which_storage_is_used() {
    let memory = Node::start().await;
    let cluster = Cluster::with_redis(1).await;
    for (node, mode) in [(&memory, "in-memory"), (cluster.node(0), "redis")] {
        node.connect().await;
        let health = node.get("/health").await;
        assert_eq!(health.status, 200);
        let suite::Body::Json(report) = health.body else {
            panic!("/health is not JSON: {:?}", health.body)
        };
        assert_eq!(report["status"], "healthy", "{report}");
        assert_eq!(report["storageMode"], mode, "{report}");
        assert_eq!(report["sessions"], 1, "{report}");
        assert!(report["uptime"].is_number(), "{report}");
        assert!(report["timestamp"].is_string(), "{report}");
    }
}

#[tokio::test]
async fn without_redis_a_node_that_needs_it_does_not_start() {
    let mut redis = suite::RedisServer::start().await;
    let node = Node::builder().redis(&redis);
    redis.kill();
    let (status, words) = node.run_to_end(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.to_lowercase().contains("redis"), "{words}");
    assert!(!words.contains("panicked"), "{words}");
}

#[tokio::test]
async fn a_redis_that_does_not_answer_stops_the_start_too() {
    let redis = suite::RedisServer::start().await;
    let node = Node::builder().redis(&redis);
    redis.freeze();
    let (status, words) = node.run_to_end(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.to_lowercase().contains("redis"), "{words}");
}

#[tokio::test]
async fn all_bad_settings_are_told_at_once() {
    let bad = [
        ("HOST", "no where"),
        ("PORT", "99999"),
        ("USE_REDIS", "perhaps"),
        ("REDIS_URL", "http://localhost"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ORIGIN", "example.com"),
        ("SESSION_TIMEOUT", "999"),
        ("RATE_LIMIT_MAX", "0"),
        ("RATE_LIMIT_WINDOW", "soon"),
        ("SAMPLE_TOOL_NAME", "not a name"),
        ("MAX_SESSIONS_PER_CLIENT", "none"),
        ("MAX_BODY", "-1"),
        ("API_TOKENS", "alice"),
        ("SSE_AFTER", "1s"),
        ("DRAIN_DEADLINE", "never"),
    ];
    let node = bad
        .iter()
        .fold(Node::builder(), |node, (name, value)| node.set(name, value));
    let (status, words) = node.run_to_end(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(2), "{words}");
    for (name, _) in bad {
        assert!(words.contains(name), "{name} is not named in:\n{words}");
    }
}

#[tokio::test]
async fn a_sample_tool_may_not_take_the_name_of_another() {
    let node = Node::builder().set("SAMPLE_TOOL_NAME", "calculate");
    let (status, words) = node.run_to_end(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(2), "{words}");
    assert!(words.contains("SAMPLE_TOOL_NAME"), "{words}");
}

#[tokio::test]
async fn a_host_that_could_never_match_stops_the_start() {
    for wrong in ["*.example.com", "https://mcp.example.com", "mcp example"] {
        let node = Node::builder().set("ALLOWED_HOSTS", wrong);
        let (status, words) = node.run_to_end(Duration::from_secs(5)).await;
        assert_eq!(status.code(), Some(2), "{wrong}: {words}");
        assert!(
            words.contains("ALLOWED_HOSTS") && words.contains(wrong),
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_name_to_listen_on_is_resolved() {
    let node = Node::builder().set("HOST", "LocalHost").set("LOG_LEVEL", "INFO");
    let node = node.start().await;
    assert!(node.address().ip().is_loopback(), "{}", node.address());
    node.assert_alive().await;
    let checked = Node::builder().set("HOST", "localhost");
    let checked = checked.set("PORT", node.address().port());
    let status = checked.pipes_with(&["--healthcheck"]).wait(PATIENCE).await;
    assert!(status.success(), "{status}");
    let unknown = Node::builder().set("HOST", "nowhere.invalid");
    let (status, words) = unknown.run_to_end(PATIENCE).await;
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.contains("nowhere.invalid"), "{words}");
}
