//! What a page leaves to its reader: shown as a contract, proven red and green.

#![allow(clippy::unwrap_used)]

mod support;

use book_machine::render::Format;
use book_machine::tree::Tree;
use book_machine::yours;
use support::Sample;

const PAGE: &str = "book/src/02-counter.md";
const NAME: &str = "02-counter.md";
const TEST: &str = "chapters/02-counter/tests/sounds.rs";
const STEP: &str = "{{yours src/greeter.rs#impl Voice for Greeter::sound to pass \
                    tests/sounds.rs#a_greeting_is_counted}}\n";

/// The sample, whose second page leaves a method to its reader.
fn leaving() -> Sample {
    let sample = Sample::new();
    let test = "use std::process::Command;\n\n#[test]\nfn a_greeting_is_counted() {\n    \
                let program = env!(\"CARGO_BIN_EXE_ch02-counter\");\n    \
                let output = Command::new(program).output().unwrap();\n    \
                let text = String::from_utf8_lossy(&output.stdout);\n    \
                assert!(text.contains(\"1 greetings\"), \"{output:?}\");\n}\n";
    sample.write(TEST, test);
    let step =
        "{{add src/greeter.rs#impl Voice for Greeter, impl Display for Greeter}}";
    let steps =
        format!("{STEP}{{{{add src/greeter.rs#impl Display for Greeter}}}}");
    sample.replace(PAGE, step, &steps);
    let reveal = "{{reveal src/greeter/tests.rs}}";
    sample.replace(
        PAGE,
        reveal,
        &format!("{reveal}\n{{{{reveal tests/sounds.rs}}}}"),
    );
    sample
}

fn proof(sample: &Sample) -> Result<(), String> {
    let page = sample.page(NAME);
    let target = sample.repository.chapter("02").unwrap().folder;
    page.yours[0].prove(&sample.repository, &Tree::read(&target).unwrap())
}

#[test]
fn a_contract_is_shown_and_the_body_folds_out() {
    let sample = leaving();
    assert_eq!(sample.problems(NAME), [""; 0]);
    let page = sample.page(NAME);
    let text = page.render(&sample.repository, Format::Markdown);
    let before = text.split("<summary>The book's body</summary>").next().unwrap();
    for part in [
        "**Your turn** **`src/greeter.rs`** `impl Voice for Greeter::sound`",
        "impl Voice for Greeter {\n    fn sound(&self) -> String {\n        todo!()\n    \
         }\n}\n",
        "`cargo xtask yours 02` runs these tests",
        "<summary>a greeting is counted</summary>",
    ] {
        assert!(before.contains(part), "{part} is not in {before}");
    }
    assert!(!before.contains("self.to_string()"), "{before}");
    assert!(text.contains("        self.to_string()\n"), "{text}");
}

#[test]
fn it_is_red_with_a_stub_and_green_with_the_body() {
    let sample = leaving();
    assert_eq!(proof(&sample), Ok(()));
    sample.replace(TEST, "assert!", "let _ = (&text, 1); // assert!");
    let message = proof(&sample).unwrap_err();
    assert!(message.contains("the tests pass with a stub"), "{message}");
    sample.replace(TEST, "let _ = (&text, 1); // ", "");
    sample.replace(TEST, "1 greetings", "7 greetings");
    let message = proof(&sample).unwrap_err();
    assert!(message.starts_with("the tests fail"), "{message}");
}

#[test]
fn a_page_that_leaves_too_much_or_without_a_checkpoint_fails() {
    let sample = leaving();
    sample.replace(PAGE, "#a_greeting_is_counted", "#nothing_is_counted");
    sample.fails(NAME, &["no test `nothing_is_counted` in tests/sounds.rs"]);
    let sample = leaving();
    sample.replace(PAGE, "{{checkpoint}}\n", "");
    sample.fails(NAME, &["no checkpoint follows what the reader writes"]);
    let sample = leaving();
    for item in ["Greeter::count", "impl Display for Greeter::fmt"] {
        let step = STEP.replace("impl Voice for Greeter::sound", item);
        let old = match item {
            "Greeter::count" => "{{add src/greeter.rs#Greeter::count}}\n",
            _ => "{{add src/greeter.rs#impl Display for Greeter}}\n",
        };
        sample.replace(PAGE, old, &step);
    }
    sample.fails(NAME, &["3 items are the reader's, more than 2"]);
}

#[test]
fn a_script_keeps_its_comment_and_answers_with_an_error() {
    let page = "{{yours src/a.lua to pass tests/a.rs#a}}";
    let directive =
        book_machine::directive::Directive::parse(page).unwrap().unwrap();
    let book_machine::directive::Directive::Yours(at, _) = directive else {
        panic!("{directive:?}");
    };
    let stub = yours::stubbed(&at, "-- Adds.\nreturn 1\n").unwrap();
    let expected =
        "-- Adds.\nreturn redis.error_reply('ERR not yet implemented')\n";
    assert_eq!(stub, expected);
}
