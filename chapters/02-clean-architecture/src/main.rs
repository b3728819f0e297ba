//! The calculator, served.

use std::error::Error;
use std::sync::Arc;

use ch02_clean_architecture::app;
use ch02_clean_architecture::calculator::Calculator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    app::run(Arc::new(Calculator::default())).await
}
