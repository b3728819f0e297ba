//! `cargo xtask check 03`: the ladder, up to a chapter.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::workspace::{self, build, root};
use crate::{Error, Tally};

const USAGE: &str = "\
usage: cargo xtask check CHAPTER [--mine | --url URL | --cmd COMMAND]
       cargo xtask check table

CHAPTER is 01 to 16, or final. Without an address or a command, the chapter's own
server is checked, and with --mine the one in work/CHAPTER. A command is started with HOST, PORT and, for several nodes,
USE_REDIS and REDIS_URL; `table` writes the page of the book that has the table.";

/// Puts the scenarios of the package `suite` to a server, and counts them.
pub fn run(options: &[String]) -> Result<Tally, Error> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let own;
    let arguments = match options.as_slice() {
        ["table"] => vec!["table"],
        [_, "--url" | "--cmd", _] => options,
        [chapter, "--mine"] => {
            own = readers_server(chapter)?;
            vec![chapter, "--cmd", &own]
        }
        [chapter] => {
            own = own_server(chapter)?;
            vec![chapter, "--cmd", &own]
        }
        _ => return Err(USAGE.into()),
    };
    let is_table = arguments == ["table"];
    let mut climb = Command::new(build("suite", "climb", false)?);
    climb.args(arguments).current_dir(root());
    if is_table {
        let mut tally = Tally::default();
        tally.check("the table is written", climb.status()?.success());
        return Ok(tally);
    }
    let mut child = climb.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output to read")?;
    let mut tally = None;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        tally = closing_line(&line);
        if tally.is_none() {
            println!("{line}");
        }
    }
    child.wait()?;
    tally.ok_or_else(|| "the ladder was not climbed to its end".into())
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
    let program = build(&package, &binary, false)?;
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

/// The counts in `7 passed, 0 failed, 2 skipped`.
fn closing_line(line: &str) -> Option<Tally> {
    let mut counts = line.split(", ").map(|part| part.split_once(' '));
    let mut count = |name: &str| -> Option<usize> {
        let (number, kind) = counts.next()??;
        number.parse().ok().filter(|_| kind == name)
    };
    Some(Tally {
        passed: count("passed")?,
        failed: count("failed")?,
        skipped: count("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Tally, closing_line};

    #[test]
    fn the_closing_line_is_told_from_others() {
        let tally = Tally { passed: 6, failed: 1, skipped: 2 };
        assert_eq!(closing_line("6 passed, 1 failed, 2 skipped"), Some(tally));
        assert_eq!(closing_line("FAILED  03 a ping is answered"), None);
        assert_eq!(closing_line("skipped 03 needs a command"), None);
    }
}
