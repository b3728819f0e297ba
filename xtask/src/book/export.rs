//! `cargo xtask export NN DIR`: one chapter as a crate of its own.

use std::path::Path;

use book_machine::standalone::exported;
use book_machine::tree::Tree;

use crate::process::{run_within, succeeds};
use crate::workspace::{self, cargo};
use crate::{Error, book};

/// Writes the chapter to `folder`, which must be new or empty.
pub fn run(chapter: &str, folder: &str) -> Result<(), Error> {
    let folder = Path::new(folder);
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{} is not empty", folder.display()).into());
    }
    let chapter = book::chapter(chapter)?;
    let tree = exported(&book::repository(), &Tree::read(&chapter.folder)?)?;
    tree.write(folder)?;
    let root = workspace::root();
    for file in ["Cargo.lock", "rustfmt.toml", "LICENSE-MIT", "LICENSE-APACHE"] {
        if root.join(file).is_file() {
            std::fs::copy(root.join(file), folder.join(file))?;
        }
    }
    std::fs::write(folder.join(".gitignore"), "/target\n")?;
    settle_versions(folder)?;
    println!("{} is in {}", chapter.name, folder.display());
    Ok(())
}

/// Cuts the lock file down to what this crate uses, with the versions that the
/// repository has resolved. Without a network if that is possible.
pub fn settle_versions(folder: &Path) -> Result<(), Error> {
    let log = workspace::empty_folder("book/versions")?.join("metadata.json");
    let limit = std::time::Duration::from_secs(120);
    let mut offline = cargo();
    offline.current_dir(folder).args([
        "metadata",
        "--format-version",
        "1",
        "--offline",
    ]);
    if run_within(limit, &mut offline, &log)?.success {
        return Ok(());
    }
    let mut online = cargo();
    online.current_dir(folder).args(["fetch", "--quiet"]);
    match succeeds(&mut online)? {
        true => Ok(()),
        false => Err("the crate's dependencies cannot be resolved".into()),
    }
}
