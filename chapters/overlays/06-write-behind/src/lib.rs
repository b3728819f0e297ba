//! A wrong turn: chapter 06 with a store that confirms a new session before Redis has
//! it. The book shows who finds nothing, and leaves it.

pub mod write_behind;
