//! `cargo check` for a crate that is only a tree of texts.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::outline::Outline;
use crate::repository::Repository;
use crate::tree::Tree;

/// Compiles crates under `target/book`, each equal one only once.
#[derive(Debug)]
pub struct Compiler<'a> {
    repository: &'a Repository,
    folder: PathBuf,
}

impl<'a> Compiler<'a> {
    /// A compiler with the dependencies and lints of the repository.
    pub fn new(repository: &'a Repository) -> Self {
        Self { repository, folder: repository.root().join("target/book") }
    }

    /// Runs `cargo check`, unless an equal crate has passed before.
    ///
    /// # Errors
    /// The compiler's words if the crate does not compile.
    pub fn check(&self, tree: &Tree) -> Result<(), String> {
        self.run(tree, &["check", "--quiet"]).map(|_| ())
    }

    /// Runs cargo with `arguments` on the crate, unless that has passed before.
    /// Returns what it printed.
    ///
    /// # Errors
    /// What it printed, if it failed.
    pub fn run(&self, tree: &Tree, arguments: &[&str]) -> Result<String, String> {
        match self.outcome(tree, arguments, true)? {
            (true, text) => Ok(text),
            (false, text) => Err(text),
        }
    }

    /// The same for what is expected to fail: what it printed, or nothing if it
    /// passed. Only a failure is remembered.
    ///
    /// # Errors
    /// If cargo cannot be run.
    pub fn fails(
        &self,
        tree: &Tree,
        arguments: &[&str],
    ) -> Result<Option<String>, String> {
        let (passed, text) = self.outcome(tree, arguments, false)?;
        Ok((!passed).then_some(text))
    }

    /// Whether cargo succeeded and what it printed. An outcome as `expected` is
    /// remembered for an equal crate.
    fn outcome(
        &self,
        tree: &Tree,
        arguments: &[&str],
        expected: bool,
    ) -> Result<(bool, String), String> {
        let workspace = workspace(self.repository)?;
        let mut key = tree.clone();
        key.files.insert("../Cargo.toml".into(), workspace.clone());
        key.files.insert("../arguments".into(), arguments.join(" "));
        key.files.insert("../rustc".into(), rustc_version());
        let name = format!("known/{:016x}.{expected}", key.digest());
        let known = self.folder.join(name);
        if let Ok(text) = std::fs::read_to_string(&known) {
            return Ok((expected, text));
        }
        let failed = |error: std::io::Error| format!("cannot run cargo: {error}");
        let here = self.lay_out(tree, &workspace).map_err(failed)?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(arguments)
            .current_dir(&here)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .stdin(Stdio::null())
            .output()
            .map_err(failed)?;
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let passed = output.status.success();
        if passed == expected {
            let note = || -> std::io::Result<()> {
                std::fs::create_dir_all(self.folder.join("known"))?;
                std::fs::write(&known, &text)
            };
            note().map_err(failed)?;
        }
        Ok((passed, text))
    }

    /// Writes the crate and a workspace around it, always to the same folder, so
    /// that cargo knows its earlier work.
    fn lay_out(&self, tree: &Tree, workspace: &str) -> std::io::Result<PathBuf> {
        let outer = self.folder.join("replay");
        let inner = outer.join("crate");
        let old = Tree::read(&inner).unwrap_or_default();
        for file in old.files.keys().filter(|file| !tree.files.contains_key(*file))
        {
            std::fs::remove_file(inner.join(file))?;
        }
        tree.write(&inner)?;
        let mut around = Tree::default();
        around.files.insert("Cargo.toml".into(), workspace.to_owned());
        around.write(&outer)?;
        let lock = self.repository.root().join("Cargo.lock");
        if lock.is_file() {
            std::fs::copy(lock, outer.join("Cargo.lock"))?;
        }
        Ok(inner)
    }
}

/// A workspace of one crate with everything that the repository's own shares.
///
/// # Errors
/// If the repository's `Cargo.toml` cannot be read.
pub fn workspace(repository: &Repository) -> Result<String, String> {
    let shared = shared_tables(repository)?;
    Ok(format!("[workspace]\nresolver = \"3\"\nmembers = [\"crate\"]\n\n{shared}"))
}

/// The tables `[workspace.…]` and `[profile.…]` of the repository, with paths
/// that hold elsewhere.
///
/// # Errors
/// If the repository's `Cargo.toml` cannot be read.
pub fn shared_tables(repository: &Repository) -> Result<String, String> {
    let manifest = repository.root().join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .map_err(|error| format!("{}: {error}", manifest.display()))?;
    let mut outline = Outline::parse("Cargo.toml", &text)?;
    outline.nodes.retain(|t| {
        t.name.starts_with("workspace.") || t.name.starts_with("profile")
    });
    let root = std::path::absolute(repository.root()).map_err(|e| e.to_string())?;
    let here = format!("path = \"{}/", root.display());
    Ok(outline.render().replace("path = \"", &here))
}

fn rustc_version() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output
        .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
        .unwrap_or_default()
}
