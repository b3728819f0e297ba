//! A chapter's crate outside the workspace that it belongs to.

use crate::compile::shared_tables;
use crate::outline::{Kind, Node, Outline};
use crate::repository::Repository;
use crate::tree::Tree;

/// Below this line of a workshop's `Cargo.toml` nothing belongs to the chapter.
const MARK: &str = "# What the repository's workspace shares; leave it as it is.\n";

/// The manifest of a crate that is its own workspace: the chapter's lines, and
/// below them what the repository shares.
///
/// # Errors
/// If the repository's `Cargo.toml` cannot be read.
pub fn workshop_manifest(
    repository: &Repository,
    manifest: &str,
) -> Result<String, String> {
    let shared = shared_tables(repository)?;
    Ok(format!("{manifest}\n{MARK}[workspace]\nresolver = \"3\"\n\n{shared}"))
}

/// The chapter's lines of such a manifest.
pub fn chapter_manifest(manifest: &str) -> String {
    let own = manifest.split(MARK).next().unwrap_or_default();
    format!("{}\n", own.trim_end())
}

/// The crate with everything that it inherits written out.
///
/// # Errors
/// If something inherited is not there.
pub fn exported(repository: &Repository, tree: &Tree) -> Result<Tree, String> {
    let shared = Outline::parse("Cargo.toml", &shared_tables(repository)?)?;
    let manifest = tree.get("Cargo.toml").ok_or("the crate has no Cargo.toml")?;
    let mut outline = Outline::parse("Cargo.toml", manifest)?;
    for table in &mut outline.nodes {
        let from = match table.name.as_str() {
            "package" => "workspace.package",
            name if name.ends_with("dependencies") => "workspace.dependencies",
            _ => continue,
        };
        for entry in table.body.iter_mut().flat_map(|body| &mut body.nodes) {
            inherit(entry, &shared, from)?;
        }
    }
    let inherits =
        |node: &Node| node.name == "lints" && node.text().contains("workspace");
    if let Some(place) = outline.nodes.iter().position(inherits) {
        outline.nodes.remove(place);
        for table in
            shared.nodes.iter().filter(|t| t.name.starts_with("workspace.lints"))
        {
            let mut table = table.clone();
            table.name = table.name.replacen("workspace.", "", 1);
            table
                .lines
                .iter_mut()
                .for_each(|line| *line = line.replace("workspace.", ""));
            table.gap = 1;
            outline.nodes.push(table);
        }
    }
    let text = format!("{}\n[workspace]\n", outline.render());
    let mut result = tree.clone();
    result.files.insert("Cargo.toml".into(), text);
    Ok(result)
}

/// Writes out `name.workspace = true` and `name = { workspace = true, … }`.
fn inherit(entry: &mut Node, shared: &Outline, table: &str) -> Result<(), String> {
    let text = entry.lines.concat();
    if entry.kind != Kind::Entry
        || !text.replace(' ', "").contains("workspace=true")
    {
        return Ok(());
    }
    let path = [table.to_owned(), entry.name.clone()];
    let missing = || format!("{} is not in [{table}]", entry.name);
    let model = shared.get(&path).ok_or_else(missing)?;
    let definition = without_comments(&model.lines);
    let (_, value) = definition.split_once('=').ok_or_else(missing)?;
    let own = without_comments(&entry.lines);
    let own = own.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    let parts: Vec<String> =
        own.map(|(inside, _)| split(inside)).unwrap_or_default();
    let extra: Vec<&String> =
        parts.iter().filter(|part| !part.starts_with("workspace")).collect();
    let value = match extra.is_empty() {
        true => value.trim().to_owned(),
        false => combined(value.trim(), &extra),
    };
    entry.lines = vec![format!("{} = {value}", entry.name)];
    Ok(())
}

/// The shared definition with what the crate adds: features add up.
fn combined(value: &str, extra: &[&String]) -> String {
    let mut parts = match value.strip_prefix('{') {
        Some(inside) => split(inside.trim_end_matches('}')),
        None => vec![format!("version = {value}")],
    };
    for part in extra {
        let features = |part: &str| -> Option<String> {
            let list = part.strip_prefix("features")?.split_once('[')?.1;
            Some(
                list.trim_end()
                    .trim_end_matches(']')
                    .trim()
                    .trim_end_matches(',')
                    .to_owned(),
            )
        };
        let place = parts.iter().position(|other| other.starts_with("features"));
        match (features(part), place) {
            (Some(more), Some(place)) => {
                let known = features(&parts[place]).unwrap_or_default();
                parts[place] = format!("features = [{known}, {more}]");
            }
            _ => parts.push((*part).clone()),
        }
    }
    format!("{{ {} }}", parts.join(", "))
}

fn without_comments(lines: &[String]) -> String {
    let code = lines.iter().filter(|line| !line.trim_start().starts_with('#'));
    code.map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Splits an inline table at the commas outside brackets.
fn split(inside: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in inside.chars() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            _ if c == ',' && depth == 0 => parts.push(String::new()),
            Some(part) => part.push(c),
            None => {}
        }
    }
    let trimmed = parts.iter().map(|part| part.trim().to_owned());
    trimmed.filter(|part| !part.is_empty()).collect()
}
