//! State that has a name: a tape is opened, named in each call, and closed. Any
//! node knows it, and only the one who opened it can use it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use suite::modern::complete;
use suite::{
    Caller, Client, Cluster, Exchange, Node, NodeBuilder, PATIENCE, RedisServer,
    eventually,
};

const ALICE: &str = "alice-has-a-long-token";
const BOB: &str = "bob-has-another-token";

fn tokens() -> NodeBuilder {
    Node::builder().set("API_TOKENS", format!("alice={ALICE},bob={BOB}"))
}

async fn add(caller: &Caller, tape: &str, a: usize) -> Exchange {
    let sum = json!({ "a": a, "b": 1, "op": "add", "tape_id": tape });
    caller.call_tool("calculate", sum).await
}

fn uri(tape: &str, part: &str) -> String {
    format!("calculator://tapes/{tape}/{part}")
}

async fn history(caller: &Caller, tape: &str) -> Vec<Value> {
    let history = caller.read(&uri(tape, "history")).await.resource();
    history.as_array().cloned().unwrap_or_default()
}

async fn close(caller: &Caller, tape: &str) -> Exchange {
    caller.call_tool("close_tape", json!({ "tape_id": tape })).await
}

/// Runs a story with tapes in memory and with tapes in Redis.
async fn in_both_stores(settings: NodeBuilder, story: impl AsyncFn(&Node)) {
    let redis = RedisServer::start().await;
    let memory = settings.clone().start().await;
    let shared = settings.redis(&redis).start().await;
    tokio::join!(story(&memory), story(&shared));
}

/// M017, M137, M180: opaque, unguessable, and it says how long it lives.
#[tokio::test]
async fn a_tape_has_a_name_that_nobody_guesses() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node);
        let opened = complete(&caller.call_tool("open_tape", json!({})).await);
        let expiry = &opened["structuredContent"]["expires_after_ms"];
        assert!(expiry.as_u64().is_some_and(|time| time >= 1000), "{opened}");
        let mut names = BTreeSet::new();
        for _ in 0..50 {
            let name = caller.open_tape().await;
            let digits = name.strip_prefix("tape-").unwrap_or_default();
            assert_eq!(digits.len(), 32, "128 bits: {name}");
            let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
            assert!(digits.chars().all(is_digit), "{name}");
            assert!(names.insert(digits.to_owned()), "{name} came twice");
        }
        for position in 0..32 {
            let values: BTreeSet<u8> =
                names.iter().map(|name| name.as_bytes()[position]).collect();
            assert!(values.len() > 3, "digit {position} hardly changes");
        }
    })
    .await;
}

#[tokio::test]
async fn a_tape_keeps_what_is_calculated_on_it_and_nothing_else() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node);
        let (tape, other) = (caller.open_tape().await, caller.open_tape().await);
        let kept = complete(&add(&caller, &tape, 1).await);
        let id = &kept["structuredContent"]["calculationId"];
        assert!(id.is_string(), "{kept}");
        let product = json!({ "a": 2, "b": 3, "op": "multiply" });
        let failed = json!({ "a": 1, "b": 0, "op": "divide" });
        let items = json!([product, failed]);
        let batch = json!({ "calculations": items, "tape_id": tape });
        complete(&caller.call_tool("batch_calculate", batch).await);
        let root = json!({ "operation": "sqrt", "value": 16, "tape_id": tape });
        complete(&caller.call_tool("advanced_calculate", root).await);
        let loose = json!({ "a": 7, "b": 7, "op": "add" });
        let loose = complete(&caller.call_tool("calculate", loose).await);
        let lost = &loose["structuredContent"]["calculationId"];
        assert!(lost.is_null(), "nothing was recorded: {loose}");

        let history = history(&caller, &tape).await;
        let results: Vec<&Value> =
            history.iter().map(|one| &one["result"]).collect();
        let results = json!(results).to_string().replace(".0", "");
        assert_eq!(results, "[2,6,4]", "newest last");
        assert_eq!(&history[0]["id"], id);
        let id_text = id.as_str().unwrap_or_default();
        let one = uri(&tape, &format!("history/{id_text}"));
        assert_eq!(caller.read(&one).await.resource(), history[0]);
        let info = caller.read(&uri(&tape, "info")).await.resource();
        assert_eq!(info["calculationCount"], 3, "{info}");
        assert!(!info.to_string().contains("null"), "{info}");
        let empty = caller.read(&uri(&other, "history")).await.resource();
        assert_eq!(empty, json!([]), "another tape");
        let nothing = one.replace(&tape, &other);
        assert_eq!(caller.read(&nothing).await.code(), -32602, "nor its entries");
    })
    .await;
}

