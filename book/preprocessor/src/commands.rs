//! Commands that a reader pastes: they must work in bash and in zsh.

use crate::page::Problem;
use crate::prose::opens_fence;

/// A block of commands.
#[derive(Clone, Debug, PartialEq)]
pub struct Commands {
    /// The line of its first command, from 1.
    pub line: usize,
    /// The commands.
    pub text: String,
}

/// The languages of blocks that are pasted into a shell.
const SHELLS: [&str; 3] = ["console", "bash", "sh"];

/// The blocks of commands on a page.
pub fn blocks(source: &str) -> Vec<Commands> {
    let mut found: Vec<Commands> = Vec::new();
    let mut open: Option<(String, bool)> = None;
    for (index, line) in source.lines().enumerate() {
        match &open {
            Some((fence, _)) if line.trim().starts_with(fence.as_str()) => {
                open = None;
            }
            Some((_, true)) => {
                if let Some(block) = found.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            Some(_) => {}
            None => {
                open = opens_fence(line.trim()).map(|fence| {
                    let language = line.trim().trim_start_matches(&fence).trim();
                    let is_shell = SHELLS.contains(&language);
                    (fence, is_shell)
                });
                if let Some((_, true)) = open {
                    let (line, text) = (index + 2, String::new());
                    found.push(Commands { line, text });
                }
            }
        }
    }
    found
}

/// What would not work in both shells.
pub fn check(page: &str, source: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for block in blocks(source) {
        let bare = without_quoted(&block.text);
        for (index, (line, bare)) in
            block.text.lines().zip(bare.lines()).enumerate()
        {
            let Some(message) = fault(bare) else { continue };
            let (page, directive) = (page.to_owned(), line.trim().to_owned());
            let line = block.line + index;
            let message = message.to_owned();
            problems.push(Problem { page, line, directive, message });
        }
    }
    problems
}

/// What is wrong with a line whose quoted parts are taken out.
fn fault(bare: &str) -> Option<&'static str> {
    let words: Vec<&str> = bare.split_whitespace().collect();
    if words.iter().any(|word| word.starts_with('#')) {
        return Some(
            "zsh takes a comment for words of the command: say it in prose",
        );
    }
    let list = match words.as_slice() {
        ["for", _, "in", list @ ..] | ["set", "--", list @ ..] => list,
        _ => &[],
    };
    let is_split = |word: &&str| {
        let name = word.trim_start_matches('$').trim_start_matches('{');
        word.starts_with('$') && name.starts_with(|c: char| c.is_alphabetic())
    };
    if list.iter().any(is_split) {
        return Some("zsh does not split a variable into words: quote it");
    }
    let is_pattern =
        |word: &&str| word.contains(['*', '?']) && !word.contains("$?");
    if words.iter().any(is_pattern) {
        return Some("zsh refuses a pattern that fits no file: quote it");
    }
    None
}

/// The commands with `Q` for each quoted text; the lines stay.
fn without_quoted(text: &str) -> String {
    let mut bare = String::new();
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match quote {
            Some(_) if c == '\n' => bare.push(c),
            Some(open) if c == open => quote = None,
            Some('"') if c == '\\' => drop(characters.next()),
            Some(_) => {}
            None if c == '\'' || c == '"' => {
                bare.push('Q');
                quote = Some(c);
            }
            None => bare.push(c),
        }
    }
    bare
}
