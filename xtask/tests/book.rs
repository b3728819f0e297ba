//! The commands of the book, put to the small book of the machine's tests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use book_machine::tree::Tree;
use tempfile::TempDir;

/// A copy of the small book in a git repository of its own.
struct Book {
    folder: TempDir,
}

impl Book {
    fn new() -> Self {
        let book = Self { folder: tempfile::tempdir().unwrap() };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sample = here.join("../book/preprocessor/tests/sample");
        Tree::read(&sample).unwrap().write(book.folder.path()).unwrap();
        std::fs::copy(sample.join("Cargo.lock"), book.path("Cargo.lock")).unwrap();
        book.write(".gitignore", "target\nwork\n");
        book.git(&["init", "--quiet"]);
        book
    }

    /// The same with a third chapter, which is the second and one function more.
    fn of_three() -> Self {
        let book = Self::new();
        let second = Tree::read(&book.path("chapters/02-counter")).unwrap();
        let mut third = second.clone();
        for text in third.files.values_mut() {
            *text = text.replace("ch02-counter", "ch03-third");
        }
        let greeter = third.files.get_mut("src/greeter.rs").unwrap();
        greeter.push_str("\n/// More.\npub fn more() {}\n");
        third.write(&book.path("chapters/03-third")).unwrap();
        book.commit();
        book
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        std::fs::write(self.path(file), text).unwrap();
    }

    fn replace(&self, file: &str, old: &str, new: &str) {
        let text = self.text(file);
        assert!(text.contains(old), "{file} does not hold {old}");
        self.write(file, &text.replace(old, new));
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_in("", arguments)
    }

    fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.path(folder))
            .args(["-c", "user.name=Test", "-c", "user.email=test@localhost"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", "x"]);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .env("XTASK_ROOT", self.folder.path())
            .env_remove("CARGO_TARGET_DIR")
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn passes(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        let words = [output.stdout, output.stderr].concat();
        String::from_utf8(words).unwrap()
    }
}

#[test]
fn replay_passes_on_a_whole_page_and_names_what_is_missing() {
    let book = Book::new();
    let text = book.passes(&["book", "replay"]);
    assert!(
        text.contains("02-counter.md: replay equals chapter 02, 1 checkpoints")
    );
    assert!(text.ends_with("2 passed, 0 failed\n"));
    book.replace("book/src/02-counter.md", "{{remove src/main.rs#shout}}\n", "");
    let text = book.fails(&["book", "replay", "2"]);
    assert!(
        text.contains("`{{remove src/main.rs#shout}}` would mend it"),
        "{text}"
    );
    assert!(book.fails(&["book", "replay", "9"]).contains("no chapter 09"));
}

#[test]
fn bless_writes_the_expanded_pages_unless_one_has_an_error() {
    let book = Book::new();
    let text = book.passes(&["bless"]);
    assert!(text.contains("accepted: book/expanded/02-counter.md"));
    assert!(
        book.text("book/expanded/02-counter.md").contains("**`src/greeter.rs`**")
    );
    book.replace("book/src/02-counter.md", "{{checkpoint}}", "{{chekpoint}}");
    book.replace("book/src/front.md", "A tiny book", "A small book");
    book.fails(&["bless"]);
    assert!(book.text("book/expanded/front.md").contains("A tiny book"));
}

#[test]
fn bless_accepts_a_changed_recording_and_refreshes_its_page() {
    let book = Book::new();
    book.passes(&["bless"]);
    let file = "book/recordings/02/twice.snap";
    let changed = book.text(file).replace("Ada", "Eda");
    let changed = changed.replacen("---\n", "---\nassertion_line: 7\n", 1);
    book.write(&format!("{file}.new"), &changed);
    let text = book.passes(&["bless"]);
    assert!(text.contains("accepted: book/recordings/02/twice.snap"), "{text}");
    assert!(text.contains("accepted: book/expanded/02-counter.md"), "{text}");
    assert!(!book.path(&format!("{file}.new")).exists());
    assert!(book.text(file).contains("Eda"), "{}", book.text(file));
    assert!(!book.text(file).contains("assertion_line"), "{}", book.text(file));
}

/// The ladder's test leaves a note where two chapters of one range disagree.
#[test]
fn bless_accepts_nothing_while_two_chapters_of_one_range_disagree() {
    let book = Book::new();
    book.passes(&["bless"]);
    let file = "book/recordings/02/twice.snap";
    let before = book.text(file);
    book.write(&format!("{file}.new"), &before.replace("Ada", "Eda"));
    let note = "tests/tests/snapshots/climb/a-question@03.disagree";
    book.write(note, "a-question@03: chapters 03 and 04 disagree");
    let text = book.fails(&["bless"]);
    assert!(text.contains("chapters 03 and 04 disagree"), "{text}");
    assert_eq!(book.text(file), before);
    std::fs::remove_file(book.path(note)).unwrap();
    book.passes(&["bless"]);
    assert!(book.text(file).contains("Eda"));
}

#[test]
fn diff_shows_moves_files_and_items() {
    let book = Book::new();
    let text = book.passes(&["diff", "1", "2"]);
    assert!(text.contains("moved NOBODY: src/main.rs -> src/greeter.rs"), "{text}");
    assert!(text.starts_with("4 changed files, by module:"), "{text}");
    assert!(text.contains("greeter          +45 -0  greeter.rs (new)"), "{text}");
    assert!(text.contains("== src/greeter.rs  +"), "{text}");
    assert!(text.ends_with("add --tests to see their changes\n"), "{text}");
    let all = book.passes(&["diff", "1", "2", "--tests"]);
    assert!(all.contains("== src/greeter/tests.rs  +"), "{all}");
    let summary = book.passes(&["diff", "1", "2", "--summary"]);
    assert!(!summary.contains("== "), "{summary}");
    assert!(
        !text.contains("+name ="),
        "the crates' names are no difference: {text}"
    );
    let text = book.passes(&["diff", "1", "2", "src/main.rs#main"]);
    assert!(text.starts_with(" fn main() {"), "{text}");
    let text = book.fails(&["diff", "1", "2", "src/main.rs#mian"]);
    assert!(text.contains("no item `mian`; there is `main`"), "{text}");
}

#[test]
fn carry_takes_a_fix_forward_and_keeps_the_patches_of_exercises() {
    let book = Book::of_three();
    let fix = ("unwrap_or(NOBODY);", "unwrap_or(NOBODY).trim();");
    book.replace("chapters/02-counter/src/greeter.rs", fix.0, fix.1);
    let text = book.passes(&["carry", "02"]);
    assert!(text.contains("carried to 03"), "{text}");
    assert!(text.contains("exercise 02/bites follows"), "{text}");
    assert!(book.text("chapters/03-third/src/greeter.rs").contains(fix.1));
    assert!(book.text("chapters/03-third/src/greeter.rs").contains("fn more()"));
    assert!(book.text("chapters/03-third/Cargo.toml").contains("ch03-third"));
    let mutant = book.text("chapters/exercises/02/bites/mutant.patch");
    assert!(mutant.contains(".trim();"), "{mutant}");
}

#[test]
fn carry_names_a_solution_that_the_fix_goes_through() {
    let book = Book::of_three();
    book.replace(
        "chapters/02-counter/src/greeter.rs",
        "Hello, {name}!",
        "Ciao, {name}!",
    );
    let text = book.fails(&["carry", "02"]);
    assert!(text.contains("carried to 03"), "{text}");
    assert!(text.contains("exercise 02/louder: CONFLICT"), "{text}");
}

#[test]
fn carry_names_a_conflict_and_writes_nothing_there() {
    let book = Book::of_three();
    let third = "chapters/03-third/src/greeter.rs";
    book.replace(third, "unwrap_or(NOBODY);", "unwrap_or(NOBODY).trim();");
    book.commit();
    let second = "chapters/02-counter/src/greeter.rs";
    book.replace(second, "unwrap_or(NOBODY);", "unwrap_or_default();");
    let before = book.text(third);
    let text = book.fails(&["carry", "02"]);
    assert!(
        text.contains("src/greeter.rs, hunk 1: let name = name.unwrap_or"),
        "{text}"
    );
    assert!(text.contains("CONFLICT in 03"), "{text}");
    assert_eq!(book.text(third), before);
}

#[test]
fn carry_from_the_last_crate_finds_the_earliest_chapter() {
    let book = Book::of_three();
    let third = "chapters/03-third/src/greeter.rs";
    book.replace(third, "unwrap_or(NOBODY);", "unwrap_or(NOBODY).trim();");
    let text = book.passes(&["carry", "--from", "03"]);
    assert!(text.contains("carried to 02"), "{text}");
    assert!(text.contains("no such place in 01"), "{text}");
    assert!(book.text("chapters/02-counter/src/greeter.rs").contains(".trim();"));
    book.commit();
    assert!(book.fails(&["carry", "02"]).contains("no uncommitted change"));
}

#[test]
fn a_workshop_begins_with_the_chapter_before_and_rescue_goes_on() {
    let book = Book::new();
    book.passes(&["workshop", "02"]);
    assert!(book.text("work/02/Cargo.toml").contains("name = \"ch02-counter\""));
    assert!(book.text("work/02/src/main.rs").contains("fn shout"));
    assert!(book.fails(&["workshop", "02"]).contains("is there already"));

    book.write("work/02/src/notes.txt", "mine\n");
    book.replace("work/02/src/main.rs", "fn shout", "fn scream");
    let text = book.passes(&["workshop", "rescue", "02"]);
    assert!(text.contains("checkpoint 1 of 2"), "{text}");
    assert!(text.contains("only yours: src/main.rs#scream"), "{text}");
    assert!(text.contains("new for you: src/greeter.rs\n"), "{text}");
    assert!(text.contains("== src/main.rs#main: yours -, the book's +"), "{text}");
    assert!(
        book.text("work/02/src/main.rs").contains("use crate::greeter::Greeter;")
    );
    assert_eq!(book.text("work/02/src/notes.txt"), "mine\n");
    let attempt = book.git_in("work/02", &["show", "attempt-1:src/main.rs"]);
    assert!(attempt.contains("fn scream"));

    let text = book.passes(&["workshop", "rescue", "02"]);
    assert!(text.contains("the end of the chapter"), "{text}");
    assert!(text.starts_with("Your code is the book's; only the tests"), "{text}");
    let done = book.passes(&["workshop", "rescue", "02"]);
    assert!(done.contains("You have the whole chapter"), "{done}");
    for file in ["main.rs", "greeter.rs", "greeter/tests.rs"] {
        let (mine, theirs) = (
            format!("work/02/src/{file}"),
            format!("chapters/02-counter/src/{file}"),
        );
        assert_eq!(book.text(&mine), book.text(&theirs));
    }
}

/// Before anything is asked: a server that is not there is not somebody else's.
#[test]
fn the_ladder_asks_the_readers_own_server_or_says_why_not() {
    let book = Book::new();
    let text = book.fails(&["check", "2", "--mine"]);
    assert!(
        text.contains("there is no work/02: cargo xtask workshop 02"),
        "{text}"
    );
    book.passes(&["workshop", "02"]);
    book.replace("work/02/src/main.rs", "fn main", "fn fn main");
    let text = book.fails(&["check", "2", "--mine"]);
    assert!(text.contains("ch02-counter does not build"), "{text}");
}

#[test]
fn the_first_workshop_begins_with_a_manifest_only() {
    let book = Book::new();
    book.passes(&["workshop", "1"]);
    assert!(book.text("work/01/Cargo.toml").contains("name = \"ch01-greeter\""));
    assert!(!book.path("work/01/src").exists());
    let config = book.text("work/01/.cargo/config.toml");
    assert!(
        config.contains("xtask = \"run --quiet --manifest-path ../../Cargo.toml")
    );
    assert!(
        book.passes(&["workshop", "rescue", "01"]).contains("checkpoint 1 of 2")
    );
    assert!(book.text("work/01/src/main.rs").contains("fn main()"));
}

#[test]
fn an_exported_chapter_builds_alone() {
    let book = Book::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().to_str().unwrap();
    book.passes(&["export", "02", folder]);
    let built = Command::new("cargo")
        .args(["check", "--quiet", "--offline"])
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(built.success());
    assert!(book.fails(&["export", "02", folder]).contains("is not empty"));
}

#[test]
fn exercises_are_proven_by_chapter() {
    let book = Book::new();
    assert!(book.passes(&["exercises", "2"]).ends_with("2 passed, 0 failed\n"));
    book.replace("chapters/exercises/02/louder/check.rs", "\"!!\"", "\"!\"");
    let text = book.fails(&["exercises"]);
    assert!(text.contains("the check is green before it is solved"), "{text}");
}

/// The check is red until the reader has solved it, and their test must bite.
#[test]
fn exercises_are_checked_in_the_readers_own_crate() {
    let book = Book::new();
    let text = book.fails(&["exercises", "02/louder", "--mine"]);
    assert!(text.contains("there is no work/02"), "{text}");
    assert!(book.fails(&["exercises", "--mine"]).contains("which exercise?"));
    book.passes(&["workshop", "02"]);
    let chapter = Tree::read(&book.path("chapters/02-counter/src")).unwrap();
    chapter.write(&book.path("work/02/src")).unwrap();
    book.replace(
        "work/02/Cargo.toml",
        "[lints]",
        "[dependencies]\nvoice.workspace = true\n\n[lints]",
    );

    let text = book.fails(&["exercises", "2/louder", "--mine"]);
    assert!(text.contains("it ends with one mark"), "{text}");
    book.replace("work/02/src/greeter.rs", "{name}!", "{name}!!");
    let text = book.passes(&["exercises", "2/louder", "--mine"]);
    assert!(text.contains("02/louder in work/02"), "{text}");

    let text = book.fails(&["exercises", "2/bites", "--mine"]);
    assert!(text.contains("write your test to work/02/tests/bites.rs"), "{text}");
    book.write("work/02/tests/bites.rs", "#[test]\nfn nothing() {}\n");
    let text = book.fails(&["exercises", "2/bites", "--mine"]);
    assert!(text.contains("the test does not catch the mutant"), "{text}");
    let model = book.text("chapters/exercises/02/bites/test.rs");
    book.write("work/02/tests/bites.rs", &model.replace("one greeting", "mine"));
    let text = book.passes(&["exercises", "2/bites", "--mine"]);
    assert!(text.contains("one call, mine"), "{text}");
    assert!(book.fails(&["exercises", "2/quiet"]).contains("there is 02/bites"));
}

/// The small book, whose second chapter gives one file before anything is typed, and
/// an item of another in its second step.
fn giving() -> Book {
    let book = Book::new();
    let lines: String = (0..40).map(|n| format!("    // {n}\n")).collect();
    let voices = format!("pub fn voice() {{\n{lines}}}\n");
    book.write("chapters/02-counter/src/voices.rs", &voices);
    let sounds = "use std::fmt;\n\npub fn sound(_: &dyn fmt::Debug) {}\n";
    book.write("chapters/02-counter/src/sounds.rs", sounds);
    let page = "book/src/02-counter.md";
    let modules = "mod greeter;\nmod sounds;\nmod voices;\n";
    book.replace("chapters/02-counter/src/main.rs", "mod greeter;\n", modules);
    let first = "## The walk\n\n{{given src/voices.rs}}\n";
    book.replace(page, "## The walk\n", first);
    let second =
        "**Step 2: the sounds.** Given.\n\n{{given src/sounds.rs#sound}}\n\n";
    book.replace(page, "The tests:\n", &format!("{second}The tests:\n"));
    book
}

#[test]
fn given_code_is_laid_at_the_step_that_needs_it() {
    let book = giving();
    let text = book.fails(&["given", "02"]);
    assert!(text.contains("there is no work/02"), "{text}");
    let text = book.passes(&["workshop", "02"]);
    assert!(text.contains("Given:\n  src/voices.rs, 42 lines: voice\n"), "{text}");
    assert!(book.text("work/02/src/main.rs").contains("mod voices;"));
    assert!(!book.path("work/02/src/sounds.rs").exists());

    book.replace("work/02/src/main.rs", "fn shout", "fn scream");
    let text = book.passes(&["given", "2"]);
    let said = "Given for Step 2: the sounds:\n  src/sounds.rs, 1 line: sound\n";
    assert!(text.contains(said), "{text}");
    let given = book.text("chapters/02-counter/src/sounds.rs");
    assert_eq!(book.text("work/02/src/sounds.rs"), given);
    let main = book.text("work/02/src/main.rs");
    assert!(main.contains("mod sounds;\nmod voices;\n"), "{main}");
    assert!(main.contains("fn scream"), "{main}");
    let log = book.git_in("work/02", &["log", "--format=%s"]);
    assert!(
        log.starts_with("Given for Step 2: the sounds\nMy work so far\n"),
        "{log}"
    );
    let text = book.passes(&["given", "2"]);
    assert!(text.contains("02 gives nothing that you do not have"), "{text}");
}

/// A reader who is typing has files that do not parse.
#[test]
fn given_code_does_not_touch_a_file_that_the_reader_is_typing() {
    let book = giving();
    book.passes(&["workshop", "02"]);
    book.write("work/02/src/main.rs", "fn main( {\n");
    book.passes(&["given", "02"]);
    assert_eq!(book.text("work/02/src/main.rs"), "fn main( {\n");
    assert!(book.path("work/02/src/sounds.rs").exists());
}

/// What a reader was given is no sign of how far they have come.
#[test]
fn rescue_goes_by_what_was_typed() {
    let book = giving();
    book.passes(&["workshop", "02"]);
    book.passes(&["given", "02"]);
    let text = book.passes(&["workshop", "rescue", "02"]);
    assert!(text.contains("You are at checkpoint 1 of 2"), "{text}");
    let text = book.passes(&["workshop", "rescue", "02"]);
    assert!(text.contains("You are at the end of the chapter"), "{text}");
    for file in ["main.rs", "sounds.rs", "voices.rs"] {
        let theirs = book.text(&format!("chapters/02-counter/src/{file}"));
        assert_eq!(book.text(&format!("work/02/src/{file}")), theirs);
    }
}

/// The page leaves a method to its reader, who has it, or a stub of it, or nothing.
#[test]
fn what_a_page_leaves_to_its_reader_is_tested_in_their_crate() {
    let book = Book::new();
    let file = "chapters/02-counter/tests/sounds.rs";
    let test = book.text("chapters/exercises/02/bites/test.rs");
    let test = test.replace("(output.stdout)", "(output.stdout.clone())");
    book.write(file, &test.replace("one call, one greeting", "{output:?}"));
    let page = "book/src/02-counter.md";
    book.replace(
        page,
        "{{add src/greeter.rs#impl Voice for Greeter, impl Display for Greeter}}",
        "{{yours src/greeter.rs#impl Voice for Greeter::sound to pass \
         tests/sounds.rs#one_call_is_one_greeting}}\n\
         {{add src/greeter.rs#impl Display for Greeter}}",
    );
    assert!(book.passes(&["yours"]).contains("1 passed, 0 failed"));
    book.passes(&["workshop", "02"]);
    let text = book.fails(&["yours", "2"]);
    assert!(
        text.contains("impl Voice for Greeter::sound is not in your"),
        "{text}"
    );

    let chapter = Tree::read(&book.path("chapters/02-counter/src")).unwrap();
    chapter.write(&book.path("work/02/src")).unwrap();
    let shared = "[dependencies]\nvoice.workspace = true\n\n[lints]";
    book.replace("work/02/Cargo.toml", "[lints]", shared);
    book.passes(&["yours", "2"]);
    book.replace("work/02/src/greeter.rs", "self.to_string()", "todo!()");
    let text = book.fails(&["yours", "2"]);
    assert!(text.contains("not yet implemented"), "{text}");
}

#[test]
fn a_room_that_pastes_gets_one_file_for_a_page() {
    let book = Book::new();
    book.passes(&["paste", "2"]);
    let text = book.text("work/paste/02.md");
    for part in [
        "### add: src/greeter.rs Greeter::count",
        "        self.counts.get(name).copied().unwrap_or(0)",
        "### from src/main.rs: src/greeter.rs Greeter::greet",
        "### remove: src/main.rs shout",
        "// imports of src/greeter.rs",
        "+use voice::Voice;",
        "Checkpoint: cargo check",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("a_greeter_counts_by_name"), "tests are not pasted");
}
