//! What stands in double braces on a line of a page.

/// A directive; steps change the reader's crate, the others only show.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// `{{add …}}`
    Add(Target),
    /// `{{change …}}`
    Change(Target),
    /// `{{move … to …}}`
    Move(Target, Target),
    /// `{{remove …}}`
    Remove(Target),
    /// `{{dependency …}}`
    Dependency(Vec<String>),
    /// `{{reveal …}}`
    Reveal(Target),
    /// `{{stub …}}`
    Stub(Target),
    /// `{{yours … to pass …}}`: the items, and the tests that are red without them.
    Yours(Target, Target),
    /// `{{given …}}`
    Given(Target),
    /// `{{pattern …}}`
    Pattern(Target),
    /// `{{checkpoint}}`
    Checkpoint,
    /// `{{unchanged …}}`
    Unchanged(String),
    /// `{{code … in …}}`
    Code(Target, Option<String>),
    /// `{{swap … in … with …}}`
    Swap(Target, String, Target),
    /// `{{changes NN}}`
    Changes(String),
    /// `{{modules}}`
    Modules,
    /// `{{transcript NN/NAME}}`
    Transcript(String),
    /// `{{lab NN/NAME}}`
    Lab(String),
    /// `{{sequence NN/NAME}}`
    Sequence(String),
    /// A fenced block of Mermaid: what stands behind that word, and the block.
    Drawing(String, String),
    /// `{{exercise NN/NAME}}`
    Exercise(String),
}

/// A file, or items of it. For `given` also a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The path inside the crate.
    pub file: String,
    /// Names of items; none for the whole file.
    pub items: Vec<String>,
}

const KNOWN: &str = "add, change, move, remove, dependency, reveal, stub, yours, \
                     given, pattern, checkpoint, unchanged, code, swap, changes, modules, \
                     transcript, lab, sequence, exercise";

impl Directive {
    /// Reads a line of a page: `None` if it holds no directive of ours.
    ///
    /// # Errors
    /// If it is one that we do not know, or one without what it needs.
    pub fn parse(line: &str) -> Option<Result<Self, String>> {
        let inside = line.trim().strip_prefix("{{")?;
        // Those of mdBook itself.
        if inside.trim_start().starts_with(['#', '/']) {
            return None;
        }
        let Some(inside) = inside.strip_suffix("}}") else {
            return Some(Err("a directive stands alone on its line".into()));
        };
        let (word, rest) = match inside.trim().split_once(char::is_whitespace) {
            Some((word, rest)) => (word, rest.trim()),
            None => (inside.trim(), ""),
        };
        Some(Self::read(word, rest))
    }

    /// Whether a line holds a directive in the middle of other words.
    pub fn is_misplaced(line: &str) -> bool {
        let outside_code = line.split('`').step_by(2);
        let open = |part: &str| {
            let words = part.split("{{").skip(1);
            let known = |rest: &str| {
                KNOWN.split(", ").any(|word| rest.trim_start().starts_with(word))
            };
            words.into_iter().any(known)
        };
        let mut parts = outside_code;
        parts.any(open)
    }

    fn read(word: &str, rest: &str) -> Result<Self, String> {
        let needed = |what: &str| match rest {
            "" => Err(format!("`{word}` needs {what}")),
            _ => Ok(rest.to_owned()),
        };
        Ok(match word {
            "add" => Self::Add(Target::parse(&needed("a file")?)),
            "change" => Self::Change(Target::parse(&needed("a file")?)),
            "remove" => Self::Remove(Target::parse(&needed("a file")?)),
            "reveal" => Self::Reveal(Target::parse(&needed("a file")?)),
            "stub" => Self::Stub(Target::parse(&needed("items of a file")?)),
            "yours" => {
                let (item, tests) = rest.split_once(" to pass ").ok_or(
                    "`yours` needs tests: FILE#ITEM to pass tests/FILE#NAME",
                )?;
                Self::Yours(Target::parse(item), Target::parse(tests))
            }
            "given" => Self::Given(Target::parse(&needed("a file or folder")?)),
            "pattern" => {
                let at = Target::parse(&needed("items of a file")?);
                if at.items.is_empty() {
                    return Err("`pattern` names items: FILE#ITEM".into());
                }
                Self::Pattern(at)
            }
            "move" => {
                let (from, to) = rest
                    .split_once(" to ")
                    .ok_or("`move` needs two places: FILE#ITEM to FILE")?;
                Self::Move(Target::parse(from), Target::parse(to))
            }
            "dependency" => {
                let names = needed("a name")?;
                Self::Dependency(
                    names.split(',').map(|n| n.trim().to_owned()).collect(),
                )
            }
            "checkpoint" if rest.is_empty() => Self::Checkpoint,
            "modules" if rest.is_empty() => Self::Modules,
            "unchanged" => Self::Unchanged(needed("a file or folder")?),
            "code" => match rest.rsplit_once(" in ") {
                Some((target, place)) => {
                    Self::Code(Target::parse(target), Some(place.trim().to_owned()))
                }
                None => Self::Code(Target::parse(&needed("a file")?), None),
            },
            "swap" => {
                let missing =
                    "`swap` needs two places: FILE#ITEM in NN with FILE#ITEM";
                let (old, new) = rest.split_once(" with ").ok_or(missing)?;
                let (old, place) = old.rsplit_once(" in ").ok_or(missing)?;
                let place = place.trim().to_owned();
                Self::Swap(Target::parse(old), place, Target::parse(new))
            }
            "changes" => Self::Changes(needed("a chapter's number")?),
            "transcript" => Self::Transcript(needed("a recording, 03/NAME")?),
            "lab" => Self::Lab(needed("a script, 05/NAME")?),
            "sequence" => Self::Sequence(needed("a recording, 03/NAME")?),
            "exercise" => Self::Exercise(needed("an exercise, 03/NAME")?),
            _ => return Err(format!("no directive `{word}`; there is {KNOWN}")),
        })
    }

    /// The files that a step changes by name.
    pub fn touches(&self) -> Vec<&str> {
        match self {
            Self::Add(at)
            | Self::Change(at)
            | Self::Remove(at)
            | Self::Stub(at)
            | Self::Yours(at, _)
            | Self::Reveal(at) => {
                vec![&at.file]
            }
            Self::Move(from, to) => vec![&from.file, &to.file],
            Self::Dependency(_) => vec!["Cargo.toml"],
            _ => Vec::new(),
        }
    }
}

impl Target {
    fn parse(text: &str) -> Self {
        match text.trim().split_once('#') {
            Some((file, items)) => {
                Self { file: file.trim().to_owned(), items: split(items) }
            }
            None => Self { file: text.trim().to_owned(), items: Vec::new() },
        }
    }
}

/// Splits at the commas that are not inside brackets: `impl From<A, B> for C`
/// is one name.
fn split(items: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0;
    for c in items.chars() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        match (c, names.last_mut()) {
            (',', _) if depth == 0 => names.push(String::new()),
            (_, Some(name)) => name.push(c),
            _ => {}
        }
    }
    names.iter().map(|name| name.trim().to_owned()).collect()
}
