//! `cargo xtask lab NN --nodes 2`: Redis and named nodes of a chapter, to be
//! killed, paused and restarted from the keyboard.

use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use book_machine::tree::Tree;

use testkit::programs::find;
use testkit::{Node, Process, RedisServer};

use crate::process::succeeds;
use crate::{Error, book, node, workspace};

const HELP: &str = "\
kill a      ends node a at once        restart a   starts it again
pause a     stops it without ending    resume a    lets it go on
log a       its last 20 lines          redis       the last commands of Redis
help        this list                  quit        ends everything";

/// Runs the lab until the reader leaves it.
pub fn run(chapter: &str, count: usize) -> Result<(), Error> {
    let chapter = book::chapter(chapter)?;
    let manifest = Tree::read(&chapter.folder)?;
    let package = manifest.package().ok_or("the chapter has no package")?;
    let program = match package.as_str() {
        "final" => "mcp-server",
        package => package,
    };
    let program = workspace::build(&package, program, false)?;
    let logs = workspace::empty_folder("lab")?;
    let shares =
        manifest.get("Cargo.toml").is_some_and(|text| text.contains("redis"));
    let redis = if shares { Some(RedisServer::start(&[])?) } else { None };
    if let Some(redis) = &redis {
        // The slow log keeps all commands, and the reader can see the last ones.
        redis.run(&["CONFIG", "SET", "slowlog-log-slower-than", "0"])?;
    }
    let mut lab = Lab { program, redis, logs, nodes: Vec::new() };
    for index in 0..count {
        let letter = char::from(b'a'.wrapping_add(u8::try_from(index)?));
        lab.nodes.push((letter.to_string(), None));
        lab.start(&letter.to_string())?;
    }
    if let Some(redis) = &lab.redis {
        println!("Redis     {}", redis.url());
    }
    println!("{HELP}");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = match words.as_slice() {
            ["quit" | "q" | "exit"] => break,
            ["kill", name] => lab.stop(name),
            ["restart", name] => lab.stop(name).and_then(|()| lab.start(name)),
            ["pause", name] => lab.signal(name, Process::pause),
            ["resume", name] => lab.signal(name, Process::resume),
            ["log", name] => lab.log(name),
            ["redis"] => lab.commands(),
            [] => Ok(()),
            _ => {
                println!("{HELP}");
                Ok(())
            }
        };
        if let Err(error) = done {
            println!("{error}");
        }
    }
    Ok(())
}

struct Lab {
    program: PathBuf,
    redis: Option<RedisServer>,
    logs: PathBuf,
    nodes: Vec<(String, Option<Node>)>,
}

impl Lab {
    fn node(&mut self, name: &str) -> Result<&mut Option<Node>, Error> {
        let known = self.nodes.iter().map(|(name, _)| name.as_str());
        let message = format!(
            "no node {name}; there is {}",
            known.collect::<Vec<_>>().join(", ")
        );
        let found = self.nodes.iter_mut().find(|(other, _)| other == name);
        found.map(|(_, node)| node).ok_or_else(|| message.into())
    }

    fn start(&mut self, name: &str) -> Result<(), Error> {
        self.node(name)?;
        let log = self.logs.join(format!("{name}.log"));
        let node = node::start(&self.program, self.redis.as_ref(), &log)?;
        println!("node {name}    {}", node.url());
        *self.node(name)? = Some(node);
        Ok(())
    }

    fn stop(&mut self, name: &str) -> Result<(), Error> {
        if self.node(name)?.take().is_some() {
            println!("node {name} is gone");
        }
        Ok(())
    }

    fn signal(&mut self, name: &str, send: fn(&Process)) -> Result<(), Error> {
        let node = self.node(name)?.as_ref().ok_or("that node does not run")?;
        send(&node.process);
        Ok(())
    }

    fn log(&mut self, name: &str) -> Result<(), Error> {
        self.node(name)?;
        let text = std::fs::read_to_string(self.logs.join(format!("{name}.log")))?;
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..]
            .iter()
            .for_each(|line| println!("{line}"));
        Ok(())
    }

    fn commands(&mut self) -> Result<(), Error> {
        let redis =
            self.redis.as_ref().ok_or("this chapter keeps nothing in Redis")?;
        let client = find("redis-cli").ok_or("redis-cli is not installed")?;
        let mut command = Command::new(&client);
        command.args(["-u", &redis.url(), "SLOWLOG", "GET", "20"]);
        match succeeds(command.stdin(Stdio::null()))? {
            true => Ok(()),
            false => Err("Redis did not answer".into()),
        }
    }
}
