//! What a page may ask of its reader, and what it must not get wrong.

#![allow(clippy::unwrap_used)]

mod support;

use book_machine::minutes::Minutes;
use book_machine::render::Format;
use book_machine::{check, diagram, expanded, prose, timetable};
use support::Sample;

const PAGE: &str = "book/src/02-counter.md";
const NAME: &str = "02-counter.md";

#[track_caller]
fn book_fails(sample: &Sample, texts: &[&str]) {
    let report = check::book(&sample.repository).unwrap();
    let problems: Vec<String> =
        report.problems.iter().map(|p| p.to_string()).collect();
    let fits = |problem: &String| texts.iter().all(|text| problem.contains(text));
    assert!(problems.iter().any(fits), "{texts:?} is not in {problems:#?}");
}

fn blessed() -> Sample {
    let sample = Sample::new();
    let pages = check::pages(&sample.repository).unwrap();
    expanded::bless(&sample.repository, &pages).unwrap();
    sample
}

#[test]
fn the_sample_book_passes() {
    let report = check::book(&blessed().repository).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!((report.pages, report.checkpoints), (5, 2));
}

#[test]
fn a_block_of_more_than_forty_lines_fails() {
    let sample = Sample::new();
    let long: String = (0..40).map(|n| format!("    let _ = {n};\n")).collect();
    let function = format!("fn long() {{\n{long}}}\n\nfn main");
    sample.replace("chapters/01-greeter/src/main.rs", "fn main", &function);
    sample.replace("book/src/01-greeter.md", "#main", "#long, main");
    sample.fails(
        "01-greeter.md",
        &["{{add src/main.rs#long, main}}", "more than 40"],
    );
}

#[test]
fn a_chapter_of_more_than_450_new_lines_fails() {
    let sample = Sample::new();
    let long: String = (0..460).map(|n| format!("// {n}\n")).collect();
    sample.write("chapters/01-greeter/src/long.rs", &long);
    sample.replace(
        "book/src/01-greeter.md",
        "{{checkpoint}}",
        "{{add src/long.rs}}",
    );
    sample.fails("01-greeter.md", &["476 new lines of src to type, more than 450"]);
}

#[test]
fn a_page_must_declare_enough_time() {
    let sample = Sample::new();
    let needed = Minutes::of(&sample.page(NAME).figures);
    assert_eq!(needed, Minutes { paste: 18, typing: 24 });
    sample.replace(PAGE, "**30 minutes**", "**14 minutes**");
    sample.fails(NAME, &["declares 14 minutes to read and paste but takes 18"]);
    sample.replace(PAGE, "**35** to type", "**14** to type");
    sample.fails(NAME, &["declares 14 minutes to type but takes 24"]);
    sample.replace(PAGE, "**14 minutes**", "soon");
    sample.fails(NAME, &["declares no times: **80 minutes** to read and paste"]);
}

#[test]
fn notes_keep_between_the_declared_times() {
    for minutes in ["29", "36"] {
        let sample = Sample::new();
        let notes = format!("<summary>{minutes} minutes");
        sample.replace(PAGE, "<summary>30 minutes", &notes);
        let message =
            format!("the notes are {minutes} minutes, the page declares 30 to 35");
        sample.fails(NAME, &[&message]);
    }
}

#[test]
fn a_timetable_that_does_not_add_up_fails() {
    let page = "book/src/instructor/half-day.md";
    let sample = Sample::new();
    sample.replace(page, "| 9:20 |", "| 9:25 |");
    sample.fails("instructor/half-day.md", &["it is 9:20 by then, not 9:25"]);
    sample.replace(page, "| 9:25 |", "| 9:20 |").replace(
        page,
        "| 30 | End",
        "| 40 | End",
    );
    sample.fails("instructor/half-day.md", &["the sum is 30, not 40"]);
}

