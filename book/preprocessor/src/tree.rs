//! The files of one crate, as texts.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// The files of a crate by their paths inside it, with `/` between folders.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Tree {
    /// Path to text.
    pub files: BTreeMap<String, String>,
}

/// The names that a crate goes by: they differ from chapter to chapter where
/// the code does not.
#[derive(Debug)]
struct Names {
    package: String,
    library: String,
    description: Option<String>,
}

impl Tree {
    /// Reads all files below `folder`, except build results and what is hidden.
    ///
    /// # Errors
    /// If a file cannot be read or is not text.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut tree = Self::default();
        tree.collect(folder, "")?;
        Ok(tree)
    }

    fn collect(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let failed = |error| format!("cannot read {}: {error}", folder.display());
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let left_out = ["target", "Cargo.lock"].contains(&name.as_str())
                || name.starts_with('.')
                || name.ends_with(".snap.new");
            if left_out {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                self.collect(&path, &format!("{prefix}{name}/"))?;
            } else {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                self.files.insert(format!("{prefix}{name}"), text);
            }
        }
        Ok(())
    }

    /// Makes `folder` hold these files; what else is there stays.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        for (name, text) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            // A file that is as it was keeps its time, and cargo its result.
            if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
                std::fs::write(path, text)?;
            }
        }
        Ok(())
    }

    /// A file's text.
    pub fn get(&self, file: &str) -> Option<&str> {
        self.files.get(file).map(String::as_str)
    }

    /// A number that is equal for equal trees.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The package's name in `Cargo.toml`.
    pub fn package(&self) -> Option<String> {
        Some(Names::of(self)?.package)
    }

    /// The same tree as if its crate had the name and description of `other`.
    pub fn named_like(&self, other: &Tree) -> Tree {
        self.renamed(self, other)
    }

    /// The same tree with the names of the crate `from` turned into those of `to`.
    pub fn renamed(&self, from: &Tree, to: &Tree) -> Tree {
        let (Some(from), Some(to)) = (Names::of(from), Names::of(to)) else {
            return self.clone();
        };
        let mut renamed = self.clone();
        for (file, text) in &mut renamed.files {
            let paths =
                [(format!("{}::", from.library), format!("{}::", to.library))];
            // `ch03-sessions` is a name that nothing else has; `final` is a word.
            let unique = from.package.contains('-') && to.package.contains('-');
            let package =
                unique.then(|| (from.package.clone(), to.package.clone()));
            for (old, new) in paths.into_iter().chain(package) {
                *text = text.replace(&old, &new);
            }
            if file == "Cargo.toml" {
                let line =
                    |key: &str, value: &str| format!("{key} = \"{value}\"\n");
                let (old, new) = (&from.package, &to.package);
                *text = text.replace(&line("name", old), &line("name", new));
                let (old, new) = (&from.library, &to.library);
                *text = text.replace(&line("name", old), &line("name", new));
                if let (Some(old), Some(new)) = (&from.description, &to.description)
                {
                    let (old, new) =
                        (line("description", old), line("description", new));
                    *text = text.replace(&old, &new);
                }
            }
        }
        renamed
    }
}

impl Names {
    fn of(tree: &Tree) -> Option<Self> {
        let manifest = tree.get("Cargo.toml")?;
        let package = value(manifest, "package", "name")?;
        let library = value(manifest, "lib", "name")
            .unwrap_or_else(|| package.replace('-', "_"));
        let description = value(manifest, "package", "description");
        Some(Self { package, library, description })
    }
}

/// The text value of `key` in `[table]`.
fn value(manifest: &str, table: &str, key: &str) -> Option<String> {
    let header = format!("[{table}]");
    let inside = manifest.lines().skip_while(|line| line.trim() != header).skip(1);
    let mut lines = inside.take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })
}
