//! The model of the scaling page, checked against the measurements.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::calls::CONNECTIONS;
use super::pages::written;
use crate::Error;

/// What was measured of so many nodes on one Redis.
struct Nodes {
    count: usize,
    /// Connections of the load generator.
    connections: usize,
    /// Calls per second.
    rate: f64,
    /// Processor time of a call in µs: on its node, in Redis, in the load generator.
    costs: [f64; 3],
    /// For each call, how often a thread of a node fell asleep and Redis read.
    sleeps: f64,
    reads: f64,
}

impl Nodes {
    fn read(count: usize, times: usize, results: &Value) -> Result<Self, Error> {
        let connections = CONNECTIONS * times;
        let title = match times {
            1 => format!("nodes: {count}"),
            _ => format!("nodes: {count}, {connections} connections"),
        };
        let figure = |name: &str| {
            let name = format!("{title}{name}");
            let median = results["figures"][&name]["median"].as_f64();
            median.ok_or_else(|| format!("there is no figure {name:?}"))
        };
        let costs = [", processor", ", Redis' processor", ", load's processor"];
        let [node, redis, load] = costs.map(figure);
        Ok(Self {
            count,
            connections,
            rate: figure("")?,
            costs: [node?, redis?, load?],
            sleeps: figure(", sleeps")?,
            reads: figure(", Redis' reads")?,
        })
    }

    fn cost(&self) -> f64 {
        self.costs.iter().sum()
    }

    /// How many cores worked for it.
    fn cores(&self) -> f64 {
        self.rate * self.cost() / 1e6
    }
}

/// One of the page's blocks.
pub fn block(name: &str, results: &Value) -> Result<String, Error> {
    if name == "provenance" {
        return Ok(provenance(results));
    }
    let read = |count, times| Nodes::read(count, times, results);
    let same = [read(1, 1)?, read(2, 1)?, read(3, 1)?];
    match name {
        "capacity" => Ok(capacity(&same[0])),
        "costs" => Ok(costs(&same)),
        "check" => Ok(check(&same)),
        "cause" => {
            let more = [read(2, 2)?, read(3, 3)?];
            Ok(cause(&same, &more))
        }
        _ => Err(format!("there is no table {name:?}").into()),
    }
}

/// Writes which scenarios were measured on which day, and on which machine the last
/// ones, with the load average, because other programs may have run beside the bench.
fn provenance(results: &Value) -> String {
    let mut days: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut highest_load = 0.0_f64;
    for (name, figure) in results["figures"].as_object().into_iter().flatten() {
        let scenario = name.split(':').next().unwrap_or_default();
        let day = figure["date"].as_str().unwrap_or("?");
        days.entry(day).or_default().insert(scenario);
        let load = figure["load_average"].as_str().and_then(|it| it.parse().ok());
        highest_load = highest_load.max(load.unwrap_or_default());
    }
    let days = days.into_iter().map(|(day, scenarios)| {
        let scenarios: Vec<_> = scenarios.into_iter().collect();
        format!("- {day}: {}", scenarios.join(", "))
    });
    let machine = &results["machine"];
    format!(
        "\nMeasured on:\n\n{}\n\nThe machine of the last day: {}, {} cores, {}.\nThe \
         load average was up to {highest_load:.1}. Where it is above what the bench \
         needs itself,\nother programs took their share, and single figures \
         scatter.\n\n",
        days.collect::<Vec<_>>().join("\n"),
        machine["processor"].as_str().unwrap_or("?"),
        machine["cores"],
        machine["system"].as_str().unwrap_or("?"),
    )
}

fn capacity(one: &Nodes) -> String {
    let [node, redis, _] = one.costs;
    format!(
        "\n| on this machine | |\n|---|---:|\n\
         | *n*, µs | {} |\n| *r*, µs | {} |\n\
         | calls per second and core of a node | {} |\n\
         | calls per second of one Redis | {} |\n\
         | cores of nodes that keep one Redis busy | {} |\n\n",
        written(node),
        written(redis),
        written(1e6 / node),
        written(1e6 / redis),
        written(node / redis),
    )
}

fn costs(all: &[Nodes]) -> String {
    let mut table = String::from(
        "\n| nodes | µs on the nodes | µs in Redis | µs in the load generator |\n\
         |---:|---:|---:|---:|\n",
    );
    for nodes in all {
        let [node, redis, load] = nodes.costs.map(written);
        table.push_str(&format!(
            "| {} | {node} | {redis} | {load} |\n",
            nodes.count
        ));
    }
    table.push('\n');
    table
}

