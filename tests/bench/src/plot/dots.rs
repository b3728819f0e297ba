//! Percentiles of each server on one line.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::results::Results;
use crate::style::{
    FRAME, GRID, HIGH, MARGIN, MIDDLE, NAME, OURS, ROW, TICK, TOP, WIDTH, card,
    text,
};

/// The percentiles, and their colours.
const PERCENTILES: [(&str, RGBColor); 3] =
    [("p50", OURS), ("p99", MIDDLE), ("p99.9", HIGH)];

/// Medians of the percentiles, in milliseconds on a logarithmic scale.
pub fn draw(
    title: &str,
    rows: &[(&str, &str)],
    results: &Results,
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let area = card(&mut svg, ROW * rows.len() as u32 + FRAME, title)?;
    let mut points = Vec::new();
    for (place, (_, name)) in rows.iter().enumerate() {
        let middle = (rows.len() - place) as f64 - 0.74;
        for (percentile, colour) in PERCENTILES {
            let took = results.get(&format!("{name}, {percentile}"))?.median / 1e3;
            points.push((took, middle, colour));
        }
    }
    let largest = points.iter().map(|(took, ..)| *took).fold(0.0, f64::max);
    let smallest = points.iter().map(|(took, ..)| *took).fold(largest, f64::min);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(TOP)
        .margin_right(MARGIN)
        .margin_left(MARGIN)
        .x_label_area_size(36)
        .build_cartesian_2d(
            (smallest * 0.7..largest * 1.4).log_scale(),
            0.0..rows.len() as f64,
        )?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_style(text(TICK, HPos::Center))
        .x_label_formatter(&|value| format!("{value}"))
        .draw()?;
    // One line for each server, so that its dots are seen to belong together.
    for row in points.chunks(PERCENTILES.len()) {
        let ends = row.iter().map(|(took, middle, _)| (*took, *middle));
        chart.draw_series([PathElement::new(ends.collect::<Vec<_>>(), GRID)])?;
    }
    for (took, middle, colour) in points {
        chart.draw_series([Circle::new((took, middle), 7, colour.filled())])?;
    }
    for (place, (name, _)) in rows.iter().enumerate() {
        let above = (rows.len() - place) as f64 - 0.3;
        let y = chart.backend_coord(&(smallest, above)).1;
        area.draw(&Text::new(*name, (MARGIN, y), text(NAME, HPos::Left)))?;
    }
    for (place, (percentile, colour)) in PERCENTILES.into_iter().enumerate() {
        let x = WIDTH as i32 - 224 + 76 * place as i32;
        area.draw(&Circle::new((x, 24), 7, colour.filled()))?;
        area.draw(&Text::new(percentile, (x + 12, 24), text(NAME, HPos::Left)))?;
    }
    area.present()?;
    drop(chart);
    drop(area);
    Ok(svg)
}
