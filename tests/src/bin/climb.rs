//! Puts the scenarios of the ladder to a server. `cargo xtask check` builds and
//! runs it.

use std::process::ExitCode;

use suite::climb::chapters::{FINAL, root};
use suite::climb::{self, Chapter, Server, Verdict, table};

const USAGE: &str = "usage: climb CHAPTER --url URL | climb CHAPTER --cmd COMMAND
       climb table";

#[tokio::main]
async fn main() -> ExitCode {
    // What a helper of the ladder gives up with is a complaint like any other.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (chapter, server) = match arguments.as_slice() {
        ["table"] => return write_table(),
        [chapter, "--url", url] => (*chapter, Server::at(url)),
        [chapter, "--cmd", command] => {
            (*chapter, Ok(Server::Command((*command).into())))
        }
        _ => return give_up(USAGE),
    };
    match (number(chapter), server) {
        (Some(number), Ok(server)) => run(number, &server).await,
        (None, _) => {
            give_up(&format!("{chapter} is no chapter: 01 to 17, or final"))
        }
        (_, Err(complaint)) => give_up(&complaint),
    }
}

fn number(chapter: &str) -> Option<u8> {
    let number = chapter.parse().ok().filter(|number| (1..FINAL).contains(number));
    number.or_else(|| Chapter::find(chapter).map(|chapter| chapter.number))
}

async fn run(chapter: u8, server: &Server) -> ExitCode {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for scenario in climb::up_to(chapter) {
        let title = format!("{:02} {}", scenario.since, scenario.name);
        match scenario.put_to(server).await {
            Verdict::Passed(_) => {
                passed += 1;
                println!("ok      {title}");
            }
            Verdict::Failed(complaint) => {
                failed += 1;
                println!("FAILED  {title}\n        {}", indented(&complaint));
            }
            Verdict::Skipped(reason) => {
                skipped += 1;
                println!("skipped {title}\n        {}", indented(&reason));
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n        ")
}

fn write_table() -> ExitCode {
    match std::fs::write(root().join(table::PAGE), table::page()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => give_up(&format!("{}: {error}", table::PAGE)),
    }
}

fn give_up(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::FAILURE
}
