//! The book on paper.
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn without_a_browser_the_command_says_what_to_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["book", "--pdf"])
        .env("PATH", "")
        .output()
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{words}");
    assert!(
        words.starts_with("xtask: no Chromium or Chrome was found."),
        "{words}"
    );
    assert!(words.contains("`cargo xtask book`"), "{words}");
}
