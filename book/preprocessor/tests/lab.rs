//! What a page shows of the lab: a script and its recording.

#![allow(clippy::unwrap_used)]

mod support;

use book_machine::check;
use book_machine::render::Format;
use support::Sample;

const NAME: &str = "02-counter.md";
const SCRIPT: &str = "book/recordings/02/thrice.lab";
const RECORDING: &str = "book/recordings/02/thrice.lab.snap";

/// The sample book with a page that shows a session in the lab.
fn with_lab() -> Sample {
    let sample = Sample::new();
    let page = "book/src/02-counter.md";
    sample.replace(page, "{{transcript 02/twice}}", "{{lab 02/thrice}}");
    sample.write(SCRIPT, "# cargo xtask lab 02 --nodes 1\n\nopen a\nping a s1\n");
    let head = "---\nsource: tests/src/recorder/book.rs\n---\n";
    let body = "lab> open a\ns1 is a session on a\nlab> ping a s1\n< 200 OK\n";
    sample.write(RECORDING, &format!("{head}{body}"));
    sample
}

#[test]
fn a_page_shows_the_command_that_starts_the_lab_and_what_is_typed_in_it() {
    let sample = with_lab();
    let page = sample.page(NAME);
    assert_eq!(page.problems, []);
    let text = page.render(&sample.repository, Format::Markdown);
    let shown = "```console\ncargo xtask lab 02 --nodes 1\n```\n\n\
                 ````text\nlab> open a\ns1 is a session on a\nlab> ping a s1\n";
    assert!(text.contains(shown), "{text}");
    assert!(text.contains("--script 02/thrice runs it again"), "{text}");
}

#[test]
fn a_script_that_was_changed_after_its_recording_fails() {
    let sample = with_lab();
    sample.replace(SCRIPT, "ping a s1", "ping a -");
    sample.fails(NAME, &["{{lab 02/thrice}}", "changed after its recording"]);
    sample.write(SCRIPT, "open a\nping a s1\n");
    sample.fails(NAME, &["the first line of 02/thrice.lab must begin with"]);
    sample.remove(SCRIPT);
    sample.fails(NAME, &["no script 02/thrice.lab"]);
}

#[test]
fn a_recording_of_the_lab_that_no_page_shows_fails() {
    let sample = with_lab();
    let text = sample.text(RECORDING);
    sample.write("book/recordings/02/alone.lab.snap", &text);
    let report = check::book(&sample.repository).unwrap();
    let problems: Vec<_> =
        report.problems.iter().map(ToString::to_string).collect();
    let fault = "no page says {{lab 02/alone}}";
    assert!(
        problems.iter().any(|problem| problem.contains(fault)),
        "{problems:#?}"
    );
}
