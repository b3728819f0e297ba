//! The ladder, climbed: by every chapter, by `final`, and by a server in another
//! language.

use std::collections::BTreeMap;

use suite::climb::{self, Chapter, Server, Verdict, chapters, table};
use suite::{Node, Program};

/// The server of a chapter, built from its sources.
fn server_of(chapter: Chapter) -> Server {
    let Chapter { package, binary, .. } = chapter;
    let (package, binary) = (package.leak(), binary.leak());
    Server::Command(format!("'{}'", Program { package, binary }.path().display()))
}

/// The snapshot of a scenario, for the range of chapters that begins with this one.
fn file_of(name: &str, range: u8) -> String {
    let words = name.replace(|c: char| !c.is_alphanumeric(), "-");
    match range {
        chapters::FINAL => format!("{words}@final"),
        range => format!("{words}@{range:02}"),
    }
}

/// What each chapter of a range answered: the snapshot's name, and the chapters.
type Ranges = BTreeMap<String, Vec<(String, String)>>;

/// Two chapters of one range that answer differently, in words.
fn disagreement(file: &str, answers: &[(String, String)]) -> Option<String> {
    let (first, expected) = answers.first()?;
    let other = answers.iter().find(|(_, answer)| answer != expected);
    other.map(|(other, answer)| {
        let differs = expected.lines().zip(answer.lines()).find(|(a, b)| a != b);
        let (a, b) = differs.unwrap_or(("fewer lines", "more lines"));
        format!(
            "{file}: chapters {first} and {other} disagree, and no `changes` says so\n  \
             {first}: {a}\n  {other}: {b}"
        )
    })
}

