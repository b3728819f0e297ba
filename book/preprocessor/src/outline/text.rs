//! The paragraphs of any other file.

use super::{Kind, Node, Outline, number};

/// Reads a file as paragraphs, named by their first lines.
pub fn parse(source: &str) -> Outline {
    let mut nodes: Vec<Node> = Vec::new();
    let mut gap = 0;
    let mut open = false;
    for line in source.lines() {
        match nodes.last_mut() {
            _ if line.trim().is_empty() => {
                gap += 1;
                open = false;
            }
            Some(node) if open => node.lines.push(line.to_owned()),
            _ => {
                let name = line.trim().to_owned();
                let lines = vec![line.to_owned()];
                nodes.push(Node::leaf(Kind::Paragraph, name, gap, lines));
                gap = 0;
                open = true;
            }
        }
    }
    if let Some(last) = nodes.last_mut() {
        last.lines.extend(std::iter::repeat_n(String::new(), gap));
    }
    number(&mut nodes);
    Outline { nodes }
}

/// The whole file as one item, for what has no structure that we know.
pub fn whole(source: &str) -> Outline {
    let lines = source.lines().map(str::to_owned).collect();
    let node = Node::leaf(Kind::Paragraph, "everything".into(), 0, lines);
    Outline { nodes: vec![node] }
}
