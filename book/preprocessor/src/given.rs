//! What a page must say of the code that it gives: each file of some length has its
//! name in the prose, and one of its items shown. The last page gives whole modules,
//! and there a module stands for its files.

use std::collections::BTreeMap;

use crate::directive::Directive;
use crate::page::Page;
use crate::prose;
use crate::replay::Replay;

/// With more given lines than these, a file or module is named and walked.
pub const UNSPOKEN: usize = 25;

/// Of which a page must speak: a file.
pub fn file(file: &str) -> &str {
    file
}

/// Of which the last page must speak: `src/http` is also `src/http.rs`, and all files
/// of the folder.
pub fn module(file: &str) -> &str {
    let Some(inside) = file.strip_prefix("src/") else { return file };
    let end = inside.find(['/', '.']).unwrap_or(inside.len());
    &file[.."src/".len() + end]
}

/// What is missing, in sentences. `steps` are all directives of the page.
pub fn faults(
    page: &Page,
    replay: &Replay,
    steps: &[Directive],
    unit: fn(&str) -> &str,
) -> Vec<String> {
    let mut units: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, counts) in &page.figures.files {
        *units.entry(unit(file)).or_default() += counts.given;
    }
    units.retain(|_, lines| *lines > UNSPOKEN);
    let mut faults = Vec::new();
    for (name, lines) in units {
        let what = format!("{name} is given with {lines} new lines");
        if !is_named(&page.source, name, unit) {
            faults.push(format!("{what}, and the prose does not name it"));
        }
        let walks = |step: &Directive| match step {
            Directive::Code(at, None) | Directive::Swap(_, _, at) => {
                unit(&at.file) == name && replay.gives_of(at)
            }
            _ => false,
        };
        if !steps.iter().any(walks) {
            faults.push(format!(
                "{what}, and no given item of it is walked: {{{{code {name}#ITEM}}}}"
            ));
        }
    }
    faults
}

/// Whether the prose has the path as code, with `src/` or without.
fn is_named(source: &str, name: &str, unit: fn(&str) -> &str) -> bool {
    let is_it = |code: &str| {
        let code = code.trim_end_matches('/');
        unit(code) == name || unit(&format!("src/{code}")) == name
    };
    let lines = prose::lines(source);
    lines.iter().any(|(_, line)| line.split('`').skip(1).step_by(2).any(is_it))
}
