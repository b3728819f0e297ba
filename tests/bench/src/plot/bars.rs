//! One bar for each server.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::results::Results;
use crate::style::{
    FRAME, GRID, MARGIN, NAME, ROW, TEXT, TICK, TOP, card, colour, text, thousands,
};

/// Bars as long as medians, with a line from the smallest to the largest sample. The
/// name stands above its bar.
pub fn draw(
    title: &str,
    rows: &[(&str, &str)],
    results: &Results,
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    let area = card(&mut svg, ROW * rows.len() as u32 + FRAME, title)?;
    let ranges: Vec<_> =
        rows.iter().map(|(_, name)| results.get(name)).collect::<Result<_, _>>()?;
    let largest = ranges.iter().map(|range| range.max).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(TOP)
        .margin_right(84)
        .margin_left(MARGIN)
        .x_label_area_size(36)
        .build_cartesian_2d(0.0..largest * 1.02, 0.0..rows.len() as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_style(text(TICK, HPos::Center))
        .x_label_formatter(&|value| thousands(*value))
        .x_labels(5)
        .draw()?;
    for (place, ((name, _), range)) in rows.iter().zip(&ranges).enumerate() {
        // From the top down.
        let bottom = (rows.len() - place) as f64 - 0.95;
        let (middle, top) = (bottom + 0.22, bottom + 0.44);
        let bar = [(0.0, bottom), (range.median, top)];
        let spread = vec![(range.min, middle), (range.max, middle)];
        chart.draw_series([Rectangle::new(bar, colour(name).filled())])?;
        chart.draw_series([PathElement::new(spread, TEXT.stroke_width(2))])?;
        let (x, y) = chart.backend_coord(&(range.median.max(range.max), middle));
        let above = chart.backend_coord(&(0.0, bottom + 0.7)).1;
        let label = thousands(range.median);
        area.draw(&Text::new(*name, (MARGIN, above), text(NAME, HPos::Left)))?;
        area.draw(&Text::new(label, (x + 8, y), text(NAME, HPos::Left)))?;
    }
    area.present()?;
    drop(chart);
    drop(area);
    Ok(svg)
}
