//! All scenarios, in the order of the chapters.

mod hello;
mod nodes;
mod sessions;
mod stdio;
mod store;

use super::Scenario;

/// All scenarios.
pub static ALL: &[&[Scenario]] =
    &[hello::ALL, stdio::ALL, sessions::ALL, store::ALL, nodes::ALL];

/// A scenario: the chapter that brings it, its row in the table, its name, its
/// steps.
macro_rules! scenario {
    ($since:literal, $capability:expr, $name:literal, $steps:ident) => {
        $crate::climb::Scenario::new($since, $capability, $name, |stage| {
            Box::pin($steps(stage))
        })
    };
}
use scenario;
