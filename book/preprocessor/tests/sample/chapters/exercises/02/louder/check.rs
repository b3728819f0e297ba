use std::process::Command;

#[test]
fn the_greeting_is_loud() {
    let output = Command::new(env!("CARGO_BIN_EXE_ch02-counter")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("!!"), "it ends with one mark");
}
