//! The bench: nodes and Redis, the recorder between them, and what a reader does to
//! them.
//!
//! | module | what it is |
//! |---|---|
//! | [`settings`] | what the bench is made of |
//! | [`node`] | a node behind its proxies |
//! | [`redis`] | the Redis of all nodes |
//! | [`requests`] | open, call, read, ping, close |
//! | [`faults`] | kill, drain, pause, resume, start, slow |
//! | [`balancer`] | one address for all nodes |
//! | [`hammer`] | one request, many times |
//! | [`views`] | show, redis, log, save, sessions |

pub mod balancer;
pub mod faults;
pub mod hammer;
pub mod node;
pub mod redis;
pub mod requests;
pub mod settings;
pub mod views;

use std::net::SocketAddr;
use std::time::Duration;

use crate::board::{Board, State};
use crate::console::command::{ANY, Command};
use crate::console::editor::Words;
use crate::console::grammar;
use crate::watch::feed::Feed;
use crate::{ports, watch};
use lab::recorder::record::Place;
use lab::recorder::{CLIENT, REDIS, Recorder};

use node::Node;
use redis::Redis;
use requests::Sessions;
use settings::Settings;

/// How long a command waits for a program to become ready, or for a response.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a client waits for a node that is paused.
const PAUSED_PATIENCE: Duration = Duration::from_secs(2);

/// How long it waits for a node that itself waits for a paused Redis.
const BEHIND_PAUSED: Duration = Duration::from_secs(5);

/// How often a program is asked whether it is ready.
const GLANCE: Duration = Duration::from_millis(5);

/// What a command printed, or a sentence that says why it could not do its work.
pub type Printed = Result<String, String>;

/// Nodes, Redis, and what passed between them. Dropping it ends them.
#[derive(Debug)]
pub struct Bench {
    settings: Settings,
    recorder: Recorder,
    board: Board,
    nodes: Vec<Node>,
    redis: Option<Redis>,
    balancer: Option<SocketAddr>,
    sessions: Sessions,
    words: Words,
    /// From where on `redis` has not shown the record yet.
    unshown: Place,
}

impl Bench {
    /// Starts Redis and all nodes, and tells the reader about each on standard error.
    ///
    /// # Errors
    /// A sentence that says what could not be started.
    pub async fn start(settings: Settings) -> Result<Self, String> {
        let recorder = Recorder::knowing_scripts_of(&settings.scripts);
        recorder.shorten_names();
        recorder.tell_of("mcp:totals");
        let board = Board::default();
        let mut bench = Self {
            redis: None,
            nodes: Vec::new(),
            balancer: None,
            sessions: Sessions::default(),
            words: Words::default(),
            unshown: recorder.next_place(),
            board,
            recorder,
            settings,
        };
        if bench.settings.has_redis {
            bench.redis = Some(bench.start_redis().await?);
        }
        bench.start_nodes().await?;
        let known = ["calculate", "calculator://history", "calculator://stats"];
        known.iter().for_each(|word| bench.words.add(word));
        Ok(bench)
    }

    async fn start_redis(&self) -> Result<Redis, String> {
        eprintln!("Redis starts …");
        let redis = Redis::start().await?;
        self.board.set(REDIS, State::Up, None);
        eprintln!("Redis   {}", redis.url());
        Ok(redis)
    }

    async fn start_nodes(&mut self) -> Result<(), String> {
        let mut port = ports::NODES;
        for index in 0..self.settings.nodes {
            let name = char::from(b'a'.saturating_add(index)).to_string();
            let listener = ports::listen(port)?;
            if listener.address.port() != port {
                eprintln!("port {port} is taken; node {name} has another one");
            }
            port = listener.address.port().saturating_add(1);
            let mut node = Node::new(&name, listener.address);
            if let Some(redis) = &self.redis {
                node.redis_url = Some(redis.proxy(&self.recorder, &name)?);
            }
            self.recorder.proxy_http(
                CLIENT,
                listener.listener,
                self.board.route(&name),
            );
            node.start(&self.settings, &self.board).await?;
            eprintln!("node {name}  http://{}/mcp", node.address);
            self.words.add(&name);
            self.nodes.push(node);
        }
        Ok(())
    }

    /// Opens the live page.
    ///
    /// # Errors
    /// A sentence, if there is no port for it.
    pub fn watch(&self) -> Result<(), String> {
        let opened = ports::listen(ports::WATCH)?;
        eprintln!("watch   http://{}/", opened.address);
        let feed = Feed::new(self.recorder.clone(), self.board.clone());
        tokio::spawn(watch::serve(opened.listener, feed));
        Ok(())
    }

    /// What can be completed.
    pub fn words(&self) -> Words {
        self.words.clone()
    }

    /// Does what the reader asks for.
    ///
    /// # Errors
    /// A sentence that says why it could not be done.
    pub async fn run(&mut self, command: Command) -> Printed {
        self.notice_ended();
        match command {
            Command::Open { node, name } => self.open(&node, name.as_deref()).await,
            Command::Ask { node, session, request } => {
                self.ask(&node, &session, &request).await
            }
            Command::Hammer { count, nodes, work } => {
                self.hammer(count, nodes, work).await
            }
            Command::Node(fault, node) => self.node_fault(fault, &node).await,
            Command::Redis(fault) => self.redis_fault(fault).await,
            Command::Slow(time) => self.slow_redis(time),
            Command::Balance => self.balance(),
            Command::Wait(time) => {
                tokio::time::sleep(time).await;
                Ok(String::new())
            }
            Command::ShowRedis => self.show_redis(),
            Command::Sessions => Ok(self.list_sessions()),
            Command::Show => Ok(self.recorder.transcript()),
            Command::Log(node) => self.log(&node),
            Command::Save(name) => self.save(&name),
            Command::Help(name) => grammar::help(name.as_deref()),
            Command::Quit => Ok(String::new()),
        }
    }

    /// Writes down which processes have ended by themselves.
    pub fn notice_ended(&mut self) {
        for node in &mut self.nodes {
            if node.has_ended() {
                let text = format!("{} has ended", node.name);
                self.recorder.remark(&[&node.name], &text);
                self.board.set(&node.name, State::Dead, None);
            }
        }
    }

    fn node(&mut self, name: &str) -> Result<&mut Node, String> {
        let known: Vec<_> =
            self.nodes.iter().map(|node| node.name.clone()).collect();
        let found = self.nodes.iter_mut().find(|node| node.name == name);
        found.ok_or_else(|| match name {
            ANY => "`any` needs one node for this".to_owned(),
            _ => format!("there is no node {name}; there is {}", known.join(", ")),
        })
    }

    /// The address that a client uses for a node, or for all.
    fn address(&mut self, node: &str) -> Result<SocketAddr, String> {
        match node {
            ANY => self.balancer.ok_or_else(|| {
                "`any` has no address yet; `balance` opens it".to_owned()
            }),
            node => Ok(self.node(node)?.address),
        }
    }

    fn redis(&mut self) -> Result<&mut Redis, String> {
        let none = "the nodes of this lab keep nothing in Redis";
        self.redis.as_mut().ok_or_else(|| none.to_owned())
    }
}
