//! A headless Chromium, driven through its devtools protocol over two pipes.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Process;
use testkit::programs::ensure_installed;

use crate::PATIENCE;

/// Chromium reads commands from descriptor 3 and answers on descriptor 4.
const START: &str = r#"exec "$0" "$@" 3<"$PIPES/commands" 4>"$PIPES/answers""#;

const OPTIONS: [&str; 6] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1200,900",
];

/// A browser with one page. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    commands: File,
    answers: Receiver<Value>,
    session: String,
    last_id: u64,
    _process: Process,
    _folder: TempDir,
}

impl Browser {
    /// Opens a page; `None` where there is no Chromium and none can be installed,
    /// which is printed.
    pub fn open(url: &str) -> Option<Self> {
        let chromium = match ensure_installed("chromium") {
            Ok(path) => path,
            Err(error) => {
                println!("skipped, because there is no Chromium: {error}");
                return None;
            }
        };
        Some(fine(Self::start(&chromium, url)))
    }

    fn start(chromium: &Path, url: &str) -> std::io::Result<Self> {
        let folder = TempDir::new()?;
        let pipe = |name: &str| folder.path().join(name);
        let made = Command::new("mkfifo")
            .args([pipe("commands"), pipe("answers")])
            .status()?;
        assert!(made.success(), "mkfifo makes no pipes");
        let mut command = Command::new("sh");
        command.args(["-c", START]).arg(chromium).args(OPTIONS);
        command.arg(format!("--user-data-dir={}", pipe("profile").display()));
        command.env("PIPES", folder.path()).stdin(Stdio::null());
        let process = Process::start(&mut command)?;
        // For both, so that opening does not wait for the other end.
        let both = |name| File::options().read(true).write(true).open(pipe(name));
        let mut browser = Self {
            commands: both("commands")?,
            answers: read(both("answers")?),
            session: String::new(),
            last_id: 0,
            _process: process,
            _folder: folder,
        };
        browser.attach(url);
        Ok(browser)
    }

    fn attach(&mut self, url: &str) {
        let page = self.send("Target.createTarget", json!({ "url": url }));
        let target = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = self.send("Target.attachToTarget", target);
        self.session = attached["sessionId"].as_str().unwrap_or_default().into();
    }

    /// Sends a command of the devtools protocol, and returns its result.
    pub fn send(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut command =
            json!({ "id": self.last_id, "method": method, "params": params });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        fine(write!(self.commands, "{command}\0"));
        loop {
            let answer = self.answers.recv_timeout(PATIENCE * 3);
            let mut answer =
                answer.unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.last_id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// The value of an expression on the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let mut answer = self.send("Runtime.evaluate", params);
        let failed = answer.get("exceptionDetails");
        assert!(failed.is_none(), "{expression}: {failed:?}");
        answer["result"]["value"].take()
    }

    /// Waits until a condition holds on the page.
    pub async fn wait_for(&mut self, condition: &str) {
        let what = format!("on the page: {condition}");
        let condition = format!("Boolean({condition})");
        crate::eventually(&what, PATIENCE * 3, async || {
            (self.evaluate(&condition) == json!(true)).then_some(())
        })
        .await;
    }

    /// Presses a key, for example Tab with the code 9.
    pub fn press(&mut self, key: &str, code: u8) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": code,
            });
            self.send("Input.dispatchKeyEvent", event);
        }
    }
}

/// The messages of Chromium, each of which ends with a zero byte.
fn read(answers: File) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let messages = BufReader::new(answers).split(0).map_while(Result::ok);
        let parsed =
            messages.filter_map(|bytes| serde_json::from_slice(&bytes).ok());
        for message in parsed {
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

fn fine<T>(outcome: std::io::Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}
