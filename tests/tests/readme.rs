//! README.md does what it says: its commands are run, its answers compared, its
//! tables checked.
#![allow(clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use mcp_server::config::Config;
use serde_json::Value;
use suite::{Cluster, Node};

const README: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
const CONTRIBUTING: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../CONTRIBUTING.md"));

/// Between the outputs of two blocks.
const SEPARATOR: &str = "--- next block ---";

/// A block of commands, and what the page says that it prints.
struct Step {
    commands: String,
    output: String,
}

/// The steps under `<!-- mark -->`.
fn steps(mark: &str) -> Vec<Step> {
    let mark = format!("<!-- {mark} -->\n```bash\n");
    let found: Vec<Step> = README
        .split(&mark)
        .skip(1)
        .map(|rest| {
            let (commands, rest) =
                rest.split_once("```\n").expect("a block has an end");
            let output = rest
                .strip_prefix("```text\n")
                .map(|rest| rest.split("```").next().expect("a split has a head"));
            Step {
                commands: commands.to_owned(),
                output: output.unwrap_or_default().trim_end().to_owned(),
            }
        })
        .collect();
    assert!(!found.is_empty(), "no blocks under {mark}");
    found
}

/// Runs the steps in one bash, as a reader does who pastes them, with the
/// page's addresses replaced by those of the nodes.
async fn assert_prints_what_it_says(steps: Vec<Step>, nodes: &[&Node]) {
    let mut script = String::from("set -u\n");
    for step in &steps {
        script += &step.commands;
        script += &format!("echo '{SEPARATOR}'\n");
    }
    for (node, port) in nodes.iter().zip(["1453", "1454"]) {
        let page = format!("http://127.0.0.1:{port}/mcp");
        assert!(script.contains(&page), "the page does not use {page}");
        script = script.replace(&page, &node.url());
    }
    let bash = Command::new("bash")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("bash runs");
    let printed = String::from_utf8(bash.stdout).expect("bash prints text");
    let printed: Vec<&str> = printed.split(SEPARATOR).collect();
    assert_eq!(printed.len(), steps.len() + 1, "{printed:?}");
    for (step, printed) in steps.iter().zip(printed) {
        let (printed, expected) = (lines(printed.trim()), lines(&step.output));
        assert_eq!(printed, expected, "printed by:\n{}", step.commands);
    }
}

/// Line by line. The order of the members of a JSON object does not matter.
fn lines(text: &str) -> Vec<Value> {
    let parse = |line: &str| {
        let line = stable(line);
        serde_json::from_str(&line).unwrap_or(Value::String(line))
    };
    text.lines().map(parse).collect()
}

/// The same text with ids and times made equal: UUIDs, tapes, and numbers with as many
/// digits as the milliseconds since 1970.
fn stable(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out += before;
        out += match word {
            uuid if uuid.len() == 36 && uuid.matches('-').count() == 4 => "UUID",
            tape if tape.len() == 37 && tape.starts_with("tape-") => "TAPE",
            time if time.len() == 13 && time.parse::<u64>().is_ok() => "TIME",
            word => word,
        };
        rest = after;
    }
    out + rest
}

/// Before anything else, a visitor learns that this is a book.
#[test]
fn the_page_begins_with_the_book_and_the_first_command_of_its_readers() {
    let (head, _) = README.split_once("cargo xtask").expect("it names a command");
    for part in [
        "This repository is a **book**",
        "(book/src/front.md)",
        "```sh\ncargo run -p ch01-hello-mcp\n```",
    ] {
        assert!(head.contains(part), "{part} is not in {head}");
    }
}

#[tokio::test]
async fn the_walk_prints_what_the_page_says() {
    let node = Node::start().await;
    assert_prints_what_it_says(steps("walk"), &[&node]).await;
}

#[tokio::test]
async fn the_second_node_answers_as_the_page_says() {
    let cluster = Cluster::with_redis(2).await;
    let mut steps_on_both = steps("walk");
    steps_on_both.truncate(4);
    steps_on_both.extend(steps("two nodes"));
    let nodes = [cluster.node(0), cluster.node(1)];
    assert_prints_what_it_says(steps_on_both, &nodes).await;
}

/// Variable and default, where the page names a value as such: in backquotes.
fn documented_settings() -> BTreeMap<&'static str, Option<&'static str>> {
    let (_, table) =
        README.split_once("<!-- configuration -->\n").expect("the mark is there");
    table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            let variable = cells.next().and_then(unquoted).expect("a name");
            (variable, cells.next().and_then(unquoted))
        })
        .collect()
}

fn unquoted(cell: &'static str) -> Option<&'static str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn the_table_names_every_setting_and_no_other() {
    let read = std::cell::RefCell::new(Vec::new());
    let config = Config::read(|name| {
        read.borrow_mut().push(name.to_owned());
        (name == "USE_REDIS").then_some("true")
    });
    assert!(config.is_ok(), "{config:?}");

    let mut read = read.into_inner();
    read.sort();
    read.dedup();
    let documented: Vec<&str> = documented_settings().into_keys().collect();
    assert_eq!(read, documented);
}

#[test]
fn the_defaults_in_the_table_are_those_of_the_server() {
    let documented = documented_settings();
    let as_documented =
        Config::read(|name| documented.get(name)?.map(str::to_owned));
    let unset = Config::read(|_| None::<String>);
    assert_eq!(format!("{as_documented:?}"), format!("{unset:?}"));

    // The address has no effect without the flag: once more with it.
    let with_flag = |name: &str| (name == "USE_REDIS").then(|| "true".to_owned());
    let as_documented = Config::read(|name| {
        with_flag(name).or_else(|| documented.get(name)?.map(str::to_owned))
    });
    let unset = Config::read(with_flag);
    assert_eq!(format!("{as_documented:?}"), format!("{unset:?}"));
}

#[test]
fn every_file_that_the_maps_name_exists() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let tops = ["book/", "chapters/", "final/", "testkit/", "tests/", "xtask/"];
    for (page, text) in [("README.md", README), ("CONTRIBUTING.md", CONTRIBUTING)] {
        let words = text.split('`');
        let named =
            words.filter(|word| tops.iter().any(|top| word.starts_with(top)));
        let files: Vec<&str> = named.collect();
        assert!(files.len() > 20, "{page}: {files:?}");
        for file in files {
            assert!(root.join(file).exists(), "{page} names {file}");
        }
    }
}
