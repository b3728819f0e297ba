//! SVG as the book wants it. Colours and fonts are the style sheet's, so that light
//! and dark are both readable; what is not used goes; one element a line, so that a
//! difference can be read.

use std::fmt::Write;

/// What an element may keep.
const KEPT: [&str; 27] = [
    "class",
    "cx",
    "cy",
    "d",
    "dominant-baseline",
    "dx",
    "dy",
    "height",
    "marker-end",
    "marker-start",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "orient",
    "points",
    "r",
    "refX",
    "refY",
    "rx",
    "ry",
    "text-anchor",
    "transform",
    "viewBox",
    "width",
    "x",
    "xmlns",
    "y",
];

/// The ends of a line, which belong to it alone.
const ENDS: [&str; 4] = ["x1", "x2", "y1", "y2"];

/// The drawing with a stamp that says what it was drawn from, and with words for
/// those who do not see it.
///
/// # Errors
/// If it is no SVG.
pub fn tidy(
    drawing: &str,
    id: &str,
    stamp: &str,
    (title, description): &(String, String),
) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = drawing;
    let mut is_first = true;
    while let Some(start) = rest.find('<') {
        push_text(&mut text, &rest[..start]);
        rest = &rest[start..];
        if let Some(after) = skipped(rest, drawing) {
            rest = after;
            continue;
        }
        let end = rest.find('>').ok_or("a tag without an end")? + 1;
        let tag = &rest[..end];
        rest = &rest[end..];
        if is_first {
            let width = width(tag).ok_or("a drawing without a size")?;
            is_first = false;
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "<svg {} width=\"{width}\" role=\"img\" data-drawn=\"{stamp}\" \
                 aria-labelledby=\"{id}-title {id}-words\">\n\
                 <title id=\"{id}-title\">{}</title>\n\
                 <desc id=\"{id}-words\">{}</desc>",
                kept(tag, &["id", "xmlns", "viewBox"]),
                escaped(title),
                escaped(description),
            );
        } else if tag.starts_with("</") {
            text.push_str(tag);
        } else {
            push_element(&mut text, tag);
        }
    }
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty()).collect();
    Ok(lines.join("\n") + "\n")
}

/// Behind an element that is left out: a style, a definition that nothing uses, an
/// empty group.
fn skipped<'a>(rest: &'a str, drawing: &str) -> Option<&'a str> {
    if rest.starts_with("<style") {
        return behind(rest, "</style>");
    }
    if let Some(after) = rest.strip_prefix("<g/>") {
        return Some(after);
    }
    if !rest.starts_with("<defs>") {
        return None;
    }
    let after = behind(rest, "</defs>")?;
    let whole = &rest[..rest.len() - after.len()];
    let id = whole.split(" id=\"").nth(1)?.split('"').next()?;
    let used = drawing.contains(&format!("marker-end=\"url(#{id})\""))
        || drawing.contains(&format!("marker-start=\"url(#{id})\""));
    (!used).then_some(after)
}

fn behind<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.find(end).map(|at| &text[at + end.len()..])
}

fn push_text(text: &mut String, words: &str) {
    if !words.trim().is_empty() {
        text.push_str(words);
    }
}

/// An element on a line of its own; parts of a text stay in its line.
fn push_element(text: &mut String, tag: &str) {
    if !tag.starts_with("<tspan") {
        text.push('\n');
    }
    let name_end = tag.find([' ', '/', '>']).unwrap_or(tag.len());
    let name = &tag[..name_end];
    let attributes = match name {
        "<line" => kept(tag, &[&KEPT[..], &ENDS].concat()),
        // Other ids are the same in every drawing, and nothing refers to them.
        "<marker" => kept(tag, &[&KEPT[..], &["id"]].concat()),
        _ => kept(tag, &KEPT),
    };
    text.push_str(name);
    if !attributes.is_empty() {
        text.push(' ');
        text.push_str(&attributes);
    }
    // For a reader of the file alone; the book's style sheet says more.
    match name {
        "<rect" => text.push_str(" fill=\"none\" stroke=\"currentColor\""),
        "<line" => {
            text.push_str(" stroke=\"currentColor\"");
            if tag.contains("messageLine1") {
                text.push_str(" stroke-dasharray=\"4 3\"");
            }
        }
        "<path" => {
            text.push_str(" fill=\"currentColor\" stroke=\"currentColor\"");
        }
        "<text" => {
            text.push_str(" fill=\"currentColor\"");
            if !tag.contains(" text-anchor=") {
                text.push_str(" text-anchor=\"middle\"");
            }
        }
        _ => {}
    }
    text.push_str(if tag.ends_with("/>") { "/>" } else { ">" });
}

/// The attributes of a tag that are among `names`.
fn kept(tag: &str, names: &[&str]) -> String {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let name = before.rsplit([' ', '"']).next().unwrap_or_default();
        let Some((value, after)) = after.split_once('"') else { break };
        if names.contains(&name) {
            found.push(format!("{name}=\"{value}\""));
        }
        rest = after;
    }
    found.join(" ")
}

/// The third number of the view box.
fn width(tag: &str) -> Option<&str> {
    tag.split_once("viewBox=\"")?.1.split('"').next()?.split(' ').nth(2)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
