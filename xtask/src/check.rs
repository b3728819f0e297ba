//! `cargo xtask check 03`: the acceptance tests, up to a chapter.

use std::process::Command;

use clap::Args;

use crate::process::{counted, succeeds};
use crate::workspace::{self, Profile, build, root};
use crate::{Error, Tally};

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// 01 to 17, or final; `table` writes the page of the book that has the table
    chapter: String,
    #[command(flatten)]
    server: Server,
}

/// The server that is checked; without one, the chapter's own.
#[derive(Args)]
#[group(multiple = false)]
struct Server {
    /// Your own, in work/CHAPTER
    #[arg(long)]
    mine: bool,
    /// A server that already runs
    #[arg(long)]
    url: Option<String>,
    /// A command that starts one with HOST, PORT and, for several nodes, USE_REDIS and
    /// REDIS_URL
    #[arg(long)]
    cmd: Option<String>,
}

/// Runs the scenarios of the package `suite` against a server, and counts them.
pub fn run(options: &Options) -> Result<Tally, Error> {
    let chapter = options.chapter.as_str();
    let (option, value) = match &options.server {
        Server { url: Some(url), .. } => ("--url", url.clone()),
        Server { cmd: Some(command), .. } => ("--cmd", command.clone()),
        Server { mine: true, .. } => ("--cmd", readers_server(chapter)?),
        _ if chapter == "table" => return write_table(),
        _ => ("--cmd", own_server(chapter)?),
    };
    counted(climb()?.args([chapter, option, &value]))
}

fn write_table() -> Result<Tally, Error> {
    let mut tally = Tally::default();
    tally.check("the table is written", succeeds(climb()?.arg("table"))?);
    Ok(tally)
}

/// The program of the package `suite` that has the scenarios.
fn climb() -> Result<Command, Error> {
    let mut climb = Command::new(build("suite", "climb", Profile::Dev)?);
    climb.current_dir(root());
    Ok(climb)
}

/// Builds the chapter's own server, and says how to start it.
fn own_server(chapter: &str) -> Result<String, Error> {
    let (package, binary) = match chapter {
        "final" => ("final".to_owned(), "mcp-server".to_owned()),
        _ => {
            let package = workspace::chapter(chapter)?;
            (package.clone(), package)
        }
    };
    let program = build(&package, &binary, Profile::Dev)?;
    Ok(format!("'{}'", program.display()))
}

/// Builds the reader's own server, and says how to start it.
fn readers_server(chapter: &str) -> Result<String, Error> {
    let number = format!("{chapter:0>2}");
    let folder = root().join("work").join(&number);
    if !folder.is_dir() {
        let help = format!("cargo xtask workshop {number}");
        return Err(format!("there is no work/{number}: {help}").into());
    }
    let package = workspace::chapter(&number)?;
    let program = workspace::build_in(&folder, &package)?;
    Ok(format!("'{}'", program.display()))
}
