//! The model of the scaling page, checked against the measurements.

use serde_json::Value;

use super::pages::written;
use crate::Error;

/// What was measured of so many nodes on one Redis.
struct Nodes {
    /// Calls per second.
    rate: f64,
    /// Processor time of a call in µs: on its node, in Redis, in the load generator.
    costs: [f64; 3],
}

impl Nodes {
    fn read(count: usize, results: &Value) -> Result<Self, Error> {
        let figure = |name: &str| {
            let name = format!("nodes: {count}{name}");
            let median = results["figures"][&name]["median"].as_f64();
            median.ok_or_else(|| format!("there is no figure {name:?}"))
        };
        let costs = [", processor", ", Redis' processor", ", load's processor"];
        let [node, redis, load] = costs.map(figure);
        Ok(Self { rate: figure("")?, costs: [node?, redis?, load?] })
    }

    fn cost(&self) -> f64 {
        self.costs.iter().sum()
    }

    /// How many cores worked for it.
    fn cores(&self) -> f64 {
        self.rate * self.cost() / 1e6
    }
}

/// One of the page's tables.
pub fn table(name: &str, results: &Value) -> Result<String, Error> {
    if name == "provenance" {
        return Ok(provenance(results));
    }
    let read = |count| Nodes::read(count, results);
    let all = [read(1)?, read(2)?, read(3)?];
    match name {
        "capacity" => Ok(capacity(&all[0])),
        "costs" => Ok(costs(&all)),
        "check" => Ok(check(&all)),
        _ => Err(format!("there is no table {name:?}").into()),
    }
}

/// When and where it was measured. Who measures beside other work must say so.
fn provenance(results: &Value) -> String {
    let figures = results["figures"].as_object().into_iter().flatten();
    let loads = figures.filter_map(|(_, figure)| {
        figure["load_average"].as_str()?.parse::<f64>().ok()
    });
    let (machine, load) = (&results["machine"], loads.fold(0.0, f64::max));
    format!(
        "\nMeasured last on {}: {}, {} cores, {}. The load average was up to \
         {load:.1}: where it is above what the bench needs itself, other programs took \
         their share, and single figures scatter.\n\n",
        results["date"].as_str().unwrap_or("?"),
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
    for (count, nodes) in (1..).zip(all) {
        let [node, redis, load] = nodes.costs.map(written);
        table.push_str(&format!("| {count} | {node} | {redis} | {load} |\n"));
    }
    table.push('\n');
    table
}

fn check(all: &[Nodes]) -> String {
    let mut table = String::from(
        "\n| nodes | cores in use | predicted per second | measured | off by |\n\
         |---:|---:|---:|---:|---:|\n",
    );
    for (count, nodes) in (1..).zip(all) {
        let predicted = nodes.cores() * 1e6 / all[0].cost();
        let off = (nodes.rate / predicted - 1.0) * 100.0;
        table.push_str(&format!(
            "| {count} | {} | {} | {} | {off:+.0} % |\n",
            written(nodes.cores()),
            written(predicted),
            written(nodes.rate),
        ));
    }
    table.push('\n');
    table
}
