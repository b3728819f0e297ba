//! Two eras of the protocol on one endpoint: who is served in which, and how. The
//! numbers are those of the decision table in the book's page on the eras.

use serde_json::{Value, json};
use suite::Outcome::{
    self, Accepted, Complete, NotAllowed, NotSpoken, Refused, Session,
};
use suite::client::message;
use suite::modern::{VERSION, key};
use suite::probe::assert_all;
use suite::{Attempt, Caller, Client, Node, Probe};

const NEWEST: &str = "2025-11-25";
const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

fn initialize(version: &str) -> Value {
    let params = json!({
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": { "name": "eras", "version": "1.0.0" },
    });
    message(json!(1), "initialize", params)
}

fn bare(id: impl Into<Value>, method: &str) -> Value {
    message(id.into(), method, json!({}))
}

fn cancelled() -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": 1 },
    })
}

fn post(node: &Node, body: &Value) -> Attempt {
    node.attempt("POST").json(body)
}

fn version(attempt: Attempt, version: &str) -> Attempt {
    attempt.header("mcp-protocol-version", version)
}

/// A caller that claims this version, in the body and in the header.
fn claiming(caller: &Caller, version: &str) -> Caller {
    caller.with_meta(&key("protocolVersion"), json!(version))
}

type Row = (u8, &'static str, Attempt, Outcome);

/// M037, L021 to L024, L061 to L063, A4.
fn handshakes(node: &Node) -> Vec<Row> {
    let plain = |asked| post(node, &initialize(asked));
    let caller = Caller::new(node);
    let params = initialize(VERSION)["params"].take();
    let full = caller.attempt(&caller.message_as("seven", "initialize", params));
    vec![
        (1, "`initialize` for old", plain(NEWEST), Session(NEWEST)),
        (
            2,
            "the same, header old",
            version(plain(NEWEST), NEWEST),
            Session(NEWEST),
        ),
        (
            3,
            "`initialize` for old, header new",
            version(plain(NEWEST), VERSION),
            Refused(400, -32020),
        ),
        (4, "`initialize` for new", plain(VERSION), Session(NEWEST)),
        (
            5,
            "the same, header new",
            version(plain(VERSION), VERSION),
            Session(NEWEST),
        ),
        (6, "`initialize` for 1999-01-01", plain("1999-01-01"), Session(NEWEST)),
        (7, "`initialize` in a complete envelope", full, Refused(404, -32601)),
    ]
}

/// Cases of a row that came later, each after the row of its number. L068: the
/// header is for later requests, so one of an earlier session decides nothing.
fn later_handshakes(
    node: &Node,
) -> Vec<(&'static str, &'static str, Attempt, Outcome)> {
    let older = version(post(node, &initialize(NEWEST)), "2025-06-18");
    vec![("3b", "`initialize` for old, header 2025-06-18", older, Session(NEWEST))]
}

/// All rows in the order of their numbers.
fn numbered(
    node: &Node,
    rows: Vec<Row>,
) -> Vec<(String, &'static str, Attempt, Outcome)> {
    let mut all: Vec<_> = rows
        .into_iter()
        .map(|(number, sent, attempt, o)| (number.to_string(), sent, attempt, o))
        .collect();
    for (number, sent, attempt, outcome) in later_handshakes(node) {
        let of = number.trim_end_matches(|last: char| last.is_ascii_alphabetic());
        let last = all.iter().rposition(|row| belongs(&row.0, of));
        let at = last.map_or(all.len(), |last| last + 1);
        all.insert(at, (number.to_owned(), sent, attempt, outcome));
    }
    all
}

/// Whether a number is this one, with a letter or without.
fn belongs(number: &str, of: &str) -> bool {
    let letters = number.strip_prefix(of);
    letters.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// M018, M033, M038, M061, M062, M064, M065, L020, L064, L068, A3, A5.
fn claims(node: &Node) -> Vec<Row> {
    let list = post(node, &bare(7, "tools/list"));
    let headed = list.clone().header("mcp-method", "tools/list");
    let caller = Caller::new(node);
    let modern = |caller: &Caller| {
        caller.attempt(&caller.message_as("list", "tools/list", json!({})))
    };
    let mute = caller.without_meta(&key("clientCapabilities"));
    let complete = modern(&caller);
    vec![
        (8, "`tools/list`, nothing else", list.clone(), Refused(400, -32600)),
        (
            9,
            "the same, header old",
            version(list.clone(), NEWEST),
            Refused(400, -32600),
        ),
        (
            10,
            "the same, header new, no envelope",
            version(headed, VERSION),
            Refused(400, -32602),
        ),
        (
            11,
            "an envelope without capabilities",
            modern(&mute),
            Refused(400, -32602),
        ),
        (12, "a complete envelope", complete.clone(), Complete),
        (
            13,
            "no `Mcp-Method`",
            complete.clone().without("mcp-method"),
            Refused(400, -32020),
        ),
        (
            14,
            "another method in `Mcp-Method`",
            complete.clone().header("mcp-method", "prompts/list"),
            Refused(400, -32020),
        ),
        (
            15,
            "no header",
            complete.clone().without("mcp-protocol-version"),
            Refused(400, -32020),
        ),
        (
            16,
            "header old, envelope new",
            version(complete, NEWEST),
            Refused(400, -32020),
        ),
        (
            17,
            "header and envelope 1900-01-01",
            modern(&claiming(&caller, "1900-01-01")),
            NotSpoken("1900-01-01"),
        ),
        (
            18,
            "header and envelope 2027-01-01",
            modern(&claiming(&caller, "2027-01-01")),
            NotSpoken("2027-01-01"),
        ),
        (
            19,
            "header 2027-01-01, no envelope",
            version(list, "2027-01-01"),
            NotSpoken("2027-01-01"),
        ),
        (
            20,
            "header and envelope old",
            modern(&claiming(&caller, NEWEST)),
            NotSpoken(NEWEST),
        ),
    ]
}

/// M034, M063, M066, M067, M080, M139, M154.
fn requests(node: &Node) -> Vec<Row> {
    let caller = Caller::new(node);
    let of = |method| caller.attempt(&caller.message_as("of", method, json!({})));
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let call = json!({ "name": "calculate", "arguments": sum });
    let call = caller.attempt(&caller.message_as(0, "tools/call", call));
    let named = |name: &str| call.clone().header("mcp-name", name);
    let loud = caller.with_meta(&key("logLevel"), json!("loud"));
    let loud = loud.attempt(&loud.message_as(31, "tools/list", json!({})));
    let session = of("tools/list").header("mcp-session-id", UNKNOWN);
    let watched = json!({ "uri": "calculator://stats" });
    let watch = caller.message_as("w", "resources/subscribe", watched);
    let discover = post(node, &bare("probe", "server/discover"));
    vec![
        (
            21,
            "`tools/call` without `Mcp-Name`",
            call.clone().without("mcp-name"),
            Refused(400, -32020),
        ),
        (
            22,
            "another name in `Mcp-Name`",
            named("batch_calculate"),
            Refused(400, -32020),
        ),
        (
            23,
            "the right name, in base64",
            named("=?base64?Y2FsY3VsYXRl?="),
            Complete,
        ),
        (24, "bad base64", named("=?base64?Y2FsY3VsYXR!?="), Refused(400, -32020)),
        (
            25,
            "an unknown method, complete",
            of("unknown/method"),
            Refused(404, -32601),
        ),
        (26, "`server/discover`, complete", of("server/discover"), Complete),
        (27, "`server/discover`, nothing else", discover, Refused(400, -32602)),
        (28, "`ping`, complete", of("ping"), Refused(404, -32601)),
        (
            29,
            "`logging/setLevel`, complete",
            of("logging/setLevel"),
            Refused(404, -32601),
        ),
        (
            30,
            "`resources/subscribe`, complete",
            caller.attempt(&watch),
            Refused(404, -32601),
        ),
        (31, "an unknown log level", loud, Refused(400, -32602)),
        (32, "a complete envelope and an unknown session", session, Complete),
    ]
}

/// M003, M008, M048, M050, L003, L009, L020, L033, L040, L042, A9.
fn other_messages(node: &Node) -> Vec<Row> {
    let named =
        |attempt: Attempt| attempt.header("mcp-method", "notifications/cancelled");
    let cancelled = post(node, &cancelled());
    let stateless = version(cancelled.clone(), VERSION);
    let response = post(node, &json!({ "jsonrpc": "2.0", "id": 9, "result": {} }));
    let array = post(node, &json!([bare(1, "ping")]));
    let body = |body: &str| node.attempt("POST").body(body);
    vec![
        (33, "a notification, header new", named(stateless.clone()), Accepted),
        (34, "the same without `Mcp-Method`", stateless, Accepted),
        (35, "a notification, nothing else", cancelled, Refused(400, -32600)),
        (36, "a response, nothing else", response.clone(), Refused(400, -32600)),
        (
            37,
            "a response, header new",
            version(response, VERSION),
            Refused(400, -32600),
        ),
        (38, "an array, nothing else", array, Refused(400, -32600)),
        (39, "half a message", body("{\"jsonrpc\":"), Refused(400, -32700)),
        (40, "an empty body", body(""), Refused(400, -32700)),
        (
            41,
            "a request with the id `null`",
            post(node, &bare(Value::Null, "ping")),
            Refused(400, -32600),
        ),
    ]
}

/// M044, M079, L064, L065, A10.
fn methods(node: &Node) -> Vec<Row> {
    let list = post(node, &bare(3, "tools/list"));
    let [get, delete, put] =
        ["GET", "DELETE", "PUT"].map(|method| node.attempt(method));
    let lost =
        |attempt: &Attempt| attempt.clone().header("mcp-session-id", UNKNOWN);
    let stateless = |attempt: &Attempt| version(attempt.clone(), VERSION);
    vec![
        (
            42,
            "`tools/list` for an unknown session",
            lost(&list),
            Refused(404, -32600),
        ),
        (43, "GET without a session", get.clone(), Refused(400, -32600)),
        (44, "GET, header new", stateless(&get), NotAllowed("POST")),
        (45, "GET for an unknown session", lost(&get), Refused(404, -32600)),
        (46, "DELETE without a session", delete.clone(), Refused(400, -32600)),
        (47, "DELETE of an unknown session", lost(&delete), Refused(404, -32600)),
        (48, "DELETE, header new", stateless(&delete), NotAllowed("POST")),
        (49, "PUT", put, NotAllowed("GET, POST, DELETE")),
    ]
}

/// M045, M046, M049.
fn transport(node: &Node) -> Vec<Row> {
    let caller = Caller::new(node);
    let list = caller.attempt(&caller.message_as(50, "tools/list", json!({})));
    let header = |name, value: &str| list.clone().header(name, value);
    vec![
        (
            50,
            "complete, accepts only JSON",
            header("accept", "application/json"),
            Complete,
        ),
        (51, "complete, accepts everything", header("accept", "*/*"), Complete),
        (
            52,
            "not declared as JSON",
            header("content-type", "text/plain"),
            Refused(415, -32600),
        ),
        (
            53,
            "from a page of another site",
            header("origin", "http://evil.example"),
            Refused(403, -32600),
        ),
    ]
}

/// The rows of the book's table that are not what is probed, or not what is expected.
fn untrue_rows(page: &str, rows: &[(String, &str, Outcome)]) -> Vec<String> {
    let mut table = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.splitn(3, " | ");
        let number = cells.next()?;
        let is_number = number.starts_with(|first: char| first.is_ascii_digit());
        let number = is_number.then_some(number)?;
        Some((number, cells.next()?, cells.next()?.strip_suffix(" |")?))
    });
    let mut untrue = Vec::new();
    for (number, sent, outcome) in rows {
        let said = told(outcome);
        let is_true = table.next().is_some_and(|(shown, cell, answer)| {
            // Behind it the page may say more.
            let rest = answer.strip_prefix(&said);
            let is_whole =
                rest.is_some_and(|r| r.is_empty() || r.starts_with([':', ';']));
            shown == number && cell == *sent && is_whole
        });
        if !is_true {
            untrue.push(format!("| {number} | {sent} | {said} |"));
        }
    }
    untrue.extend(table.map(|(number, ..)| format!("{number} is not probed")));
    untrue
}

