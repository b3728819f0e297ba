//! A question without a session: the answer to a request is what the server wants
//! to know, and the request is made again with the answers. Between the two the
//! server remembers nothing, so any node may get the second one.

use serde_json::{Value, json};
use suite::modern::{accept, complete, key, questions};
use suite::{
    Caller, Client, Cluster, Exchange, Node, NodeBuilder, PATIENCE, Program,
    RedisServer, eventually,
};

const ALICE: &str = "alice-has-a-long-token";
const BOB: &str = "bob-has-another-token";

/// Two keys for `STATE_KEYS`.
const KEYS: [&str; 2] = [
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "/v38+/r5+Pf29fTz8vHw7+7t7Ovq6ejn5uXk4+Lh4N8=",
];

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE)
}

fn everything() -> Value {
    json!({ "elicitation": {}, "sampling": {}, "roots": {} })
}

fn yes() -> Value {
    json!({ "confirm": accept(json!({ "confirm": true })) })
}

/// A tape with one calculation, of a caller that fills in forms.
async fn tape(caller: &Caller) -> String {
    let tape = caller.open_tape().await;
    let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
    complete(&caller.call_tool("calculate", sum).await);
    tape
}

async fn clear(caller: &Caller, tape: &str) -> Exchange {
    caller.call_tool("confirm_clear", json!({ "tape_id": tape })).await
}

async fn kept(caller: &Caller, tape: &str) -> usize {
    let history = caller.read(&format!("calculator://tapes/{tape}/history")).await;
    history.resource().as_array().map_or(0, Vec::len)
}

async fn call(caller: &Caller, what: &str) -> Exchange {
    let tool = format!("test_input_required_result_{what}");
    caller.call_tool(&tool, json!({})).await
}

fn assert_refused(answer: &Exchange) {
    assert_eq!(answer.code(), -32602, "{:?}", answer.body);
    assert!([200, 400].contains(&answer.status), "{}", answer.status);
}

/// Runs a story with state in memory and with state in Redis.
async fn in_both_stores(settings: NodeBuilder, story: impl AsyncFn(&Node)) {
    let redis = RedisServer::start().await;
    let memory = settings.clone().start().await;
    let shared = settings.redis(&redis).start().await;
    tokio::join!(story(&memory), story(&shared));
}

/// M093, M095 to M097, M157, M159: one flat form, and no secret in it.
#[tokio::test]
async fn a_history_is_cleared_after_a_yes() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node).with_forms();
        let tape = tape(&caller).await;
        let asked = clear(&caller, &tape).await;
        let form = questions(&asked);
        assert_eq!(form.keys().collect::<Vec<_>>(), ["confirm"]);
        let form = &form["confirm"];
        assert_eq!(form["method"], "elicitation/create");
        assert!(form.get("jsonrpc").is_none() && form.get("id").is_none());
        let form = &form["params"];
        assert!(form["message"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(form["mode"].is_null() || form["mode"] == "form", "{form}");
        let schema = &form["requestedSchema"];
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["properties"]["confirm"]["type"], "boolean");
        assert_eq!(schema["properties"].as_object().map(|all| all.len()), Some(1));
        let state = asked.result()["requestState"].take();
        assert!(state.is_string(), "used once, so there must be one");
        assert_eq!(kept(&caller, &tape).await, 1, "not yet");

        complete(&caller.retry(&asked, yes()).await);
        assert_eq!(kept(&caller, &tape).await, 0);
    })
    .await;
}

/// M163: whatever is not a yes is a no, and no fault of anybody.
#[tokio::test]
async fn a_history_is_kept_unless_somebody_says_yes() {
    let node = Node::start().await;
    let caller = Caller::new(&node).with_forms();
    let tape = tape(&caller).await;
    for answer in [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        accept(json!({ "confirm": false })),
    ] {
        let asked = clear(&caller, &tape).await;
        let answered = caller.retry(&asked, json!({ "confirm": answer })).await;
        let told = complete(&answered);
        assert_ne!(told["isError"], true, "{told}");
        assert_eq!(kept(&caller, &tape).await, 1, "{answer}");
    }
}