#[tokio::test]
async fn a_tape_keeps_the_last_fifty() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node);
        let tape = caller.open_tape().await;
        for a in 0..60 {
            add(&caller, &tape, a).await.result();
        }
        let kept: Vec<Value> = history(&caller, &tape)
            .await
            .iter()
            .map(|one| one["inputs"].clone())
            .collect();
        let last: Vec<Value> = (10..60).map(|a| json!([a, 1])).collect();
        assert_eq!(
            json!(kept).to_string().replace(".0", ""),
            json!(last).to_string()
        );
    })
    .await;
}

/// M016: any node, and the one that opened the tape may be gone.
#[tokio::test]
async fn a_tape_is_opened_through_one_node_and_used_through_another() {
    let mut cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let tape = here.open_tape().await;
    assert_eq!(add(&there, &tape, 1).await.text(), "1 add 1 = 2");
    assert_eq!(add(&here, &tape, 2).await.text(), "2 add 1 = 3");
    assert_eq!(history(&here, &tape).await, history(&there, &tape).await);
    cluster.nodes[0].kill();
    assert_eq!(add(&there, &tape, 3).await.text(), "3 add 1 = 4");
    assert_eq!(history(&there, &tape).await.len(), 3);
}

/// The same on a Redis Cluster: the keys of a tape are in one slot.
#[tokio::test]
async fn a_tape_lives_on_a_redis_cluster_too() {
    let nodes = Node::builder();
    let cluster = Cluster::on(suite::Storage::RedisCluster, 2, nodes).await;
    let here = Caller::new(cluster.node(0)).with_forms();
    let there = here.at(cluster.node(1));
    for _ in 0..10 {
        let tape = here.open_tape().await;
        add(&there, &tape, 1).await.result();
        assert_eq!(history(&here, &tape).await.len(), 1);
        complete(&close(&there, &tape).await);
        assert!(!add(&here, &tape, 1).await.failure().is_empty());
    }
}

#[tokio::test]
async fn of_200_concurrent_calls_on_two_nodes_every_one_is_counted() {
    let cluster = Cluster::with_redis(2).await;
    let caller = Caller::new(cluster.node(0));
    let tape = caller.open_tape().await;
    let calls: Vec<_> = (0..200)
        .map(|a| {
            let (caller, tape) = (caller.at(cluster.node(a % 2)), tape.clone());
            tokio::spawn(async move { add(&caller, &tape, a).await.text() })
        })
        .collect();
    for call in calls {
        call.await.unwrap_or_else(|error| panic!("{error}"));
    }
    let info = caller.read(&uri(&tape, "info")).await.resource();
    assert_eq!(info["calculationCount"], 200);
    assert_eq!(history(&caller, &tape).await.len(), 50);
}

/// D001 for tapes: closed is closed, on every node, at once.
#[tokio::test]
async fn a_tape_closed_through_one_node_is_closed_on_the_other() {
    let cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let tape = here.open_tape().await;
    add(&there, &tape, 1).await.result();
    complete(&close(&there, &tape).await);
    for caller in [&here, &there] {
        assert!(!add(caller, &tape, 1).await.failure().is_empty());
        assert_eq!(caller.read(&uri(&tape, "history")).await.code(), -32602);
        assert!(!close(caller, &tape).await.failure().is_empty());
    }
}

/// Asserts that a tape of this name is not there, in the same words for all.
async fn assert_unknown(caller: &Caller, tape: &str, sentence: &mut String) {
    let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
    let items = json!([{ "a": 1, "b": 1, "op": "add" }]);
    let batch = json!({ "calculations": items, "tape_id": tape });
    let root = json!({ "operation": "sqrt", "value": 1, "tape_id": tape });
    let only = json!({ "tape_id": tape });
    for (tool, arguments) in [
        ("calculate", sum),
        ("batch_calculate", batch),
        ("advanced_calculate", root),
        ("close_tape", only.clone()),
        ("confirm_clear", only),
    ] {
        let answer = caller.with_forms().call_tool(tool, arguments).await;
        let told = answer.failure();
        if sentence.is_empty() {
            sentence.clone_from(&told);
        }
        assert_eq!(&told, sentence, "{tool} on {tape:?}");
        assert!(complete(&answer).get("structuredContent").is_none());
    }
    for part in ["history", "history/1", "info", "events"] {
        let uri = uri(tape, part);
        let read = caller.read(&uri).await;
        assert_eq!((read.status, read.code()), (200, -32602), "{uri}");
        assert_eq!(read.error()["data"]["uri"], uri);
    }
}

