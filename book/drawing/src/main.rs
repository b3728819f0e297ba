//! Draws the diagrams of the book, those recorded and those in its pages. `cargo xtask
//! bless` starts it when a text has changed; by hand, it draws what would be drawn
//! otherwise today.
//!
//! ```text
//! main     finds what is to be drawn
//! draw     Mermaid text to SVG
//! tidy     SVG as the book wants it: short, without colours, one element a line
//! ```

mod draw;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use book_machine::diagram::{self, Diagram};
use book_machine::repository::Repository;

fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1) else {
        eprintln!("usage: drawing ROOT");
        return ExitCode::FAILURE;
    };
    match run(&Repository::new(root)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("drawing: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(repository: &Repository) -> Result<(), String> {
    let diagrams = Diagram::all(repository)?;
    for diagram in &diagrams {
        let drawing = drawn(diagram)?;
        let kept = std::fs::read_to_string(&diagram.file);
        if kept.ok().as_ref() != Some(&drawing) {
            write(&diagram.file, &drawing)?;
            println!("drawn: {}", diagram.name);
        }
    }
    for file in diagram::forgotten(repository, &diagrams) {
        std::fs::remove_file(&file).map_err(|error| error.to_string())?;
        println!("removed: {}", file.display());
    }
    Ok(())
}

fn drawn(diagram: &Diagram) -> Result<String, String> {
    draw::svg(&diagram.name, &diagram.text)
        .map_err(|error| format!("{}: {error}", diagram.name))
}

fn write(file: &Path, drawing: &str) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, drawing))
        .map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also after a change of what draws, which no stamp tells.
    #[test]
    fn the_drawings_of_the_book_are_what_is_drawn_today() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let diagrams = Diagram::all(&Repository::new(root)).unwrap_or_default();
        assert!(!diagrams.is_empty(), "no diagrams found");
        for diagram in diagrams {
            let kept = std::fs::read_to_string(&diagram.file).unwrap_or_default();
            let name = &diagram.name;
            assert_eq!(Ok(kept), drawn(&diagram), "{name}: run this crate");
        }
    }
}
