//! What was measured.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::{Error, Tally};

/// Named figures, in the order of their measurement.
#[derive(Default)]
pub struct Figures(Vec<(String, Figure)>);

/// One figure, measured several times. The median speaks for it.
#[derive(Clone)]
pub struct Figure {
    unit: &'static str,
    samples: Vec<f64>,
    budget: Option<Budget>,
    note: Option<String>,
}

/// What the design allows.
#[derive(Clone, Copy)]
pub enum Budget {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub fn new(unit: &'static str, samples: Vec<f64>) -> Self {
        Self { unit, samples, budget: None, note: None }
    }

    /// One figure by another, turn by turn.
    pub fn ratio(above: &[f64], below: &[f64]) -> Self {
        let ratios = above.iter().zip(below).map(|(above, below)| above / below);
        Self::new("ratio", ratios.collect())
    }

    pub fn within(self, budget: Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// Says under which conditions, where they are not those of the other figures.
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted[..] {
            [] => f64::NAN,
            _ if sorted.len() % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// Whether there is a sample, and every one is a number.
    fn is_measured(&self) -> bool {
        !self.samples.is_empty() && self.samples.iter().all(|s| s.is_finite())
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn range(&self) -> (f64, f64) {
        let sorted = self.sorted();
        let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        (end(sorted.first()), end(sorted.last()))
    }

    fn is_within(&self) -> Option<bool> {
        Some(match self.budget? {
            Budget::AtLeast(least) => self.median() >= least,
            Budget::AtMost(most) => self.median() <= most,
        })
    }

    pub fn to_json(&self) -> Value {
        let (min, max) = self.range();
        let rounded: Vec<f64> = self.samples.iter().copied().map(round).collect();
        let mut json = json!({
            "unit": self.unit,
            "median": round(self.median()),
            "min": round(min),
            "max": round(max),
            "samples": rounded,
        });
        match self.budget {
            Some(Budget::AtLeast(least)) => json["at_least"] = least.into(),
            Some(Budget::AtMost(most)) => json["at_most"] = most.into(),
            None => {}
        }
        if let Some(met) = self.is_within() {
            json["met"] = met.into();
        }
        if let Some(note) = &self.note {
            json["note"] = note.as_str().into();
        }
        json
    }
}

impl Figures {
    pub fn add(&mut self, name: impl Into<String>, figure: Figure) {
        self.0.push((name.into(), figure));
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn to_json(&self) -> Map<String, Value> {
        let pair =
            |(name, figure): &(String, Figure)| (name.clone(), figure.to_json());
        self.0.iter().map(pair).collect()
    }

    /// What was not measured is not to pass for a figure.
    pub fn assert_measured(&self) -> Result<(), Error> {
        match self.0.iter().find(|(_, figure)| !figure.is_measured()) {
            Some((name, _)) => Err(format!("{name} was not measured").into()),
            None => Ok(()),
        }
    }

    /// A check for every budget.
    pub fn judge(&self) -> Tally {
        let mut tally = Tally::default();
        for (name, figure) in &self.0 {
            if let Some(held) = figure.is_within() {
                tally.check(name, held);
            }
        }
        tally
    }
}

/// A table: median, smallest, largest, budget.
impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["median", "min", "max", "budget"];
        let [a, b, c, d] = columns;
        writeln!(out, "{:<46} {a:>10} {b:>10} {c:>10}  {d}", "")?;
        for (name, figure) in &self.0 {
            let (min, max) = figure.range();
            let [median, min, max] = [figure.median(), min, max].map(short);
            let budget = match figure.budget {
                Some(Budget::AtLeast(least)) => format!(">= {}", short(least)),
                Some(Budget::AtMost(most)) => format!("<= {}", short(most)),
                None => String::new(),
            };
            let missed =
                if figure.is_within() == Some(false) { " missed" } else { "" };
            let name = format!("{name} ({})", figure.unit);
            writeln!(
                out,
                "{name:<46} {median:>10} {min:>10} {max:>10}  {budget}{missed}"
            )?;
        }
        Ok(())
    }
}

/// Three digits that matter.
fn round(value: f64) -> f64 {
    let digits = if value.abs() < 10.0 { 1e3 } else { 1e1 };
    (value * digits).round() / digits
}

fn short(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.3}"),
        ..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Figure, Figures, round};

    #[test]
    fn the_median_speaks_for_a_figure() {
        let figure = Figure::new("ratio", vec![0.1, 0.9, 0.8]);
        assert_eq!(figure.median(), 0.8);
        assert_eq!(Figure::new("ratio", vec![4.0, 1.0]).median(), 2.5);
        let held = |budget| figure.clone().within(budget).is_within();
        assert_eq!(held(Budget::AtLeast(0.75)), Some(true));
        assert_eq!(held(Budget::AtMost(0.75)), Some(false));
    }

    #[test]
    fn a_ratio_is_taken_turn_by_turn() {
        let ratio = Figure::ratio(&[50.0, 80.0, 30.0], &[100.0, 100.0, 30.0]);
        assert_eq!((ratio.median(), ratio.range()), (0.8, (0.5, 1.0)));
    }

    #[test]
    fn what_is_kept_says_whether_the_budget_is_met() {
        let ratio = Figure::new("ratio", vec![0.61234, 0.5]);
        assert_eq!(ratio.to_json()["met"], serde_json::Value::Null);
        let kept = ratio.within(Budget::AtLeast(0.6)).noting("alone").to_json();
        assert_eq!(kept["met"], false);
        assert_eq!((&kept["median"], &kept["max"]), (&0.556.into(), &0.612.into()));
        assert_eq!(kept["note"], "alone");
    }

    #[test]
    fn a_figure_without_a_number_is_an_error() {
        for samples in [vec![], vec![1.0, f64::NAN], vec![1.0 / 0.0]] {
            let mut figures = Figures::default();
            figures.add("right", Figure::new("1", vec![1.0]));
            assert!(figures.assert_measured().is_ok());
            figures.add("wrong", Figure::new("1", samples));
            assert!(figures.assert_measured().is_err());
        }
    }

    #[test]
    fn figures_are_kept_with_three_digits_that_matter() {
        assert_eq!([0.12345, 9.8765, 12.345].map(round), [0.123, 9.877, 12.3]);
    }
}
