//! What a page must say of the code that it gives: each file of some length has its
//! name in the prose, and one of its items shown.

use crate::directive::Directive;
use crate::figures::Figures;
use crate::prose;
use crate::replay::Replay;

/// A given file with more new lines than these is named and walked.
pub const UNSPOKEN: usize = 25;

/// What is missing, in sentences. `steps` are all directives of the page.
pub fn faults<'a>(
    source: &str,
    figures: &Figures,
    replay: &Replay,
    steps: impl Iterator<Item = &'a Directive> + Clone,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, counts) in &figures.files {
        if counts.given <= UNSPOKEN {
            continue;
        }
        let what = format!("{file} is given with {} new lines", counts.given);
        if !is_named(source, file) {
            faults.push(format!("{what}, and the prose does not name it"));
        }
        let walks = |step: &Directive| match step {
            Directive::Code(at, None) => at.file == *file && replay.gives_of(at),
            _ => false,
        };
        if !steps.clone().any(walks) {
            faults.push(format!(
                "{what}, and no given item of it is walked: {{{{code {file}#ITEM}}}}"
            ));
        }
    }
    faults
}

/// Whether the prose has the path as code, with `src/` or without.
fn is_named(source: &str, path: &str) -> bool {
    let short = path.strip_prefix("src/").unwrap_or(path);
    let is_it = |code: &str| {
        let code = code.trim_end_matches('/');
        code == path || code == short
    };
    let lines = prose::lines(source);
    lines.iter().any(|(_, line)| line.split('`').skip(1).step_by(2).any(is_it))
}