/// Row 3c, L022, L067: old clients ask for a version of the time before this
/// transport, give up if they are answered with another, and name it afterwards.
#[tokio::test]
async fn the_oldest_version_is_echoed_and_served_like_the_next_one() {
    let node = Node::start().await;
    let plain = post(&node, &initialize("2024-11-05"));
    Probe::new("plain", plain.clone(), Session("2024-11-05")).assert().await;
    let headed = version(plain, "2024-11-05");
    Probe::new("with a header", headed, Session("2024-11-05")).assert().await;
    let client = Client::builder().version("2024-11-05").connect(&node).await;
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let sum = client.call_tool("calculate", sum).await;
    assert_eq!(sum.text(), "1 add 2 = 3");
    assert_eq!(sum.result().get("structuredContent"), None);
    let named = client.attempt("POST").header("mcp-protocol-version", "2024-11-05");
    let ping = named.json(&bare(1, "ping")).send().await;
    assert!(ping.result().is_object(), "{ping:?}");
    let batch = client.post(&json!([bare(7, "ping"), bare(8, "ping")])).await;
    assert_eq!(batch.status, 200, "{batch:?}");
}

/// An outcome in the words of the book.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Session(version) if *version == NEWEST => "a session at old".to_owned(),
        Session(version) => format!("a session at {version}"),
        Complete => "the result".to_owned(),
        Accepted => "202".to_owned(),
        NotAllowed(methods) => format!("405, `Allow: {methods}`"),
        // Refused before there is a message to answer.
        Refused(status @ (403 | 415), _) => status.to_string(),
        Refused(status, code) => format!("{status}, {code}"),
        NotSpoken(_) => "400, -32022".to_owned(),
    }
}

