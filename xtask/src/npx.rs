//! Node.js 22 and npm packages, through npx.
//!
//! The tools that we drive need Node.js 22, and many machines have an older
//! one. npm also offers Node.js itself as a package, and npx puts it first on
//! the search path of the program that it runs.

use std::path::PathBuf;
use std::process::Command;

use testkit::programs::find;

use crate::Error;

const NODE: &str = "node@22";

/// A command line for npx to complete with a program and its arguments, which
/// finds Node.js 22 and `packages` on its search path.
///
/// # Errors
/// If npx is not installed: says what to install.
pub fn npx(packages: &[&str]) -> Result<Command, Error> {
    if find("npx").is_none() {
        return Err("npx is missing: install Node.js (https://nodejs.org)".into());
    }
    let mut npx = Command::new("npx");
    npx.args(["--yes", "--package", NODE]);
    for package in packages {
        npx.args(["--package", package]);
    }
    // What follows belongs to the program, not to npx.
    npx.arg("--");
    Ok(npx)
}

/// Where Node.js 22 itself is, so that a program can be started, and ended,
/// without npx around it.
///
/// # Errors
/// If npx is not installed, or cannot fetch it.
pub fn node() -> Result<PathBuf, Error> {
    let mut command = npx(&[])?;
    let asked = command.args(["node", "-p", "process.execPath"]).output()?;
    if !asked.status.success() {
        let why = String::from_utf8_lossy(&asked.stderr).into_owned();
        return Err(format!("npx does not fetch {NODE}: {why}").into());
    }
    Ok(String::from_utf8_lossy(&asked.stdout).trim().into())
}
