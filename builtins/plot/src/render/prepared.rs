//! Frames of a movie: what stays is drawn once.

use super::layout::Sheet;
use super::{Error, Frame, axes, layers, legend};
use crate::canvas::pixels::Pixels;
use crate::figure::{Figure, Layer};

/// A figure whose title and data change from frame to frame. Ranges, names of
/// places, labels and the legend are those of the figure it was made from:
/// automatic ranges are those of the data in it.
#[derive(Debug, Clone)]
pub struct Prepared {
    figure: Figure,
    sheet: Sheet,
    base: Vec<u8>,
}

impl Prepared {
    /// Draws all that stays. Its layers are used for automatic ranges only.
    pub fn new(figure: &Figure) -> Result<Self, Error> {
        let sheet = Sheet::plan(figure)?;
        let mut pixels = Pixels::new(sheet.width, sheet.height, sheet.paint.paper);
        axes::panels(&mut pixels, figure, &sheet);
        legend::draw(&mut pixels, figure, &sheet);
        let mut figure = figure.clone();
        for panel in &mut figure.panels {
            panel.layers = Vec::new();
        }
        Ok(Self { figure, sheet, base: pixels.into_rgb() })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.sheet.width.into(), self.sheet.height.into())
    }

    /// One frame: its title, its second line, and the layers of every panel in
    /// the order of the panels. May run on many threads at once.
    #[must_use]
    pub fn frame(&self, title: &str, subtitle: &str, data: &[Vec<Layer>]) -> Frame {
        let (width, height) = self.size();
        let mut pixels = Pixels::from_rgb(self.sheet.width, self.sheet.height, self.base.clone());
        axes::header(&mut pixels, &self.sheet, title, subtitle);
        let none = Vec::new();
        for (index, (panel, spot)) in self.figure.panels.iter().zip(&self.sheet.spots).enumerate() {
            let layers = data.get(index).unwrap_or(&none);
            layers::draw(&mut pixels, &self.sheet, spot, layers);
            axes::inside(&mut pixels, &self.sheet, spot, panel, layers);
        }
        Frame { width, height, rgb: pixels.into_rgb() }
    }
}
