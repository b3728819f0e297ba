//! Order, gaps and names among the items of one level.

use super::{Kind, Node};

/// Puts `node` among `siblings` where `order` has it: after the nearest of its
/// elder siblings there, or before the nearest younger one.
pub fn insert(siblings: &mut Vec<Node>, node: Node, order: &[Node]) {
    let place = order.iter().position(|other| other.name == node.name);
    let here = |other: &Node| siblings.iter().position(|n| n.name == other.name);
    let index = place.and_then(|place| {
        let elder = order[..place].iter().rev().find_map(here).map(|i| i + 1);
        elder.or_else(|| order[place + 1..].iter().find_map(here))
    });
    siblings.insert(index.unwrap_or(siblings.len()), node);
}

pub(super) fn settle(nodes: &mut [Node], target: Option<&Vec<Node>>) {
    for (index, node) in nodes.iter_mut().enumerate() {
        let place = target.and_then(|t| t.iter().position(|n| n.name == node.name));
        let model = place.and_then(|place| target?.get(place));
        // What is first in the chapter has no gap there that would help here.
        let told = model.filter(|_| place != Some(0));
        let close = node.kind.rides() || node.kind == Kind::Entry;
        node.gap = match told {
            _ if index == 0 => 0,
            Some(model) => model.gap,
            None if close => node.gap,
            None => node.gap.max(1),
        };
        if let Some(body) = &mut node.body {
            let inner = model.and_then(|model| model.body.as_ref());
            settle(&mut body.nodes, inner.map(|body| &body.nodes));
        }
    }
}

/// Gives the second and later siblings of one name a number.
pub(super) fn number(nodes: &mut [Node]) {
    for index in 1..nodes.len() {
        let (before, rest) = nodes.split_at_mut(index);
        let node = &mut rest[0];
        let base = node.name.clone();
        let mut count = 1;
        while before.iter().any(|other| other.name == node.name) {
            count += 1;
            node.name = format!("{base} ({count})");
        }
    }
}
