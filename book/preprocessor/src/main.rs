//! mdBook starts this: `[context, book]` goes in as JSON, and the book comes out
//! with its directives answered. `book-machine supports RENDERER` exits with 0.
//!
//! It reads the JSON itself: the crate `mdbook-preprocessor` would double the time
//! of the first build, which a reader waits for.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

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
    let mut pages = Vec::new();
    walk(&mut input[1]["items"], &mut pages);
    answer_all(&repository, format, pages);
    println!("{}", input[1]);
    Ok(())
}

/// Finds the pages among `items`, and those inside them.
fn walk<'a>(items: &'a mut Value, pages: &mut Vec<(String, &'a mut Value)>) {
    for item in items.as_array_mut().into_iter().flatten() {
        let Some(Value::Object(chapter)) = item.get_mut("Chapter") else {
            continue;
        };
        let name = chapter.get("source_path").and_then(Value::as_str);
        let name = name.map(str::to_owned);
        for (key, value) in chapter.iter_mut() {
            match (key.as_str(), &name) {
                ("sub_items", _) => walk(value, pages),
                ("content", Some(name)) => pages.push((name.clone(), value)),
                _ => {}
            }
        }
    }
}

/// Answers the pages, as many at a time as there are processors: a reader waits.
fn answer_all(
    repository: &Repository,
    format: Format,
    pages: Vec<(String, &mut Value)>,
) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pages = Mutex::new(pages.into_iter());
    let next = || pages.lock().ok().and_then(|mut pages| pages.next());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, content)) = next() {
                    let source = content.as_str().unwrap_or_default();
                    *content = answer(repository, &name, source, format).into();
                }
            });
        }
    });
}
