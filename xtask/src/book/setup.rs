//! `cargo xtask setup`: is everything here that the book needs?

use std::path::Path;
use std::process::{Command, Stdio};

use book_machine::repository::Repository;
use book_machine::tree::Tree;

use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace::{self, cargo};
use crate::{Error, book};

use super::ports;

const MACHINE: &str = "book/preprocessor/Cargo.toml";

/// Checks the programs and ports, fetches and builds what the reader will run.
/// `bundle` writes it all to `work/bundle` for a room without a network.
pub fn run(bundle: bool) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    for (program, help) in [
        ("git", "the workshop keeps your attempts in it"),
        ("rustc", "install Rust with rustup"),
        ("rustfmt", "rustup component add rustfmt"),
        ("redis-server", "from chapter 05 on: apt, dnf or brew install redis"),
    ] {
        let version = version(program);
        let name = match &version {
            Some(version) => format!("{program}: {version}"),
            None => format!("{program} is missing: {help}"),
        };
        tally.check(&name, version.is_some());
    }
    let nodes = ports::NODES.map(ports::for_a_node);
    for (held, finding) in nodes.chain([ports::for_redis(ports::REDIS)]) {
        tally.check(&finding, held);
    }
    let mut step = |name: &str, command: &mut Command| -> Result<(), Error> {
        println!("{name} …");
        let held = succeeds(command)?;
        tally.check(name, held);
        Ok(())
    };
    step("dependencies", cargo().args(["fetch", "--locked"]))?;
    let machine = ["--locked", "--manifest-path", MACHINE];
    step("the book's dependencies", cargo().arg("fetch").args(machine))?;
    for (name, arguments) in builds(&book::repository())? {
        step(&name, cargo().args(arguments).arg("--locked"))?;
    }
    step("the book's machine", cargo().arg("build").args(machine))?;
    if bundle {
        let folder = workspace::root().join("work/bundle");
        step("the kit", &mut vendor(&folder)?)?;
        std::fs::write(folder.join("README.md"), KIT)?;
        println!("the kit is in {}", folder.display());
    }
    Ok(tally)
}

/// The builds that a reader would wait for later. One for each package: cargo chooses
/// the features of dependencies anew for each set of packages, so a build of all at
/// once would be of no use to `cargo run -p`.
fn builds(repository: &Repository) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut builds = Vec::new();
    for chapter in repository.chapters() {
        let manifest = Tree::read(&chapter.folder)?;
        let package = manifest.package().ok_or("a chapter without a package")?;
        let build = ["build", "--package", &package].map(str::to_owned);
        builds.push((format!("chapter {}", chapter.id), build.into()));
    }
    let climb = ["build", "--package", "suite", "--bin", "climb"];
    builds.push(("the ladder".into(), climb.map(str::to_owned).into()));
    Ok(builds)
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned)
}

/// All crates of both lock files, and the settings that make cargo use them.
fn vendor(folder: &Path) -> Result<Command, Error> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("config.toml"), SETTINGS)?;
    let mut command = cargo();
    command.args(["vendor", "--quiet", "--locked", "--versioned-dirs"]);
    command
        .args(["--sync", MACHINE])
        .arg("work/bundle/vendor")
        .stdout(Stdio::null());
    Ok(command)
}

/// Relative to the clone, in whose `.cargo` folder this goes.
const SETTINGS: &str = "
[source.crates-io]
replace-with = \"bundle\"

[source.bundle]
directory = \"work/bundle/vendor\"
";

const KIT: &str = "\
# A kit for a room without a network

Copy this folder to `work/bundle` of a clone. In the clone,

    cat work/bundle/config.toml >> .cargo/config.toml
    cargo xtask setup

From then on cargo takes every crate from the kit. Rust, git and redis-server must be
on the machines already.
";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_chapter_is_built_by_itself_as_cargo_run_builds_it() {
        let builds = builds(&book::repository()).unwrap();
        let chapters = book::repository().chapters();
        assert_eq!(builds.len(), chapters.len() + 1);
        for (chapter, (name, arguments)) in chapters.iter().zip(&builds) {
            assert_eq!(*name, format!("chapter {}", chapter.id));
            let package = match chapter.id.as_str() {
                "final" => chapter.name.clone(),
                _ => format!("ch{}", chapter.name),
            };
            assert_eq!(*arguments, ["build", "--package", &package]);
        }
    }
}
