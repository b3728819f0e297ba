//! What mdBook calls.

use mdbook_preprocessor::book::{Book, Chapter};
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::page::Page;
use crate::render::Format;
use crate::repository::Repository;

/// Answers the directives of every page. What is wrong becomes a red box.
#[derive(Debug, Default)]
pub struct Machine;

impl Preprocessor for Machine {
    fn name(&self) -> &str {
        "machine"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let root = context.root.canonicalize()?;
        let root = root.parent().unwrap_or(&root);
        let repository = Repository::new(root);
        let format = match context.renderer.as_str() {
            "html" => Format::Html,
            _ => Format::Markdown,
        };
        book.for_each_chapter_mut(|chapter: &mut Chapter| {
            let path = chapter.source_path.as_ref().and_then(|path| path.to_str());
            if let Some(name) = path {
                let page = Page::of(&repository, name, &chapter.content);
                chapter.content = page.render(&repository, format);
                for problem in &page.problems {
                    eprintln!("{problem}");
                }
            }
        });
        Ok(book)
    }
}
