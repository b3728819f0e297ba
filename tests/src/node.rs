//! Server processes.

use std::collections::BTreeMap;
use std::env;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use testkit::ports::free_port;
use testkit::{Process, Stderr, node};

use crate::{
    Attempt, Body, Client, Exchange, PATIENCE, Pipes, RedisServer, eventually,
};

/// A binary of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The crate that holds it.
    pub package: &'static str,
    /// Its name.
    pub binary: &'static str,
}

impl Program {
    /// The product: the calculator.
    pub const SERVER: Self = Self { package: "final", binary: "mcp-server" };
    /// The same server with the [`Fixture`](crate::fixture::Fixture) as service.
    pub const CONFORMANCE: Self =
        Self { package: "suite", binary: "conformance-server" };

    /// Where the binary is. Cargo builds it if it is not there or out of date:
    /// cargo itself does that only for binaries of the package under test.
    pub fn path(self) -> PathBuf {
        static BUILT: Mutex<Vec<Program>> = Mutex::new(Vec::new());
        let folder = profile_folder();
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        if let (false, Ok(cargo)) = (built.contains(&self), env::var("CARGO")) {
            self.build(&cargo, &folder);
            built.push(self);
        }
        folder.join(self.binary).with_extension(env::consts::EXE_EXTENSION)
    }

    fn build(self, cargo: &str, folder: &std::path::Path) {
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let mut command = Command::new(cargo);
        command
            .args(["build", "--quiet", "--locked", "--profile", profile])
            // This package too, so that features are those of the test itself.
            .args(["--package", env!("CARGO_PKG_NAME")])
            .args(["--package", self.package, "--bin", self.binary])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if let Some(target) = folder.parent() {
            command.arg("--target-dir").arg(target);
        }
        // What cargo tells a test about its own package would look to build
        // scripts like a change, and make them and all above them run again.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|p| name.starts_with(p))
            {
                command.env_remove(&*name);
            }
        }
        let status = command
            .status()
            .unwrap_or_else(|error| panic!("cargo does not start: {error}"));
        assert!(status.success(), "{} does not build", self.binary);
    }
}

/// `target/<profile>`: test executables are in its `deps`.
fn profile_folder() -> PathBuf {
    let mut folder = env::current_exe()
        .unwrap_or_else(|error| panic!("this program has no path: {error}"));
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder
}

/// The settings of a node that is to be started.
#[derive(Debug, Clone)]
pub struct NodeBuilder {
    program: Program,
    settings: BTreeMap<String, String>,
    stderr: Stderr,
}

impl NodeBuilder {
    /// Another binary than the product.
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// An environment variable. Nothing else is passed on from the test's own.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.insert(name.to_owned(), value.to_string());
        self
    }

    /// Keeps sessions in this Redis.
    pub fn redis(self, redis: &RedisServer) -> Self {
        self.set("USE_REDIS", true).set("REDIS_URL", redis.url())
    }

    /// Another standard error.
    pub fn stderr(mut self, stderr: Stderr) -> Self {
        self.stderr = stderr;
        self
    }

    /// Starts the node and waits until it listens.
    pub async fn start(self) -> Node {
        if self.stderr != Stderr::Kept {
            return self.start_unheard().await;
        }
        let mut process = self.launch();
        let address = eventually("the server listens", PATIENCE, async || {
            node::announced(&mut process).unwrap_or_else(|error| panic!("{error}"))
        })
        .await;
        Node { server: testkit::Node::new(process, address) }
    }

    /// Starts a node that cannot say where it listens.
    async fn start_unheard(self) -> Node {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let process = self.set("PORT", address.port()).launch();
        eventually("the server listens", PATIENCE, async || {
            TcpStream::connect(address).ok()
        })
        .await;
        Node { server: testkit::Node::new(process, address) }
    }

    /// Starts a node that is expected to end by itself.
    pub async fn run_to_end(self, within: Duration) -> (ExitStatus, String) {
        let mut process = self.launch();
        let status = ended(&mut process, within).await;
        (status, process.output())
    }

    /// Starts the server with `--stdio`.
    pub fn pipes(self) -> Pipes {
        self.pipes_with(&["--stdio"])
    }

    /// Starts the server with two pipes and these arguments, whether it reads them
    /// or not.
    pub fn pipes_with(self, arguments: &[&str]) -> Pipes {
        Pipes::start(self.command().args(arguments), self.stderr)
    }

    fn launch(&self) -> Process {
        Process::start_with(&mut self.command(), self.stderr)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn command(&self) -> Command {
        let mut command = node::command(&self.program.path());
        command.envs(&self.settings);
        command
    }
}

