//! Pages lead to their chapters, and whatever does not is named.

mod support;

use support::Sample;

const PAGE: &str = "book/src/02-counter.md";
const NAME: &str = "02-counter.md";

#[test]
fn the_sample_pages_lead_to_their_chapters() {
    let sample = Sample::new();
    for name in ["front.md", "01-greeter.md", NAME, "instructor/half-day.md"] {
        assert_eq!(sample.problems(name), [""; 0], "{name}");
    }
}

#[test]
fn a_step_that_is_missing_is_named_with_the_directive_that_mends_it() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{add src/greeter.rs#Greeter::count}}\n", "");
    sample.fails(
        NAME,
        &[
            "src/greeter.rs#Greeter::count",
            "4 lines missing",
            "{{add src/greeter.rs#Greeter::count}}",
        ],
    );
}

#[test]
fn a_line_that_the_chapter_adds_beside_the_steps_is_missing() {
    let sample = Sample::new();
    sample.replace(
        "chapters/02-counter/src/greeter.rs",
        "impl fmt::Display",
        "/// Nobody explains this.\npub const UNTOLD: u32 = 1;\n\nimpl fmt::Display",
    );
    sample.fails(NAME, &["src/greeter.rs#UNTOLD", "2 lines missing"]);
}

#[test]
fn an_item_that_no_step_removes_is_too_much() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{remove src/main.rs#shout}}\n", "");
    sample.fails(
        NAME,
        &["src/main.rs#shout", "too much", "{{remove src/main.rs#shout}}"],
    );
}

#[test]
fn an_item_that_no_step_changes_differs() {
    let sample = Sample::new();
    sample.replace(
        PAGE,
        "{{change src/main.rs#docs, main}}",
        "{{change src/main.rs#docs}}",
    );
    sample.fails(
        NAME,
        &["src/main.rs#main", "lines differ", "{{change src/main.rs#main}}"],
    );
}

#[test]
fn a_file_that_no_step_brings_is_missing() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{reveal src/greeter/tests.rs}}\n", "");
    sample.fails(NAME, &["src/greeter/tests.rs: 18 lines missing", "{{reveal "]);
}

#[test]
fn a_dependency_that_no_step_brings_is_missing() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{dependency voice}}\n", "");
    sample.fails(NAME, &["Cargo.toml#dependencies", "missing"]);
}

#[test]
fn another_order_of_the_same_items_is_named() {
    let sample = Sample::new();
    let greet = "fn greet(name";
    let text = sample.text("chapters/01-greeter/src/main.rs");
    assert!(text.contains(greet));
    // The chapter has `main` last, and the page does not move it.
    let (main, rest) = text.split_once("/// The greeting").unwrap();
    let (head, main) = main.split_once("fn main").unwrap();
    let swapped = format!("{head}/// The greeting{rest}\nfn main{main}");
    sample.write("chapters/02-counter/src/main.rs", swapped.trim_end());
    sample.write(
        "chapters/02-counter/src/main.rs",
        &(swapped.trim_end().to_owned() + "\n"),
    );
    sample.remove("chapters/02-counter/src/greeter.rs");
    sample.remove("chapters/02-counter/src/greeter/tests.rs");
    sample.replace(
        "chapters/02-counter/Cargo.toml",
        "[dependencies]\nvoice.workspace = true\n\n",
        "",
    );
    sample.write(PAGE, "# x\n\n**20 minutes** to read and paste, **20** to type\n");
    sample.fails(NAME, &["in another order", "{{move src/main.rs#"]);
    sample.write(
        PAGE,
        "# x\n\n**20 minutes** to read and paste, **20** to type\n\n\
         {{move src/main.rs#main to src/main.rs}}\n\n\
         ## In five lines\n\n- 1\n- 2\n- 3\n- 4\n- 5\n",
    );
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn a_step_that_shows_what_the_chapter_does_not_do_fails() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{add src/greeter.rs#Greeter::count}}", "{{add src/greeter.rs#Greeter::count}}\n{{add src/greeter.rs#Greeter::count}}");
    sample.fails(
        NAME,
        &["{{add src/greeter.rs#Greeter::count}}", "is there already"],
    );
    sample.replace(
        PAGE,
        "{{checkpoint}}",
        "{{change src/main.rs#main}}\n{{checkpoint}}",
    );
    sample
        .fails(NAME, &["{{change src/main.rs#main}}", "already what it should be"]);
    sample.replace(
        PAGE,
        "{{checkpoint}}",
        "{{remove src/main.rs#main}}\n{{checkpoint}}",
    );
    sample.fails(
        NAME,
        &["{{remove src/main.rs#main}}", "the chapter still has `main`"],
    );
}

#[test]
fn an_unknown_item_is_answered_with_the_valid_names() {
    let sample = Sample::new();
    sample.replace(PAGE, "#Greeter::count}}", "#Greeter::counts}}");
    sample.fails(
        NAME,
        &["02-counter.md:", "no item `Greeter::counts`", "`Greeter::count`"],
    );
}

#[test]
fn an_unknown_file_is_answered_with_the_valid_names() {
    let sample = Sample::new();
    sample.replace(
        PAGE,
        "{{add src/greeter.rs#Greeter}}",
        "{{add src/greeting.rs#Greeter}}",
    );
    sample.fails(NAME, &["no file `src/greeting.rs`", "src/greeter.rs"]);
}

#[test]
fn an_unknown_directive_is_answered_with_the_valid_names() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{checkpoint}}", "{{chekpoint}}");
    sample.fails(NAME, &["no directive `chekpoint`", "checkpoint"]);
}