/// The same question has the same answer in all chapters of a range, and which one
/// is written down. Where chapters disagree, nothing is: `cargo xtask bless` finds
/// the note and accepts nothing.
#[tokio::test]
async fn every_chapter_climbs_to_its_own_rung() {
    let mut ranges = Ranges::new();
    for chapter in Chapter::all() {
        let (number, id) = (chapter.number, chapter.id.clone());
        let server = server_of(chapter);
        for scenario in climb::up_to(number) {
            let name = scenario.name;
            let transcript = match scenario.put_to(&server).await {
                Verdict::Passed(transcript) => transcript,
                other => panic!("chapter {id}: {name}: {other:?}"),
            };
            if !transcript.is_empty() {
                let file = file_of(name, scenario.range(number));
                ranges.entry(file).or_default().push((id.clone(), transcript));
            }
        }
    }
    let folder = chapters::root().join("tests/tests/snapshots/climb");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut disagreements = Vec::new();
    for (file, answers) in &ranges {
        let note = folder.join(format!("{file}.disagree"));
        let disagreement = disagreement(file, answers);
        let kept = match &disagreement {
            Some(text) => std::fs::write(note, text),
            None if note.exists() => std::fs::remove_file(note),
            None => Ok(()),
        };
        kept.unwrap_or_else(|error| panic!("{file}: {error}"));
        disagreements.extend(disagreement);
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    for (file, answers) in &ranges {
        settings.bind(|| insta::assert_snapshot!(file.as_str(), answers[0].1));
    }
}

#[test]
fn chapters_of_one_range_that_disagree_are_named() {
    let answer =
        |id: &str, text: &str| (id.to_owned(), format!("HTTP 200\n{text}"));
    let same = [answer("03", "a"), answer("04", "a")];
    assert_eq!(disagreement("x@03", &same), None);
    let other = [answer("03", "a"), answer("04", "a"), answer("final", "b")];
    let told = disagreement("x@03", &other).unwrap_or_default();
    for part in ["x@03", "chapters 03 and final", "03: a", "final: b"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

fn hello_in_python() -> Server {
    let file = chapters::root().join("tests/servers/hello.py");
    Server::Command(format!("exec python3 '{}'", file.display()))
}

#[tokio::test]
async fn a_server_in_another_language_climbs_the_first_rung() {
    let server = hello_in_python();
    for scenario in climb::up_to(1) {
        let verdict = scenario.put_to(&server).await;
        let passed = matches!(verdict, Verdict::Passed(_));
        assert!(passed, "{}: {verdict:?}", scenario.name);
    }
}

/// And is told what it lacks for the third.
#[tokio::test]
async fn a_server_that_lacks_something_is_told_what() {
    let server = hello_in_python();
    let mut complaints = String::new();
    for scenario in climb::up_to(3).filter(|scenario| scenario.since == 3) {
        let verdict = scenario.put_to(&server).await;
        let Verdict::Failed(complaint) = verdict else {
            panic!("{} is not lacking: {verdict:?}", scenario.name);
        };
        complaints += &format!("{}\n  {complaint}\n\n", scenario.name);
    }
    insta::assert_snapshot!(complaints);
}

/// The wrong turn of chapter 05 answers every question that comes alone.
#[tokio::test]
async fn a_server_that_loses_updates_is_found_out() {
    let program = Program { package: "ch05-naive", binary: "ch05-naive" };
    let server = Server::Command(format!("'{}'", program.path().display()));
    for scenario in climb::up_to(5).filter(|scenario| scenario.since == 5) {
        let verdict = scenario.put_to(&server).await;
        match (scenario.name.contains("concurrent"), &verdict) {
            (false, Verdict::Passed(_)) => {}
            (true, Verdict::Failed(complaint)) => {
                assert!(complaint.contains("20 calculations"), "{complaint}");
            }
            _ => panic!("{}: {verdict:?}", scenario.name),
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_start_is_told_why() {
    let server = Server::Command("echo out of order >&2; exit 3".to_owned());
    let scenario = climb::up_to(1).next().unwrap_or_else(|| panic!("no scenario"));
    let Verdict::Failed(complaint) = scenario.put_to(&server).await else {
        panic!("it has started");
    };
    assert!(complaint.contains("exit status: 3"), "{complaint}");
    assert!(complaint.contains("out of order"), "{complaint}");
}

/// It may be somebody's, so it is asked and not started, killed or filled.
#[tokio::test]
async fn a_server_that_runs_already_is_only_asked() {
    let node = Node::start().await;
    let server = Server::at(&node.url()).unwrap_or_else(|error| panic!("{error}"));
    let (mut passed, mut skipped) = (0, Vec::new());
    for scenario in climb::up_to(chapters::FINAL) {
        match scenario.put_to(&server).await {
            Verdict::Passed(_) => passed += 1,
            Verdict::Skipped(reason) => skipped.push(reason),
            Verdict::Failed(complaint) => {
                panic!("{}: {complaint}", scenario.name);
            }
        }
    }
    assert!(passed > 20, "{passed} passed");
    let of_idleness = "needs to start the server with SESSION_TIMEOUT=2000; \
        give its command with --cmd";
    assert!(skipped.iter().any(|reason| reason == of_idleness), "{skipped:?}");
    assert!(Server::at("https://example.com/mcp").is_err());
}

#[test]
fn the_table_in_the_book_is_made_from_the_scenarios() {
    let page = std::fs::read_to_string(chapters::root().join(table::PAGE));
    let advice = "run `cargo xtask check table`";
    assert_eq!(page.unwrap_or_default(), table::page(), "{advice}");
}

/// A change that changes nothing would hide that two chapters agree.
#[test]
fn a_declared_change_is_seen() {
    let folder = chapters::root().join("tests/tests/snapshots/climb");
    for scenario in climb::up_to(chapters::FINAL) {
        let seen = |range: u8| {
            let file = format!("{}.snap", file_of(scenario.name, range));
            std::fs::read_to_string(folder.join(&file))
                .unwrap_or_else(|error| panic!("{file}: {error}"))
        };
        for change in scenario.changes {
            let before = seen(scenario.range(change.since - 1));
            assert_ne!(before, seen(change.since), "{}: {change:?}", scenario.name);
        }
    }
}
