//! The recordings in the book, made at the sockets of the chapters' own servers.
//! What differs from run to run gets a name; long lines are broken for the page.
//!
//! `INSTA_UPDATE=always cargo test -p suite --test recordings` makes them anew, and
//! `cargo xtask bless` draws the diagrams and refreshes the pages.

use suite::climb::Chapter;
use suite::http::http_client;
use suite::recorder::CLIENT;
use suite::{Node, NodeBuilder, Program, Recorder};

fn chapter(id: &str) -> NodeBuilder {
    let chapter = Chapter::find(id).unwrap_or_else(|| panic!("no chapter {id}"));
    let (package, binary) = (chapter.package.leak(), chapter.binary.leak());
    Node::builder().program(Program { package, binary })
}

/// A client that says no more than it is told to, as curl does.
struct Curl {
    http: reqwest::Client,
    url: String,
    session: Option<String>,
}

impl Curl {
    fn new(node: &Node) -> Self {
        Self { http: http_client(), url: node.url(), session: None }
    }

    /// A server of a chapter, and a client that is recorded.
    async fn before(node: NodeBuilder) -> (Recorder, Node, Self) {
        let recorder = Recorder::default();
        let node = recorder.front(CLIENT, "server", node.start().await).await;
        let curl = Self::new(&node);
        (recorder, node, curl)
    }

    async fn post(&mut self, body: &str) -> String {
        self.send("POST", body).await
    }

    /// `initialize`; the session's id.
    async fn open(&mut self) -> String {
        self.session = None;
        self.post(INITIALIZE).await;
        self.session.clone().unwrap_or_else(|| panic!("no session was opened"))
    }

    async fn send(&mut self, method: &str, body: &str) -> String {
        let method = method.parse().unwrap_or_else(|_| panic!("{method}"));
        let mut request = self.http.request(method, &self.url);
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let answer = request.body(body.to_owned()).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        let session = answer.headers().get("mcp-session-id");
        if let Some(session) = session.and_then(|value| value.to_str().ok()) {
            self.session = Some(session.to_owned());
        }
        answer.text().await.unwrap_or_default()
    }
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"8"}}}"#;
const INITIALIZED: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

fn calculate(id: u8, a: u8, op: &str, b: u8) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"calculate","arguments":{{"a":{a},"b":{b},"op":"{op}"}}}}}}"#
    )
}

fn read(id: u8, uri: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/read","params":{{"uri":"{uri}"}}}}"#
    )
}

#[tokio::test]
async fn chapter_01_shakes_hands_and_calculates() {
    let (recorder, _node, mut curl) = Curl::before(chapter("01")).await;
    curl.post(INITIALIZE).await;
    curl.post(INITIALIZED).await;
    curl.post(&calculate(2, 100, "add", 50)).await;
    recorder.keep_sequence("01/handshake");

    recorder.clear();
    curl.post(&calculate(1, 100, "add", 50)).await;
    recorder.keep_transcript("01/calculate");

    recorder.clear();
    curl.post(&calculate(2, 1, "divide", 0)).await;
    recorder.keep_transcript("01/divide-by-zero");
}

/// A server that serves HTTP goes on when its input has ended. Once it says that it
/// listens, it has been given every chance to read.
#[tokio::test]
async fn chapter_01_does_not_hear_a_pipe_and_chapter_02_does() {
    let recorder = Recorder::default();
    let mut pipes = recorder.pipes("server", chapter("01").pipes_with(&[]));
    pipes.write(PING);
    pipes.pipes().close_input();
    pipes.pipes().says("listening on").await;
    pipes.pipes().kill();
    if pipes.line().await.is_none() {
        recorder.remark(&["server"], "no answer");
    }
    recorder.keep_transcript("02/silence");

    let recorder = Recorder::default();
    let mut pipes = recorder.pipes("server", chapter("02").pipes());
    pipes.write(PING);
    pipes.line().await;
    pipes.write(&calculate(2, 7, "divide", 2));
    pipes.line().await;
    pipes.pipes().close_input();
    assert_eq!(pipes.line().await, None, "nothing but answers");
    recorder.keep_transcript("02/stdio");
}

#[tokio::test]
async fn chapter_02_forgets_and_chapter_03_remembers() {
    let (recorder, _node, mut curl) = Curl::before(chapter("02")).await;
    curl.post(&calculate(2, 100, "add", 50)).await;
    curl.post(&read(3, "calculator://history")).await;
    recorder.keep_transcript("03/forgotten");

    let (recorder, node, mut curl) = Curl::before(chapter("03")).await;
    curl.open().await;
    curl.post(&calculate(2, 100, "add", 50)).await;
    curl.post(&read(3, "calculator://history")).await;
    recorder.keep_transcript("03/remembered");
    curl.send("DELETE", "").await;
    curl.post(PING).await;
    recorder.keep_sequence("03/session-life");

    let recorder = Recorder::default();
    let node = recorder.front(CLIENT, "server", node).await;
    let mut curl = Curl::new(&node);
    recorder.quietly(curl.open()).await;
    curl.send("DELETE", "").await;
    curl.post(PING).await;
    curl.session = None;
    curl.post(PING).await;
    recorder.keep_transcript("03/ended");
}

#[tokio::test]
async fn chapter_03_lets_no_session_go_and_chapter_04_does() {
    let (recorder, _node, mut curl) = Curl::before(chapter("03")).await;
    let first = curl.open().await;
    recorder
        .quietly(async {
            for _ in 0..1000 {
                curl.open().await;
            }
        })
        .await;
    recorder.remark(
        &[CLIENT, "server"],
        "1,000 more handshakes, and no client comes back",
    );
    curl.session = Some(first);
    curl.post(PING).await;
    recorder.keep_transcript("04/never-gone");

    let impatient = chapter("04").set("SESSION_TIMEOUT", 2000);
    let (whole, node, _) = Curl::before(impatient).await;
    // A second proxy, which is told less: the transcript begins later.
    let recorder = Recorder::default();
    let node = recorder.front(CLIENT, "server", node).await;
    let mut curl = Curl::new(&node);
    let stats = read(3, "calculator://stats");
    let idle = recorder.quietly(curl.open()).await;
    let busy = recorder.quietly(curl.open()).await;
    recorder.session(&busy);
    recorder.session(&idle);
    whole.name(&busy, "busy");
    whole.name(&idle, "idle");
    curl.post(&stats).await;
    let both = [CLIENT, "server"];
    let later = "two seconds later; the first session has gone on asking";
    recorder.remark(&both, later);
    whole.remark(&both, "two seconds later; busy has gone on asking, idle has not");
    let alone = r#"\"activeSessions\":1"#;
    let expired = suite::eventually(
        "the idle session expires",
        suite::PATIENCE,
        async || curl.post(&stats).await.contains(alone).then_some(()),
    );
    whole.quietly(recorder.quietly(expired)).await;
    curl.post(&stats).await;
    curl.session = Some(idle);
    curl.post(PING).await;
    recorder.keep_transcript("04/expired");
    whole.keep_sequence("04/expiry");
}
