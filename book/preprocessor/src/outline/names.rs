//! From the name that a page uses to the item.

use super::{Kind, Node, Outline, Path};

/// A name that fits no item, or more than one.
#[derive(Debug, PartialEq)]
pub struct UnknownItem {
    /// The name as the page has it.
    pub name: String,
    /// The names that would have been right, the likeliest first.
    pub valid: Vec<String>,
}

impl std::fmt::Display for UnknownItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: Vec<_> = self.valid.iter().take(8).cloned().collect();
        write!(f, "no item `{}`; there is `{}`", self.name, shown.join("`, `"))?;
        match self.valid.len().saturating_sub(8) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Outline {
    /// The items that a name stands for: one, except for `head`.
    ///
    /// # Errors
    /// [`UnknownItem`] if nothing or more than one thing has that name.
    pub fn find(&self, name: &str) -> Result<Vec<Path>, UnknownItem> {
        if name == "head" {
            let head = |node: &&Node| node.kind.rides() || node.kind == Kind::Docs;
            let names =
                self.nodes.iter().filter(head).map(|n| vec![n.name.clone()]);
            return Ok(names.collect());
        }
        let (keyword, bare) = keyword(name);
        let all: Vec<(Path, String, Kind)> = self
            .paths()
            .into_iter()
            .filter_map(|path| {
                let node = self.get(&path)?;
                Some((path.clone(), self.full_name(&path), node.kind))
            })
            .collect();
        let exact = |(path, full, kind): &(Path, String, Kind)| {
            let fits = match keyword {
                Some(wanted) => *kind == wanted && squeeze(full) == squeeze(bare),
                None => squeeze(full) == squeeze(name),
            };
            fits.then(|| path.clone())
        };
        let mut found: Vec<Path> = all.iter().filter_map(exact).collect();
        if found.is_empty() {
            // A paragraph goes by any words of its first line that only it has.
            let part = |(path, full, kind): &(Path, String, Kind)| {
                let fits = *kind == Kind::Paragraph && full.contains(name);
                fits.then(|| path.clone())
            };
            found = all.iter().filter_map(part).collect();
        }
        if found.len() == 1 {
            return Ok(found);
        }
        let mut valid: Vec<String> =
            all.into_iter().map(|(_, full, _)| full).collect();
        valid.sort_by_key(|candidate| distance(candidate, name));
        Err(UnknownItem { name: name.to_owned(), valid })
    }

    /// The name that a page uses for the item at `path`.
    pub fn full_name(&self, path: &[String]) -> String {
        let Some((name, parents)) = path.split_last() else { return String::new() };
        if parents.is_empty() {
            return name.clone();
        }
        let above = self.full_name(parents);
        let kind = self.get(parents).map(|node| node.kind);
        let shown = match kind {
            // The second block of a type has methods of other names.
            Some(Kind::Impl) => {
                let bare = above.trim_start_matches("impl ");
                bare.split(" (").next().unwrap_or(bare)
            }
            Some(Kind::Module) => above.trim_start_matches("mod "),
            _ => &above,
        };
        match kind {
            Some(Kind::Table) => format!("{shown}.{name}"),
            _ => format!("{shown}::{name}"),
        }
    }
}

/// `fn name` means the function, should something else have the name too.
fn keyword(name: &str) -> (Option<Kind>, &str) {
    match name.split_once(' ') {
        Some(("fn", rest)) => (Some(Kind::Function), rest),
        Some(("struct" | "enum" | "type", rest)) => (Some(Kind::Type), rest),
        Some(("const" | "static", rest)) => (Some(Kind::Constant), rest),
        Some(("trait", rest)) => (Some(Kind::Trait), rest),
        _ => (None, name),
    }
}

/// Spaces do not make another name.
fn squeeze(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).collect()
}

/// How many letters must be put in, taken out or exchanged to make one name of the
/// other; if one contains the other, how much longer it is.
fn distance(candidate: &str, name: &str) -> usize {
    let (a, b) = (candidate.to_lowercase(), name.to_lowercase());
    if a.contains(&b) || b.contains(&a) {
        return a.len().abs_diff(b.len());
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let exchange = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = exchange.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
