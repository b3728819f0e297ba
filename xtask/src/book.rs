//! The commands of the book.
//!
//! ```text
//! pages       building, serving, checking and replaying pages
//! bless       accepts what changed: recordings, diagrams, expanded pages
//! reference   pages that are made from the server itself
//! diff        two chapters side by side
//! carry       a fix, taken through all chapters
//! workshop    a reader's own copy of a chapter, and rescue
//! export      one chapter as a crate of its own
//! exercises   proofs, red before and green after
//! setup       what a reader needs, and a kit for a room without network
//! ports       whether the ports that a reader needs are to be had
//! lab         Redis and named nodes of a chapter, with keys to kill them
//! git         what git knows about files
//! ```

pub mod bless;
mod carry;
mod diff;
mod exercises;
mod export;
mod git;
mod lab;
mod pages;
mod ports;
mod reference;
mod setup;
mod workshop;

use book_machine::repository::{Chapter, Repository};

use crate::tally::Tally;
use crate::{Error, workspace};

/// The part of the list of commands that is the book's.
pub const USAGE: &str = "
  book          builds the book and says where it is
                  --open               shows it in a browser
                  serve                serves it, and builds it anew on changes
                  check                everything that must hold for the pages
                  replay NN            takes the steps of page NN
  bless         accepts what changed: recordings, diagrams, generated and expanded
                pages
  exercises     proves the exercises; NN: those of one chapter
  diff 03 04    what changed between two chapters
                  FILE or FILE#ITEM    only there
  carry 03      takes an uncommitted fix of chapter 03 through the later ones
                  --from final         from final back to the earliest chapter
  workshop 03   your own copy of what page 03 begins with, in work/03
  workshop rescue 03   the next checkpoint of page 03, your attempt on a branch
  export 03 DIR  chapter 03 as a crate that needs no workspace
  setup         is everything here that the book needs?
                  --bundle             a kit for a room without network
  lab 06        Redis and nodes of a chapter, to be killed and restarted
                  --nodes N            2";

/// Runs a command of the book, if it is one. One that only shows something
/// counts nothing.
pub fn run(
    command: &str,
    options: &[String],
) -> Option<Result<Option<Tally>, Error>> {
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let outcome = match (command, options.as_slice()) {
        ("book", []) => pages::build(false).map(|()| None),
        ("book", ["--open"]) => pages::build(true).map(|()| None),
        ("book", ["serve"]) => pages::serve().map(|()| None),
        ("book", ["check"]) => pages::check().map(Some),
        ("book", ["replay", chapters @ ..]) => pages::replay(chapters).map(Some),
        ("bless", []) => bless::run().map(Some),
        ("exercises", chapters) => exercises::run(chapters).map(Some),
        ("diff", [old, new]) => diff::run(old, new, None).map(|()| None),
        ("diff", [old, new, place]) => {
            diff::run(old, new, Some(place)).map(|()| None)
        }
        ("carry", ["--from", chapter] | [chapter]) => carry::run(chapter).map(Some),
        ("workshop", ["rescue", chapter]) => {
            workshop::rescue(chapter).map(|()| None)
        }
        ("workshop", [chapter]) => workshop::open(chapter).map(|()| None),
        ("export", [chapter, folder]) => {
            export::run(chapter, folder).map(|()| None)
        }
        ("setup", []) => setup::run(false).map(Some),
        ("setup", ["--bundle"]) => setup::run(true).map(Some),
        ("lab", [chapter]) => lab::run(chapter, 2).map(|()| None),
        ("lab", [chapter, "--nodes", count]) => match count.parse() {
            Ok(count) => lab::run(chapter, count).map(|()| None),
            Err(_) => Err("--nodes needs a number".into()),
        },
        _ => return None,
    };
    Some(outcome)
}

/// All that must hold for the book: pages, replay, links, spelling, exercises.
pub fn check() -> Result<Tally, Error> {
    let mut tally = pages::check()?;
    tally += exercises::run(&[])?;
    Ok(tally)
}

fn repository() -> Repository {
    Repository::new(workspace::root())
}

/// The chapter `3`, `03` or `final`.
fn chapter(name: &str) -> Result<Chapter, Error> {
    let id = match name.parse::<u32>() {
        Ok(number) => format!("{number:02}"),
        Err(_) => name.to_owned(),
    };
    Ok(repository().chapter(&id)?)
}
