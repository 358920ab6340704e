//! Draws figures: as pixels, as shapes, as frames of movies, as a page.
//!
//! The same figure gives the same bytes, whatever the machine, its fonts or
//! the number of processors.

mod axes;
mod density;
mod fit;
mod grid;
mod layers;
mod layout;
mod legend;
mod map;
mod prepared;
mod ranges;
#[cfg(test)]
mod tests;

use crate::canvas::Canvas;
use crate::canvas::pdf::{self, Pdf};
use crate::canvas::pixels::Pixels;
use crate::canvas::svg::Svg;
use crate::figure::Figure;
use layout::Sheet;

pub use crate::html::page as html;
pub use prepared::Prepared;
pub(crate) use ranges::{Scale, scales};

/// A picture in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `[row][column]` of red, green, blue, from the top left.
    pub rgb: Vec<u8>,
}

/// Why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too small, too large, or not a number.
    #[error(
        "a picture of {width}x{height} pixels (scale {scale}) cannot be drawn: each side must have 64 to 20000 pixels, \
         both together at most 100 million"
    )]
    Size {
        /// Asked for, at scale 1.
        width: u32,
        /// Asked for, at scale 1.
        height: u32,
        /// Asked for.
        scale: f64,
    },
    /// There is no room for so many panels.
    #[error(
        "{panels} panels ({rows} rows, {columns} columns) do not fit into {width}x{height} pixels; ask for a larger --size"
    )]
    Crowded {
        /// All of them.
        panels: usize,
        /// Of the grid.
        rows: usize,
        /// Of the grid.
        columns: usize,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The limits of an axis are no numbers.
    #[error("the axis {axis:?} cannot go from {low} to {high}")]
    Range {
        /// Its label.
        axis: String,
        /// As given.
        low: f64,
        /// As given.
        high: f64,
    },
    /// The picture could not be encoded.
    #[error("the picture could not be encoded: {0}")]
    Encoding(String),
}

impl Error {
    pub(crate) fn from_png(error: png::EncodingError) -> Self {
        Self::Encoding(error.to_string())
    }
}

/// A figure as a PNG file.
pub fn png(figure: &Figure) -> Result<Vec<u8>, Error> {
    crate::png::rgb(&rgb(figure)?, &[])
}

/// A figure as pixels.
pub fn rgb(figure: &Figure) -> Result<Frame, Error> {
    let sheet = Sheet::plan(figure)?;
    let mut pixels = Pixels::new(sheet.width, sheet.height, sheet.paint.paper);
    all(&mut pixels, figure, &sheet);
    Ok(Frame { width: sheet.width.into(), height: sheet.height.into(), rgb: pixels.into_rgb() })
}

/// A figure as an SVG file.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    let sheet = Sheet::plan(figure)?;
    let (width, height) = (sheet.width.into(), sheet.height.into());
    let mut shapes = Svg::new(width, height, &figure.title);
    let whole = crate::canvas::Frame {
        left: 0.0,
        top: 0.0,
        right: sheet.width.into(),
        bottom: sheet.height.into(),
    };
    shapes.fill(whole, sheet.paint.paper, 1.0);
    all(&mut shapes, figure, &sheet);
    Ok(shapes.finish())
}

/// A figure as a PDF file of one page, 96 pixels to an inch. `note` is stored inside.
pub fn pdf(figure: &Figure, note: Option<&str>) -> Result<Vec<u8>, Error> {
    let sheet = Sheet::plan(figure)?;
    let (width, height) = (f32::from(sheet.width), f32::from(sheet.height));
    let broken = |why: &str| Error::Encoding(why.to_owned());
    let mut document = krilla::Document::new();
    let mut about = krilla::metadata::Metadata::new()
        .title(figure.title.clone())
        .creator(format!("ledama {}", env!("CARGO_PKG_VERSION")));
    if let Some(note) = note {
        about = about.description(note.to_owned());
    }
    document.set_metadata(about);
    let size = krilla::page::PageSettings::from_wh(width * pdf::POINTS, height * pdf::POINTS);
    let mut page = document.start_page_with(size.ok_or_else(|| broken("it has no size"))?);
    let pixels = (sheet.width.into(), sheet.height.into());
    let mut shapes =
        Pdf::new(pixels, page.surface()).ok_or_else(|| broken("its font cannot be read"))?;
    let whole = crate::canvas::Frame { left: 0.0, top: 0.0, right: width, bottom: height };
    shapes.fill(whole, sheet.paint.paper, 1.0);
    all(&mut shapes, figure, &sheet);
    shapes.finish();
    page.finish();
    document.finish().map_err(|error| broken(&error.to_string()))
}

fn all(canvas: &mut impl Canvas, figure: &Figure, sheet: &Sheet) {
    axes::header(canvas, sheet, &figure.title, &figure.subtitle);
    axes::panels(canvas, figure, sheet);
    legend::draw(canvas, figure, sheet);
    for (panel, spot) in figure.panels.iter().zip(&sheet.spots) {
        layers::draw(canvas, sheet, spot, &panel.layers);
        axes::inside(canvas, sheet, spot, panel, &panel.layers);
    }
}
