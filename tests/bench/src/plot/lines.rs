//! How a cost depends on a number.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::results::Results;
use crate::style::{
    GRID, MARGIN, NAME, OURS, TEXT, TICK, TOP, card, text, thousands,
};

/// Medians over a logarithmic scale, each with its smallest and largest sample.
pub fn draw(
    title: &str,
    points: &[(f64, &str)],
    results: &Results,
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let area = card(&mut svg, 300, title)?;
    let ranges: Vec<_> = points
        .iter()
        .map(|(_, name)| results.get(name))
        .collect::<Result<_, _>>()?;
    let largest = ranges.iter().map(|range| range.max).fold(0.0, f64::max);
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(TOP)
        .margin_right(MARGIN)
        .margin_left(MARGIN)
        .margin_bottom(6)
        .x_label_area_size(36)
        .y_label_area_size(38)
        .build_cartesian_2d(
            (first / 2.0..last * 4.0).log_scale(),
            0.0..largest * 1.15,
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_style(text(TICK, HPos::Center))
        .y_label_style(text(TICK, HPos::Right))
        .x_label_formatter(&|value| thousands(*value))
        .y_label_formatter(&|value| thousands(*value))
        .y_labels(5)
        .draw()?;
    let medians =
        points.iter().zip(&ranges).map(|((at, _), range)| (*at, range.median));
    chart.draw_series(LineSeries::new(medians.clone(), OURS.stroke_width(2)))?;
    for ((at, _), range) in points.iter().zip(&ranges) {
        let spread = vec![(*at, range.min), (*at, range.max)];
        chart.draw_series([PathElement::new(spread, TEXT.stroke_width(2))])?;
    }
    for (at, median) in medians {
        chart.draw_series([Circle::new((at, median), 5, OURS.filled())])?;
        let (x, y) = chart.backend_coord(&(at, median));
        let label = format!("{median:.1}");
        area.draw(&Text::new(label, (x + 10, y + 18), text(NAME, HPos::Left)))?;
    }
    area.present()?;
    drop(chart);
    drop(area);
    Ok(svg)
}