/// Predictions from the costs on one node, and from the costs at each load.
fn check(all: &[Nodes]) -> String {
    let mut table = String::from(
        "\n| nodes | cores in use | predicted per second | measured | off by |\n\
         |---:|---:|---:|---:|---:|\n",
    );
    for nodes in all {
        let predicted = nodes.cores() * 1e6 / all[0].cost();
        let off = (nodes.rate / predicted - 1.0) * 100.0;
        table.push_str(&format!(
            "| {} | {} | {} | {} | {off:+.0} % |\n",
            nodes.count,
            written(nodes.cores()),
            written(predicted),
            written(nodes.rate),
        ));
    }
    table.push('\n');
    table
}

/// Whether thinner batches are why a call costs more on more nodes.
fn cause(same: &[Nodes], more: &[Nodes]) -> String {
    let mut table = String::from(
        "\n| nodes | connections | µs on the nodes | a node's sleeps, each call | \
         Redis' reads, each call |\n|---:|---:|---:|---:|---:|\n",
    );
    for nodes in same.iter().chain(more) {
        table.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            nodes.count,
            nodes.connections,
            written(nodes.costs[0]),
            written(nodes.sleeps),
            written(nodes.reads),
        ));
    }
    let [one, .., three] = same else { return table };
    let Some(fed) = more.last() else { return table };
    let rise = |nodes: &Nodes| (nodes.costs[0] / one.costs[0] - 1.0) * 100.0;
    let verdict = if rise(fed) < rise(three) / 2.0 {
        "So fewer requests at a time are most of the cause."
    } else {
        "So fewer requests at a time are not the cause."
    };
    table.push_str(&format!(
        "\nFrom one node to three, a call costs {:+.0} % on its node under the same \
         load, and\n{:+.0} % when every node has as many connections as the one \
         had.\n{verdict}\n\n",
        rise(three),
        rise(fed),
    ));
    table
}

#[cfg(test)]
mod tests {
    use super::{Nodes, capacity, cause, check, costs};

    /// So many nodes, with this rate and these costs of a call in µs.
    fn nodes(count: usize, times: usize, rate: f64, costs: [f64; 3]) -> Nodes {
        let connections = 32 * times;
        Nodes { count, connections, rate, costs, sleeps: 0.5, reads: 0.25 }
    }

    #[test]
    fn one_redis_and_the_cores_that_keep_it_busy_follow_from_the_costs() {
        let table = capacity(&nodes(1, 1, 1.0, [50.0, 20.0, 10.0]));
        for row in
            ["of a node | 20,000 |", "of one Redis | 50,000 |", "busy | 2.50 |"]
        {
            assert!(table.contains(row), "{table}");
        }
    }

    #[test]
    fn a_load_that_costs_more_is_slower_than_predicted() {
        let one = nodes(1, 1, 20_000.0, [50.0, 20.0, 10.0]);
        let two = nodes(2, 1, 16_000.0, [70.0, 20.0, 10.0]);
        let table = check(&[one, two]);
        assert!(table.contains("| 1 | 1.60 | 20,000 | 20,000 | +0 % |"), "{table}");
        assert!(
            table.contains("| 2 | 1.60 | 20,000 | 16,000 | -20 % |"),
            "{table}"
        );
    }

    #[test]
    fn every_party_has_its_column() {
        let table = costs(&[nodes(3, 1, 1.0, [50.0, 20.5, 9.99])]);
        assert!(table.contains("| 3 | 50.0 | 20.5 | 9.99 |"), "{table}");
    }

    #[test]
    fn the_cause_is_told_by_what_remains_of_the_rise_with_more_connections() {
        let costs = |node| [node, 20.0, 10.0];
        let same = [nodes(1, 1, 1.0, costs(50.0)), nodes(3, 1, 1.0, costs(65.0))];
        let table = cause(&same, &[nodes(3, 3, 1.0, costs(52.0))]);
        assert!(table.contains("costs +30 % on its node"), "{table}");
        assert!(table.contains("+4 % when every node"), "{table}");
        assert!(table.contains("| 3 | 96 | 52.0 | 0.50 | 0.25 |"), "{table}");
        assert!(table.contains("are most of the cause"), "{table}");
        let table = cause(&same, &[nodes(3, 3, 1.0, costs(68.0))]);
        assert!(table.contains("are not the cause"), "{table}");
    }
}
