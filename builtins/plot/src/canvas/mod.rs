//! What figures are drawn on.
//!
//! A canvas is a back end of `plotters`: lines, rectangles and text go through
//! its contract. The few things that decide speed and size of a picture (many
//! points, long lines, pictures of numbers) are added here, because a back end
//! of whole pixels that draws point after point is too slow for a movie, and
//! too large as SVG.

pub(crate) mod pdf;
pub(crate) mod pixels;
pub(crate) mod stamp;
pub(crate) mod svg;

use std::convert::Infallible;

use plotters_backend::{BackendColor, BackendStyle, DrawingBackend};

use crate::figure::Marker;
use crate::palette::Rgb;
use crate::text::Words;

/// A rectangle in pixels, from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Frame {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Frame {
    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// The same with `by` pixels more at each side.
    pub(crate) fn grown(self, by: f32) -> Self {
        Self {
            left: self.left - by,
            right: self.right + by,
            top: self.top - by,
            bottom: self.bottom + by,
        }
    }

    pub(crate) fn holds(&self, (x, y): (f32, f32)) -> bool {
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }
}

/// Look of points or lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) colour: Rgb,
    pub(crate) opacity: f32,
    /// Of points; 0 is one pixel.
    pub(crate) marker: Marker,
    /// Radius of points in pixels.
    pub(crate) radius: f32,
    /// Width of lines in pixels.
    pub(crate) width: f32,
}

/// Pixels with opacity, `[row][column]` of red, green, blue, opacity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgba: Vec<u8>,
}

/// See the head of this file. Places are pixels; whatever lies outside is cut.
pub(crate) trait Canvas: DrawingBackend<ErrorType = Infallible> {
    /// Draws only inside from now on; `None`: everywhere.
    fn clip(&mut self, frame: Option<Frame>);

    /// Points of one look.
    fn dots(&mut self, places: &[(f32, f32)], look: &Look);

    /// A line through places, which are near the clip.
    fn curve(&mut self, places: &[(f32, f32)], look: &Look);

    /// A picture with its upper left corner there, whole pixels.
    fn raster(&mut self, at: (i32, i32), raster: &Raster);

    /// A filled rectangle.
    fn fill(&mut self, frame: Frame, colour: Rgb, opacity: f32);
}

/// Colour and width of straight lines.
#[derive(Clone, Copy)]
pub(crate) struct Ink {
    pub(crate) colour: Rgb,
    pub(crate) width: u32,
}

impl BackendStyle for Ink {
    fn color(&self) -> BackendColor {
        let [r, g, b] = self.colour;
        BackendColor { alpha: 1.0, rgb: (r, g, b) }
    }

    fn stroke_width(&self) -> u32 {
        self.width
    }
}

/// A level or upright line on whole pixels, as wide as its ink.
pub(crate) fn line(canvas: &mut impl Canvas, from: (f32, f32), to: (f32, f32), ink: Ink) {
    // The back ends cannot fail: their error type has no value.
    let _ = canvas.draw_line((whole(from.0), whole(from.1)), (whole(to.0), whole(to.1)), &ink);
}

/// The outline of a rectangle.
pub(crate) fn outline(canvas: &mut impl Canvas, frame: Frame, ink: Ink) {
    let corner = (whole(frame.left), whole(frame.top));
    let _ = canvas.draw_rect(corner, (whole(frame.right), whole(frame.bottom)), &ink, false);
}

/// Text of one line.
pub(crate) fn words(canvas: &mut impl Canvas, text: &str, at: (f32, f32), look: &Words) {
    if !text.is_empty() {
        let _ = canvas.draw_text(text, look, (whole(at.0), whole(at.1)));
    }
}

/// The nearest pixel; far outside stays far outside.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn whole(pixels: f32) -> i32 {
    pixels.round().clamp(-1e6, 1e6) as i32
}
