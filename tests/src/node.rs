//! Server processes.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, ExitStatus},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    Attempt, Body, Client, Exchange, PATIENCE, Pipes, RedisServer, eventually,
    process::Process,
};

/// What a server prints to stderr when it is ready, before its address.
const READY: &str = "listening on http://";

/// The settings of every node, so that stories are quick and one client may do a
/// lot. A story that is about one of them sets it itself.
const DEFAULTS: [(&str, &str); 4] = [
    ("HOST", "127.0.0.1"),
    ("PORT", "0"),
    ("DRAIN_DELAY", "0"),
    ("RATE_LIMIT_MAX", "1000000"),
];

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

    /// Starts the node and waits until it listens.
    pub async fn start(self) -> Node {
        let mut process = self.launch();
        let name = self.program.binary;
        let address = eventually("the server listens", PATIENCE, async || {
            let output = process.output();
            if let Some(status) = process.exited() {
                panic!("{name}: {status}\n{output}");
            }
            announced_address(&output)
        })
        .await;
        Node { process, address }
    }

    /// Starts a node that is expected to end by itself.
    pub async fn run_to_end(self, within: Duration) -> (ExitStatus, String) {
        let mut process = self.launch();
        let status = process.wait(within).await;
        (status, process.last_output())
    }

    /// Starts the server with `--stdio`.
    pub fn pipes(self) -> Pipes {
        self.pipes_with(&["--stdio"])
    }

    /// Starts the server with two pipes and these arguments, whether it reads them
    /// or not.
    pub fn pipes_with(self, arguments: &[&str]) -> Pipes {
        let mut command = self.command();
        Pipes::new(Process::piped(self.program.binary, command.args(arguments)))
    }

    fn launch(&self) -> Process {
        Process::start(self.program.binary, &mut self.command())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program.path());
        command.env_clear().envs(&self.settings);
        command
    }
}

/// The address in the line that says that the server is ready.
fn announced_address(output: &str) -> Option<SocketAddr> {
    let (_, rest) = output.split_once(READY)?;
    let end =
        rest.find(|c: char| !(c.is_ascii_hexdigit() || "[].:".contains(c)))?;
    rest[..end].parse().ok()
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Node {
    process: Process,
    address: SocketAddr,
}

impl Node {
    /// A node with other settings than the default.
    pub fn builder() -> NodeBuilder {
        let settings = DEFAULTS
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        NodeBuilder { program: Program::SERVER, settings }
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
        Self { address, ..self }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// A new session on this node.
    pub async fn connect(&self) -> Client {
        Client::connect(self).await
    }

    /// A request to the MCP endpoint by somebody without a session.
    pub fn attempt(&self, method: &str) -> Attempt {
        Attempt::new(self.address, method)
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
        self.process.signal(Signal::TERM);
    }

    /// SIGKILL: it is gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGSTOP: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        self.process.signal(Signal::STOP);
    }

    /// SIGCONT: it goes on where it stopped.
    pub fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }

    /// How much memory it uses at this moment, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.process.resident_bytes()
    }

    /// Lets [`peak_bytes`](Self::peak_bytes) begin anew; returns what is used now.
    pub fn forget_peak(&self) -> u64 {
        self.process.forget_peak()
    }

    /// How much memory it has used at most, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.process.peak_bytes()
    }

    /// Waits for it to end by itself.
    pub async fn wait(&mut self, within: Duration) -> ExitStatus {
        self.process.wait(within).await
    }

    /// Ends it in good order and returns everything that it printed.
    pub async fn stop(mut self) -> String {
        self.terminate();
        self.wait(PATIENCE).await;
        self.process.last_output()
    }

    /// What it printed so far. The last lines may still be on their way: a story
    /// about them asks for them at the end, with [`stop`](Self::stop).
    pub fn stderr(&self) -> String {
        self.process.output()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_line_whatever_follows_it() {
        let found = |output| announced_address(output).map(|a| a.to_string());
        let expected = Some("127.0.0.1:4321".to_owned());
        assert_eq!(found("INFO listening on http://127.0.0.1:4321\n"), expected);
        assert_eq!(found("listening on http://127.0.0.1:4321/mcp\n"), expected);
        assert_eq!(found("listening on http://127.0.0.1:4321\"}\n"), expected);
        assert_eq!(
            found("listening on http://[::1]:80 \n"),
            Some("[::1]:80".to_owned())
        );
        assert_eq!(
            found("listening on http://127.0.0.1:43"),
            None,
            "not all there"
        );
        assert_eq!(found("starting\n"), None);
    }
}