/// M021, M098, M158: what a caller cannot do it is not asked to.
#[tokio::test]
async fn a_question_needs_a_caller_that_can_answer() {
    let node = Node::start().await;
    let able = Caller::new(&node).with_forms();
    let tape = tape(&able).await;
    questions(&clear(&able, &tape).await);
    let bare = able.with_capabilities(json!({ "elicitation": {} }));
    questions(&clear(&bare, &tape).await);
    for unable in [
        json!({}),
        json!({ "sampling": {}, "roots": {} }),
        json!({ "elicitation": { "url": {} } }),
    ] {
        let refused = clear(&able.with_capabilities(unable.clone()), &tape).await;
        assert_eq!((refused.status, refused.code()), (400, -32021), "{unable}");
        let needed = &refused.error()["data"]["requiredCapabilities"];
        assert!(needed["elicitation"].is_object(), "{needed}");
        assert_eq!(needed.as_object().map(|all| all.len()), Some(1), "{needed}");
    }
    // Also on the second request, which stands for itself.
    let asked = clear(&able, &tape).await;
    let unable = able.with_capabilities(json!({}));
    let answered = unable.retry(&asked, yes()).await;
    assert_ne!(answered.status, 500, "{answered:#?}");
}

/// M106 to M108, M167: what is missing is asked again, what is too much is
/// ignored, what cannot be read is refused; nothing of it is a yes.
#[tokio::test]
async fn only_an_answer_that_fits_is_one() {
    let node = Node::start().await;
    let caller = Caller::new(&node).with_forms();
    let tape = tape(&caller).await;
    for missing in [json!({}), json!({ "another": accept(json!({})) })] {
        let asked = clear(&caller, &tape).await;
        let again = caller.retry(&asked, missing).await;
        assert_eq!(questions(&again), questions(&asked));
        complete(
            &caller
                .retry(&again, json!({ "confirm": { "action": "decline" } }))
                .await,
        );
    }
    for malformed in [
        json!({ "confirm": 12345 }),
        json!({ "confirm": {} }),
        json!({ "confirm": { "action": "perhaps" } }),
        json!({ "confirm": { "action": "accept" } }),
        json!({ "confirm": accept(json!({})) }),
        json!({ "confirm": accept(json!({ "confirm": "true" })) }),
        json!({ "confirm": accept(json!([true])) }),
        json!([accept(json!({ "confirm": true }))]),
        json!("yes"),
    ] {
        let asked = clear(&caller, &tape).await;
        assert_refused(&caller.retry(&asked, malformed).await);
    }
    assert_eq!(kept(&caller, &tape).await, 1);
    let asked = clear(&caller, &tape).await;
    questions(&caller.retry(&asked, Value::Null).await);
    let mut more = yes();
    more["unknown"] = json!(7);
    more["another"] = accept(json!({ "confirm": false }));
    let asked = clear(&caller, &tape).await;
    complete(&caller.retry(&asked, more).await);
    assert_eq!(kept(&caller, &tape).await, 0);
}

/// M103: a yes is a yes once. The second one meets a history that is new.
#[tokio::test]
async fn a_yes_is_used_once() {
    in_both_stores(Node::builder(), async |node| {
        let caller = Caller::new(node).with_forms();
        let tape = tape(&caller).await;
        let asked = clear(&caller, &tape).await;
        complete(&caller.retry(&asked, yes()).await);
        let sum = json!({ "a": 1, "b": 1, "op": "add", "tape_id": tape });
        complete(&caller.call_tool("calculate", sum).await);
        assert_refused(&caller.retry(&asked, yes()).await);
        assert_eq!(kept(&caller, &tape).await, 1);
        // Without an answer the state is worth nothing either way.
        assert_refused(&caller.retry(&asked, yes()).await);
        complete(&caller.retry(&clear(&caller, &tape).await, yes()).await);
        assert_eq!(kept(&caller, &tape).await, 0);
    })
    .await;
}

