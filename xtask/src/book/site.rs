//! The built site: its links, and what is inside a page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::{Error, workspace};

/// Where mdBook puts the site.
pub fn folder() -> PathBuf {
    workspace::root().join("target/book/site")
}

/// A page of the site, as far as its links need it.
#[derive(Debug, Default)]
struct Links {
    /// The names that a link to this page may have behind `#`.
    anchors: BTreeSet<String>,
    /// Where its own links lead.
    targets: Vec<String>,
}

/// Returns what is wrong with the links of all pages in a folder: a link to a file that
/// is not there, or to an anchor that its page does not have. Links to other sites are
/// not followed.
///
/// # Errors
/// If a page cannot be read.
pub fn faults(site: &Path) -> Result<Vec<String>, Error> {
    let mut pages = BTreeMap::new();
    for path in html_files(site)? {
        let links = links(&std::fs::read_to_string(&path)?);
        pages.insert(path, links);
    }
    let mut faults = Vec::new();
    for (page, links) in &pages {
        for target in &links.targets {
            if let Some(fault) = fault(page, target, &pages) {
                let page = page.strip_prefix(site).unwrap_or(page);
                faults.push(format!("{}: {target}: {fault}", page.display()));
            }
        }
    }
    Ok(faults)
}

fn fault(
    page: &Path,
    target: &str,
    pages: &BTreeMap<PathBuf, Links>,
) -> Option<&'static str> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match path {
        "" => page.to_owned(),
        path => normal(&page.parent()?.join(path)),
    };
    if !file.is_file() {
        return Some("there is no such file");
    }
    let known = pages.get(&file)?;
    let is_there = anchor.is_empty() || known.anchors.contains(anchor);
    (!is_there).then_some("the page has no such anchor")
}

/// The path without `..`, which has to lead to the same file on every server.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

fn html_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(html_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            files.push(path);
        }
    }
    Ok(files)
}

fn links(html: &str) -> Links {
    let mut links = Links::default();
    let tags = tags(html).filter(|tag| !tag.starts_with("base "));
    for tag in tags {
        if let Some(id) = attribute(tag, "id") {
            links.anchors.insert(id.to_owned());
        }
        let targets = ["href", "src"].into_iter();
        let targets = targets.filter_map(|name| attribute(tag, name));
        links.targets.extend(targets.filter(|to| is_local(to)).map(str::to_owned));
    }
    links
}

/// A link that this site itself must be able to follow.
fn is_local(target: &str) -> bool {
    let elsewhere = ["http:", "https:", "mailto:", "data:", "//"];
    !target.is_empty() && !elsewhere.iter().any(|start| target.starts_with(start))
}

/// The start tags of a page, between their brackets. Scripts have none.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let mut in_script = false;
    html.split('<').skip(1).filter_map(move |rest| {
        let (tag, _) = rest.split_once('>')?;
        let was_in_script = in_script;
        in_script = match tag {
            "/script" => false,
            tag => in_script || tag.starts_with("script"),
        };
        (!was_in_script && !tag.starts_with('/')).then_some(tag)
    })
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// The lines of a page that name its style sheets, but for those of dark themes, which
/// a script would turn off.
pub fn style_sheets(page: &str) -> String {
    let is_dark = |line: &str| {
        ["tomorrow-night", "ayu"].iter().any(|theme| line.contains(theme))
    };
    let is_style =
        |line: &&str| line.contains("<link rel=\"stylesheet\"") && !is_dark(line);
    let lines = page.lines().filter(is_style);
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

/// The title of a page.
pub fn title(page: &str) -> &str {
    between(page, "<title>", "</title>")
}

/// The description of the book.
pub fn description(page: &str) -> &str {
    between(page, "<meta name=\"description\" content=\"", "\"")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// The faults of a site of two pages, of which the first one has this body.
    fn faults_of(body: &str) -> Vec<String> {
        let site = TempDir::new().unwrap();
        std::fs::create_dir(site.path().join("sub")).unwrap();
        std::fs::write(site.path().join("index.html"), body).unwrap();
        let other = r#"<h1 id="there">There</h1> <a href="../index.html">back</a>"#;
        std::fs::write(site.path().join("sub/other.html"), other).unwrap();
        faults(site.path()).unwrap()
    }

    #[test]
    fn links_that_lead_somewhere_have_no_faults() {
        let body = r##"<a href="sub/other.html#there">x</a> <p id="here">
            <a href="#here">y</a> <a href="https://example.com/#nothing">z</a>
            <script>const text = '<a href="not-a-link">';</script>"##;
        assert_eq!(faults_of(body), [""; 0]);
    }

    #[test]
    fn a_link_to_no_file_and_one_to_no_anchor_are_named() {
        let body = r##"<a href="sub/gone.html">x</a> <img src="gone.svg">
            <a class="y" href="sub/other.html#elsewhere">y</a> <a href="#nowhere">"##;
        let faults = faults_of(body);
        let expected = [
            "index.html: sub/gone.html: there is no such file",
            "index.html: gone.svg: there is no such file",
            "index.html: sub/other.html#elsewhere: the page has no such anchor",
            "index.html: #nowhere: the page has no such anchor",
        ];
        assert_eq!(faults, expected);
    }
}
