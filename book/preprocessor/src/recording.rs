//! What was recorded at the sockets: transcripts and sequence diagrams.

use std::path::PathBuf;

use crate::diagram::{self, Diagram};
use crate::highlight::escape;
use crate::page::Page;
use crate::render::Format;
use crate::repository::Repository;

/// What stands in the head of a snapshot that the recorder has written.
const RECORDER: &str = "source: tests/src/recorder";

/// A transcript, as a block.
///
/// # Errors
/// If there is no such recording.
pub fn transcript(
    repository: &Repository,
    name: &str,
    format: Format,
) -> Result<String, String> {
    let text = snapshot(repository, &format!("{name}.snap"))?;
    let body = format!("````text\n{}\n````\n", text.trim_end());
    Ok(figure(format, "transcript", &format!("Recorded: {name}"), &body))
}

/// A sequence diagram: the drawing for a browser, its text for a reviewer, whose
/// site draws it.
///
/// # Errors
/// If the text is missing, or the drawing is missing or stale.
pub fn sequence(
    repository: &Repository,
    name: &str,
    format: Format,
) -> Result<String, String> {
    let diagram = Diagram::recorded(repository, name)?;
    diagram_figure(&diagram, &format!("Recorded: {name}"), format)
}

/// A diagram whose text stands on the page: nobody recorded it, and it says so.
///
/// # Errors
/// If the drawing is missing or stale, or the caption says something else.
pub fn drawn(
    repository: &Repository,
    caption: &str,
    text: &str,
    format: Format,
) -> Result<String, String> {
    if caption.to_lowercase().contains("recorded") {
        return Err("this is drawn; only a recording is called recorded".into());
    }
    let caption = match caption {
        "" => "Drawn".to_owned(),
        _ => format!("Drawn: {caption}"),
    };
    diagram_figure(&Diagram::drawn(repository, text), &caption, format)
}

fn diagram_figure(
    diagram: &Diagram,
    caption: &str,
    format: Format,
) -> Result<String, String> {
    let body = match format {
        Format::Markdown => {
            format!("````mermaid\n{}\n````\n", diagram.text.trim_end())
        }
        Format::Html => diagram.drawing()?,
    };
    Ok(figure(format, "sequence", caption, &body))
}

/// The names of all recordings, `03/NAME`, `03/NAME.mmd` and `03/NAME.lab`.
pub fn names(repository: &Repository) -> Vec<String> {
    named(repository, "snap")
}

/// The names of those that have changed and were not accepted yet.
pub fn pending(repository: &Repository) -> Vec<String> {
    named(repository, "snap.new")
}

fn named(repository: &Repository, ending: &str) -> Vec<String> {
    let folder = repository.book().join("recordings");
    let files = diagram::files(&folder, ending).into_iter();
    let names = files.filter_map(|file| {
        let inside = file.strip_prefix(&folder).ok()?.to_str()?.replace('\\', "/");
        Some(inside.strip_suffix(&format!(".{ending}"))?.to_owned())
    });
    names.collect()
}

/// The directive that shows a recording of this name.
pub fn directive(name: &str) -> String {
    let (kind, name) = match name.rsplit_once('.') {
        Some((name, "mmd")) => ("sequence", name),
        Some((name, "lab")) => ("lab", name),
        _ => ("transcript", name),
    };
    format!("{{{{{kind} {name}}}}}")
}

/// The pages that show a recording.
pub fn shown_on(name: &str, pages: &[Page]) -> Vec<String> {
    let directive = directive(name);
    let shows =
        |page: &&Page| page.source.lines().any(|line| line.trim() == directive);
    pages.iter().filter(shows).map(|page| page.name.clone()).collect()
}

pub(crate) fn figure(
    format: Format,
    class: &str,
    caption: &str,
    body: &str,
) -> String {
    let body = body.trim_end();
    match format {
        Format::Html => format!(
            "<figure class=\"recording {class}\">\n\n{body}\n\n<figcaption>{}\
             </figcaption>\n</figure>\n\n",
            escape(caption)
        ),
        Format::Markdown => format!("{body}\n\n*{caption}*\n\n"),
    }
}

/// A snapshot without the header that insta writes above it.
///
/// # Errors
/// If there is none, or nothing was recorded in it.
pub(crate) fn snapshot(
    repository: &Repository,
    name: &str,
) -> Result<String, String> {
    let text = read(repository, name)?;
    let parts =
        text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    match parts {
        Some((head, body))
            if head.lines().any(|line| line.starts_with(RECORDER)) =>
        {
            Ok(body.to_owned())
        }
        _ => Err(format!("{name} was not written by the recorder")),
    }
}

fn read(repository: &Repository, name: &str) -> Result<String, String> {
    let path: PathBuf = repository.book().join("recordings").join(name);
    std::fs::read_to_string(&path).map_err(|_| {
        let folder = path.parent().map(std::fs::read_dir);
        let names = folder.into_iter().flatten().flatten().flatten();
        let mut known: Vec<String> = names
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        known.sort();
        match known.is_empty() {
            true => format!("no recording {name}, and none beside it"),
            false => format!("no recording {name}; there is {}", known.join(", ")),
        }
    })
}
