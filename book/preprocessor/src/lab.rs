//! What a reader types in the lab, and what it prints: a script, and the recording
//! that the lab has made of it.

use crate::recording::{self, figure};
use crate::render::Format;
use crate::repository::Repository;

/// What stands before a command in the lab.
const PROMPT: &str = "lab> ";

/// How the first line of a script begins: the command that starts its lab.
const START: &str = "# cargo xtask lab ";

/// The command that starts the lab, and what is typed and printed in it.
///
/// # Errors
/// If script or recording are missing, or do not belong together.
pub fn session(
    repository: &Repository,
    name: &str,
    format: Format,
) -> Result<String, String> {
    let script = script(repository, name)?;
    let start = script.lines().next().and_then(|line| line.strip_prefix(START));
    let start = start.ok_or_else(|| {
        format!("the first line of {name}.lab must begin with `{START}`")
    })?;
    let text = recording::snapshot(repository, &format!("{name}.lab.snap"))?;
    compare(name, &script, &text)?;
    let body = format!("````text\n{}\n````\n", text.trim_end());
    let caption = format!("Recorded: {name}; --script {name} runs it again");
    let figure = figure(format, "transcript lab", &caption, &body);
    Ok(format!("```console\ncargo xtask lab {start}\n```\n\n{figure}"))
}

fn script(repository: &Repository, name: &str) -> Result<String, String> {
    let path = repository.book().join("recordings").join(format!("{name}.lab"));
    std::fs::read_to_string(path).map_err(|_| format!("no script {name}.lab"))
}

/// The recording must show the commands of the script, in their order.
fn compare(name: &str, script: &str, text: &str) -> Result<(), String> {
    let is_command = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let typed = script.lines().map(str::trim).filter(is_command);
    let shown = text.lines().filter_map(|line| line.strip_prefix(PROMPT));
    match typed.eq(shown) {
        true => Ok(()),
        false => {
            let help = "cargo test -p suite --test lab_scripts";
            Err(format!("{name}.lab was changed after its recording: {help}"))
        }
    }
}
