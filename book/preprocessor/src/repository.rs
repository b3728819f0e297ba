//! Where chapters, pages and recordings are.

use std::path::{Path, PathBuf};

use crate::outline::Outline;
use crate::tree::Tree;

/// The last crate: what its page is called, too.
pub const LAST: &str = "final";

/// The repository: `book/`, `chapters/` and `final/` stand at its top.
#[derive(Clone, Debug)]
pub struct Repository {
    root: PathBuf,
}

/// One chapter's crate, or `final`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    /// `03`, or `final`.
    pub id: String,
    /// `03-sessions`, or `final`.
    pub name: String,
    /// Where its crate is.
    pub folder: PathBuf,
}

impl Repository {
    /// The repository at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The top of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The book's folder.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The chapters in order, `final` last if there is one.
    pub fn chapters(&self) -> Vec<Chapter> {
        let folder = self.root.join("chapters");
        let names = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut chapters: Vec<Chapter> = names
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let id = number(&name)?.to_owned();
                let folder = entry.path();
                let crate_there = folder.join("Cargo.toml").is_file();
                crate_there.then_some(Chapter { id, name, folder })
            })
            .collect();
        chapters.sort_by(|a, b| a.name.cmp(&b.name));
        let last = self.root.join(LAST);
        if last.join("Cargo.toml").is_file() {
            let (id, name) = (LAST.into(), LAST.into());
            chapters.push(Chapter { id, name, folder: last });
        }
        chapters
    }

    /// The chapter `03` or `final`.
    ///
    /// # Errors
    /// If there is no such chapter; the message names those that there are.
    pub fn chapter(&self, id: &str) -> Result<Chapter, String> {
        let chapters = self.chapters();
        let found = chapters.iter().find(|chapter| chapter.id == id);
        found.cloned().ok_or_else(|| {
            let known: Vec<_> = chapters.iter().map(|c| c.id.as_str()).collect();
            format!("no chapter {id}; there is {}", known.join(", "))
        })
    }

    /// The crate that a page starts from: the chapter before, and for the first
    /// one the bare package.
    ///
    /// # Errors
    /// If a file cannot be read, or the chapter before is missing.
    pub fn start_of(&self, chapter: &Chapter) -> Result<Tree, String> {
        let target = Tree::read(&chapter.folder)?;
        let before = match chapter.id.parse::<u32>() {
            Ok(1) => return bare(&target),
            Ok(number) => self.chapter(&format!("{:02}", number - 1))?,
            Err(_) => {
                let chapters = self.chapters();
                let place = chapters.iter().position(|other| other == chapter);
                let before =
                    place.and_then(|place| chapters.get(place.checked_sub(1)?));
                before.cloned().ok_or("there is no chapter before final")?
            }
        };
        Ok(Tree::read(&before.folder)?.named_like(&target))
    }

    /// The chapter that a page is about, by the page's file name.
    pub fn chapter_of_page(&self, page: &str) -> Option<String> {
        let stem = Path::new(page).file_stem()?.to_str()?;
        if stem == LAST {
            return Some(stem.to_owned());
        }
        number(stem).map(str::to_owned)
    }

    /// The pages of the summary in its order, by path inside `book/src`.
    ///
    /// # Errors
    /// If the summary cannot be read.
    pub fn pages(&self) -> Result<Vec<String>, String> {
        let summary = self.page("SUMMARY.md")?;
        let listed = |name: &String| summary.contains(&format!("({name})"));
        let mut pages = self.markdown();
        pages.retain(|name| name != "SUMMARY.md" && listed(name));
        pages.sort_by_key(|name| summary.find(&format!("({name})")));
        Ok(pages)
    }

    /// All Markdown below `book/src`, whether the summary names it or not.
    pub fn markdown(&self) -> Vec<String> {
        let top = self.book().join("src");
        let mut found = Vec::new();
        let mut open = vec![top.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let inside = path.strip_prefix(&top).ok().and_then(Path::to_str);
                match inside {
                    _ if path.is_dir() => open.push(path),
                    Some(name) if name.ends_with(".md") => {
                        found.push(name.replace('\\', "/"));
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }

    /// A page's source.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn page(&self, name: &str) -> Result<String, String> {
        let path = self.book().join("src").join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))
    }

    /// The crate that `{{code … in PLACE}}` means: a chapter, an overlay of one, or
    /// the suite in `tests`.
    ///
    /// # Errors
    /// If there is no such place.
    pub fn place(&self, place: &str) -> Result<Tree, String> {
        if place == "tests" {
            return Tree::read(&self.root.join(place));
        }
        if place.starts_with("overlays/") {
            let folder = self.root.join("chapters").join(place);
            return Tree::read(&folder);
        }
        Tree::read(&self.chapter(place)?.folder)
    }
}

/// `03` of `03-sessions`.
fn number(name: &str) -> Option<&str> {
    let (digits, _) = name.split_once('-')?;
    let right = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
    right.then_some(digits)
}

/// What chapter 01 begins with: the package and its lints, no source.
fn bare(target: &Tree) -> Result<Tree, String> {
    let manifest =
        target.get("Cargo.toml").ok_or("the chapter has no Cargo.toml")?;
    let mut outline = Outline::parse("Cargo.toml", manifest)?;
    outline
        .nodes
        .retain(|table| ["package", "lints"].contains(&table.name.as_str()));
    let mut tree = Tree::default();
    tree.files.insert("Cargo.toml".into(), outline.render());
    Ok(tree)
}
