//! The console: commands that a person types, or that a script contains.
//!
//! | module | what it is |
//! |---|---|
//! | [`grammar`] | all commands, with their usage and a sentence of help |
//! | [`command`] | the commands |
//! | [`parse`] | a line as a command |
//! | [`arguments`] | the arguments of a tool, as JSON |
//! | [`lines`] | where lines come from: a line editor, a file or a pipe |
//! | [`editor`] | the line editor, with history and completion |
//! | [`terminal`] | the state of the terminal, which must survive a signal |

pub mod arguments;
pub mod command;
pub mod editor;
pub mod grammar;
pub mod lines;
mod parse;
pub mod terminal;

/// What stands before a command.
pub const PROMPT: &str = "lab> ";
