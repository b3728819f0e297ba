//! An order that does not depend on chance.
//!
//! A node may send a command before the reply to the last one has come. Whether the
//! proxy sees the second command or the first reply earlier is chance. Neither
//! causes the other, so the reply is told first: each reply moves up past later
//! commands of the same node, and past nothing else.

use super::record::{Entry, What};

/// The same entries in that order.
pub fn steady(entries: &[Entry]) -> Vec<Entry> {
    let mut told: Vec<Entry> = Vec::new();
    for entry in entries {
        let mut at = told.len();
        if let What::Reply(command, _) = &entry.what {
            while at > 0 && goes_before(entry, &told[at - 1], command) {
                at -= 1;
            }
        }
        told.insert(at, entry.clone());
    }
    told
}

/// Whether a reply is told before this entry: a later command of the same node.
fn goes_before(
    reply: &Entry,
    earlier: &Entry,
    answered: &super::record::Command,
) -> bool {
    let same_node = reply.who.get(1) == earlier.who.first();
    match &earlier.what {
        What::Command(command) => same_node && command != answered,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::record::Command;
    use crate::recorder::resp::Value;

    fn command(name: &str) -> Command {
        Command { name: name.into(), keys: vec!["{k}".into()], arguments: vec![] }
    }

    fn asks(node: &str, name: &str) -> Entry {
        Entry::message(node, "redis", What::Command(command(name)))
    }

    fn told(node: &str, name: &str) -> Entry {
        let what = What::Reply(command(name), Value::Text(name.to_lowercase()));
        Entry::message("redis", node, what)
    }

    fn text(entries: &[Entry]) -> String {
        let names = entries.iter().map(|entry| match &entry.what {
            What::Command(command) => command.name.clone(),
            What::Reply(_, value) => super::super::words::reply(value),
            _ => String::new(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pipelined_commands_are_told_one_after_the_other() {
        let (a, b) = (asks("one", "A"), asks("one", "B"));
        let (ra, rb) = (told("one", "A"), told("one", "B"));
        let sent_first = [a.clone(), b.clone(), ra.clone(), rb.clone()];
        let in_turns = [a, ra, b, rb];
        assert_eq!(text(&steady(&sent_first)), "A a B b");
        assert_eq!(text(&steady(&in_turns)), "A a B b");
    }

    /// Two nodes between which a story decides.
    #[test]
    fn what_another_node_asked_in_between_stays_in_between() {
        let entries = [asks("one", "A"), asks("two", "B"), told("one", "A")];
        assert_eq!(text(&steady(&entries)), "A B a");
    }
}
