//! Makes nodes, Redis and connections fail under load, and checks that the books
//! balance. `cargo xtask chaos` builds and runs it.

use std::process::ExitCode;
use std::time::Duration;

use suite::chaos::{self, Plan};

const USAGE: &str = "usage: chaos [--seconds N] [--seed N]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(plan) = plan(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    println!("failures for {} s, seed {}", plan.time.as_secs(), plan.seed);
    let report = chaos::run(plan).await;
    println!("{report}");
    if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(arguments: &[String]) -> Option<Plan> {
    let mut plan = Plan { time: Duration::from_secs(60), seed: 1 };
    for option in arguments.chunks(2) {
        match option {
            [name, value] if name == "--seconds" => {
                plan.time = Duration::from_secs(value.parse().ok()?);
            }
            [name, value] if name == "--seed" => plan.seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(plan)
}