/// M137, M143, M160, M165, M179, M180: an id is no credential, and it cannot be
/// found out whether there is such a tape.
#[tokio::test]
async fn a_tape_that_is_not_ones_own_is_like_one_that_never_was() {
    in_both_stores(tokens(), async |node| {
        let alice = Caller::new(node).with_token(ALICE);
        let bob = alice.with_token(BOB);
        let tape = alice.open_tape().await;
        add(&alice, &tape, 1).await.result();
        let closed = bob.open_tape().await;
        complete(&close(&bob, &closed).await);
        let session = Client::builder().token(BOB).connect(node).await;
        let mut sentence = String::new();
        for wrong in [
            tape.as_str(),
            &closed,
            "tape-00000000000000000000000000000000",
            &tape.to_uppercase(),
            &tape[..20],
            &format!("{tape}0"),
            "tape-",
            session.session_id(),
            "nonsense",
            "{}*",
        ] {
            assert_unknown(&bob, wrong, &mut sentence).await;
        }
        assert!(!sentence.contains("tape-0"), "it repeats nothing: {sentence}");
        assert_eq!(history(&alice, &tape).await.len(), 1, "it took no harm");
    })
    .await;
}

/// Sessions and tapes are kinds: neither id works as the other.
#[tokio::test]
async fn a_tape_is_no_session_and_a_session_no_tape() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node);
        let tape = caller.open_tape().await;
        let client = node.connect().await;
        for method in ["POST", "GET", "DELETE"] {
            let attempt = client.attempt(method).header("mcp-session-id", &tape);
            let list = suite::client::message(json!(1), "tools/list", json!({}));
            let attempt = match method {
                "POST" => attempt.json(&list),
                _ => attempt,
            };
            assert_eq!(attempt.send().await.status, 404, "{method}");
        }
        assert_unknown(&caller, client.session_id(), &mut String::new()).await;
        assert_eq!(add(&caller, &tape, 1).await.text(), "1 add 1 = 2");
        assert_eq!(client.ping().await.status, 200);
    })
    .await;
}

/// What has no place in a session is not there: its tools know of no tapes.
#[tokio::test]
async fn a_session_has_no_tapes() {
    let node = Node::start().await;
    let tape = Caller::new(&node).open_tape().await;
    let client = node.connect().await;
    for tool in ["open_tape", "close_tape"] {
        let arguments = json!({ "tape_id": tape });
        assert_eq!(client.call_tool(tool, arguments).await.code(), -32602);
    }
    let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
    let told = client.call_tool("calculate", sum).await.failure();
    assert!(told.contains("tape_id"), "{told}");
    assert_eq!(client.read(&uri(&tape, "history")).await.code(), -32002);
}

/// M138, M141: what belongs to a tape is found by templates, and what belongs to a
/// session is not there.
#[tokio::test]
async fn what_can_be_read_is_listed() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let listed =
        async |method: &str| complete(&caller.request(method, json!({})).await);
    let resources = listed("resources/list").await;
    let uris: BTreeSet<&str> = resources["resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|resource| resource["uri"].as_str())
        .collect();
    let expected = BTreeSet::from([
        "calculator://constants",
        "calculator://help",
        "calculator://stats",
        "formulas://library",
    ]);
    assert_eq!(uris, expected);
    for uri in uris {
        complete(&caller.read(uri).await);
    }
    let templates = listed("resources/templates/list").await;
    let templates: BTreeSet<&str> = templates["resourceTemplates"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|template| template["uriTemplate"].as_str())
        .collect();
    let expected = BTreeSet::from([
        "calculator://tapes/{tape_id}/events",
        "calculator://tapes/{tape_id}/history",
        "calculator://tapes/{tape_id}/history/{calculationId}",
        "calculator://tapes/{tape_id}/info",
    ]);
    assert_eq!(templates, expected);
}

