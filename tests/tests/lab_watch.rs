//! The live page of the lab: what it is told over HTTP, and what a browser draws.
//!
//! Where there is no Chromium and none can be installed, the tests with a browser say
//! that they are skipped.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use lab::event::{Event, EventParser};
use serde_json::{Value, json};
use suite::browser::Browser;
use suite::console::{Lab, LabBuilder};
use suite::http::http_client;
use suite::{PATIENCE, eventually};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// A lab with a live page.
struct Watched {
    lab: Lab,
    url: String,
    _folder: TempDir,
}

impl Watched {
    async fn start(chapter: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let errors = folder.path().join("errors");
        let builder = LabBuilder::of(chapter).arguments(&["--watch"]);
        let lab = builder.errors_into(&errors).start();
        let url = told(&errors, "watch   ").await;
        Self { lab, url, _folder: folder }
    }

    fn type_lines(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.lab.type_line(line));
    }

    /// The page in a browser that no other test of this file disturbs.
    async fn browser(&self) -> Option<(Browser, MutexGuard<'static, ()>)> {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        Browser::open(&self.url).map(|browser| (browser, alone))
    }

    /// Sends pings until all messages of one are drawn within 300 ms. Other programs
    /// on this machine may delay some.
    async fn draws_in_time(&mut self, browser: &mut Browser) {
        let mut times = Vec::new();
        for pings in 1..=5 {
            self.type_lines(&["ping a s1"]);
            let drawn = "[...document.querySelectorAll('#messages .answer summary')]\
                         .filter((it) => it.textContent.endsWith('200 {}')).length";
            browser.wait_for(&format!("{drawn} === {pings}")).await;
            let late = browser.evaluate(
                "Math.max(...[...document.querySelectorAll('#messages li')]\
                 .slice(-4).map((it) => Number(it.dataset.late)))",
            );
            times.push(late.as_u64().unwrap());
            if times.iter().any(|time| *time <= 300) {
                return;
            }
        }
        panic!("drawn after {times:?} ms");
    }

    fn end(mut self) {
        self.lab.type_line("quit");
        assert!(self.lab.end().success);
    }
}

/// The rest of the line that begins like this, once the lab has printed it.
async fn told(errors: &Path, start: &str) -> String {
    eventually(start, PATIENCE * 3, async || {
        let text = std::fs::read_to_string(errors).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned)
    })
    .await
}

/// The events from the start, or behind the one with this id, up to one that fits.
async fn events_until(
    url: &str,
    last: Option<&str>,
    is_last: impl Fn(&Event) -> bool,
) -> Vec<Event> {
    let mut request = http_client().get(format!("{url}events"));
    if let Some(id) = last {
        request = request.header("last-event-id", id);
    }
    let mut answer = request.send().await.unwrap();
    let mut parser = EventParser::default();
    let mut events: Vec<Event> = Vec::new();
    while !events.last().is_some_and(&is_last) {
        match parser.next_event() {
            Some(event) => events.push(event),
            None => {
                let chunk = tokio::time::timeout(PATIENCE, answer.chunk()).await;
                parser.push(&chunk.expect("an event").unwrap().expect("no end"));
            }
        }
    }
    events
}

fn data(event: &Event) -> Value {
    event.message().unwrap_or_default()
}

/// The labels of the messages. A script by a hash that Redis does not know yet is taken
/// back, because the node repeats it with its text.
fn labels_of(events: &[Event]) -> Vec<String> {
    let of_kind = |kind| {
        let is_kind = move |event: &&Event| event.kind.as_deref() == Some(kind);
        events.iter().filter(is_kind).map(data)
    };
    let gone: Vec<Value> =
        of_kind("gone").map(|event| event["place"].clone()).collect();
    let kept =
        of_kind("message").filter(|message| !gone.contains(&message["place"]));
    kept.map(|message| message["label"].as_str().unwrap().to_owned()).collect()
}

/// Whether this is the message with which node a answers the client's call.
fn answers_the_call(event: &Event) -> bool {
    let message = data(event);
    message["label"] == "200 100 add 50 = 150" && message["who"][0] == "a"
}

#[tokio::test]
async fn the_page_is_told_of_each_message_after_what_has_caused_it() {
    let mut watched = Watched::start("05-redis").await;
    watched.type_lines(&["open a", "call a s1 calculate 100 50 add"]);
    let events = events_until(&watched.url, None, answers_the_call).await;
    assert_eq!(
        data(&events[0])["participants"].to_string(),
        r#"["client","a","b","redis"]"#
    );
    let labels = labels_of(&events);
    let call = labels.iter().position(|label| label.contains("calculate")).unwrap();
    let expected = [
        "POST tools/call calculate 100 50 add, s1",
        "touch.lua mcp:{s1}",
        "now",
        "append.lua mcp:{s1}",
        "now",
        "HINCRBY mcp:totals add 1",
        "1",
        "200 100 add 50 = 150",
    ];
    assert_eq!(labels[call..], expected);

    // A browser that has lost its connection goes on behind its last event.
    let is_call = |event: &&Event| data(event)["label"] == labels[call];
    let id = events.iter().find(is_call).and_then(|event| event.id.clone());
    let behind = events_until(&watched.url, id.as_deref(), answers_the_call).await;
    assert_eq!(labels_of(&behind), labels[call + 1..]);

    watched.type_lines(&["kill a"]);
    let is_killed = |event: &Event| data(event)["shape"] == "killed";
    let events = events_until(&watched.url, None, is_killed).await;
    assert_eq!(labels_of(&events).last().unwrap(), "killed");
    watched.end();
}