#[test]
fn a_directive_among_words_fails() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{checkpoint}}", "And now {{checkpoint}}");
    sample.fails(NAME, &["stands alone"]);
}

#[test]
fn a_step_outside_a_chapters_page_fails() {
    let sample = Sample::new();
    sample.write("book/src/front.md", "# x\n\n{{add src/main.rs}}\n");
    sample.fails("front.md", &["a step stands on the page of a chapter"]);
}

#[test]
fn what_is_said_to_be_unchanged_must_be() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{checkpoint}}", "{{unchanged src/main.rs}}");
    sample.fails(NAME, &["src/main.rs is not what it was"]);
    sample.replace(PAGE, "{{unchanged src/main.rs}}", "{{unchanged src/nothing}}");
    sample.fails(NAME, &["there is no src/nothing"]);
    sample.write("chapters/01-greeter/src/words.txt", "hello\n");
    sample.write("chapters/02-counter/src/words.txt", "hello\n");
    sample.replace(
        PAGE,
        "{{unchanged src/nothing}}",
        "{{unchanged src/words.txt}}",
    );
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn an_import_that_nothing_brings_is_missing() {
    let sample = Sample::new();
    // A file that no step touches gains an import.
    let other = "//! Other.\n\nfn other() {}\n";
    sample.write("chapters/01-greeter/src/other.rs", other);
    let more = other.replace("\nfn", "\nuse std::fmt::Write;\n\nfn");
    sample.write("chapters/02-counter/src/other.rs", &more);
    sample.fails(NAME, &["src/other.rs#head", "{{change src/other.rs#head}}"]);
    sample.replace(
        PAGE,
        "{{checkpoint}}",
        "{{change src/other.rs#head}}\n{{checkpoint}}",
    );
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn only_tests_are_revealed() {
    let sample = Sample::new();
    sample.replace(
        PAGE,
        "{{add src/greeter.rs#Greeter}}",
        "{{reveal src/greeter.rs}}",
    );
    sample.fails(NAME, &["{{reveal src/greeter.rs}}", "only tests are revealed"]);
}

#[test]
fn a_changed_head_shows_what_came_and_what_went() {
    let sample = Sample::new();
    let other = "use std::io::Read as _;\n\nfn other() {}\n";
    sample.write("chapters/01-greeter/src/other.rs", other);
    sample
        .write("chapters/02-counter/src/other.rs", &other.replace("Read", "Write"));
    sample.replace(
        PAGE,
        "{{checkpoint}}",
        "{{change src/other.rs#head}}\n{{checkpoint}}",
    );
    assert_eq!(sample.problems(NAME), [""; 0]);
    let html = sample
        .page(NAME)
        .render(&sample.repository, book_machine::render::Format::Markdown);
    assert!(html.contains("- use std::io::Read as _;\n+ use std::io::Write as _;"));
}

#[test]
fn a_checkpoint_must_compile() {
    let sample = Sample::new();
    let page = sample.page("01-greeter.md");
    let none = book_machine::check::checkpoints(&sample.repository, &page);
    assert_eq!(none, []);
    // Before `main` there is no program.
    sample.replace(
        "book/src/01-greeter.md",
        "greet}}\n",
        "greet}}\n{{checkpoint}}\n",
    );
    let page = sample.page("01-greeter.md");
    let found = book_machine::check::checkpoints(&sample.repository, &page);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 9);
    assert!(found[0].message.contains("`main` function not found"), "{found:?}");
}
