//! How a rate depends on a number.

use std::error::Error;

use plotters::{prelude::*, style::text_anchor::HPos};

use crate::{
    results::Results,
    style::{GRID, OURS, TEXT, WIDTH, text, thousands},
};

/// Medians over a logarithmic scale, each with its smallest and largest sample.
pub fn draw(
    file: &str,
    title: &str,
    points: &[(f64, &str)],
    results: &Results,
) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, (WIDTH, 300)).into_drawing_area();
    area.draw(&Text::new(title.to_owned(), (10, 18), text(16, HPos::Left)))?;
    let ranges: Vec<_> = points
        .iter()
        .map(|(_, name)| results.get(name))
        .collect::<Result<_, _>>()?;
    let largest = ranges.iter().map(|range| range.max).fold(0.0, f64::max);
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(34)
        .margin_right(40)
        .margin_left(10)
        .x_label_area_size(36)
        .y_label_area_size(70)
        .build_cartesian_2d(
            (first / 2.0..last * 2.0).log_scale(),
            0.0..largest * 1.15,
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_style(text(13, HPos::Center))
        .y_label_style(text(13, HPos::Right))
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
        let label = thousands(median);
        area.draw(&Text::new(label, (x + 10, y + 16), text(14, HPos::Left)))?;
    }
    area.present()?;
    Ok(())
}
