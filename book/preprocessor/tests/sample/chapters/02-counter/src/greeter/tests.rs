use super::Greeter;

fn greeted_twice() -> Greeter {
    let mut greeter = Greeter::default();
    greeter.greet(Some("Ada"));
    greeter.greet(Some("Ada"));
    greeter
}

#[test]
fn a_greeter_counts_by_name() {
    assert_eq!(greeted_twice().count("Ada"), 2);
}

#[test]
fn nobody_has_not_been_greeted() {
    assert_eq!(greeted_twice().count("Nobody"), 0);
}
