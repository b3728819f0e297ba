//! What was recorded at the sockets: transcripts and sequence diagrams.

use std::path::PathBuf;

use crate::highlight::escape;
use crate::render::Format;
use crate::repository::Repository;

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
/// If the text or the drawing is missing.
pub fn sequence(
    repository: &Repository,
    name: &str,
    format: Format,
) -> Result<String, String> {
    let text = snapshot(repository, &format!("{name}.mmd.snap"))?;
    let body = match format {
        Format::Markdown => format!("````mermaid\n{}\n````\n", text.trim_end()),
        Format::Html => {
            let drawing = read(repository, &format!("{name}.svg"))?;
            if drawing.lines().any(|line| line.trim().is_empty()) {
                return Err(format!(
                    "{name}.svg has blank lines, which end the drawing"
                ));
            }
            drawing
        }
    };
    Ok(figure(format, "sequence", &format!("Recorded: {name}"), &body))
}

fn figure(format: Format, class: &str, caption: &str, body: &str) -> String {
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
fn snapshot(repository: &Repository, name: &str) -> Result<String, String> {
    let text = read(repository, name)?;
    let body =
        text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    Ok(body.map(|(_, body)| body.to_owned()).unwrap_or(text))
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
