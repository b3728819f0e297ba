//! Says hello to whoever is named, and how often.

use std::env;

use voice::Voice;

use crate::greeter::Greeter;

mod greeter;

fn main() {
    let name = env::args().nth(1);
    let mut greeter = Greeter::default();
    println!("{}", greeter.greet(name.as_deref()));
    println!("{}", greeter.sound());
}