#[test]
fn a_plan_keeps_to_what_the_pages_declare() {
    let page = "book/src/instructor/half-day.md";
    let sample = blessed();
    let plan = "# Plan\n\n| Chapter | Declared | In the room |\n|---|---|---|\n\
                | [2](../02-counter.md) | 30 to 35 | 25 |\n| 3 | planned | 10 |\n\n\
                | Start | Minutes | What |\n|---|---|---|\n\
                | 9:00 | 5 | Chapter 2: what breaks |\n\
                | 9:05 | 10 | Chapter 3 |\n\
                | 9:15 | 20 | Chapter 2, typed |\n| 9:35 | 35 | End |\n";
    sample.write(page, plan);
    let pages = check::pages(&sample.repository).unwrap();
    expanded::bless(&sample.repository, &pages).unwrap();
    assert_eq!(check::book(&sample.repository).unwrap().problems, []);
    for (old, new, message) in [
        ("30 to 35", "30 to 40", "page 02 declares 30 to 35, not 30 to 40"),
        ("30 to 35", "planned", "page 02 declares 30 to 35, not planned"),
        ("35 | 25", "35 | 30", "02 has 25 minutes in the timetable, not 30"),
        ("planned | 10", "15 | 10", "chapter 03 has no page yet: `planned`"),
        ("20 | Chapter 2", "25 | Chapter 2", "it is 9:40 by then, not 9:35"),
        ("35 | End", "40 | End", "the sum is 35, not 40"),
    ] {
        sample.write(page, plan).replace(page, old, new);
        book_fails(&sample, &["instructor/half-day.md", message]);
    }
}

/// The two days of this book, not of the sample.
#[test]
fn a_wrong_minute_in_the_two_days_is_found() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = here.join("../src/instructor/two-days.md");
    let source = std::fs::read_to_string(page).unwrap();
    let check = |source: &str| timetable::check("two-days.md", source, None);
    assert_eq!(check(&source), []);
    let rows = source.lines().filter(|line| {
        line.starts_with("| ") && line.split(' ').nth(1).unwrap().contains(':')
    });
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 20, "{rows:#?}");
    for row in rows {
        let minutes = row.split(" | ").nth(1).unwrap();
        let longer = format!("| {} |", minutes.parse::<usize>().unwrap() + 1);
        let wrong = row.replacen(&format!("| {minutes} |"), &longer, 1);
        let found = check(&source.replace(row, &wrong));
        assert_eq!(found.len(), 1, "{wrong}");
    }
}

#[test]
fn a_link_that_leads_nowhere_fails() {
    let sample = blessed();
    sample.replace("book/src/front.md", "(01-greeter.md)", "(01-greetings.md)");
    book_fails(&sample, &["front.md:3", "there is no 01-greetings.md"]);
    sample.replace("book/src/front.md", "#the-walk", "#the-run");
    book_fails(&sample, &["front.md:4", "no heading #the-run", "the-walk"]);
    sample.replace(
        "book/src/front.md",
        "(01-greetings.md)",
        "(../../01-greeter.md)",
    );
    book_fails(&sample, &["leads out of the book"]);
}

#[test]
fn an_expanded_page_that_is_not_blessed_fails() {
    let sample = blessed();
    sample.replace(
        "chapters/02-counter/src/greeter.rs",
        "Hello, {name}",
        "Ciao, {name}",
    );
    book_fails(&sample, &["expanded/02-counter.md", "cargo xtask bless"]);
    let pages = check::pages(&sample.repository).unwrap();
    assert_eq!(expanded::bless(&sample.repository, &pages).unwrap(), [NAME]);
    assert_eq!(check::book(&sample.repository).unwrap().problems, []);
}

#[test]
fn a_recording_that_is_missing_fails() {
    let sample = Sample::new();
    sample.remove("book/recordings/02/twice.svg");
    sample.fails(NAME, &["{{sequence 02/twice}}", "02/twice is not drawn yet"]);
    sample.replace(PAGE, "{{transcript 02/twice}}", "{{transcript 02/thrice}}");
    sample.fails(NAME, &["no recording 02/thrice.snap", "twice.snap"]);
}

/// One character of the text is enough; so is another renderer.
#[test]
fn a_stale_drawing_fails() {
    let sample = Sample::new();
    let stale = ["{{sequence 02/twice}}", "the drawing of 02/twice is stale"];
    let text = "book/recordings/02/twice.mmd.snap";
    sample.replace(text, "Hello, Ada!", "Hello, Eda!");
    sample.fails(NAME, &stale);
    sample.replace(text, "Hello, Eda!", "Hello, Ada!");
    assert_eq!(sample.problems(NAME), Vec::<String>::new());
    let drawing = "book/recordings/02/twice.svg";
    sample.replace(drawing, diagram::RENDERER, "merman 0.0.1");
    sample.fails(NAME, &stale);
    assert!(
        sample
            .page(NAME)
            .render(&sample.repository, Format::Html)
            .contains("the drawing of 02/twice is stale")
    );
}

