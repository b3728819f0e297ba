//! One address for all nodes.

use crate::console::command::ANY;
use crate::ports;
use lab::recorder::CLIENT;

use super::{Bench, Printed};

impl Bench {
    /// Opens the address, unless it is open.
    pub(super) fn balance(&mut self) -> Printed {
        let nodes: Vec<_> =
            self.nodes.iter().map(|node| node.name.clone()).collect();
        let address = match self.balancer {
            Some(address) => address,
            None => {
                let opened = ports::listen(ports::BALANCER)?;
                let route = self.board.route_in_turn(&nodes, ANY);
                self.recorder.proxy_http(CLIENT, opened.listener, route);
                self.words.add(ANY);
                opened.address
            }
        };
        self.balancer = Some(address);
        let nodes = nodes.join(", ");
        Ok(format!("{ANY} is http://{address}/mcp: the living of {nodes} in turn"))
    }
}
