//! What git knows about files.

use std::path::Path;
use std::process::{Command, Stdio};

use book_machine::tree::Tree;

use crate::{Error, workspace};

/// What `git ARGUMENTS` prints, run in `folder`.
pub fn read(folder: &Path, arguments: &[&str]) -> Result<String, Error> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("git {}: {}", arguments.join(" "), words.trim()).into())
}

/// A folder of this repository as it was committed last. `now` is what it is.
pub fn committed(folder: &Path, now: &Tree) -> Result<Tree, Error> {
    let root = workspace::root();
    let prefix = folder.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
    let list =
        read(root, &["ls-tree", "-r", "--name-only", "HEAD", "--", &prefix])?;
    let changed = read(root, &["diff", "--name-only", "HEAD", "--", &prefix])?;
    let changed: Vec<&str> = changed.lines().collect();
    let mut tree = Tree::default();
    for path in list.lines() {
        let file = path.trim_start_matches(&prefix).trim_start_matches('/');
        let same = now.get(file).filter(|_| !changed.contains(&path));
        let text = match same {
            Some(text) => text.to_owned(),
            None => read(root, &["show", &format!("HEAD:{path}")])?,
        };
        tree.files.insert(file.to_owned(), text);
    }
    Ok(tree)
}
