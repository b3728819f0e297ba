//! Where things are, and building one binary.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::Error;

/// The top of the repository. `XTASK_ROOT` names another one: that is how the
/// commands of the book are put to the small book of their tests.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| match std::env::var_os("XTASK_ROOT") {
        Some(folder) => folder.into(),
        None => {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            here.parent().unwrap_or(here).to_owned()
        }
    })
}

/// A fresh, empty folder `target/<path>`, for logs and results.
pub fn empty_folder(path: &str) -> Result<PathBuf, Error> {
    let folder = root().join("target").join(path);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The package of a chapter, which its binary is named after.
pub fn chapter(number: &str) -> Result<String, Error> {
    let prefix = format!("{number}-");
    for entry in std::fs::read_dir(root().join("chapters"))? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().filter(|name| name.starts_with(&prefix)) {
            return Ok(format!("ch{name}"));
        }
    }
    Err(format!("there is no chapter {number}").into())
}

/// The cargo that runs us, at the top of the repository.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or(OsString::from("cargo"));
    let mut cargo = Command::new(program);
    cargo.current_dir(root());
    cargo
}

/// The same for a workspace of its own, which gets a folder of its own in `target/`.
pub fn cargo_into(folder: &str) -> Command {
    let mut cargo = cargo();
    cargo.env("CARGO_TARGET_DIR", root().join("target").join(folder));
    cargo
}

/// A way to compile, from the workspace's `Cargo.toml`.
#[derive(Debug, Clone, Copy)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// As the image is built: what is measured, and what runs under load.
    Dist,
}

impl Profile {
    /// Its name for cargo.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Dist => "dist",
        }
    }
}

/// Builds one binary and returns its path, which only cargo knows for certain.
pub fn build(package: &str, bin: &str, profile: Profile) -> Result<PathBuf, Error> {
    println!("building {bin}");
    let mut cargo = cargo();
    cargo.args(["build", "--locked", "--package", package, "--bin", bin]);
    cargo.args(["--profile", profile.name()]);
    cargo.arg("--message-format=json-render-diagnostics");
    built(&mut cargo, bin)
}

/// The same for the binary of a package in a workspace of its own.
pub fn build_in(folder: &Path, bin: &str) -> Result<PathBuf, Error> {
    println!("building {bin} in {}", folder.display());
    let mut cargo = cargo();
    cargo.current_dir(folder).args(["build", "--bin", bin]);
    cargo.arg("--message-format=json-render-diagnostics");
    built(&mut cargo, bin)
}

fn built(cargo: &mut Command, bin: &str) -> Result<PathBuf, Error> {
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{bin} does not build").into());
    }
    executable(&String::from_utf8_lossy(&output.stdout), bin)
        .ok_or_else(|| format!("cargo did not say where {bin} is").into())
}

fn executable(messages: &str, bin: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == bin)
        .find_map(|message| Some(message["executable"].as_str()?.into()))
}
