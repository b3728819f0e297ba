//! The calculator, served.

use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::Arc;

use ch06_reconstruction::app;
use ch06_reconstruction::calculator::Calculator;

#[tokio::main]
async fn main() -> ExitCode {
    let served = app::run(Arc::new(Calculator::default())).await;
    let Err(error) = served else { return ExitCode::SUCCESS };
    // Returned from here, it would be printed for programmers.
    let _ = writeln!(stderr(), "{error}");
    ExitCode::FAILURE
}
