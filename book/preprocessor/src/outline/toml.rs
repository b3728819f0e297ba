//! The tables and entries of a TOML file.

use super::{Body, Kind, Node, Outline, number};

/// Reads a TOML file: tables with entries, each with the comments above it.
pub fn parse(source: &str) -> Outline {
    let mut nodes: Vec<Node> = Vec::new();
    let mut above: Vec<String> = Vec::new();
    let mut gap = 0;
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            if above.is_empty() {
                gap += 1;
            } else {
                above.push(line.to_owned());
            }
            continue;
        }
        above.push(line.to_owned());
        if trimmed.starts_with('#') {
            continue;
        }
        let item = std::mem::take(&mut above);
        let space = std::mem::take(&mut gap);
        if trimmed.starts_with('[') {
            let name = trimmed.trim_matches(['[', ']']).to_owned();
            let body = Some(Body { nodes: Vec::new(), close: Vec::new() });
            let (kind, lines) = (Kind::Table, item);
            nodes.push(Node { kind, name, gap: space, lines, body });
            continue;
        }
        let mut item = item;
        let mut depth = depth(line);
        while depth > 0 {
            let Some(line) = lines.next() else { break };
            depth += self::depth(line);
            item.push(line.to_owned());
        }
        // `tokio.workspace = true` is the entry `tokio`.
        let name = trimmed.split(['=', '.']).next().unwrap_or_default();
        let name = name.trim().to_owned();
        let entry = Node::leaf(Kind::Entry, name, space, item);
        match nodes.last_mut().and_then(|table| table.body.as_mut()) {
            Some(body) => body.nodes.push(entry),
            None => nodes.push(entry),
        }
    }
    for node in &mut nodes {
        if let Some(body) = &mut node.body {
            number(&mut body.nodes);
        }
    }
    number(&mut nodes);
    Outline { nodes }
}

/// How many brackets a line leaves open, strings and comments apart.
fn depth(line: &str) -> i32 {
    let (mut depth, mut quote) = (0, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => break,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth
}
