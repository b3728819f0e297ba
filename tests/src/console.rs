//! The lab as a program: `cargo xtask lab` starts the same one.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::Program;
use crate::climb::chapters::root;

const LAB: Program = Program { package: "lab", binary: "lab" };

/// A lab that is to be started.
#[derive(Debug)]
pub struct LabBuilder {
    command: Command,
    folder: TempDir,
}

impl LabBuilder {
    /// A lab whose nodes run the server of a crate in `chapters/`, for example
    /// `05-redis` or `overlays/05-naive`.
    pub fn of(folder: &str) -> Self {
        let crates = root().join("chapters");
        let name = folder.rsplit('/').next().unwrap_or(folder);
        let package: &'static str = format!("ch{name}").leak();
        let manifest = crates.join(folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(&manifest);
        let manifest = manifest.unwrap_or_else(|error| panic!("{folder}: {error}"));
        let logs = TempDir::new().unwrap_or_else(|error| panic!("{error}"));
        let mut command = Command::new(LAB.path());
        let program = Program { package, binary: package };
        command.arg("--program").arg(program.path());
        command.arg("--logs").arg(logs.path());
        if manifest.lines().any(|line| line.starts_with("redis")) {
            command.arg("--redis");
        }
        for sources in source_folders(&crates, folder) {
            command.arg("--scripts").arg(sources);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        Self { command, folder: logs }
    }

    /// More arguments.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// An environment variable of the lab itself.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes what the lab tells the reader beside its output into a file.
    pub fn errors_into(mut self, path: &Path) -> Self {
        let file = File::create(path);
        self.command.stderr(file.unwrap_or_else(|error| panic!("{error}")));
        self
    }

    /// Reads from a terminal and prints on it.
    pub fn at_terminal(mut self, terminal: &File) -> Self {
        let side =
            || terminal.try_clone().unwrap_or_else(|error| panic!("{error}"));
        self.command.stdin(side()).stdout(side()).stderr(side());
        self
    }

    /// Runs these commands to their end.
    pub fn run(self, script: &str) -> LabOutput {
        let file = self.folder.path().join("script.lab");
        let written = std::fs::write(&file, script);
        written.unwrap_or_else(|error| panic!("{error}"));
        self.run_file(&file)
    }

    /// Runs the commands in a file to their end.
    pub fn run_file(mut self, script: &Path) -> LabOutput {
        let output = self.command.arg("--script").arg(script).output();
        LabOutput::new(output.unwrap_or_else(|error| panic!("no lab: {error}")))
    }

    /// Starts it with a pipe for its commands.
    pub fn start(mut self) -> Lab {
        let child = self.command.spawn();
        let child = child.unwrap_or_else(|error| panic!("no lab: {error}"));
        Lab { child, _folder: self.folder }
    }
}

/// The sources of a crate; of an overlay, also those of its chapter.
fn source_folders(crates: &Path, folder: &str) -> Vec<PathBuf> {
    let mut found = vec![crates.join(folder).join("src")];
    if let Some((number, _)) =
        folder.trim_start_matches("overlays/").split_once('-')
        && folder.starts_with("overlays/")
    {
        let all = std::fs::read_dir(crates).into_iter().flatten().flatten();
        let of_chapter = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{number}-"))
        };
        let chapter = all.map(|entry| entry.path()).find(of_chapter);
        found.extend(chapter.map(|chapter| chapter.join("src")));
    }
    found
}

/// A lab that runs.
#[derive(Debug)]
pub struct Lab {
    /// Its process.
    pub child: Child,
    _folder: TempDir,
}

impl Lab {
    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut();
        let written = input.map(|input| writeln!(input, "{line}"));
        assert!(matches!(written, Some(Ok(()))), "the lab does not read");
    }

    /// Waits until it has ended.
    pub fn end(self) -> LabOutput {
        let output = self.child.wait_with_output();
        LabOutput::new(output.unwrap_or_else(|error| panic!("no end: {error}")))
    }
}

/// What a lab printed before it ended.
#[derive(Debug)]
pub struct LabOutput {
    /// Whether it ended with status 0.
    pub success: bool,
    /// Prompts, commands, and what they printed.
    pub text: String,
    /// What it told the reader beside that.
    pub errors: String,
}

impl LabOutput {
    fn new(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            success: output.status.success(),
            text: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }
}
