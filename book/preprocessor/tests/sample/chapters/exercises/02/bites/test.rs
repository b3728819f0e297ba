use std::process::Command;

#[test]
fn one_call_is_one_greeting() {
    let output = Command::new(env!("CARGO_BIN_EXE_ch02-counter")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1 greetings"), "one call, one greeting");
}
