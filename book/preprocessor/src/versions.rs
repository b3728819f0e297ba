//! The line at the end of a page: which versions it was made with.

use std::collections::BTreeSet;

use crate::repository::Repository;
use crate::tree::Tree;

/// The lines of the versions of crates, and of the protocol.
///
/// A chapter's page names what the chapter depends on, any other page the server:
/// `final`, or the last chapter.
///
/// # Errors
/// If `Cargo.lock` has no version of a crate.
pub fn line(
    repository: &Repository,
    chapter: Option<&str>,
) -> Result<String, String> {
    let found = match chapter {
        Some(id) => repository.chapter(id)?,
        None => repository.chapters().pop().ok_or("there is no chapter")?,
    };
    let tree = Tree::read(&found.folder)?;
    let path = repository.root().join("Cargo.lock");
    let lock = std::fs::read_to_string(path)
        .map_err(|error| format!("Cargo.lock: {error}"))?;
    let package = tree.package().ok_or("the chapter has no package")?;
    let own = entry(&lock, &package).ok_or_else(|| missing(&package))?;
    let mut parts = Vec::new();
    match chapter {
        Some(_) => {
            let versions = dependencies(&tree).map(|name| {
                let version = used(&lock, own, name).ok_or_else(|| missing(name));
                Ok(format!("`{name}` {}", version?))
            });
            let versions: Vec<String> = versions.collect::<Result<_, String>>()?;
            if !versions.is_empty() {
                parts.push(format!("Made with {}.", versions.join(", ")));
            }
        }
        None => {
            let version = value(own, "version").unwrap_or_default();
            parts.push(format!("Made with version {version} of the server."));
        }
    }
    let revisions = revisions(&tree);
    if !revisions.is_empty() {
        let newest: Vec<String> = revisions.into_iter().rev().collect();
        parts.push(format!("Protocol: {}.", newest.join(", ")));
    }
    match parts.is_empty() {
        true => Ok(String::new()),
        false => Ok(format!("\n---\n\n*{}*\n", parts.join(" "))),
    }
}

fn missing(name: &str) -> String {
    format!("Cargo.lock has no version of {name}")
}

/// What the lock file says of the package `name`; the first, if it has several.
fn entry<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let mut entries = lock.split("[[package]]");
    entries.find(|entry| value(entry, "name") == Some(name))
}

/// The version of `name` that a package uses. Where there are several, the
/// package's own entry says which one.
fn used<'a>(lock: &'a str, package: &'a str, name: &str) -> Option<&'a str> {
    let mut names = package.lines().filter_map(|line| {
        let inside = line.trim().strip_prefix('"')?.strip_suffix("\",")?;
        Some(inside.split_once(' ').unwrap_or((inside, "")))
    });
    match names.find(|(other, _)| *other == name)? {
        (_, "") => value(entry(lock, name)?, "version"),
        (_, version) => version.split(' ').next(),
    }
}

/// The text behind `key = `.
fn value<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    entry.lines().find_map(|line| {
        let (name, value) = line.split_once(" = ")?;
        (name == key).then(|| value.trim_matches('"'))
    })
}

/// The names below `[dependencies]`.
fn dependencies(tree: &Tree) -> impl Iterator<Item = &str> {
    let manifest = tree.get("Cargo.toml").unwrap_or_default().lines();
    let inside = manifest.skip_while(|line| line.trim() != "[dependencies]");
    let inside = inside.skip(1).take_while(|line| !line.starts_with('['));
    inside.filter_map(|line| {
        let name = line.split(['.', ' ', '=']).next()?;
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
        starts.then_some(name)
    })
}

/// The revisions of the protocol that the crate's sources name, oldest first.
fn revisions(tree: &Tree) -> BTreeSet<String> {
    let sources = tree.files.iter().filter(|(file, _)| file.starts_with("src/"));
    let words = sources.flat_map(|(_, text)| text.split('"'));
    words.filter(|word| is_date(word)).map(str::to_owned).collect()
}

/// `2025-11-25`
fn is_date(word: &str) -> bool {
    let fits = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    word.len() == 10 && word.starts_with("20") && word.bytes().enumerate().all(fits)
}
