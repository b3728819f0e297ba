//! mdBook starts this: `[context, book]` goes in as JSON, and the book comes out
//! with its directives answered. `book-machine supports RENDERER` exits with 0.
//!
//! It reads the JSON itself: the crate `mdbook-preprocessor` would double the time
//! of the first build, which a reader waits for.

use std::path::Path;
use std::process::ExitCode;

use book_machine::preprocessor::answer;
use book_machine::render::Format;
use book_machine::repository::Repository;
use serde_json::Value;

/// The versions of mdBook whose JSON this is.
const MDBOOK: &str = "0.5.";

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == "supports") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("book-machine: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let input = serde_json::from_reader(std::io::stdin().lock());
    let mut input: Value =
        input.map_err(|error| format!("no book came in: {error}"))?;
    let context = &input[0];
    let version = context["mdbook_version"].as_str().unwrap_or_default();
    if !version.starts_with(MDBOOK) {
        return Err(format!("this is mdBook {version}; the book needs {MDBOOK}x"));
    }
    let folder = Path::new(context["root"].as_str().unwrap_or("."));
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    let repository = Repository::new(folder.parent().unwrap_or(&folder));
    let format = match context["renderer"].as_str() {
        Some("html") => Format::Html,
        _ => Format::Markdown,
    };
    walk(&repository, format, &mut input[1]["items"]);
    println!("{}", input[1]);
    Ok(())
}

/// Answers the chapters among `items`, and those inside them.
fn walk(repository: &Repository, format: Format, items: &mut Value) {
    for item in items.as_array_mut().into_iter().flatten() {
        let Some(chapter) = item.get_mut("Chapter") else { continue };
        let (name, source) = (&chapter["source_path"], &chapter["content"]);
        if let (Some(name), Some(source)) = (name.as_str(), source.as_str()) {
            chapter["content"] = answer(repository, name, source, format).into();
        }
        walk(repository, format, &mut chapter["sub_items"]);
    }
}
