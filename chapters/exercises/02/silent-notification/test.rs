//! L011 over standard input and output.

use std::sync::Arc;

use ch02_clean_architecture::calculator::Calculator;
use ch02_clean_architecture::engine::Engine;
use ch02_clean_architecture::stdio;

#[tokio::test]
async fn nothing_comes_out() {
    let engine = Arc::new(Engine::new(Arc::new(Calculator::default())));
    let line = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let mut output = Vec::new();
    stdio::serve(engine, &line[..], &mut output).await.expect("memory");
    assert!(output.is_empty(), "a notification is never answered: {output:?}");
}