#[test]
fn a_drawing_with_a_blank_line_fails() {
    let sample = Sample::new();
    sample.replace("book/recordings/02/twice.svg", "</svg>", "\n\n</svg>");
    sample.fails(NAME, &["{{sequence 02/twice}}", "blank lines"]);
}

/// Changing one character of a transcript is seen on the page that shows it.
#[test]
fn a_recording_that_was_changed_by_hand_fails_and_names_the_page() {
    let sample = blessed();
    sample.replace("book/recordings/02/twice.snap", "Ada", "Eda");
    book_fails(&sample, &["expanded/02-counter.md", "cargo xtask bless"]);
}

/// A server says something else: the test has written it down, nobody has accepted.
#[test]
fn a_recording_that_has_changed_fails_and_names_the_page() {
    let sample = blessed();
    let old = sample.text("book/recordings/02/twice.snap");
    sample.write("book/recordings/02/twice.snap.new", &old.replace("Ada", "Eda"));
    book_fails(&sample, &["recordings/02/twice", NAME, "cargo xtask bless"]);
}

#[test]
fn a_recording_that_nobody_recorded_or_shows_fails() {
    let sample = blessed();
    let text = sample.text("book/recordings/02/twice.snap");
    sample.write("book/recordings/02/alone.snap", &text);
    book_fails(&sample, &["02/alone", "no page says {{transcript 02/alone}}"]);
    sample.write("book/recordings/02/twice.snap", "$ written by hand\n");
    sample.fails(NAME, &["twice.snap was not written by the recorder"]);
    sample.write("book/recordings/02/gone.svg", "<svg>\n</svg>\n");
    book_fails(&sample, &["gone.svg", "a drawing without a text"]);
}

/// What somebody drew is drawn like a recording and never called one.
#[test]
fn a_diagram_on_a_page_is_drawn_and_says_so() {
    let sample = Sample::new();
    let text = "sequenceDiagram\n    Ada->>Greeter: hello\n";
    let block = format!("```mermaid who greets\n{text}```\n\n{{{{sequence");
    sample.replace(PAGE, "{{sequence", &block);
    sample.fails(NAME, &["is not drawn yet: run `cargo xtask bless`"]);
    let drawn = diagram::Diagram::drawn(&sample.repository, text);
    let stamp = diagram::stamp(text);
    let file = format!("book/figures/{}.svg", drawn.name);
    sample.write(&file, &format!("<svg data-drawn=\"{stamp}\">\n</svg>\n"));
    assert_eq!(sample.problems(NAME), Vec::<String>::new());
    let page = sample.page(NAME);
    let html = page.render(&sample.repository, Format::Html);
    assert!(html.contains("<figcaption>Drawn: who greets</figcaption>"), "{html}");
    let markdown = page.render(&sample.repository, Format::Markdown);
    assert!(markdown.contains(&format!("````mermaid\n{text}````")), "{markdown}");
    sample.replace(PAGE, "who greets", "recorded: who greets");
    sample.fails(NAME, &["only a recording is called recorded"]);
}

#[test]
fn a_caption_that_says_too_much_fails() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{sequence", "*Recorded: by a friend.*\n\n{{sequence");
    sample.fails(NAME, &["only a directive shows what was recorded"]);
    sample.replace(PAGE, "{{sequence", "```text\na --> b\n```\n\n{{sequence");
    sample.fails(NAME, &["a drawing without a caption"]);
}

#[test]
fn an_exercise_must_be_whole_and_on_a_page() {
    let sample = blessed();
    sample.replace(PAGE, "{{exercise 02/louder}}\n", "");
    book_fails(&sample, &["02/louder", "is an exercise on no page"]);
    sample.remove("chapters/exercises/02/bites/mutant.patch");
    sample.fails(NAME, &["{{exercise 02/bites}}", "has no mutant.patch"]);
}

#[test]
fn pages_and_chapters_that_nobody_would_find_fail() {
    let sample = blessed();
    sample.replace("book/src/SUMMARY.md", "- [The counter](02-counter.md)\n", "");
    book_fails(&sample, &["02-counter.md", "is not in SUMMARY.md"]);
    book_fails(&sample, &["02-counter", "has no page"]);
}

#[test]
fn long_sentences_are_listed_with_their_line() {
    let words = "word ".repeat(26);
    let text =
        format!("# Title\n\nShort one. {}end.\n\n{}\n", words, "word ".repeat(25));
    let found = prose::long_sentences(&text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].words), (3, 27));
}