/// M103 on two nodes, at the same moment.
#[tokio::test]
async fn of_many_that_use_a_yes_one_succeeds() {
    let cluster = Cluster::with_redis(2).await;
    let caller = Caller::new(cluster.node(0)).with_forms();
    for _ in 0..5 {
        let tape = tape(&caller).await;
        let asked = clear(&caller, &tape).await;
        let retries: Vec<_> = (0..10)
            .map(|number| {
                let caller = caller.apart().at(cluster.node(number % 2));
                let asked = asked.clone();
                tokio::spawn(async move { caller.retry(&asked, yes()).await })
            })
            .collect();
        let mut succeeded = 0;
        for retry in retries {
            let answer = retry.await.unwrap_or_else(|error| panic!("{error}"));
            match answer.response().get("error") {
                None => succeeded += 1,
                Some(_) => assert_refused(&answer),
            }
        }
        assert_eq!(succeeded, 1);
        assert_eq!(kept(&caller, &tape).await, 0);
    }
}

/// M104, M105: nothing but the retry is needed; the node that asked may be gone.
#[tokio::test]
async fn a_question_asked_by_a_node_that_died_is_answered_to_another() {
    let mut cluster = Cluster::with_redis(2).await;
    let here = Caller::new(cluster.node(0)).with_forms();
    let there = here.at(cluster.node(1));
    let (first, second) = (tape(&here).await, tape(&here).await);
    let asked = clear(&here, &first).await;
    let unanswered = clear(&here, &second).await;
    questions(&unanswered);
    cluster.nodes[0].kill();
    complete(&there.retry(&asked, yes()).await);
    assert_eq!(kept(&there, &first).await, 0);
    assert_eq!(kept(&there, &second).await, 1, "nobody has said yes");
    assert_refused(&there.retry(&asked, yes()).await);
    let late = Node::builder().redis(&cluster.redis).start().await;
    complete(&there.at(&late).retry(&unanswered, yes()).await);
}

/// M099: sealed, so that no bit of it can be changed.
#[tokio::test]
async fn a_state_that_was_tampered_with_is_refused() {
    let node = Node::start().await;
    let caller = Caller::new(&node).with_forms();
    let tape = tape(&caller).await;
    let asked = clear(&caller, &tape).await;
    let state = asked.result()["requestState"].take();
    let state = state.as_str().unwrap_or_default().to_owned();
    assert!(!state.contains(&tape), "it cannot be read: {state}");
    let mut wrong: Vec<Value> = (0..state.len())
        .step_by(7)
        .chain([state.len() - 1])
        .map(|position| {
            let mut bytes = state.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            json!(String::from_utf8_lossy(&bytes))
        })
        .collect();
    wrong.extend([
        json!(""),
        json!("nonsense"),
        json!(format!("{state}-TAMPERED")),
        json!(format!("{state}A")),
        json!(format!(" {state}")),
        json!(&state[1..]),
        json!(&state[..state.len() / 2]),
        json!("\u{e9}".repeat(100)),
        json!(7),
        json!({ "state": state }),
    ]);
    for state in wrong {
        let mut retry = caller.again(&asked, yes());
        retry["params"]["requestState"] = state.clone();
        let answer = caller.post(&retry).await;
        assert!(answer.response().get("error").is_some(), "{state} was taken");
        assert_refused(&answer);
    }
    assert_eq!(kept(&caller, &tape).await, 1);
    let mut bare = caller.again(&asked, yes());
    bare["params"].as_object_mut().map(|params| params.remove("requestState"));
    let answer = caller.post(&bare).await;
    assert_eq!(kept(&caller, &tape).await, 1, "a yes that nobody asked for");
    assert!(answer.status < 500, "{answer:#?}");
    complete(&caller.retry(&asked, yes()).await);
}