fn page() -> String {
    let path = suite::climb::chapters::root().join("book/src/eras.md");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_table_that_is_not_what_is_probed_is_noticed() {
    let first = "| 1 | `x` | a session at old |\n";
    let page = format!("{first}| 2 | y | 400, -32600: no session |\n");
    let rows = [
        ("1".to_owned(), "`x`", Session(NEWEST)),
        ("2".to_owned(), "y", Refused(400, -32600)),
    ];
    assert_eq!(untrue_rows(&page, &rows), [""; 0]);
    for (old, new) in [
        ("-32600", "-32602"),
        ("400", "404"),
        ("| y ", "| z "),
        ("| 2 ", "| 3 "),
        (": no session", " or so"),
    ] {
        let found = untrue_rows(&page.replace(old, new), &rows);
        assert_eq!(found, ["| 2 | y | 400, -32600 |"], "{old}");
    }
    let more = format!("{page}| 3 | z | 202 |\n");
    assert_eq!(untrue_rows(&more, &rows), ["3 is not probed"]);
}

/// The whole table, as it stands in the book. Every error is held against M002, M004, M005, M010 to M013 and
/// M075 too, every result against M006 and M022.
#[tokio::test]
async fn every_probe_is_answered_as_the_decision_table_says() {
    let node = Node::start().await;
    let rows = [
        handshakes(&node),
        claims(&node),
        requests(&node),
        other_messages(&node),
        methods(&node),
        transport(&node),
    ]
    .concat();
    let numbers: Vec<u8> = rows.iter().map(|row| row.0).collect();
    assert_eq!(numbers, (1..=53).collect::<Vec<_>>());
    let rows = numbered(&node, rows);
    let page = page();
    let names = format!("*old* is {NEWEST}, *new* is {VERSION}");
    assert!(page.replace('\n', " ").contains(&names), "{names}");
    let told: Vec<_> = rows
        .iter()
        .map(|(number, sent, _, o)| (number.clone(), *sent, o.clone()))
        .collect();
    assert_eq!(untrue_rows(&page, &told), [""; 0], "book/src/eras.md");
    let probes = rows.into_iter().map(|(number, sent, attempt, outcome)| {
        let probe = Probe::new(format!("{number}: {sent}"), attempt, outcome);
        match &*number {
            "7" => probe.saying(VERSION),
            "36" | "37" => probe.whatever_id(),
            _ => probe,
        }
    });
    assert_all(&node, probes.collect()).await;
}

/// PHP writes slashes with a backslash before them.
#[tokio::test]
async fn a_claim_is_one_however_it_is_spelled() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let list = caller.message("tools/list", json!({}));
    let escaped = list.to_string().replace('/', "\\/");
    let spelled = caller.attempt(&list).body(escaped);
    Probe::new("slashes", spelled, Complete).assert().await;
    let mut spaced = serde_json::to_string_pretty(&list).unwrap_or_default();
    spaced.insert_str(0, "\n\n ");
    let spaced = caller.attempt(&list).body(spaced);
    Probe::new("lines", spaced, Complete).assert().await;
}

