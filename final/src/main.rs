//! The program: a server for the calculator.

use std::process::ExitCode;
use std::sync::Arc;

use mcp_server::app;
use mcp_server::calculator::{Calculator, CalculatorSettings};
use mcp_server::config::Config;

/// A request makes about forty small allocations. This allocator needs about a
/// third of the time that the system's takes for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    app::run(|config| Ok(Arc::new(calculator(config)?)))
}

fn calculator(config: &Config) -> Result<Calculator, String> {
    let settings = CalculatorSettings {
        progress_interval: config.progress_interval,
        has_audit_trail: config.audit_events > 0,
        sample_tool: config.sample_tool.clone(),
    };
    Calculator::new(settings).map_err(|error| format!("SAMPLE_TOOL_NAME: {error}"))
}
