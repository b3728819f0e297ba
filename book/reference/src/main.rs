//! Writes the book's pages of reference. `cargo xtask bless` builds and runs it.

use std::process::ExitCode;

use suite::climb::chapters::root;

fn main() -> ExitCode {
    for (path, text) in reference::pages() {
        if let Err(error) = std::fs::write(root().join(path), text) {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
