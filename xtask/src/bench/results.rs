//! `tests/bench/results.json`: what the book and its plots are made from.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::figures::Figures;
use super::machine;
use crate::Error;
use crate::workspace::root;

fn file() -> PathBuf {
    root().join("tests/bench/results.json")
}

/// What was kept.
pub fn read() -> Result<Value, Error> {
    Ok(serde_json::from_str(&fs::read_to_string(file())?)?)
}

/// Replaces the figures that were measured and keeps the others, or after a run of
/// everything only those of scenarios that it leaves out. Each says when it was measured
/// and on what.
pub fn keep(figures: &Figures, is_all: bool) -> Result<(), Error> {
    let mut results = if file().exists() { read()? } else { json!({}) };
    if let Some(old) = results["figures"].as_object_mut().filter(|_| is_all) {
        old.retain(|name, _| name.starts_with("wrk: "));
    }
    let (date, load) =
        (machine::date(), machine::machine()["load_average"].clone());
    for (name, mut figure) in figures.to_json() {
        figure["date"] = json!(date);
        figure["load_average"] = load.clone();
        results["figures"][name] = figure;
    }
    results["machine"] = machine::machine();
    results["versions"] = machine::versions();
    results["date"] = json!(date);
    fs::write(file(), format!("{results:#}\n"))?;
    println!("kept in {}", file().display());
    Ok(())
}
