//! The book's pages of reference say what the server does, and would be noticed if
//! they did not.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mcp_server::config::Config;
use reference::parts::{self, Inventory};
use reference::plan::{PLAN, Part};
use reference::settings;
use serde_json::json;
use suite::climb::chapters::{FINAL, root};
use suite::{Node, Program};

#[test]
fn the_pages_of_reference_are_what_the_server_says() {
    for (path, text) in reference::pages() {
        let page = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        let mut pairs = page.lines().zip(text.lines());
        let other = pairs.find(|(old, new)| old != new);
        assert_eq!(other, None, "{path}: run `cargo xtask bless`");
        assert_eq!(page.len(), text.len(), "{path}: run `cargo xtask bless`");
    }
}

#[test]
fn a_changed_default_changes_the_page() {
    let mut table = Config::table();
    let page = settings::page_of(&table);
    assert!(page.contains(" | `250` ms | 0 to 4294967295 |\n"), "{page}");
    assert!(page.contains(" | `1800000` ms | 1000 to 4294967295 |\n"), "{page}");
    assert!(page.contains(" | `4194304` bytes | 1 and more |\n"), "{page}");
    let later = table.iter_mut().find(|it| it.variable == "SSE_AFTER").unwrap();
    later.default = "1000";
    let changed = settings::page_of(&table);
    assert!(changed.contains(" | `1000` ms | 0 to 4294967295 |\n"), "{changed}");
    assert_ne!(changed, page);
}

/// A sentence is fixed, whatever the cause.
#[test]
fn an_error_is_in_the_table_with_what_it_means() {
    let page = reference::errors::page();
    for row in [
        "| `Error::RateLimited`<br>too many requests | 429 | -32600 \
         | debug, refused, *when it helps* |\n",
        "| `Error::ResourceNotFound`<br>resource not found | 200 | -32002 |",
        "| `Error::ResourceNotFound` in the stateless era<br>resource not found \
         | 200 | -32602 |",
        "| `Error::Panic`<br>internal error | 200 | -32603 | error, error |\n",
        "| `StoreError::Unavailable`<br>storage is unavailable, try again | 503 \
         | -32603 | warn, unavailable, 1 |\n",
        "| `ServiceError::Internal`<br>internal error | 200 | -32603 | error, error |",
    ] {
        assert!(page.contains(row), "{row} is not in {page}");
    }
}

#[test]
fn every_part_of_the_server_has_a_chapter() {
    let faults = parts::faults(PLAN, &Inventory::all(), &parts::offered());
    assert_eq!(faults, [""; 0], "correct book/reference/src/plan.rs");
}

#[test]
fn the_plan_has_every_chapter_in_order() {
    let chapters: Vec<u8> = PLAN.iter().map(|part| part.chapter).collect();
    assert_eq!(chapters, (1..=FINAL).collect::<Vec<u8>>());
}

/// A small plan, and crates that it fits.
fn sample() -> (Vec<Part>, Vec<Inventory>, BTreeSet<String>) {
    let part = |chapter, name, surface, settings, files| Part {
        chapter,
        name,
        surface,
        settings,
        files,
    };
    let plan = vec![
        part(1, "one", &["a-tool"], &["PORT"], &["main.rs"]),
        part(2, "two", &[], &["USE_REDIS"], &["redis/"]),
        part(FINAL, "final", &[], &[], &["last.rs"]),
    ];
    let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let of = |number, name: &str, files: &[&str], settings: &[&str]| Inventory {
        number,
        name: name.into(),
        files: set(files),
        settings: set(settings),
    };
    let all = ["main.rs", "redis/keys.rs", "last.rs"];
    let crates = vec![
        of(1, "one", &all[..1], &["PORT"]),
        of(2, "two", &all[..2], &["PORT", "USE_REDIS"]),
        of(FINAL, "final", &all, &["PORT", "USE_REDIS"]),
    ];
    (plan, crates, set(&["a-tool"]))
}

