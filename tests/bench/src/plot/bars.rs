//! One bar for each server.

use std::error::Error;

use plotters::{prelude::*, style::text_anchor::HPos};

use crate::{
    results::Results,
    style::{FRAME, GRID, NAMES, ROW, TEXT, WIDTH, colour, text, thousands},
};

/// Bars as long as medians, with a line from the smallest to the largest sample.
pub fn draw(
    file: &str,
    title: &str,
    rows: &[(&str, &str)],
    results: &Results,
) -> Result<(), Box<dyn Error>> {
    let height = ROW * rows.len() as u32 + FRAME;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    area.draw(&Text::new(title.to_owned(), (10, 18), text(16, HPos::Left)))?;
    let ranges: Vec<_> =
        rows.iter().map(|(_, name)| results.get(name)).collect::<Result<_, _>>()?;
    let largest = ranges.iter().map(|range| range.max).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(34)
        .margin_right(70)
        .margin_left(NAMES)
        .x_label_area_size(36)
        .build_cartesian_2d(0.0..largest * 1.02, 0.0..rows.len() as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_style(text(13, HPos::Center))
        .x_label_formatter(&|value| thousands(*value))
        .x_labels(6)
        .draw()?;
    for (place, ((name, _), range)) in rows.iter().zip(&ranges).enumerate() {
        // From the top down.
        let middle = (rows.len() - place) as f64 - 0.5;
        let bar = [(0.0, middle - 0.3), (range.median, middle + 0.3)];
        let spread = vec![(range.min, middle), (range.max, middle)];
        chart.draw_series([Rectangle::new(bar, colour(name).filled())])?;
        chart.draw_series([PathElement::new(spread, TEXT.stroke_width(2))])?;
        let y = chart.backend_coord(&(0.0, middle)).1;
        let x = chart.backend_coord(&(range.median.max(range.max), middle)).0;
        let label = thousands(range.median);
        let left = NAMES as i32 - 10;
        area.draw(&Text::new(*name, (left, y), text(14, HPos::Right)))?;
        area.draw(&Text::new(label, (x + 8, y), text(14, HPos::Left)))?;
    }
    area.present()?;
    Ok(())
}
