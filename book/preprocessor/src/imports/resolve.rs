//! Whether what a `use` or `mod` line names is there by now.

use super::Ride;
use super::leaf::Leaf;

impl Ride<'_> {
    /// Whether the file of `mod name` is there.
    pub(super) fn module_is_there(&self, line: &str) -> bool {
        let name = line.trim_start_matches("mod ");
        let folder = module_folder(self.file);
        let files =
            [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
        files.iter().any(|file| self.now.files.contains_key(file))
    }

    /// Whether what a `use` names is there by now: for the crate's own modules the
    /// word in their file, for others the dependency.
    pub(super) fn resolves(&self, leaf: &Leaf) -> bool {
        let path = leaf.path.split(" as ").next().unwrap_or_default();
        let segments: Vec<&str> = path.split("::").collect();
        let mut here = module_path(self.file);
        let mut rest = segments.as_slice();
        match segments.as_slice() {
            ["std" | "core" | "alloc", ..] => return true,
            ["self", ..] => rest = &segments[1..],
            ["super", ..] => {
                while rest.first() == Some(&"super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            [name, ..] if *name == "crate" || self.is_own_library(name) => {
                here.clear();
                rest = &segments[1..];
            }
            [name, ..] => {
                let own = self.module_is_there(&format!("mod {name}"));
                return own || self.depends_on(name);
            }
            [] => return true,
        }
        self.has(&here, rest)
    }

    /// Whether the module at `path` and what `rest` names in it are there.
    fn has(&self, path: &[String], rest: &[&str]) -> bool {
        let (Some(name), more) = (rest.first(), rest.get(1..).unwrap_or_default())
        else {
            return true;
        };
        let deeper = [path, &[(*name).to_owned()]].concat();
        if module_files(&deeper)
            .iter()
            .any(|file| self.now.files.contains_key(file))
        {
            return self.has(&deeper, more);
        }
        let word = |file: &String| {
            let text = self.now.get(file).unwrap_or_default();
            let other = |c: char| !c.is_alphanumeric() && c != '_';
            text.split(other).any(|word| word == *name)
        };
        matches!(*name, "*" | "self") || module_files(path).iter().any(word)
    }

    fn is_own_library(&self, name: &str) -> bool {
        let package = self.now.package().unwrap_or_default();
        package.replace('-', "_") == name
            || name == "mcp_server" && package == "final"
    }

    fn depends_on(&self, name: &str) -> bool {
        let manifest = self.now.get("Cargo.toml").unwrap_or_default();
        let dashed = name.replace('_', "-");
        let entry = |line: &str| {
            let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
            key == name || key == dashed
        };
        manifest.lines().any(entry)
    }
}

/// Whether a file declares the module that another file is, or would.
pub fn is_parent(file: &str, child: &str) -> bool {
    let child = child.trim_end_matches("/mod.rs");
    let folder = child.rsplit_once('/').map_or("", |(folder, _)| folder);
    module_folder(file).trim_end_matches('/') == folder
}

/// The module that a file is: `["calculator", "calls"]`.
fn module_path(file: &str) -> Vec<String> {
    let inside =
        file.strip_prefix("src/").unwrap_or_default().trim_end_matches(".rs");
    let parts =
        inside.split('/').filter(|part| !["main", "lib", "mod", ""].contains(part));
    parts.map(str::to_owned).collect()
}

/// The files that a module may be in.
fn module_files(path: &[String]) -> [String; 2] {
    let inside = path.join("/");
    match path.is_empty() {
        true => ["src/lib.rs".into(), "src/main.rs".into()],
        false => [format!("src/{inside}.rs"), format!("src/{inside}/mod.rs")],
    }
}

/// Where the modules of a file have theirs: `src/` for `src/lib.rs`, and
/// `src/session/` for `src/session.rs`.
fn module_folder(file: &str) -> String {
    let (folder, name) = match file.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), file),
    };
    match name.trim_end_matches(".rs") {
        "main" | "lib" | "mod" => folder,
        stem => format!("{folder}{stem}/"),
    }
}
