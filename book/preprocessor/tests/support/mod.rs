//! The sample book, to be spoiled.

#![allow(clippy::unwrap_used, dead_code)]

use std::path::Path;

use book_machine::check;
use book_machine::page::Page;
use book_machine::repository::Repository;
use book_machine::tree::Tree;
use tempfile::TempDir;

/// A copy of the sample book in a folder of its own.
pub struct Sample {
    folder: TempDir,
    pub repository: Repository,
}

impl Sample {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sample");
        Tree::read(&source).unwrap().write(folder.path()).unwrap();
        let lock = "Cargo.lock";
        std::fs::copy(source.join(lock), folder.path().join(lock)).unwrap();
        let repository = Repository::new(folder.path());
        Self { folder, repository }
    }

    /// Replaces a text that must be there.
    pub fn replace(&self, file: &str, old: &str, new: &str) -> &Self {
        let text = self.text(file);
        assert!(text.contains(old), "{file} does not hold {old}");
        self.write(file, &text.replacen(old, new, 1))
    }

    pub fn write(&self, file: &str, text: &str) -> &Self {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn remove(&self, file: &str) -> &Self {
        std::fs::remove_file(self.folder.path().join(file)).unwrap();
        self
    }

    pub fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    pub fn page(&self, name: &str) -> Page {
        Page::read(&self.repository, name).unwrap()
    }

    /// What is wrong with one page by itself.
    pub fn problems(&self, name: &str) -> Vec<String> {
        check::page(&self.page(name))
            .iter()
            .map(|problem| problem.to_string())
            .collect()
    }

    /// Asserts that the page fails with a message that holds all these texts.
    #[track_caller]
    pub fn fails(&self, name: &str, texts: &[&str]) {
        let problems = self.problems(name);
        let fits =
            |problem: &String| texts.iter().all(|text| problem.contains(text));
        assert!(problems.iter().any(fits), "{texts:?} is not in {problems:#?}");
    }
}
