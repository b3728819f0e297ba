//! mdBook as a library, for those who have not installed it.
//!
//! ```text
//! book ROOT build     writes the book to target/book/html
//! book ROOT serve     the same, and serves it, and builds it anew on changes
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use book_machine::outline::Outline;
use book_machine::preprocessor::answer;
use book_machine::render::Format;
use book_machine::repository::Repository;
use book_machine::server;
use mdbook_driver::MDBook;
use mdbook_driver::book::Book;
use mdbook_driver::config::Config;
use mdbook_driver::errors::{Error, Result};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        [root, "build"] => build(Path::new(root)).map(|folder| {
            println!("{}", folder.join("index.html").display());
        }),
        [root, "serve"] => serve(Path::new(root)),
        _ => {
            eprintln!("usage: book ROOT build|serve");
            return ExitCode::FAILURE;
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("book: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the book and returns its folder.
fn build(root: &Path) -> Result<PathBuf> {
    let book = root.join("book");
    // The machine runs in this process, not through cargo.
    let text = std::fs::read_to_string(book.join("book.toml"))?;
    let mut settings = Outline::parse("book.toml", &text).map_err(Error::msg)?;
    settings.nodes.retain(|table| table.name != "preprocessor.machine");
    let mut config = Config::from_str(&settings.render())?;
    config.update_from_env()?;
    let mut book = MDBook::load_with_config(book, config)?;
    book.with_preprocessor(Machine(Repository::new(root)));
    book.build()?;
    Ok(book.build_dir_for("html"))
}

/// The machine inside this process.
struct Machine(Repository);

impl Preprocessor for Machine {
    fn name(&self) -> &str {
        "machine"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let format = match context.renderer.as_str() {
            "html" => Format::Html,
            _ => Format::Markdown,
        };
        book.for_each_chapter_mut(|chapter| {
            let path = chapter.source_path.as_ref().and_then(|path| path.to_str());
            if let Some(name) = path {
                chapter.content = answer(&self.0, name, &chapter.content, format);
            }
        });
        Ok(book)
    }
}

fn serve(root: &Path) -> Result<()> {
    let folder = build(root)?;
    let watched = [
        "book/src",
        "book/recordings",
        "book/style",
        "chapters",
        "final/src",
        "tests/src",
    ];
    let watched: Vec<PathBuf> =
        watched.iter().map(|path| root.join(path)).collect();
    server::serve(&folder, &watched, || match build(root) {
        Ok(_) => {
            println!("built anew");
            true
        }
        Err(error) => {
            eprintln!("{error:#}");
            false
        }
    })?;
    Ok(())
}