/// Waits for a process to end by itself.
pub(crate) async fn ended(process: &mut Process, within: Duration) -> ExitStatus {
    eventually("the server ends", within, async || process.exited()).await
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Node {
    server: testkit::Node,
}

impl Node {
    /// A node with other settings than the default.
    pub fn builder() -> NodeBuilder {
        // A story that is about this setting sets it itself; the others are quick.
        let settings = BTreeMap::from([("DRAIN_DELAY".to_owned(), "0".to_owned())]);
        NodeBuilder { program: Program::SERVER, settings, stderr: Stderr::Kept }
    }

    /// The product, sessions in memory.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The conformance server, sessions in memory.
    pub async fn start_fixture() -> Self {
        Self::builder().program(Program::CONFORMANCE).start().await
    }

    /// The same node, reached at another address: that of a proxy in front of it.
    pub fn reached_at(self, address: SocketAddr) -> Self {
        Self { server: testkit::Node::new(self.server.process, address) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A new session on this node.
    pub async fn connect(&self) -> Client {
        Client::connect(self).await
    }

    /// A request to the MCP endpoint by somebody without a session.
    pub fn attempt(&self, method: &str) -> Attempt {
        Attempt::new(self.address(), method)
    }

    /// Gets a page, for example `/health`.
    pub async fn get(&self, path: &str) -> Exchange {
        self.attempt("GET").path(path).send().await
    }

    /// One sample of `/metrics`, by its name with its labels.
    pub async fn metric(&self, sample: &str) -> Option<f64> {
        let Body::Text(text) = self.get("/metrics").await.body else { return None };
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with(&format!("{sample} ")))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// SIGTERM: it ends in good order.
    pub fn terminate(&self) {
        self.server.process.terminate();
    }

    /// SIGKILL: it is gone.
    pub fn kill(&mut self) {
        self.server.process.kill();
    }

    /// SIGSTOP: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        self.server.process.pause();
    }

    /// SIGCONT: it goes on where it stopped.
    pub fn thaw(&self) {
        self.server.process.resume();
    }

    /// How much memory it uses at this moment, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.server.process.resident_bytes()
    }

    /// Lets [`peak_bytes`](Self::peak_bytes) begin anew; returns what is used now.
    pub fn forget_peak(&self) -> u64 {
        self.server.process.forget_peak()
    }

    /// How much memory it has used at most, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.server.process.peak_bytes()
    }

    /// Waits for it to end by itself.
    pub async fn wait(&mut self, within: Duration) -> ExitStatus {
        ended(&mut self.server.process, within).await
    }

    /// Ends it in good order and returns everything that it printed.
    pub async fn stop(mut self) -> String {
        self.terminate();
        self.wait(PATIENCE).await;
        self.stderr()
    }

    /// Everything that it has printed so far.
    pub fn stderr(&self) -> String {
        self.server.process.output()
    }

    /// Reads a standard error that was not read until now.
    pub fn read_stderr(&mut self) {
        let read = self.server.process.read_stderr();
        read.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Fails the story if the server does not open a new session.
    pub async fn assert_alive(&self) {
        let client = self.connect().await;
        assert_eq!(client.ping().await.status, 200, "a ping");
        assert_eq!(client.end_session().await.status, 204, "a DELETE");
    }
}

/// What nodes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// One Redis.
    OneServer,
    /// One Redis that wants a password.
    WithPassword,
    /// A Redis Cluster of three servers, of which nodes are told one.
    RedisCluster,
}

/// Several nodes on one Redis.
#[derive(Debug)]
pub struct Cluster {
    /// Where they keep their sessions.
    pub redis: RedisServer,
    /// The other servers of a Redis Cluster.
    _more: Vec<RedisServer>,
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Cluster {
    /// Nodes with default settings.
    pub async fn with_redis(size: usize) -> Self {
        Self::of(size, Node::builder()).await
    }

    /// Nodes with the same settings.
    pub async fn of(size: usize, node: NodeBuilder) -> Self {
        Self::on(Storage::OneServer, size, node).await
    }

    /// Nodes with the same settings on another storage.
    pub async fn on(storage: Storage, size: usize, node: NodeBuilder) -> Self {
        let (redis, more) = match storage {
            Storage::OneServer => (RedisServer::start().await, Vec::new()),
            Storage::WithPassword => {
                (RedisServer::start_with_password().await, Vec::new())
            }
            Storage::RedisCluster => {
                let [first, second, third] = RedisServer::start_cluster().await;
                (first, vec![second, third])
            }
        };
        let mut nodes = Vec::new();
        for _ in 0..size {
            nodes.push(node.clone().redis(&redis).start().await);
        }
        Self { redis, _more: more, nodes }
    }

    /// One of the nodes, from 0.
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }
}
