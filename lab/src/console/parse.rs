//! A line as a command.

use std::time::Duration;

use super::command::{ANY, Command, Fault, Request, ToolCall, Work};
use super::grammar;

impl Command {
    /// Reads a line.
    ///
    /// # Errors
    /// A sentence that says how the command is used, or that there is none.
    pub fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words.first().copied().unwrap_or_default();
        let parsed = match words.as_slice() {
            ["hammer", rest @ ..] => hammer(line, rest),
            ["call" | "read" | "ping" | "close", ..] => request(line, &words),
            _ => Self::other(&words),
        };
        parsed.ok_or_else(|| misused(name))
    }

    fn other(words: &[&str]) -> Option<Self> {
        let own = |word: &str| word.to_owned();
        Some(match *words {
            ["open", node] => Self::Open { node: own(node), name: None },
            ["open", node, "as", name] => {
                Self::Open { node: own(node), name: Some(own(name)) }
            }
            ["sessions"] => Self::Sessions,
            ["redis"] => Self::ShowRedis,
            ["redis", "stop"] => Self::Redis(Fault::Kill),
            ["redis", word] if word != "kill" => Self::Redis(fault(word)?),
            ["slow", "redis", "off"] => Self::Slow(None),
            ["slow", "redis", time] => Self::Slow(Some(duration(time)?)),
            ["balance"] => Self::Balance,
            ["wait", time] => Self::Wait(duration(time)?),
            ["show"] => Self::Show,
            ["log", node] => Self::Log(own(node)),
            ["save", name] => Self::Save(own(name)),
            ["help"] => Self::Help(None),
            ["help", name] => Self::Help(Some(own(name))),
            ["quit" | "exit"] => Self::Quit,
            [word, node] => Self::Node(fault(word)?, own(node)),
            _ => return None,
        })
    }
}

/// `call NODE SESSION …` and the like.
fn request(line: &str, words: &[&str]) -> Option<Command> {
    let request = match *words {
        ["call", _, _, tool, ..] => Request::Call(tool_call(tool, line, 4)),
        ["read", _, _, uri] => Request::Read(uri.to_owned()),
        ["ping", _, _] => Request::Ping,
        ["close", _, _] => Request::Close,
        _ => return None,
    };
    let (node, session) = (words[1].to_owned(), words[2].to_owned());
    Some(Command::Ask { node, session, request })
}

/// `hammer COUNT [NODE …] …`
fn hammer(line: &str, words: &[&str]) -> Option<Command> {
    let (count, rest) = words.split_first()?;
    let count = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    let nodes = rest.iter().take_while(|word| is_node(word)).count();
    let work = match *rest.get(nodes)? {
        "open" if rest.len() == nodes + 1 => Work::Open,
        tool => Work::Call(tool_call(tool, line, 3 + nodes)),
    };
    let nodes = rest[..nodes].iter().map(|&node| node.to_owned()).collect();
    Some(Command::Hammer { count, nodes, work })
}

/// A tool and what stands behind the first words of the line.
fn tool_call(tool: &str, line: &str, words: usize) -> ToolCall {
    let arguments = behind(line, words).to_owned();
    ToolCall { tool: tool.to_owned(), arguments }
}

/// Whether a word can be the name of a node: `a`, `b`, …, or `any`.
fn is_node(word: &str) -> bool {
    let is_letter = word.len() == 1 && word.starts_with(|c: char| c.is_lowercase());
    is_letter || word == ANY
}

/// A line without its first words.
fn behind(line: &str, words: usize) -> &str {
    let mut rest = line.trim();
    for _ in 0..words {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[end..].trim_start();
    }
    rest
}

fn fault(word: &str) -> Option<Fault> {
    Some(match word {
        "kill" => Fault::Kill,
        "drain" => Fault::Drain,
        "pause" => Fault::Pause,
        "resume" => Fault::Resume,
        "start" => Fault::Start,
        _ => return None,
    })
}

/// `200ms`, `2s`, at most a minute.
fn duration(text: &str) -> Option<Duration> {
    let time = match text.strip_suffix("ms") {
        Some(number) => Duration::from_millis(number.parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.parse().ok()?),
    };
    (time <= Duration::from_secs(60)).then_some(time)
}

/// How a command is used.
fn misused(name: &str) -> String {
    let usages = grammar::of(name);
    let words: Vec<_> = usages.iter().map(|usage| usage.words).collect();
    match words.is_empty() {
        true => grammar::unknown(name),
        false => format!("usage: {}", words.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Command {
        Command::parse(line).expect(line)
    }

    #[test]
    fn each_command_of_the_help_is_understood() {
        for usage in &grammar::COMMANDS {
            for choice in choices(usage.words) {
                assert!(Command::parse(&choice).is_ok(), "{choice}");
            }
        }
    }

    /// A usage with words in the places of those in capitals.
    fn choices(words: &str) -> Vec<String> {
        let line = words
            .replace("NODE …", "b")
            .replace("NODE", "a")
            .replace("SESSION", "s1")
            .replace("COUNT", "3")
            .replace("ARGUMENT …", "1 2 add")
            .replace("TOOL", "calculate")
            .replace("URI", "calculator://history")
            .replace("TIME", "2s")
            .replace("[COMMAND]", "open")
            .replace("NAME", "mine");
        let long = line.replace(['[', ']'], "");
        let (head, last) = long.rsplit_once(' ').unwrap_or(("", &long));
        let lasts = last.split('|');
        lasts.map(|last| format!("{head} {last}").trim().to_owned()).collect()
    }

    #[test]
    fn the_arguments_of_a_tool_stay_as_they_were_typed() {
        let json = r#"{"items": [1,  2]}"#;
        let asked = parse(&format!("call  a s1 sum   {json}"));
        let call = ToolCall { tool: "sum".into(), arguments: json.into() };
        let request = Request::Call(call);
        let (node, session) = ("a".into(), "s1".into());
        assert_eq!(asked, Command::Ask { node, session, request });
    }

    #[test]
    fn the_nodes_of_a_hammer_end_where_the_tool_begins() {
        let arguments = "1 2 add".to_owned();
        let work = Work::Call(ToolCall { tool: "calculate".into(), arguments });
        for (nodes, words) in [("", 0), ("a b ", 2), ("any ", 1)] {
            let line = format!("hammer 100 {nodes}calculate 1 2 add");
            let Command::Hammer { count: 100, nodes, work: found } = parse(&line)
            else {
                panic!("{line}")
            };
            assert_eq!((nodes.len(), &found), (words, &work));
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_the_usage() {
        let sentence = |line| Command::parse(line).expect_err(line);
        assert_eq!(sentence("open"), "usage: open NODE [as NAME]");
        assert_eq!(
            sentence("redis flush"),
            "usage: redis or redis stop|start|pause|resume"
        );
        assert_eq!(sentence("wait 90s"), "usage: wait TIME");
        let unknown = "there is no command `foo`; `help` lists all";
        assert_eq!(sentence("foo bar"), unknown);
    }
}
