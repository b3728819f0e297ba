//! Programs that come from Debian where they are missing.

use std::io::{Error, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The file that `program` names on the search path, if there is one. Debian installs
/// haproxy where only root looks for programs.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Finds a program, or installs the Debian package of the same name.
///
/// # Errors
/// If it cannot be installed: names what the reader can type.
pub fn ensure_installed(program: &str) -> Result<PathBuf> {
    if let Some(file) = find(program) {
        return Ok(file);
    }
    let done = find("apt-get").is_some()
        && apt_get(&["update", "-qq"])?
        && apt_get(&["install", "-y", "-qq", "--no-install-recommends", program])?;
    let package = program.trim_end_matches("-server");
    find(program).filter(|_| done).ok_or_else(|| {
        Error::other(format!(
            "{program} is missing and could not be installed. Install it first: \
             `apt-get install {program}` on Debian, `brew install {package}` on \
             macOS, `dnf install {package}` on Fedora"
        ))
    })
}

fn apt_get(arguments: &[&str]) -> Result<bool> {
    let mut command = Command::new("apt-get");
    if !rustix::process::geteuid().is_root() {
        command = Command::new("sudo");
        command.args(["--non-interactive", "apt-get"]);
    }
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command.stdin(Stdio::null()).status()?.success())
}