/// M099, M102: it belongs to its tool and its arguments.
#[tokio::test]
async fn a_state_is_good_for_the_request_that_it_came_from() {
    let node = Node::start().await;
    let caller = Caller::new(&node).with_forms();
    let (tape, other) = (tape(&caller).await, tape(&caller).await);
    let asked = clear(&caller, &tape).await;
    let mut moved = caller.again(&asked, yes());
    moved["params"]["arguments"]["tape_id"] = json!(other);
    assert_refused(&caller.post(&moved).await);
    assert_eq!(kept(&caller, &other).await, 1);
    // Other spellings of the same arguments are the same arguments.
    let named = json!({ "name": "another", "version": "2" });
    let renamed = caller.apart().with_meta(&key("clientInfo"), named);
    complete(&renamed.retry(&asked, yes()).await);
    assert_eq!(kept(&caller, &tape).await, 0);

    let node = fixture().start().await;
    let caller = Caller::new(&node).with_capabilities(everything());
    let asked = call(&caller, "request_state").await;
    let mut moved = caller.again(&asked, json!({}));
    moved["params"]["name"] = json!("test_input_required_result_multiple_inputs");
    assert_refused(&caller.post(&moved).await);
}

/// M100, M163: and to whom it was given.
#[tokio::test]
async fn a_state_is_good_for_the_principal_that_it_was_given_to() {
    let tokens = format!("alice={ALICE},bob={BOB}");
    let cluster = Cluster::of(2, fixture().set("API_TOKENS", tokens)).await;
    let able = Caller::new(cluster.node(0)).with_capabilities(everything());
    let (alice, bob) = (able.with_token(ALICE), able.with_token(BOB));
    let asked = call(&alice, "request_state").await;
    let ok = json!({ "confirm": accept(json!({ "ok": true })) });
    for node in &cluster.nodes {
        assert_refused(&bob.at(node).retry(&asked, ok.clone()).await);
    }
    complete(&alice.at(cluster.node(1)).retry(&asked, ok).await);
}

/// M105: Redis may lose the key of all nodes without a word. The old nodes give it
/// back before a new one has begun with another, or learn that one.
#[tokio::test]
async fn nodes_agree_again_when_redis_was_emptied() {
    let redis = RedisServer::start().await;
    let node = || Node::builder().redis(&redis).set("NODE_LEASE", 600).start();
    let old = node().await;
    redis.command(&["FLUSHALL"]).await;
    let new = node().await;
    let caller = Caller::new(&old).with_forms();
    eventually("what one asks the other takes", PATIENCE, async || {
        let tape = caller.open_tape().await;
        let asked = clear(&caller, &tape).await;
        let answer = caller.at(&new).retry(&asked, yes()).await;
        answer.response().get("result").is_some().then_some(())
    })
    .await;
}

/// M103: a no is an answer, too.
#[tokio::test]
async fn a_no_is_not_taken_back() {
    let node = Node::start().await;
    let caller = Caller::new(&node).with_forms();
    let tape = tape(&caller).await;
    let asked = clear(&caller, &tape).await;
    let no = json!({ "confirm": { "action": "decline" } });
    complete(&caller.retry(&asked, no).await);
    assert_eq!(caller.retry(&asked, yes()).await.code(), -32602);
    assert_ne!(kept(&caller, &tape).await, 0);
}

