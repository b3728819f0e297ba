//! Draws the diagrams of the book, those recorded and those in its pages, that are
//! not drawn yet or whose text has changed. `cargo xtask bless` starts it.
//!
//! ```text
//! main     finds what is to be drawn
//! draw     Mermaid text to SVG
//! tidy     SVG as the book wants it: short, without colours, one element a line
//! ```

mod draw;
mod tidy;

use std::{path::Path, process::ExitCode};

use book_machine::{
    diagram::{self, Diagram},
    repository::Repository,
};

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
        if diagram.problem().is_some() {
            let drawing = draw::svg(&diagram.name, &diagram.text)
                .map_err(|error| format!("{}: {error}", diagram.name))?;
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

fn write(file: &Path, drawing: &str) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, drawing))
        .map_err(|error| format!("{}: {error}", file.display()))
}
