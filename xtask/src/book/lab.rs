//! `cargo xtask lab NN`: builds the server of a chapter, an overlay or the reader, and
//! becomes the lab, whose nodes run it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use book_machine::tree::Tree;

use crate::workspace::{self, Profile, build, root};
use crate::{Error, book};

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// 01 to 17, final, or an overlay, for example 05-naive
    chapter: String,
    /// How many nodes
    #[arg(long, default_value_t = 2)]
    nodes: u8,
    /// Your own server, in work/CHAPTER
    #[arg(long)]
    mine: bool,
    /// Serves a page with the diagram of what passes, while it passes
    #[arg(long)]
    watch: bool,
    /// Reads the commands from a file; 05/NAME is a script of the book
    #[arg(long)]
    script: Option<PathBuf>,
    /// A setting of the nodes, NAME=VALUE
    #[arg(long)]
    set: Vec<String>,
}

/// What the nodes run.
struct Server {
    program: PathBuf,
    has_redis: bool,
    /// Where its Lua scripts are.
    sources: Vec<PathBuf>,
}

/// Starts the lab in the place of this process: nothing stands between it and Ctrl-C.
pub fn run(options: &Options) -> Result<(), Error> {
    let server = match options.mine {
        true => Server::of_reader(&options.chapter)?,
        false => Server::of_book(&options.chapter)?,
    };
    let mut lab = Command::new(build("lab", "lab", Profile::Dev)?);
    lab.arg("--logs").arg(workspace::empty_folder("lab")?);
    lab.arg("--saved").arg(root().join("work/lab"));
    lab.args(server.arguments()).args(options.arguments());
    Err(lab.exec().into())
}

impl Options {
    /// The arguments of the lab that the reader has chosen.
    fn arguments(&self) -> Vec<OsString> {
        let mut chosen = vec!["--nodes".into(), self.nodes.to_string().into()];
        if self.watch {
            chosen.push("--watch".into());
        }
        for setting in &self.set {
            chosen.extend(["--set".into(), setting.into()]);
        }
        if let Some(script) = &self.script {
            chosen.extend(["--script".into(), script_at(script).into()]);
        }
        chosen
    }
}

/// A script of the reader, or else one of the book.
fn script_at(script: &Path) -> PathBuf {
    match script.is_file() {
        true => script.to_owned(),
        false => root().join("book/recordings").join(script).with_extension("lab"),
    }
}

impl Server {
    /// The arguments of the lab for this server.
    fn arguments(&self) -> Vec<OsString> {
        let mut chosen = vec!["--program".into(), self.program.clone().into()];
        if self.has_redis {
            chosen.push("--redis".into());
        }
        for folder in &self.sources {
            chosen.extend(["--scripts".into(), folder.into()]);
        }
        chosen
    }

    fn of_book(name: &str) -> Result<Self, Error> {
        let overlay = root().join("chapters/overlays").join(name);
        let mut folders = Vec::new();
        if overlay.is_dir() {
            let number = name.split('-').next().unwrap_or(name);
            folders.push(overlay);
            folders.push(book::chapter(number)?.folder);
        } else {
            folders.push(book::chapter(name)?.folder);
        }
        let package = package(&folders[0])?;
        let program = if package == "final" { "mcp-server" } else { &package };
        Self::new(build(&package, program, Profile::Dev)?, &folders)
    }

    fn of_reader(name: &str) -> Result<Self, Error> {
        let chapter = book::chapter(name)?;
        let folder = root().join("work").join(&chapter.id);
        if !folder.is_dir() {
            let help = format!("cargo xtask workshop {}", chapter.id);
            return Err(format!("there is no work/{}: {help}", chapter.id).into());
        }
        let package = package(&folder)?;
        Self::new(workspace::build_in(&folder, &package)?, &[folder])
    }

    fn new(program: PathBuf, folders: &[PathBuf]) -> Result<Self, Error> {
        let manifest = std::fs::read_to_string(folders[0].join("Cargo.toml"))?;
        let has_redis = manifest.lines().any(|line| line.starts_with("redis"));
        let sources = folders.iter().map(|folder| folder.join("src"));
        Ok(Self { program, has_redis, sources: sources.collect() })
    }
}

fn package(folder: &Path) -> Result<String, Error> {
    let package = Tree::read(folder)?.package();
    package.ok_or_else(|| format!("{} has no package", folder.display()).into())
}
