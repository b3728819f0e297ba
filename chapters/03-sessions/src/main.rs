//! The calculator, served.

use std::error::Error;
use std::sync::Arc;

use ch03_sessions::app;
use ch03_sessions::calculator::Calculator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    app::run(Arc::new(Calculator::default())).await
}