/// `STATE_KEYS`: nodes that share nothing but their keys, and keys that are
/// replaced while questions are open.
#[tokio::test]
async fn nodes_with_the_same_keys_understand_each_other() {
    let [old, new] = KEYS;
    let first = fixture().set("STATE_KEYS", old).start().await;
    let same = fixture().set("STATE_KEYS", old).start().await;
    let newer = fixture().set("STATE_KEYS", format!("{new},{old}")).start().await;
    let newest = fixture().set("STATE_KEYS", new).start().await;
    let random = fixture().start().await;
    let caller = Caller::new(&first).with_capabilities(everything());
    let ok = || json!({ "confirm": accept(json!({ "ok": true })) });
    let asked = call(&caller, "request_state").await;
    for node in [&first, &same, &newer] {
        complete(&caller.at(node).retry(&asked, ok()).await);
    }
    for node in [&newest, &random] {
        assert_refused(&caller.at(node).retry(&asked, ok()).await);
    }
    let asked = call(&caller.at(&newer), "request_state").await;
    complete(&caller.at(&newest).retry(&asked, ok()).await);
    assert_refused(&caller.at(&same).retry(&asked, ok()).await);
}

/// Keys are secret and long enough, or the server does not start.
#[tokio::test]
async fn keys_that_are_none_stop_the_start() {
    for wrong in ["short", "AAECAwQFBgcICQoLDA0ODw==", &format!("{},", KEYS[0])] {
        let node = Node::builder().set("STATE_KEYS", wrong);
        let (status, words) = node.run_to_end(suite::PATIENCE).await;
        assert_eq!(status.code(), Some(2), "{words}");
        assert!(
            words.contains("STATE_KEYS") && !words.contains(KEYS[0]),
            "{words}"
        );
    }
}

/// M095, M096, M168, M170: three kinds of questions at once, in one answer.
#[tokio::test]
async fn several_things_are_asked_at_once() {
    let node = fixture().start().await;
    let caller = Caller::new(&node).with_capabilities(everything());
    let asked = call(&caller, "multiple_inputs").await;
    let all = questions(&asked);
    let mut methods: Vec<&str> =
        all.values().filter_map(|one| one["method"].as_str()).collect();
    methods.sort_unstable();
    let expected = ["elicitation/create", "roots/list", "sampling/createMessage"];
    assert_eq!(methods, expected);
    let sampling = all.values().find(|one| one["method"] == expected[2]);
    let sampling = sampling.map(|one| &one["params"]);
    assert!(sampling.is_some_and(|params| params.get("tools").is_none()));

    let answer = |method: &str| match method {
        "elicitation/create" => accept(json!({ "name": "Alice" })),
        "roots/list" => json!({ "roots": [{ "uri": "file:///work" }] }),
        _ => json!({
            "role": "assistant",
            "content": { "type": "text", "text": "Hello" },
            "model": "m",
        }),
    };
    let answers: serde_json::Map<String, Value> = all
        .iter()
        .map(|(key, one)| {
            (key.clone(), answer(one["method"].as_str().unwrap_or_default()))
        })
        .collect();
    for key in answers.keys() {
        let mut some = answers.clone();
        some.remove(key);
        let again = questions(&caller.retry(&asked, some.into()).await);
        assert!(again.contains_key(key), "{key} is missing, not in {again:?}");
    }
    complete(&caller.retry(&asked, answers.into()).await);
}

/// Several rounds: the state carries the earlier answers, so the client brings each
/// of them once, and no round can be skipped.
#[tokio::test]
async fn a_question_may_follow_from_the_answer_to_another() {
    let [first, second] =
        [fixture(), fixture()].map(|node| node.set("STATE_KEYS", KEYS[0]));
    let (first, second) = (first.start().await, second.start().await);
    let here = Caller::new(&first).with_capabilities(everything());
    let there = here.at(&second);
    let name = || json!({ "step1": accept(json!({ "name": "Alice" })) });
    let color = || json!({ "step2": accept(json!({ "color": "blue" })) });
    let asked = call(&here, "multi_round").await;
    assert!(questions(&asked).contains_key("step1"));
    let next = there.retry(&asked, name()).await;
    assert!(questions(&next).contains_key("step2"));
    assert!(!questions(&next).contains_key("step1"), "asked once");
    let states = [&asked, &next].map(|one| one.result()["requestState"].take());
    assert_ne!(states[0], states[1]);
    let told = complete(&here.retry(&next, color()).await);
    assert!(told.to_string().contains("blue"), "{told}");

    let skipped = here.retry(&asked, color()).await;
    assert!(questions(&skipped).contains_key("step1"), "not answered yet");
}