#[test]
fn a_part_without_a_chapter_or_with_the_wrong_one_is_named() {
    let (plan, crates, offered) = sample();
    assert_eq!(parts::faults(&plan, &crates, &offered), [""; 0]);
    let fails = |crates: &[Inventory], offered: &BTreeSet<String>, text: &str| {
        let found = parts::faults(&plan, crates, offered);
        assert_eq!(found, [text]);
    };
    let with = |index: usize, change: &dyn Fn(&mut Inventory)| {
        let mut crates = crates.clone();
        change(&mut crates[index]);
        crates
    };
    let new = with(2, &|last| {
        last.files.insert("new.rs".into());
    });
    fails(&new, &offered, "file new.rs is in 0 parts of the plan, not in one");
    let new = with(2, &|last| {
        last.settings.insert("NEW".into());
    });
    fails(&new, &offered, "setting NEW is in 0 parts of the plan, not in one");
    let early = with(0, &|one| {
        one.files.insert("redis/keys.rs".into());
    });
    let text = "file redis/keys.rs is in chapter 01 already, the plan says 02";
    fails(&early, &offered, text);
    let late = with(1, &|two| {
        two.settings.remove("USE_REDIS");
    });
    let text = "setting USE_REDIS was to come with chapter 02, which has none";
    fails(&late, &offered, text);
    let renamed = with(1, &|two| two.name = "other".into());
    fails(&renamed, &offered, "other is not called so in the plan");
    let more = ["a-tool", "another-tool"].map(str::to_owned).into();
    let text = "offer another-tool is in 0 parts of the plan, not in one";
    fails(&crates, &more, text);
}

#[test]
fn a_part_that_is_planned_twice_or_is_not_there_is_named() {
    let (mut plan, crates, offered) = sample();
    plan[1].files = &["redis/", "gone.rs", "main.rs"];
    let found = parts::faults(&plan, &crates, &offered);
    let expected = [
        "file main.rs is in 2 parts of the plan, not in one",
        "file gone.rs is planned, and not in final",
    ];
    assert_eq!(found, expected);
}

/// The rooms of the engine do not know the calculator, so another domain takes its
/// place without a line of theirs.
#[test]
fn only_main_names_the_calculator() {
    let top = root().join("final/src");
    let mut named = Vec::new();
    for path in sources(&top) {
        let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !name.starts_with("calculator") && names_the_calculator(&text) {
            named.push(name);
        }
    }
    named.sort();
    assert_eq!(named, ["lib.rs", "main.rs"]);
    assert!(names_the_calculator("use crate::{\n    calculator::Calculator,\n};"));
    assert!(!names_the_calculator("/// `calculator://history` is a resource."));
}

/// In code: comments may speak of it as an example.
fn names_the_calculator(text: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut words = code
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.any(|word| word == "calculator" || word == "Calculator")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let inside = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => sources(&path),
        path => vec![path],
    });
    inside.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// The second domain is built from the same library as it is: nothing in it is
/// switched on for the purpose, and nothing is patched.
#[tokio::test]
async fn a_second_domain_is_served_by_the_same_library() {
    let read = |path| std::fs::read_to_string(root().join(path)).unwrap();
    let (workspace, suite) = (read("Cargo.toml"), read("tests/Cargo.toml"));
    let library = "mcp_server = { package = \"final\", path = \"../final\" }\n";
    assert!(suite.contains(library), "{suite}");
    for manifest in [&workspace, &suite, &read("final/Cargo.toml")] {
        for table in ["[patch", "[replace", "[features"] {
            assert!(!manifest.contains(table), "{table} in {manifest}");
        }
    }
    let fixture = Node::builder().program(Program::CONFORMANCE).start().await;
    let calculator = Node::start().await;
    let mut names = Vec::new();
    for node in [&fixture, &calculator] {
        let client = node.connect().await;
        let tools = client.request("tools/list", json!({})).await.result();
        names.push(tools["tools"][0]["name"].as_str().unwrap().to_owned());
    }
    assert_eq!(names, ["test_simple_text", "calculate"]);
}
