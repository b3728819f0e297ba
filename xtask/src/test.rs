//! `cargo xtask test`: everything that must hold.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::programs::ensure_installed;

use crate::book::bless::{DRAWING, drawing};
use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace::{self, cargo};
use crate::{Error, bench, book, rules};

/// The bench's programs without the peers, whose packages only a bench needs.
const BENCH_FEATURES: &str = "load,plot,bare";

const MACHINE: &str = "book/preprocessor/Cargo.toml";

/// Runs all steps, also after one has failed, and counts every step and test.
pub fn run() -> Result<Tally, Error> {
    let redis = ensure_installed("redis-server")?;
    println!("redis-server: {}", redis.display());

    let mut tally = Tally::default();
    let mut step = |command: &mut Command| -> Result<(), Error> {
        let name = announce(command);
        let held = succeeds(command)?;
        tally.check(&name, held);
        Ok(())
    };
    step(cargo().args(["fmt", "--all", "--check"]))?;
    step(
        cargo()
            .args(["clippy", "--workspace", "--all-targets", "--locked"])
            .args(["--", "-D", "warnings"]),
    )?;
    step(
        cargo()
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    step(cargo().args(["build", "--workspace", "--all-targets", "--locked"]))?;
    // The bench and these two have workspaces of their own.
    for arguments in [
        &["fmt", "--check"][..],
        &["clippy", "--all-targets", "--features", BENCH_FEATURES, "--locked"],
    ] {
        let (command, rest) = (&arguments[..1], &arguments[1..]);
        let mut cargo = bench::cargo();
        cargo.args(command).args(["--manifest-path", bench::MANIFEST]).args(rest);
        let warnings = ["--", "-D", "warnings"];
        step(cargo.args(if command == ["fmt"] { &[][..] } else { &warnings }))?;
    }
    for (new, manifest) in [(cargo as fn() -> Command, MACHINE), (drawing, DRAWING)]
    {
        for arguments in [
            &["fmt", "--check"][..],
            &[
                "clippy",
                "--all-targets",
                "--all-features",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
            &["doc", "--no-deps", "--all-features", "--locked"],
        ] {
            let (command, rest) = (&arguments[..1], &arguments[1..]);
            let mut cargo = new();
            cargo.args(command).args(["--manifest-path", manifest]).args(rest);
            step(cargo.env("RUSTDOCFLAGS", "-D warnings"))?;
        }
    }
    tally += tests(cargo(), &["--workspace"])?;
    tally +=
        tests(cargo(), &["--manifest-path", MACHINE, "--features", "spelling"])?;
    tally += tests(drawing(), &["--manifest-path", DRAWING])?;
    tally += tests(
        bench::cargo(),
        &["--manifest-path", bench::MANIFEST, "--features", BENCH_FEATURES],
    )?;
    tally += book::check()?;
    tally += no_unsafe(&workspace::root().join("final/src"))?;
    let proven = rules::check()?.failed == 0;
    tally.check("every rule of these parts has a test or a reason", proven);
    Ok(tally)
}

fn announce(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let name = format!("cargo {}", arguments.collect::<Vec<_>>().join(" "));
    println!("\n$ {name}");
    name
}

/// Runs the tests, shows their output as it comes, and adds up their results.
fn tests(mut command: Command, which: &[&str]) -> Result<Tally, Error> {
    command.arg("test").args(which).args(["--locked", "--no-fail-fast"]);
    let name = announce(&command);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output to read")?;

    let mut tally = Tally::default();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        tally += test_result(&line).unwrap_or_default();
    }
    // A test program that did not compile or was killed prints no result.
    let silent_failure = !child.wait()?.success() && tally.failed == 0;
    if silent_failure || tally.passed == 0 {
        tally.check(&name, false);
    }
    Ok(tally)
}

/// The counts in `test result: ok. 3 passed; 1 failed; 2 ignored; …`.
fn test_result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |name: &str| -> Option<usize> {
        let part = counts.split("; ").find(|part| part.ends_with(name))?;
        part.split(' ').next()?.parse().ok()
    };
    Some(Tally {
        passed: count(" passed")?,
        failed: count(" failed")?,
        skipped: count(" ignored")?,
    })
}

/// The product has no unsafe code. The compiler forbids it too; this check
/// would notice if someone removed the lint.
fn no_unsafe(folder: &Path) -> Result<Tally, Error> {
    let mut lines = 0;
    let mut found = Vec::new();
    for file in rust_files(folder)? {
        let text = std::fs::read_to_string(&file)?;
        lines += text.lines().count();
        for (index, line) in text.lines().enumerate() {
            if is_unsafe(line) {
                found.push(format!("{}:{}", file.display(), index + 1));
            }
        }
    }
    println!();
    found.iter().for_each(|place| println!("unsafe code: {place}"));
    let mut tally = Tally::default();
    tally.check(
        &format!("final/src: {lines} lines, none of them unsafe"),
        found.is_empty() && lines > 0,
    );
    Ok(tally)
}

/// All Rust sources in a folder and the folders in it.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The keyword as a word of code: neither a comment nor a longer name.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "unsafe")
}

#[cfg(test)]
mod tests {
    use super::{Tally, is_unsafe, test_result};

    #[test]
    fn a_result_line_is_counted_whether_it_is_good_or_bad() {
        let tail = "0 measured; 0 filtered out; finished in 0.01s";
        let good =
            format!("test result: ok. 12 passed; 0 failed; 1 ignored; {tail}");
        let bad =
            format!("test result: FAILED. 3 passed; 2 failed; 0 ignored; {tail}");
        assert_eq!(
            test_result(&good),
            Some(Tally { passed: 12, failed: 0, skipped: 1 })
        );
        assert_eq!(
            test_result(&bad),
            Some(Tally { passed: 3, failed: 2, skipped: 0 })
        );
        assert_eq!(test_result("test a_result ... ok"), None);
    }

    #[test]
    fn the_keyword_is_told_from_comments_and_names() {
        assert!(is_unsafe("    unsafe { *pointer }"));
        assert!(!is_unsafe("unsafe_code = \"forbid\" // no unsafe here"));
    }
}
