//! Rust as the formatter writes it.

use std::io::Write;
use std::process::{Command, Stdio};

/// `source` as the formatter writes it, with this repository's settings.
///
/// # Errors
/// If `rustfmt` cannot be run. Code that it cannot read comes back as it is.
pub fn rustfmt(source: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot run rustfmt: {error}");
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .args(["--config", "max_width=84,use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(source.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Ok(source.to_owned()),
    }
}
