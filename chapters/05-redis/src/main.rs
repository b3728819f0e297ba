//! The calculator, served.

use std::{error::Error, sync::Arc};

use ch05_redis::{app, calculator::Calculator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    app::run(Arc::new(Calculator::default())).await
}
