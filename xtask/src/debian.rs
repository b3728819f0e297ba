//! Programs that come from Debian where they are missing.

use std::path::PathBuf;
use std::process::Command;

use crate::process;
use crate::{Error, workspace};

/// Finds a program, or installs the Debian package of the same name.
///
/// # Errors
/// Where Debian's `apt-get` does not exist: names what the reader can type.
pub fn ensure_installed(program: &str) -> Result<PathBuf, Error> {
    if let Some(file) = process::find(program) {
        return Ok(file);
    }
    if process::find("apt-get").is_none() {
        let package = program.trim_end_matches("-server");
        return Err(format!(
            "{program} is missing, and this machine has no apt-get. Install it \
             first: `brew install {package}` on macOS, `dnf install {package}` on \
             Fedora"
        )
        .into());
    }
    println!("installing {program} from Debian");
    apt_get(&["update", "-qq"])?;
    apt_get(&["install", "-y", "-qq", "--no-install-recommends", program])?;
    process::find(program)
        .ok_or_else(|| format!("{program} is still missing after apt-get").into())
}

fn apt_get(arguments: &[&str]) -> Result<(), Error> {
    let mut command = if is_root()? {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "apt-get"]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.current_dir(workspace::root());
    if process::succeeds(&mut command)? {
        return Ok(());
    }
    Err(format!("`apt-get {}` failed; try it by hand", arguments.join(" ")).into())
}

fn is_root() -> Result<bool, Error> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}
