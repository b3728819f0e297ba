//! What all plots have in common. They stand on a light card of their own: an image
//! does not know whether the page around it is light or dark.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width, height of one row, and height of what is not rows, in pixels. Narrow, so
/// that text can be read when a phone shrinks them.
pub const WIDTH: u32 = 520;
pub const ROW: u32 = 52;
pub const FRAME: u32 = 92;

/// Sizes of text. Of what is asked for here, plotters writes four fifths into the file.
pub const TITLE: u32 = 21;
pub const NAME: u32 = 19;
pub const TICK: u32 = 17;

/// From a card's edge to what is drawn.
pub const MARGIN: i32 = 16;

/// Where the plot begins, below its title.
pub const TOP: u32 = 48;

pub const TEXT: RGBColor = RGBColor(44, 50, 58);
pub const GRID: RGBColor = RGBColor(212, 216, 221);
pub const OURS: RGBColor = RGBColor(20, 110, 184);
pub const THEIRS: RGBColor = RGBColor(146, 153, 163);
pub const MIDDLE: RGBColor = RGBColor(206, 118, 18);
pub const HIGH: RGBColor = RGBColor(190, 44, 64);

const CARD: RGBColor = RGBColor(250, 250, 248);

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A card with a title, which is drawn into `svg`.
pub fn card<'a>(
    svg: &'a mut String,
    height: u32,
    title: &str,
) -> Result<Area<'a>, Box<dyn Error>> {
    let area = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    area.fill(&CARD)?;
    let place = (MARGIN, 24);
    area.draw(&Text::new(title.to_owned(), place, text(TITLE, HPos::Left)))?;
    Ok(area)
}

/// The colour of a server, by its name in the plot.
pub fn colour(name: &str) -> RGBColor {
    if name.starts_with("this server") { OURS } else { THEIRS }
}

/// Text of `size` pixels.
pub fn text(size: u32, across: HPos) -> TextStyle<'static> {
    let style = ("sans-serif", size).into_font().color(&TEXT);
    style.pos(Pos::new(across, VPos::Center))
}

/// 12345 as `12,345`.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        let all = [7.0, 999.6, 12_345.0, 1_000_000.0].map(thousands);
        assert_eq!(all, ["7", "1,000", "12,345", "1,000,000"]);
    }
}
