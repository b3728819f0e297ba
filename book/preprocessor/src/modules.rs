//! The picture of a chapter's modules: what is new, and what has changed.

use crate::highlight::escape;
use crate::render::Format;
use crate::tree::Tree;

/// A row of the table in `lib.rs`: modules of one layer, and what they are about.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The modules with what became of them.
    pub modules: Vec<(String, Fate)>,
    /// What they are about.
    pub about: String,
}

/// What a chapter has done to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not there before.
    New,
    /// Some of its files differ.
    Changed,
    /// It is as it was.
    Same,
}

impl Fate {
    /// For a style sheet, and for a reader who sees no colours.
    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// The layers of a crate, from the top down, as its `lib.rs` lists them.
///
/// # Errors
/// If `lib.rs` has no such table.
pub fn layers(base: &Tree, target: &Tree) -> Result<Vec<Layer>, String> {
    let docs = target.get("src/lib.rs").ok_or("the crate has no src/lib.rs")?;
    let rows = docs.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let layers: Vec<Layer> =
        rows.filter_map(|row| layer(row, base, target)).collect();
    match layers.is_empty() {
        true => Err("src/lib.rs has no table of modules".into()),
        false => Ok(layers),
    }
}

/// `http`], [`stdio`] | the two transports |
fn layer(row: &str, base: &Tree, target: &Tree) -> Option<Layer> {
    let (names, about) = row.split_once(" | ")?;
    let names = names.trim_end_matches("`]").split("`], [`");
    let modules = names.map(|name| (name.to_owned(), fate(name, base, target)));
    let about = about.trim_end_matches(" |").replace("[`", "`").replace("`]", "`");
    Some(Layer { modules: modules.collect(), about })
}

fn fate(name: &str, base: &Tree, target: &Tree) -> Fate {
    let (file, folder) = (format!("src/{name}.rs"), format!("src/{name}/"));
    let of = |tree: &Tree| -> Tree {
        let files = tree.files.iter();
        let mine =
            files.filter(|(path, _)| **path == file || path.starts_with(&folder));
        Tree {
            files: mine.map(|(path, text)| (path.clone(), text.clone())).collect(),
        }
    };
    match (of(base), of(target)) {
        (old, _) if old.files.is_empty() => Fate::New,
        (old, new) if old != new => Fate::Changed,
        _ => Fate::Same,
    }
}

/// The picture. It is drawn by the machine, from the files.
pub fn render(layers: &[Layer], format: Format) -> String {
    let caption = "Drawn from the files of this chapter. A module imports only from those \
                   below it.";
    match format {
        Format::Html => {
            let rows: String = layers.iter().map(row).collect();
            format!(
                "<figure class=\"modules\">\n<table>\n{rows}</table>\n\
                 <figcaption>{caption}</figcaption>\n</figure>\n\n"
            )
        }
        Format::Markdown => {
            let mut text =
                String::from("| module | what it is about |\n|---|---|\n");
            for layer in layers {
                let module = |(name, fate): &(String, Fate)| match fate {
                    Fate::Same => format!("`{name}`"),
                    _ => format!("**`{name}`** *{}*", fate.word()),
                };
                let modules: Vec<String> =
                    layer.modules.iter().map(module).collect();
                let modules = modules.join(", ");
                text.push_str(&format!("| {modules} | {} |\n", layer.about));
            }
            format!("{text}\n*{caption}*\n\n")
        }
    }
}

fn row(layer: &Layer) -> String {
    let module = |(name, fate): &(String, Fate)| {
        let word = match fate {
            Fate::Same => String::new(),
            _ => format!(" <small>{}</small>", fate.word()),
        };
        format!(
            "<span class=\"module {}\"><code>{}</code>{word}</span>",
            fate.word(),
            escape(name)
        )
    };
    let modules: String = layer.modules.iter().map(module).collect();
    let about = escape(&layer.about.replace('`', ""));
    format!("<tr><td>{modules}</td><td>{about}</td></tr>\n")
}
