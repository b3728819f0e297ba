//! The commands of the book.
//!
//! ```text
//! pages       building, serving, checking and replaying pages
//! publish     the site with its summary sheets, and one PDF file
//! site        the links of the built site
//! sheets      the summary of a chapter on one page
//! paper       the pages that a browser prints
//! bless       accepts what changed: recordings, diagrams, expanded pages
//! reference   pages that are made from the server itself
//! diff        two chapters side by side
//! carry       a fix, taken through all chapters
//! workshop    a reader's own copy of a chapter, and rescue
//! given       the given code of a reader's next step
//! export      one chapter as a crate of its own
//! paste       all code of a page in one file
//! yours       what a page leaves to its reader, proven or run
//! exercises   proofs, red before and green after
//! setup       what a reader needs, and a kit for a room without network
//! ports       whether the ports that a reader needs are to be had
//! lab         builds the server of a chapter and starts the lab with it
//! git         what git knows about files
//! ```

pub mod bless;
mod carry;
mod diff;
mod exercises;
mod export;
mod git;
mod given;
mod lab;
mod pages;
mod paper;
mod paste;
mod ports;
mod publish;
mod reference;
mod setup;
mod sheets;
mod site;
mod workshop;
mod yours;

use clap::Subcommand;

use book_machine::repository::{Chapter, Repository};

use crate::tally::Tally;
use crate::{Error, workspace};

/// The commands of the book.
#[derive(Subcommand)]
pub enum Command {
    /// Builds the book and says where it is
    #[command(args_conflicts_with_subcommands = true)]
    Book {
        #[command(subcommand)]
        pages: Option<Pages>,
        /// Shows it in a browser
        #[arg(long)]
        open: bool,
        /// Prints it to one file, with Chromium or Chrome
        #[arg(long)]
        pdf: bool,
    },
    /// Accepts what changed: recordings, diagrams, generated and expanded pages
    Bless,
    /// Proves exercises (03, 03/last, or all): red before, green after
    Exercises {
        wanted: Vec<String>,
        /// Checks instead what you have written in work/NN
        #[arg(long)]
        mine: bool,
    },
    /// Runs the tests of what a page leaves to you, in work/NN; without a chapter,
    /// proves all of it
    Yours { chapter: Option<String> },
    /// Shows what changed between two chapters: a summary, then module by module
    Diff(diff::Options),
    /// Takes an uncommitted fix of a chapter through the later ones
    #[command(arg_required_else_help = true)]
    Carry {
        chapter: Option<String>,
        /// Takes it from this chapter, usually final, back to the earliest chapter
        #[arg(long, conflicts_with = "chapter")]
        from: Option<String>,
    },
    /// Makes your own copy of what a page begins with, in work/NN
    #[command(
        args_conflicts_with_subcommands = true,
        arg_required_else_help = true
    )]
    Workshop {
        chapter: Option<String>,
        #[command(subcommand)]
        rescue: Option<Rescue>,
    },
    /// Writes all code of a page to one file, by step, for a room that pastes
    Paste { chapter: String },
    /// Lays the given code of your next step into work/NN
    Given { chapter: String },
    /// Writes a chapter as a crate that needs no workspace
    Export { chapter: String, folder: String },
    /// Checks and fetches everything that the book needs
    Setup {
        /// Makes a kit for a room without network
        #[arg(long)]
        bundle: bool,
    },
    /// Starts Redis and nodes of a chapter, and a console that speaks MCP and makes
    /// them fail
    Lab(lab::Options),
}

/// What else can be done with the pages.
#[derive(Subcommand)]
pub enum Pages {
    /// Serves it, and builds it anew on changes
    Serve,
    /// Checks everything that must hold for the pages
    Check,
    /// Builds the site, and checks its links, its summary sheets and the PDF file
    Publish,
    /// Takes the steps of the pages of some chapters, or of all
    Replay { chapters: Vec<String> },
}

/// What else can be done in a workshop.
#[derive(Subcommand)]
pub enum Rescue {
    /// Lays the next checkpoint over your attempt, which stays on a branch
    Rescue { chapter: String },
}

/// Runs a command. One that only shows something counts nothing.
pub fn run(command: Command) -> Result<Option<Tally>, Error> {
    match command {
        Command::Book { pages: None, open, pdf: true } => shown(pages::pdf(open)),
        Command::Book { pages: None, open, .. } => shown(pages::build(open)),
        Command::Book { pages: Some(Pages::Publish), .. } => {
            publish::check().map(Some)
        }
        Command::Book { pages: Some(Pages::Serve), .. } => shown(pages::serve()),
        Command::Book { pages: Some(Pages::Check), .. } => pages::check().map(Some),
        Command::Book { pages: Some(Pages::Replay { chapters }), .. } => {
            pages::replay(&chapters).map(Some)
        }
        Command::Bless => bless::run().map(Some),
        Command::Exercises { wanted, mine: false } => {
            exercises::run(&wanted).map(Some)
        }
        Command::Exercises { wanted, mine: true } => {
            exercises::mine(&wanted).map(Some)
        }
        Command::Paste { chapter } => shown(paste::run(&chapter)),
        Command::Yours { chapter: None } => yours::prove().map(Some),
        Command::Yours { chapter: Some(chapter) } => {
            yours::mine(&chapter).map(Some)
        }
        Command::Diff(options) => shown(diff::run(&options)),
        Command::Carry { chapter, from } => {
            let chapter = chapter.or(from).ok_or("which chapter?")?;
            carry::run(&chapter).map(Some)
        }
        Command::Workshop { rescue: Some(Rescue::Rescue { chapter }), .. } => {
            shown(workshop::rescue(&chapter))
        }
        Command::Workshop { chapter, .. } => {
            shown(workshop::open(&chapter.ok_or("which chapter?")?))
        }
        Command::Given { chapter } => shown(given::run(&chapter)),
        Command::Export { chapter, folder } => {
            shown(export::run(&chapter, &folder))
        }
        Command::Setup { bundle } => setup::run(bundle).map(Some),
        Command::Lab(options) => shown(lab::run(&options)),
    }
}

fn shown(outcome: Result<(), Error>) -> Result<Option<Tally>, Error> {
    outcome.map(|()| None)
}

/// All that must hold for the book: pages, replay, links, spelling, exercises.
pub fn check() -> Result<Tally, Error> {
    let mut tally = pages::check()?;
    tally += yours::prove()?;
    tally += publish::check()?;
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
