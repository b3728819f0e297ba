//! Percentiles of each server on one line.

use std::error::Error;

use plotters::{prelude::*, style::text_anchor::HPos};

use crate::{
    results::Results,
    style::{FRAME, GRID, HIGH, MIDDLE, NAMES, OURS, ROW, WIDTH, text},
};

/// The percentiles, and their colours.
const PERCENTILES: [(&str, RGBColor); 3] =
    [("p50", OURS), ("p99", MIDDLE), ("p99.9", HIGH)];

/// Medians of the percentiles, in milliseconds on a logarithmic scale.
pub fn draw(
    file: &str,
    title: &str,
    rows: &[(&str, &str)],
    results: &Results,
) -> Result<(), Box<dyn Error>> {
    let height = ROW * rows.len() as u32 + FRAME;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    area.draw(&Text::new(title.to_owned(), (10, 18), text(16, HPos::Left)))?;
    let mut points = Vec::new();
    for (place, (_, name)) in rows.iter().enumerate() {
        let middle = (rows.len() - place) as f64 - 0.5;
        for (percentile, colour) in PERCENTILES {
            let took = results.get(&format!("{name}, {percentile}"))?.median / 1e3;
            points.push((took, middle, colour));
        }
    }
    let largest = points.iter().map(|(took, ..)| *took).fold(0.0, f64::max);
    let smallest = points.iter().map(|(took, ..)| *took).fold(largest, f64::min);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(34)
        .margin_right(40)
        .margin_left(NAMES)
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
        .x_label_style(text(13, HPos::Center))
        .x_label_formatter(&|value| format!("{value}"))
        .draw()?;
    for (took, middle, colour) in points {
        chart.draw_series([Circle::new((took, middle), 6, colour.filled())])?;
    }
    for (place, (name, _)) in rows.iter().enumerate() {
        let middle = (rows.len() - place) as f64 - 0.5;
        let y = chart.backend_coord(&(smallest, middle)).1;
        let left = NAMES as i32 - 10;
        area.draw(&Text::new(*name, (left, y), text(14, HPos::Right)))?;
    }
    for (place, (percentile, colour)) in PERCENTILES.into_iter().enumerate() {
        let x = WIDTH as i32 - 230 + 80 * place as i32;
        area.draw(&Circle::new((x, 18), 6, colour.filled()))?;
        area.draw(&Text::new(percentile, (x + 12, 18), text(14, HPos::Left)))?;
    }
    area.present()?;
    Ok(())
}