/// M137: idle time only, and the end is told like any other.
#[tokio::test]
async fn a_tape_that_is_idle_for_too_long_is_gone() {
    let impatient = Node::builder().set("SESSION_TIMEOUT", 1000);
    in_both_stores(impatient, async |node| {
        let caller = Caller::new(node);
        let (kept, left) = (caller.open_tape().await, caller.open_tape().await);
        // Longer than the timeout; using the tape is what keeps it.
        for a in 0..12 {
            tokio::time::sleep(Duration::from_millis(120)).await;
            assert_eq!(
                add(&caller, &kept, a).await.text(),
                format!("{a} add 1 = {}", a + 1)
            );
        }
        assert_unknown(&caller, &left, &mut String::new()).await;
        assert_eq!(history(&caller, &kept).await.len(), 12);
    })
    .await;
}

/// Tapes and sessions of one principal are counted together.
#[tokio::test]
async fn one_principal_may_have_so_many_tapes_and_sessions() {
    let limited = tokens().set("MAX_SESSIONS_PER_CLIENT", 3);
    in_both_stores(limited, async |node| {
        let alice = Caller::new(node).with_token(ALICE);
        let session = Client::builder().token(ALICE);
        let tape = alice.open_tape().await;
        alice.open_tape().await;
        let client = session.connect(node).await;
        let refused = alice.call_tool("open_tape", json!({})).await;
        assert_eq!(refused.status, 429, "{refused:#?}");
        refused.error();
        assert_eq!(session.initialize(node).await.status, 429);
        alice.with_token(BOB).open_tape().await;
        complete(&close(&alice, &tape).await);
        alice.open_tape().await;
        client.end_session().await;
        alice.open_tape().await;
        let refused = alice.call_tool("open_tape", json!({})).await;
        assert_eq!(refused.status, 429, "closing makes room, once");
    })
    .await;
}

/// The trail of a tape names what was done with it, and nothing else.
#[tokio::test]
async fn a_tape_has_an_audit_trail() {
    let cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0));
    let there = here.at(cluster.node(1));
    let (tape, other) = (here.open_tape().await, here.open_tape().await);
    add(&here, &tape, 4711).await.result();
    add(&there, &tape, 4712).await.result();
    add(&here, &other, 4713).await.result();
    let trail = there.read(&uri(&tape, "events")).await.resource().to_string();
    assert!(trail.contains("4711") && trail.contains("4712"), "{trail}");
    assert!(!trail.contains("4713"), "another tape: {trail}");

    let off = Node::builder().set("AUDIT_EVENTS", 0).start().await;
    let caller = Caller::new(&off);
    let tape = caller.open_tape().await;
    assert_eq!(caller.read(&uri(&tape, "events")).await.code(), -32602);
}

/// Storage that is away is no tape that is gone.
#[tokio::test]
async fn while_redis_is_away_no_tape_is_said_to_be_gone() {
    let mut cluster = Cluster::with_redis(2).await;
    let caller = Caller::new(cluster.node(0));
    let tape = caller.open_tape().await;
    add(&caller, &tape, 1).await.result();
    cluster.redis.kill();
    for node in &cluster.nodes {
        let caller = caller.at(node);
        // What has become a stream meanwhile cannot have another status.
        assert_eq!(add(&caller, &tape, 2).await.code(), -32603);
        let waits = caller.with_accept("application/json");
        let opened = waits.call_tool("open_tape", json!({})).await;
        let read = waits.read(&uri(&tape, "history")).await;
        for away in [add(&waits, &tape, 2).await, opened, read] {
            assert_eq!(
                (away.status, away.code()),
                (503, -32603),
                "{:?}",
                away.body
            );
            assert!(away.header("retry-after").is_some());
            assert!(away.took < Duration::from_millis(1500), "{:?}", away.took);
        }
        complete(&caller.request("tools/list", json!({})).await);
    }
    cluster.redis.restart().await;
    for node in &cluster.nodes {
        let caller = caller.at(node).with_accept("application/json");
        eventually("the tape works again", PATIENCE, async || {
            (add(&caller, &tape, 3).await.status == 200).then_some(())
        })
        .await;
        assert!(history(&caller, &tape).await.len() >= 2);
    }
}
