//! What a page gives: counted, named, walked, and never twice.

#![allow(clippy::unwrap_used)]

mod support;

use book_machine::lay;
use book_machine::render::Format;
use book_machine::tree::Tree;
use support::Sample;

const PAGE: &str = "book/src/02-counter.md";
const NAME: &str = "02-counter.md";
const FILE: &str = "chapters/02-counter/src/voices.rs";
const MAIN: &str = "chapters/02-counter/src/main.rs";
const GIVEN: &str = "{{given src/voices.rs}}\n";

/// The sample, whose second chapter gives a file and says what is in it.
fn giving() -> Sample {
    let sample = Sample::new();
    sample.write(FILE, &voices(12));
    sample.replace(MAIN, "mod greeter;\n", "mod greeter;\nmod voices;\n");
    let step = format!(
        "All voices are in `voices.rs`, and one is like the other:\n\n{GIVEN}\
         {{{{code src/voices.rs#voice_1}}}}\n\nThe tests:\n"
    );
    sample.replace(PAGE, "The tests:\n", &step);
    sample
}

/// A file of three lines for each voice, and two for each but the first besides.
fn voices(count: usize) -> String {
    let voice = |n: usize| format!("pub fn voice_{n}() -> u32 {{\n    {n}\n}}\n");
    let voices: Vec<String> = (1..=count).map(voice).collect();
    format!("#![allow(dead_code)]\n\n{}", voices.join("\n"))
}