#[test]
fn an_error_is_a_red_box_and_the_rest_of_the_page_stays() {
    let sample = Sample::new();
    sample.replace(PAGE, "{{checkpoint}}", "{{chekpoint}}");
    let html = sample.page(NAME).render(&sample.repository, Format::Html);
    assert!(html.contains("class=\"machine-error\""));
    assert!(html.contains("no directive `chekpoint`"));
    assert!(html.contains("Greeter::count"));
}

#[test]
fn the_box_says_what_the_chapter_adds() {
    let sample = Sample::new();
    let text = sample.page(NAME).render(&sample.repository, Format::Markdown);
    let expected =
        "New in [what each chapter can do](behaviour.md):\n\n- it counts\n\n";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("it greets"));
    assert!(
        text.contains("**33 lines to type**, 4 that move, 9 that go"),
        "{text}"
    );
}

#[test]
fn every_page_says_what_it_was_made_with() {
    let sample = Sample::new();
    let ends = |page: &str, line: &str| {
        let text = sample.page(page).render(&sample.repository, Format::Markdown);
        let end = format!("\n\n---\n\n*{line}*\n");
        assert!(text.ends_with(&end), "{end} is not the end of {text}");
    };
    ends(NAME, "Made with `voice` 0.1.0.");
    ends("front.md", "Made with version 0.1.0 of the server.");

    let source = "chapters/02-counter/src/main.rs";
    let spoken = "\nconst OLD: [&str; 2] = [\"2025-06-18\", \"2025-11-25\"];\n";
    sample.write(source, &(sample.text(source) + spoken));
    let raised = "name = \"voice\"\nversion = \"0.2.0\"";
    sample.replace("Cargo.lock", "name = \"voice\"\nversion = \"0.1.0\"", raised);
    ends(NAME, "Made with `voice` 0.2.0. Protocol: 2025-11-25, 2025-06-18.");

    // Where a crate is there twice, the entry says which one is meant.
    sample.replace("Cargo.lock", " \"voice\",", " \"voice 0.3.0\",");
    ends(NAME, "Made with `voice` 0.3.0. Protocol: 2025-11-25, 2025-06-18.");
    sample.replace("Cargo.lock", " \"voice 0.3.0\",\n", "");
    sample.fails(NAME, &["Cargo.lock has no version of voice"]);
}

#[test]
fn directives_inside_fenced_blocks_are_text() {
    let sample = Sample::new();
    let html = sample.page("front.md").render(&sample.repository, Format::Html);
    assert!(html.contains("{{add this/is/no.directive}}"));
}

#[cfg(feature = "spelling")]
#[test]
fn a_misspelled_word_is_found_unless_it_is_an_exception() {
    let text = "# Title\n\nThis is teh word, and `teh` is code.\n";
    let found = book_machine::spelling::check("page.md", text, &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].line, found[0].message.as_str()),
        (3, "is misspelled: the")
    );
    assert_eq!(book_machine::spelling::check("page.md", text, &["teh".into()]), []);
}

/// What bash takes and zsh does not.
#[test]
fn commands_must_paste_into_bash_and_zsh() {
    for (command, message) in [
        ("echo 1 # the book's server", "say it in prose"),
        ("# all of it", "say it in prose"),
        ("for node in $a $b; do echo; done", "does not split a variable"),
        ("set -- ${sessions}", "does not split a variable"),
        ("curl http://localhost/?a=1", "a pattern that fits no file"),
    ] {
        let sample = Sample::new();
        let block = format!("## Run it\n\n```console\necho\n{command}\n```\n");
        sample.replace("book/src/02-counter.md", "## Run it\n", &block);
        sample.fails("02-counter.md", &[command, message]);
    }
    let sample = Sample::new();
    let block = "## Run it\n\n```console\nfor i in $(seq 3) \"$a\"; do\n  curl \
                 'http://localhost/?a=1' -d \"# $i\n# \\\" *\"; done\n```\n\
                 ```text\n# no commands *\n```\n";
    sample.replace("book/src/02-counter.md", "## Run it\n", block);
    assert_eq!(sample.problems("02-counter.md"), [""; 0]);
}