#[tokio::test]
async fn arrows_appear_in_causal_order_and_a_killed_node_is_marked() {
    let mut watched = Watched::start("05-redis").await;
    let Some((mut browser, _alone)) = watched.browser().await else {
        return watched.end();
    };
    browser.wait_for("document.querySelectorAll('#states li').length === 3").await;
    watched.type_lines(&["open a", "call a s1 calculate 100 50 add"]);
    let answered = "[...document.querySelectorAll('#messages summary')]\
                    .some((it) => it.textContent.endsWith('200 100 add 50 = 150'))";
    browser.wait_for(answered).await;
    let arrows = browser.evaluate(
        "[...document.querySelectorAll('#messages li')].slice(-8)\
         .map(({ className, dataset: { from, to } }) => `${from} ${className} ${to}`)",
    );
    let expected = json!([
        "client question a",
        "a question redis",
        "redis answer a",
        "a question redis",
        "redis answer a",
        "a question redis",
        "redis answer a",
        "a answer client",
    ]);
    assert_eq!(arrows, expected);
    watched.draws_in_time(&mut browser).await;

    watched.type_lines(&["kill a", "call a s1 calculate 1 2 add", "pause b"]);
    browser.wait_for("document.querySelector('#messages .broken')").await;
    browser.wait_for("document.querySelector('#states [data-state=paused]')").await;
    let states = browser.evaluate("document.getElementById('states').innerText");
    assert_eq!(states, "a: dead\nb: paused\nredis: up");
    let lane = "document.querySelector('.lane[data-state=dead]').textContent";
    assert_eq!(browser.evaluate(lane), "a");
    watched.end();
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere() {
    let watched = Watched::start("03-sessions").await;
    let page = http_client().get(&watched.url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let Some((mut browser, _alone)) = watched.browser().await else {
        return watched.end();
    };
    browser.wait_for("document.querySelectorAll('#states li').length === 2").await;
    let loaded = browser.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name)",
    );
    let loaded = loaded.as_array().unwrap();
    assert!(loaded.len() >= 2, "script and style: {loaded:?}");
    for name in loaded {
        assert!(name.as_str().unwrap().starts_with(&watched.url), "{name}");
    }
    watched.end();
}

#[tokio::test]
async fn five_hundred_exchanges_stay_fluid() {
    let mut watched = Watched::start("03-sessions").await;
    let Some((mut browser, _alone)) = watched.browser().await else {
        return watched.end();
    };
    browser.wait_for("document.querySelectorAll('#states li').length === 2").await;
    // The time of this thread, not that of a machine on which other tests run.
    browser.send("Performance.enable", json!({ "timeDomain": "threadTicks" }));
    watched.type_lines(&["hammer 500 a open", "kill b"]);
    browser.wait_for("document.querySelector('#messages .killed')").await;
    let rows = browser.evaluate("document.querySelectorAll('#messages li').length");
    assert_eq!(rows, 1001, "500 questions, 500 answers, and the end of b");
    let metrics = browser.send("Performance.getMetrics", json!({}));
    let busy = metrics["metrics"].as_array().unwrap().iter();
    let busy = busy.filter(|metric| metric["name"] == "TaskDuration");
    let busy: f64 = busy.filter_map(|metric| metric["value"].as_f64()).sum();
    assert!(busy < 2.5, "each exchange costs the page more than 5 ms: {busy} s");
    let is_last_seen = "document.getElementById('scroll').scrollTop > 0";
    browser.wait_for(is_last_seen).await;
    watched.end();
}

#[tokio::test]
async fn the_page_works_with_the_keyboard_and_reads_as_a_list() {
    let mut watched = Watched::start("03-sessions").await;
    let Some((mut browser, _alone)) = watched.browser().await else {
        return watched.end();
    };
    watched.type_lines(&["open a"]);
    browser
        .wait_for("document.querySelectorAll('#messages li').length === 4")
        .await;
    let log = browser.evaluate(
        "[...document.querySelectorAll('[role=log][aria-live=polite] li summary')]\
         .map((it) => it.textContent)[0]",
    );
    assert_eq!(log, "client asks a: POST initialize 2025-11-25");
    let mut reached = Vec::new();
    for _ in 0..5 {
        browser.press("Tab", 9);
        let focus = "document.activeElement.id || document.activeElement.localName";
        let focus = browser.evaluate(focus).as_str().unwrap().to_owned();
        if focus == "list" || focus == "summary" {
            browser.press("Enter", 13);
        }
        reached.push(focus);
    }
    assert_eq!(reached, ["follow", "list", "announce", "scroll", "summary"]);
    let is_list = "document.getElementById('diagram').classList.contains('list')";
    assert_eq!(browser.evaluate(is_list), true);
    let opened =
        "document.querySelector('#messages details[open] pre').textContent";
    let opened = browser.evaluate(opened);
    assert!(opened.as_str().unwrap().starts_with("> POST /mcp\n"), "{opened}");
    watched.end();
}
