//! The official suite's fixtures, served by the same library as the product.
//! Settings as for `mcp-server`.

use std::process::ExitCode;
use std::sync::Arc;

use mcp_server::app;
use suite::fixture::Fixture;

fn main() -> ExitCode {
    app::run(|_config| Ok(Arc::new(Fixture::default())))
}
