//! Where new items go in a file that the reader has already.

use crate::outline::{Node, Outline, Path};

/// The place of new items.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// "inside `impl Store`, after `load`"
    pub words: String,
    /// The first line of the item above, if the new items stand together.
    pub above: Option<String>,
    /// The first line of the item below, or the end of what they are in.
    pub below: Option<String>,
}

/// The place of the items at `paths`, which came between `before` and `after`. `None`
/// in a file that is new.
pub fn of(before: &Outline, after: &Outline, paths: &[Path]) -> Option<Place> {
    if before.nodes.iter().all(|node| node.kind.rides() || node.name == "docs") {
        return None;
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for path in paths.iter().filter(|path| path.last().is_some_and(|n| n != "docs"))
    {
        let depth =
            (1..=path.len()).find(|depth| before.get(&path[..*depth]).is_none());
        let new = &path[..depth?];
        let Some(group) = Group::around(before, after, new) else { continue };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let words = groups.iter().map(|group| group.words(after));
    let words = words.collect::<Vec<_>>().join("; ");
    let (above, below) = match groups.as_slice() {
        [] => return None,
        [group] => group.context(after),
        _ => (None, None),
    };
    Some(Place { words, above, below })
}

/// New items that stand together, and their old neighbours.
#[derive(PartialEq)]
struct Group<'a> {
    container: Vec<String>,
    previous: Option<&'a Node>,
    next: Option<&'a Node>,
}

impl<'a> Group<'a> {
    fn around(
        before: &Outline,
        after: &'a Outline,
        new: &[String],
    ) -> Option<Self> {
        let (name, container) = new.split_last()?;
        let siblings = after.inside(container)?;
        let index = siblings.iter().position(|node| node.name == *name)?;
        let is_old = |node: &&Node| {
            let path = [container, std::slice::from_ref(&node.name)].concat();
            before.get(&path).is_some()
        };
        let previous = siblings[..index].iter().rev().find(is_old);
        let next = siblings[index..].iter().find(is_old);
        Some(Self { container: container.to_vec(), previous, next })
    }

    fn words(&self, after: &Outline) -> String {
        let inside = match self.container.is_empty() {
            true => String::new(),
            false => format!("inside `{}`, ", after.full_name(&self.container)),
        };
        let beside = match (self.previous, self.next) {
            (Some(node), _) if node.kind.rides() => "below the imports".to_owned(),
            (Some(node), _) if node.name == "docs" => "at the top".to_owned(),
            (Some(node), _) => format!("after `{}`", node.name),
            (None, Some(node)) => format!("before `{}`", node.name),
            (None, None) => "at the top".to_owned(),
        };
        format!("{inside}{beside}")
    }

    fn context(&self, after: &Outline) -> (Option<String>, Option<String>) {
        let is_code = |node: &&Node| !node.kind.rides() && node.name != "docs";
        let above = self.previous.filter(is_code).map(first_line);
        let close = after.get(&self.container).and_then(|node| node.body.as_ref());
        let close = close.and_then(|body| body.close.first().cloned());
        let below = self.next.filter(is_code).map(first_line).or(close);
        (above, below)
    }
}

/// The line that names an item, with an ellipsis for what is inside.
fn first_line(node: &Node) -> String {
    let is_note = |line: &&String| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with("//") || line.starts_with('#')
    };
    let mut lines = node.lines.iter().skip_while(is_note);
    let first = lines.next().map(String::as_str).unwrap_or_default();
    match first.ends_with(['{', '(']) {
        true => format!("{first} … }}"),
        false => first.to_owned(),
    }
}