#[test]
fn a_given_file_is_counted_folded_and_named() {
    let sample = giving();
    assert_eq!(sample.problems(NAME), [""; 0]);
    let page = sample.page(NAME);
    assert_eq!((page.figures.typed, page.figures.given), (33, 37));
    let text = page.render(&sample.repository, Format::Markdown);
    for part in [
        "**33 lines to type**, 37 given, 4 that move",
        "| `src/voices.rs` |  | 37 |  |  |  |  |",
        "**`src/voices.rs`** *given, not typed*",
        "<summary>37 lines: voice_1, voice_2, voice_3,",
        "<summary>+1 module in src/main.rs</summary>",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let html = page.render(&sample.repository, Format::Html);
    assert!(html.contains("<figure class=\"step given\">"), "{html}");
}

#[test]
fn a_long_given_file_that_the_prose_does_not_name_fails() {
    let sample = giving();
    sample.replace(PAGE, "`voices.rs`", "voices.rs");
    let message = "src/voices.rs is given with 37 new lines, and the prose";
    sample.fails(NAME, &[message, "does not name it"]);
    sample.replace(PAGE, "voices.rs", "`src/voices.rs`");
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn a_long_given_file_of_which_nothing_is_walked_fails() {
    let sample = giving();
    sample.replace(PAGE, "{{code src/voices.rs#voice_1}}\n", "");
    let fails = [
        "src/voices.rs is given with 37 new lines, and no given item of it is walked",
        "{{code src/voices.rs#ITEM}}",
    ];
    sample.fails(NAME, &fails);
    // What the reader typed is no walk through what was given.
    let steps = "{{add src/voices.rs#voice_1}}\n{{code src/voices.rs#voice_1}}\n";
    sample.replace(PAGE, GIVEN, &format!("{steps}{GIVEN}"));
    sample.fails(NAME, &["src/voices.rs is given with 33 new lines", "is walked"]);
}

#[test]
fn a_short_given_file_needs_no_words() {
    let sample = giving();
    sample.write(FILE, &voices(8));
    sample.replace(PAGE, "`voices.rs`", "a file");
    sample.replace(PAGE, "{{code src/voices.rs#voice_1}}\n", "");
    assert_eq!(sample.page(NAME).figures.given, 25);
    assert_eq!(sample.problems(NAME), [""; 0]);
}

#[test]
fn a_chapter_that_gives_more_than_900_lines_fails() {
    let sample = giving();
    sample.replace(PAGE, "**30 minutes**", "**90 minutes**");
    sample.replace(PAGE, "**35** to type", "**90** to type");
    sample.replace(PAGE, "<summary>30", "<summary>90");
    let text = voices(299).replace("#![", "#![allow(unused)]\n//! .\n#![");
    sample.write(FILE, &text);
    assert_eq!(sample.problems(NAME), [""; 0]);
    sample.write(FILE, &text.replace("//! .\n", "//! .\n//! .\n"));
    sample.fails(NAME, &["901 new lines of src given, more than 900"]);
}

#[test]
fn the_pattern_of_a_chapter_is_typed_and_never_given() {
    let sample = giving();
    let pattern = "{{pattern src/voices.rs#voice_3}}\n";
    sample.replace(PAGE, "## The walk\n", &format!("{pattern}\n## The walk\n"));
    let message = "`voice_3` is the pattern of this chapter, which readers type";
    sample.fails(NAME, &["{{given src/voices.rs}}", message]);
    sample.fails(NAME, &["`voice_3` is the pattern, and no step types it"]);

    let typed = "{{add src/voices.rs#voice_3}}\n";
    sample.replace(PAGE, GIVEN, &format!("{typed}{GIVEN}"));
    assert_eq!(sample.problems(NAME), [""; 0]);
    let text = sample.page(NAME).render(&sample.repository, Format::Markdown);
    let line = "You type the pattern yourself: `voice_3` in `src/voices.rs`.\n";
    assert!(text.contains(line), "{text}");

    sample.replace(PAGE, typed, "{{given src/voices.rs#voice_3}}\n");
    sample.fails(NAME, &["{{given src/voices.rs#voice_3}}", message]);
    sample.replace(PAGE, pattern, "{{pattern src/voices.rs}}\n");
    sample.fails(NAME, &["`pattern` names items: FILE#ITEM"]);
}

#[test]
fn an_item_that_is_given_twice_fails() {
    let sample = giving();
    let again = |step: &str| format!("{GIVEN}{{{{given src/voices.rs{step}}}}}\n");
    sample.replace(PAGE, GIVEN, &again("#voice_2"));
    sample.fails(NAME, &["#voice_2}}", "`voice_2` was given already"]);
    sample.replace(PAGE, &again("#voice_2"), &again(""));
    sample.fails(NAME, &["src/voices.rs was given already"]);
    sample.replace(PAGE, &again(""), &again("#voice_99"));
    sample.fails(NAME, &["no item `voice_99`"]);
}

#[test]
fn what_is_there_already_cannot_be_given() {
    let sample = giving();
    sample.replace(PAGE, GIVEN, "{{given src/voices.rs}}\n{{given src/main.rs}}\n");
    sample.fails(NAME, &["nothing at src/main.rs is new or changed"]);
    sample.replace(
        PAGE,
        "{{given src/main.rs}}",
        "{{given src/greeter.rs#NOBODY}}",
    );
    sample.fails(NAME, &["`NOBODY` is already what it should be"]);
    sample.replace(PAGE, "{{given src/greeter.rs#NOBODY}}", "{{given src/noise}}");
    sample.fails(NAME, &["no file or folder `src/noise`"]);
}

/// A reader may have written into a file of which the rest is given.
#[test]
fn what_a_reader_wrote_into_a_given_file_stays() {
    let sample = giving();
    let first = "chapters/01-greeter/src/noise.rs";
    sample.write(first, "fn old() {}\n\nfn gone() {}\n");
    sample.write(
        "chapters/02-counter/src/noise.rs",
        "//! Noise.\n\nuse std::fmt;\n\nfn old(_: &dyn fmt::Debug) {}\n",
    );
    sample.replace(PAGE, GIVEN, &format!("{GIVEN}{{{{given src/noise.rs}}}}\n"));
    assert_eq!(sample.problems(NAME), [""; 0]);
    let chapter = sample.repository.chapter("02").unwrap();
    let base = sample.repository.start_of(&chapter).unwrap();
    let target = Tree::read(&chapter.folder).unwrap();
    let page = sample.page(NAME);
    let mut reader = base.clone();
    let noise = reader.files.get_mut("src/noise.rs").unwrap();
    noise.push_str("\nfn mine() {}\n");
    let laid = lay::next(&page, &base, &target, &reader).unwrap().unwrap();
    let expected = "//! Noise.\n\nuse std::fmt;\n\nfn old(_: &dyn fmt::Debug) {}\n\n\
                    fn mine() {}\n";
    assert_eq!(laid.tree.get("src/noise.rs"), Some(expected));
    assert_eq!(lay::next(&page, &base, &target, &laid.tree), Ok(None));
}
