//! The calculator, served.

use std::error::Error;
use std::sync::Arc;

use ch04_store_trait::app;
use ch04_store_trait::calculator::Calculator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    app::run(Arc::new(Calculator::default())).await
}
