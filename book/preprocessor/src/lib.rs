//! The machine of the book. Pages are programs whose steps lead from one chapter's
//! crate to the next; see `book/src/machine.md`.
//!
//! ```text
//! tree          the files of a crate, as texts
//! outline       a file as named items, in Rust, TOML and other texts
//! directive     what stands in double braces on a page
//! replay        the steps of a page, applied to the chapter before
//! imports       the use and mod lines that ride along
//! difference    what the steps left open
//! rustfmt       Rust as the formatter writes it
//! lines         differences, line by line
//! shown         what a step shows
//! modules       the picture of a chapter's modules
//! steps         the numbers of steps, and the five lines at the end
//! place         where new items go in a file
//! page          a page with its directives answered
//! render        blocks as HTML and Markdown
//! highlight     colours without JavaScript
//! recording     transcripts and diagrams
//! lab           what a reader types in the lab, and what it prints
//! diagram       sequence diagrams and their drawings
//! caption       what a figure may be called
//! share         how much of the last crate its page brings
//! swaps         each with the figure that pays for it
//! exercise      tasks, hints, and what proves them
//! behaviour     what a chapter adds to what the server can do
//! figures       lines and words
//! minutes       how long a page takes, to paste and to type
//! given         what a page says of the code that it gives
//! prose         words and sentences
//! links         links inside the book
//! timetable     timetables and notes add up
//! schedule      a plan keeps to what the chapters' pages declare
//! spelling      a dictionary of misspellings (feature `spelling`)
//! commands      what a reader pastes into a shell
//! compile       cargo check for a tree of texts
//! patch         solutions and mutants
//! proof         exercises, red before and green after
//! merge         one fix, brought to other crates
//! compare       two chapters, with moves
//! lay           given code, laid into a reader's crate
//! attempt       a reader's crate beside the book's, item by item
//! rescue        the next checkpoint for a reader who is stuck
//! standalone    a crate outside its workspace
//! versions      what a page was made with
//! expanded      the committed pages
//! check         all of this for the whole book
//! repository    where everything is
//! preprocessor  what mdBook asks for
//! yours         items whose bodies the reader writes
//! server        a folder in the browser
//! ```

pub mod attempt;
pub mod behaviour;
pub mod caption;
pub mod check;
pub mod commands;
pub mod compare;
pub mod compile;
pub mod diagram;
pub mod difference;
pub mod directive;
pub mod exercise;
pub mod expanded;
pub mod figures;
pub mod given;
pub mod highlight;
pub mod imports;
pub mod lab;
pub mod lay;
pub mod lines;
pub mod links;
pub mod merge;
pub mod minutes;
pub mod modules;
pub mod outline;
pub mod page;
pub mod patch;
pub mod place;
pub mod preprocessor;
pub mod proof;
pub mod prose;
pub mod recording;
pub mod render;
pub mod replay;
pub mod repository;
pub mod rescue;
pub mod rustfmt;
pub mod schedule;
pub mod server;
pub mod share;
pub mod shown;
#[cfg(feature = "spelling")]
pub mod spelling;
pub mod standalone;
pub mod steps;
pub mod swaps;
pub mod timetable;
pub mod tree;
pub mod versions;
pub mod yours;