#[test]
fn the_steps_of_a_page_are_counted_and_have_anchors() {
    let sample = Sample::new();
    let page = "book/src/02-counter.md";
    sample.replace(
        page,
        "It needs a voice:",
        "**Step 1: add a voice.** It needs one:",
    );
    let step = "**Step 2: move the greeter.** See [step 1](#step-1).";
    sample.replace(
        page,
        "The greeter gets a file, and its fallback goes with it:",
        step,
    );
    assert_eq!(sample.problems("02-counter.md"), [""; 0]);
    let page = sample.page("02-counter.md");
    let text = page.render(&sample.repository, Format::Markdown);
    assert!(text.contains("\n**Step 1 of 2: add a voice.** It needs"), "{text}");
    let html = page.render(&sample.repository, Format::Html);
    let link =
        "id=\"step-2\" href=\"#step-2\">Step 2 of 2</a>: move the greeter.**";
    assert!(html.contains(link), "{html}");

    sample.replace("book/src/02-counter.md", "(#step-1)", "(#step-3)");
    book_fails(&sample, &["02-counter.md has no heading #step-3"]);
    sample.replace("book/src/02-counter.md", "**Step 2", "**Step 3");
    sample.fails("02-counter.md", &["step 3 follows step 1"]);
}

#[test]
fn a_long_stretch_without_a_checkpoint_fails() {
    let sample = Sample::new();
    let lines: String = (0..151).map(|n| format!("pub fn f{n}() {{}}\n")).collect();
    let file = "chapters/02-counter/src/greeter.rs";
    sample.write(file, &format!("{}\n{lines}", sample.text(file)));
    let names: Vec<String> = (0..151).map(|n| format!("f{n}")).collect();
    let steps = names
        .chunks(30)
        .map(|names| format!("{{{{add src/greeter.rs#{}}}}}\n", names.join(", ")));
    let steps: String = steps.collect();
    let page = "book/src/02-counter.md";
    sample.replace(page, "The tests:\n", &format!("{steps}\nThe tests:\n"));
    let message = "151 lines to type before checkpoint 2, more than 150";
    sample.fails("02-counter.md", &[message]);
    sample.replace(page, "#f30,", "#f30}}\n{{checkpoint}}\n{{add src/greeter.rs#");
    sample.replace(page, "{{add src/greeter.rs# f31", "{{add src/greeter.rs#f31");
    let problems = sample.problems("02-counter.md");
    assert!(
        !problems.iter().any(|p| p.contains("before checkpoint")),
        "{problems:?}"
    );
}

#[test]
fn a_chapter_ends_with_five_lines() {
    let sample = Sample::new();
    let page = "book/src/02-counter.md";
    sample.replace(page, "- Five.\n", "");
    sample.fails("02-counter.md", &["`## In five lines` has 4 lines"]);
    sample.replace(page, "## In five lines", "## In brief");
    sample
        .fails("02-counter.md", &["the page does not end with `## In five lines`"]);
}

/// The table of `lib.rs` with what the chapter has done to each module.
#[test]
fn the_picture_of_the_modules_shows_what_is_new() {
    let sample = Sample::new();
    let page = "book/src/02-counter.md";
    sample.replace(page, "## The walk", "{{modules}}\n\n## The walk");
    sample.fails("02-counter.md", &["the crate has no src/lib.rs"]);
    let library = "//! | module | about |\n//! |---|---|\n//! | [`greeter`], [`main`] | \
                   greets, behind a [`voice`] |\n";
    sample.write("chapters/02-counter/src/lib.rs", library);
    sample.replace(page, "The tests:", "{{add src/lib.rs}}\n\nThe tests:");
    let page = sample.page("02-counter.md");
    let html = page.render(&sample.repository, Format::Html);
    let new =
        "<span class=\"module new\"><code>greeter</code> <small>new</small></span>";
    assert!(html.contains(new), "{html}");
    let changed = "<span class=\"module changed\"><code>main</code> <small>changed";
    assert!(html.contains(changed), "{html}");
    assert!(html.contains("<td>greets, behind a voice</td>"), "{html}");
    let text = page.render(&sample.repository, Format::Markdown);
    assert!(
        text.contains("| **`greeter`** *new*, **`main`** *changed* | greets"),
        "{text}"
    );
}