/// M038: what a claim looks like elsewhere in the parameters is none.
#[tokio::test]
async fn a_claim_is_made_in_the_envelope_only() {
    let node = Node::start().await;
    let client = node.connect().await;
    let claim = json!({ key("protocolVersion"): VERSION });
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let mut params = json!({ "name": "calculate", "arguments": sum });
    params["_meta"] = json!({ "com.example/other": claim });
    let answer = client.request("tools/call", params.clone()).await;
    assert_eq!(answer.text(), "1 add 2 = 3");
    params["arguments"]["_meta"] = claim;
    let answer = client.request("tools/call", params).await;
    assert!(answer.failure().contains("_meta"), "an argument like any other");
    assert!(answer.result().get("resultType").is_none());
}

/// M039, M040: a session does not notice the other era, nor the other way round.
#[tokio::test]
async fn both_eras_are_served_at_the_same_time() {
    let node = Node::start().await;
    let client = node.connect().await;
    let older = Client::builder().version("2025-06-18").connect(&node).await;
    let caller = Caller::new(&node);
    let tape = caller.open_tape().await;
    for a in 0..5 {
        let sum = json!({ "a": a, "b": 1, "op": "add" });
        let taped = json!({ "a": a, "b": 1, "op": "add", "tape_id": tape });
        let (here, there, apart) = tokio::join!(
            client.call_tool("calculate", sum.clone()),
            older.call_tool("calculate", sum),
            caller.call_tool("calculate", taped),
        );
        let text = format!("{a} add 1 = {}", a + 1);
        for answer in [here, there, apart] {
            assert_eq!(answer.text(), text);
        }
    }
    let history = "calculator://history";
    let taped = format!("calculator://tapes/{tape}/history");
    for kept in [
        client.read(history).await,
        older.read(history).await,
        caller.read(&taped).await,
    ] {
        assert_eq!(kept.resource().as_array().map(Vec::len), Some(5));
    }
}

