//! What all plots have in common. No background, and colours of medium lightness:
//! they are read on white and on black.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// Width and height of one row, and the height of what is not rows, in pixels.
pub const WIDTH: u32 = 760;
pub const ROW: u32 = 34;
pub const FRAME: u32 = 84;

/// Where the rows' names end.
pub const NAMES: u32 = 250;

pub const TEXT: RGBColor = RGBColor(128, 134, 142);
pub const GRID: RGBAColor = RGBAColor(128, 134, 142, 0.35);
pub const OURS: RGBColor = RGBColor(36, 138, 208);
pub const THEIRS: RGBColor = RGBColor(150, 152, 160);
pub const MIDDLE: RGBColor = RGBColor(214, 130, 40);
pub const HIGH: RGBColor = RGBColor(206, 76, 88);

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
