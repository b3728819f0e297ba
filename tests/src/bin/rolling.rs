//! Restarts nodes one by one under load, and counts what their clients notice.
//! `cargo xtask rolling` builds and runs it.

use std::process::ExitCode;
use std::time::Duration;

use suite::rolling::{self, Plan};

const USAGE: &str = "usage: rolling [--seconds N]";

/// Two rounds.
const RESTARTS: u64 = 6;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(seconds) = seconds(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    println!("restarting nodes under load for {seconds} seconds");
    let time = Duration::from_secs(seconds);
    let report = rolling::run(Plan { time, restarts: RESTARTS }).await;
    println!("{report}");
    if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seconds(arguments: &[String]) -> Option<u64> {
    match arguments {
        [] => Some(60),
        [option, seconds] if option == "--seconds" => seconds.parse().ok(),
        _ => None,
    }
}
