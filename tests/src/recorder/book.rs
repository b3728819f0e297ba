//! Recordings, and the pages that show them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Compares a text with the recording `NN/NAME` below `root`: the snapshot
/// `book/recordings/NN/NAME.snap`. A difference fails the story, which names the
/// recording and the pages that show it.
pub fn keep(root: &Path, name: &str, text: &str) {
    let (folder, file) = name
        .split_once('/')
        .unwrap_or_else(|| panic!("a recording is named 03/NAME, not {name}"));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root.join("book/recordings").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compared = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(file, text.trim_end()));
    }));
    if compared.is_err() {
        let pages = shown_on(root, name).join(", ");
        let pages = if pages.is_empty() { "no page".to_owned() } else { pages };
        panic!(
            "the recording {name} is not what passed now; {pages} shows it. If that \
             is how it should be: cargo xtask bless"
        );
    }
}

/// The pages that show a recording, by their paths inside `book/src`.
pub fn shown_on(root: &Path, name: &str) -> Vec<String> {
    let (kind, bare) = match name.rsplit_once('.') {
        Some((bare, "mmd")) => ("sequence", bare),
        Some((bare, "lab")) => ("lab", bare),
        _ => ("transcript", name),
    };
    let directive = format!("{{{{{kind} {bare}}}}}");
    let top = root.join("book/src");
    let mut open = vec![top.clone()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path: PathBuf = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if text.lines().any(|line| line.trim() == directive) {
                let inside = path.strip_prefix(&top).unwrap_or(&path);
                found.push(inside.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
