//! The calculator, served.

use std::error::Error;
use std::sync::Arc;

use ch05_redis::app;
use ch05_redis::calculator::Calculator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    app::run(Arc::new(Calculator::default())).await
}
