//! What mdBook sends comes back with its directives answered.
#![cfg(feature = "mdbook")]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::Sample;

fn machine(input: &Value) -> std::process::Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_book-machine"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn book(sample: &Sample, version: &str) -> Value {
    let chapter = |name: &str, inside: Vec<Value>| {
        json!({ "Chapter": {
            "name": name,
            "content": sample.text(&format!("book/src/{name}")),
            "source_path": name,
            "sub_items": inside,
        } })
    };
    let inner = chapter("02-counter.md", Vec::new());
    let items = [json!("Separator"), chapter("01-greeter.md", vec![inner])];
    let root = sample.repository.book();
    json!([
        { "root": root, "renderer": "html", "mdbook_version": version },
        { "items": items },
    ])
}

#[test]
fn a_book_comes_back_with_its_directives_answered() {
    let output = machine(&book(&Sample::new(), "0.5.4"));
    assert!(output.status.success(), "{output:?}");
    let book: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(book["items"][0], "Separator");
    let first = &book["items"][1]["Chapter"];
    for chapter in [first, &first["sub_items"][0]["Chapter"]] {
        let content = chapter["content"].as_str().unwrap();
        assert!(content.contains("<figure class=\"step"), "{content}");
        assert!(!content.contains("machine-error"), "{content}");
    }
}

#[test]
fn an_error_does_not_stop_the_book() {
    let sample = Sample::new();
    sample.replace("book/src/01-greeter.md", "{{checkpoint}}", "{{chekpoint}}");
    let output = machine(&book(&sample, "0.5.4"));
    assert!(output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("01-greeter.md:13: {{chekpoint}}")
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("machine-error"));
}

#[test]
fn another_mdbook_is_refused_with_its_version() {
    let output = machine(&book(&Sample::new(), "0.4.40"));
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("this is mdBook 0.4.40")
    );
}