/// Nothing of the stateless era is seen by a session, and its requests cannot be
/// made to count as one by a session header: A15, M080, D016.
#[tokio::test]
async fn neither_era_shows_in_the_other() {
    let node = Node::start().await;
    let client = node.connect().await;
    assert_eq!(client.ping().await.result(), json!({}), "exactly");
    let listed = client.request("resources/list", json!({})).await.result();
    assert!(!listed.to_string().contains("tapes"), "{listed}");
    for method in
        ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
    {
        let result = client.request(method, json!({})).await.result();
        for stamp in ["resultType", "ttlMs", "cacheScope", "_meta", "tape"] {
            assert!(!result.to_string().contains(stamp), "{stamp} in {method}");
        }
    }
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let result = client.call_tool("calculate", sum).await.result();
    assert!(result.get("resultType").is_none() && result.get("_meta").is_none());
    for method in ["server/discover", "subscriptions/listen"] {
        let refused = client.request(method, json!({})).await;
        assert_ne!(refused.status, 500, "{method}");
        refused.error();
    }

    let caller = Caller::new(&node);
    let list = caller.attempt(&caller.message("tools/list", json!({})));
    let own = list.header("mcp-session-id", client.session_id()).send().await;
    assert_eq!(own.header("mcp-session-id"), None, "not echoed");
    let tools = own.result().to_string();
    assert!(tools.contains("open_tape"), "the era of the request decides");
}
