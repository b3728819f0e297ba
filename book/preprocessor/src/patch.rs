//! Patches over whole trees: solutions and mutants of exercises.

use diffy::DiffOptions;
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};

use crate::tree::Tree;

const NOTHING: &str = "/dev/null";

/// The tree with the patch applied.
///
/// # Errors
/// If the patch cannot be read, or does not fit: the message names the file.
pub fn apply(tree: &Tree, patch: &str) -> Result<Tree, String> {
    if patch.trim().is_empty() {
        return Err("the patch changes nothing".into());
    }
    let mut result = tree.clone();
    for part in PatchSet::parse(patch, ParseOptions::unidiff()) {
        let part =
            part.map_err(|error| format!("the patch cannot be read: {error}"))?;
        let text = part.patch().as_text().ok_or("the patch is not one of texts")?;
        let operation = part.operation().strip_prefix(1);
        let (old, new) = match &operation {
            FileOperation::Delete(file) => (Some(file), None),
            FileOperation::Create(file) => (None, Some(file)),
            FileOperation::Modify { original, modified } => {
                (Some(original), Some(modified))
            }
            FileOperation::Rename { from, to } => (Some(from), Some(to)),
            _ => return Err("the patch copies a file".into()),
        };
        let before = match old {
            Some(file) => {
                let text = result.files.remove(file.as_ref());
                text.ok_or_else(|| {
                    format!("the patch wants {file}, which is not there")
                })?
            }
            None => String::new(),
        };
        let after = diffy::apply(&before, text).map_err(|error| {
            let file = new.or(old).map(|file| file.to_string()).unwrap_or_default();
            format!("the patch does not fit {file}: {error}")
        })?;
        if let Some(file) = new {
            result.files.insert(file.to_string(), after);
        }
    }
    Ok(result)
}

/// The patch that makes one tree of the other.
pub fn make(before: &Tree, after: &Tree) -> String {
    let mut text = String::new();
    let mut names: Vec<&String> =
        before.files.keys().chain(after.files.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let side = |side: &str, text: Option<&str>| match text {
            Some(_) => format!("{side}/{name}"),
            None => NOTHING.to_owned(),
        };
        let mut options = DiffOptions::new();
        options.set_original_filename(side("a", old));
        options.set_modified_filename(side("b", new));
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        text.push_str(&options.create_patch(old, new).to_string());
    }
    text
}
