//! The expanded pages, as they are committed.

use std::collections::BTreeMap;

use crate::page::Page;
use crate::render::Format;
use crate::repository::Repository;
use crate::tree::Tree;

/// The text of every page for a reviewer, by path.
pub fn render(repository: &Repository, pages: &[Page]) -> BTreeMap<String, String> {
    let text = |page: &Page| {
        let text = page.render(repository, Format::Markdown);
        let once = text.replace("\n\n\n", "\n\n");
        format!(
            "<!-- Written by `cargo xtask bless` from book/src/{}. -->\n\n{}\n",
            page.name,
            once.trim_end()
        )
    };
    pages.iter().map(|page| (page.name.clone(), text(page))).collect()
}

/// The pages whose committed text is not what it should be.
pub fn stale(repository: &Repository, pages: &[Page]) -> Vec<String> {
    let committed =
        Tree::read(&repository.book().join("expanded")).unwrap_or_default();
    let wanted = render(repository, pages);
    let differs = |name: &&String| {
        committed.get(name) != wanted.get(*name).map(String::as_str)
    };
    let mut names: Vec<String> = wanted.keys().filter(differs).cloned().collect();
    names.extend(
        committed.files.into_keys().filter(|name| !wanted.contains_key(name)),
    );
    names
}

/// Writes them anew and returns the names of those that changed.
///
/// # Errors
/// If a file cannot be written.
pub fn bless(
    repository: &Repository,
    pages: &[Page],
) -> std::io::Result<Vec<String>> {
    let changed = stale(repository, pages);
    let folder = repository.book().join("expanded");
    let wanted = render(repository, pages);
    for name in &changed {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match wanted.get(name) {
            Some(text) => std::fs::write(path, text)?,
            None => std::fs::remove_file(path)?,
        }
    }
    Ok(changed)
}
