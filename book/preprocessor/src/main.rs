//! mdBook starts this: a book goes in as JSON, and comes out with its directives
//! answered. `book-machine supports RENDERER` exits with 0: all are.

use std::io::Write;
use std::process::ExitCode;

use book_machine::preprocessor::Machine;
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, parse_input};

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == "supports") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("book-machine: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (context, book) = parse_input(std::io::stdin().lock())?;
    let book = Machine.run(&context, book)?;
    let text = serde_json::to_string(&book)?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}
