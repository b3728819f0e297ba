//! The load generator: connections that each send a request, read the whole answer,
//! check it, and send the next (a closed loop). Prints its figures as one JSON object,
//! and ends with an error if a single answer was wrong.
//!
//! ```text
//! load calls     url=URL[,URL…] [connections=32] [seconds=3]
//!                [call=session], or plain, stateless or tape
//! load history   url=URL filled=N [connections=32] [sessions=100]
//! load open      url=URL count=N [connections=32]
//! load progress  url=URL [connections=8] [seconds=3]
//! load move      url=URL,URL [count=300]
//! load resume    url=URL[,URL] [count=20] [events=1000]
//! ```

mod calls;
mod client;
mod figures;
mod history;
mod moves;
mod options;
mod progress;
mod resume;

use options::Options;

/// Why there are no figures.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// On one thread: it needs less than half of what the servers need, so it is not what
/// is measured, and it wakes nobody on another core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let options = Options::parse(arguments)?;
    let mut figures = match command.as_str() {
        "calls" => calls::run(&options).await?,
        "history" => history::run(&options).await?,
        "open" => calls::open(&options).await?,
        "progress" => progress::run(&options).await?,
        "move" => moves::run(&options).await?,
        "resume" => resume::run(&options).await?,
        _ => return Err("calls, history, open, progress, move or resume".into()),
    };
    figures["processor_seconds"] = figures::processor_seconds()?.into();
    println!("{figures}");
    Ok(())
}