/// M094: prompts and resources ask in the same way, and nothing else asks.
#[tokio::test]
async fn prompts_and_resources_ask_too() {
    let node = fixture().start().await;
    let caller = Caller::new(&node).with_capabilities(everything());
    for (method, params) in [
        ("prompts/get", json!({ "name": "test_input_required_result_prompt" })),
        ("resources/read", json!({ "uri": "test://input-required-resource" })),
    ] {
        let asked = caller.request(method, params).await;
        assert!(questions(&asked).contains_key("user_context"), "{method}");
        let context = accept(json!({ "context": "test context" }));
        let answer = json!({ "user_context": context });
        let told = complete(&caller.retry(&asked, answer).await);
        assert!(told.to_string().contains("test context"), "{told}");
        if method == "resources/read" {
            let hints = (&told["ttlMs"], &told["cacheScope"]);
            assert_eq!(hints, (&json!(0), &json!("private")), "A14");
        }
    }
    for method in
        ["server/discover", "tools/list", "prompts/list", "resources/list"]
    {
        let params = json!({ "inputResponses": yes(), "requestState": "x" });
        let answer = caller.request(method, params).await;
        assert!(
            answer.response().get("error").is_some()
                || complete(&answer).is_object()
        );
    }
}

/// M052, M092: no question is ever a request, not even on a stream.
#[tokio::test]
async fn a_question_is_an_answer_whatever_the_caller_accepts() {
    let node = fixture().set("SSE_AFTER", 0).start().await;
    let caller = Caller::new(&node).with_capabilities(everything());
    for accept in ["application/json", "text/event-stream", suite::http::BOTH] {
        let caller = caller.with_accept(accept);
        for tool in
            ["test_streaming_elicitation", "test_input_required_result_elicitation"]
        {
            let asked = caller.call_tool(tool, json!({})).await;
            questions(&asked);
            for message in asked.messages() {
                let is_request =
                    message.get("id").is_some() && message.get("method").is_some();
                assert!(!is_request, "{message}");
            }
        }
    }
}

/// The same handler in the other era: the client is asked on the stream. L141: for
/// a yes and nothing else.
#[tokio::test]
async fn a_session_is_asked_by_the_same_tool() {
    let node = Node::start().await;
    let builder = Client::builder().capabilities(json!({ "elicitation": {} }));
    let client = builder.connect(&node).await;
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    client.call_tool("calculate", sum).await.result();
    let history = async || {
        let history = client.read("calculator://history").await.resource();
        history.as_array().map_or(0, Vec::len)
    };
    for (content, left) in
        [(json!({ "confirm": false }), 1), (json!({ "confirm": true }), 0)]
    {
        let mut call = client.start_call("confirm_clear", json!({})).await;
        let question = call.expect("elicitation/create").await;
        let asked = &question["params"]["requestedSchema"]["properties"];
        assert_eq!(asked["confirm"]["type"], "boolean");
        assert_eq!(asked.as_object().map(|asked| asked.len()), Some(1), "{asked}");
        assert_eq!(history().await, 1, "not yet");
        client.answer(&question, accept(content)).await;
        let told = call.rest().await;
        assert!(!told.text().is_empty());
        assert!(told.result().get("resultType").is_none(), "another era's");
        assert_eq!(history().await, left);
    }
    let mute = node.connect().await;
    assert!(
        mute.call_tool("confirm_clear", json!({}))
            .await
            .failure()
            .contains("elicitation")
    );
}
