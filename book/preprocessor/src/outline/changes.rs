//! What differs between two states of a file, item by item.

use super::{Node, Outline, Path};

impl Outline {
    /// The topmost items that `target` has and this one has not, or has otherwise.
    /// What rides along does not count.
    pub fn changes(&self, target: &Outline) -> Vec<Path> {
        let mut found = Vec::new();
        unequal(&self.nodes, &target.nodes, &[], &mut found);
        found
    }

    /// The topmost items that `target` does not have, without what rides along.
    pub fn leavers(&self, target: &Outline) -> Vec<Path> {
        let leaves = |path: &Path| {
            let parent = &path[..path.len() - 1];
            let stays = parent.is_empty() || target.get(parent).is_some();
            let rides = self.get(path).is_some_and(|node| node.kind.rides());
            stays && !rides && target.get(path).is_none()
        };
        self.paths().into_iter().filter(leaves).collect()
    }
}

fn unequal(have: &[Node], want: &[Node], above: &[String], found: &mut Vec<Path>) {
    for node in want.iter().filter(|node| !node.kind.rides()) {
        let path = [above, std::slice::from_ref(&node.name)].concat();
        let old = have.iter().find(|other| other.name == node.name);
        match (old, old.and_then(|old| old.body.as_ref()), &node.body) {
            (Some(old), _, _) if old.text() == node.text() => {}
            (Some(old), Some(before), Some(after)) if old.lines == node.lines => {
                unequal(&before.nodes, &after.nodes, &path, found);
            }
            _ => found.push(path),
        }
    }
}
