//! Where everything of a figure is.

use super::Error;
use super::axes::shows;
use super::fit::{self, Names, TICK};
use super::grid;
use super::legend::{self, Legend, Strip};
use super::ranges::{self, Scale};
use crate::canvas::Frame;
use crate::figure::{Axis, Figure, Panel, Place, Range, Ticks};
use crate::palette::Paint;
use crate::text;

/// Text sizes at scale 1.
pub(crate) const TITLE: f32 = 15.0;
pub(crate) const SUBTITLE: f32 = 12.0;
pub(crate) const HEADING: f32 = 12.0;
pub(crate) const LABEL: f32 = 12.0;

/// Length of the mark of a named place.
pub(crate) const MARK: f32 = 4.0;

/// Between the picture's edge and anything.
const PAD: f32 = 10.0;

/// A figure laid out.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Everything is so many times larger.
    pub(crate) factor: f32,
    pub(crate) paint: Paint,
    pub(crate) header: Header,
    pub(crate) spots: Vec<Spot>,
    pub(crate) legend: Option<Legend>,
    pub(crate) strip: Option<Strip>,
}

/// The lines above all panels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) top: f32,
    pub(crate) title: f32,
    pub(crate) subtitle: f32,
    /// Lines of the title.
    pub(crate) lines: usize,
}

/// A panel laid out.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) frame: Frame,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    pub(crate) below: Names,
    pub(crate) left: Names,
    pub(crate) above: Option<(Scale, Names)>,
    pub(crate) right: Option<(Scale, Names)>,
    /// Whether names and labels are drawn.
    pub(crate) names: (bool, bool),
    /// Pixels that names may use beyond the ends of the horizontal axis.
    pub(crate) spare: (f32, f32),
    /// Pixels for the label of the vertical axis, above and below its middle.
    pub(crate) reach: f32,
    pub(crate) heading: bool,
}

impl Spot {
    /// Pixels of a place.
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn at(&self, x: f64, y: f64) -> (f32, f32) {
        (self.across(x), self.down(y))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn across(&self, x: f64) -> f32 {
        self.frame.left + self.x.place(x) as f32 * self.frame.width()
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn down(&self, y: f64) -> f32 {
        self.frame.bottom - self.y.place(y) as f32 * self.frame.height()
    }
}

impl Sheet {
    /// Lays a figure out.
    pub(crate) fn plan(figure: &Figure) -> Result<Self, Error> {
        let (width, height) = size(figure)?;
        #[allow(clippy::cast_possible_truncation)]
        let factor = figure.scale as f32;
        let scales = ranges::scales(figure)?;
        let free = !figure.panels.is_empty()
            && figure.panels.iter().all(|p| matches!(p.place, Place::Area { .. }));
        let pad = PAD * factor;
        let mut region = Frame {
            left: pad,
            top: pad,
            right: f32::from(width) - pad,
            bottom: f32::from(height) - pad,
        };
        let header = header(figure, factor, free, &mut region);
        let strip = Strip::plan(figure, factor, &mut region);
        let mut header = header;
        let legend = Legend::plan(figure, factor, free, &header, &mut region);
        if let Some(legend) = legend.as_ref().filter(|_| free) {
            header.right = header.right.min(legend.left() - 10.0 * factor);
        }
        let mut sheet = Self {
            width,
            height,
            factor,
            paint: Paint::of(figure.theme),
            header,
            spots: Vec::new(),
            legend,
            strip,
        };
        sheet.spots = spots(figure, &scales, factor, region, (width, height))?;
        if let Some(strip) = &mut sheet.strip {
            legend::beside(strip, &sheet.spots, region, factor);
        }
        Ok(sheet)
    }
}

/// Pixels of the whole picture.
fn size(figure: &Figure) -> Result<(u16, u16), Error> {
    let (width, height) = figure.size;
    let wrong = Error::Size { width, height, scale: figure.scale };
    if !(0.1..=16.0).contains(&figure.scale) {
        return Err(wrong);
    }
    let side = |pixels: u32| {
        let pixels = (f64::from(pixels) * figure.scale).round();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let whole = pixels as u16;
        (64.0..=20000.0).contains(&pixels).then_some(whole)
    };
    match (side(width), side(height)) {
        (Some(w), Some(h)) if u32::from(w) * u32::from(h) <= 100_000_000 => Ok((w, h)),
        _ => Err(wrong),
    }
}

fn header(figure: &Figure, factor: f32, free: bool, region: &mut Frame) -> Header {
    let line = text::LINE * factor;
    let highest = highest(figure, region.bottom + region.top);
    // Panels placed by hand may leave little room above them.
    let tight = free && highest < (PAD + (TITLE + SUBTITLE) * text::LINE) * factor;
    let (title, subtitle, top) = if tight {
        (13.0 * factor, 11.0 * factor, 2.0 * factor)
    } else {
        (TITLE * factor, SUBTITLE * factor, region.top)
    };
    let lines = if free {
        usize::from(!figure.title.is_empty())
    } else {
        text::folded(&figure.title, title, true, region.width(), 2).len()
    };
    let mut bottom = top;
    #[allow(clippy::cast_precision_loss)]
    if lines > 0 {
        bottom += lines as f32 * title / factor * line;
    }
    if !figure.subtitle.is_empty() {
        bottom += subtitle / factor * line;
    }
    if bottom > top {
        region.top = bottom + 4.0 * factor;
    }
    Header { left: region.left, right: region.right, top, title, subtitle, lines }
}

/// Pixels above the highest panel that is placed by hand.
#[allow(clippy::cast_possible_truncation)]
fn highest(figure: &Figure, height: f32) -> f32 {
    let tops = figure.panels.iter().map(|panel| match panel.place {
        Place::Area { bottom, height: part, .. } => {
            let heading = if panel.title.is_empty() {
                0.0
            } else {
                HEADING * text::LINE * figure.scale as f32
            };
            (1.0 - bottom - part) as f32 * height - heading
        }
        Place::Cell { .. } => f32::INFINITY,
    });
    tops.fold(f32::INFINITY, f32::min)
}

fn spots(
    figure: &Figure,
    scales: &[(Scale, Scale)],
    factor: f32,
    region: Frame,
    (width, height): (u16, u16),
) -> Result<Vec<Spot>, Error> {
    let mut spots: Vec<Spot> = Vec::with_capacity(figure.panels.len());
    for (panel, (x, y)) in figure.panels.iter().zip(scales) {
        let (frame, names) = match panel.place {
            Place::Area { left, bottom, width: w, height: h } => (
                area((left, bottom, w, h), f32::from(width), f32::from(height)),
                (panel.x.named, panel.y.named),
            ),
            Place::Cell { rows, columns, .. } => {
                #[allow(clippy::cast_precision_loss)]
                let (w, h) =
                    (region.width() / columns.max(1) as f32, region.height() / rows.max(1) as f32);
                let frame = Frame {
                    left: 0.0,
                    top: 0.0,
                    right: (w * 0.85).max(1.0),
                    bottom: (h * 0.75).max(1.0),
                };
                (frame, (panel.x.named, panel.y.named))
            }
        };
        spots.push(Spot {
            frame,
            x: *x,
            y: *y,
            below: Names::default(),
            left: Names::default(),
            above: None,
            right: None,
            names,
            spare: (2.0 * factor, 2.0 * factor),
            reach: frame.height() * 0.6,
            heading: true,
        });
    }
    let mut grids: Vec<(usize, usize)> = Vec::new();
    for panel in &figure.panels {
        if let Place::Cell { rows, columns, .. } = panel.place
            && !grids.contains(&(rows, columns))
        {
            grids.push((rows, columns));
        }
    }
    for (panel, spot) in figure.panels.iter().zip(&mut spots) {
        name(panel, spot, factor);
    }
    for (rows, columns) in grids {
        grid::arrange(figure, &mut spots, (rows, columns), region, factor)?;
    }
    for (panel, spot) in figure.panels.iter().zip(&mut spots) {
        if panel.square {
            square(spot);
        }
        name(panel, spot, factor);
    }
    Ok(spots)
}

/// The frame of a panel that is placed by hand.
#[allow(clippy::cast_possible_truncation)]
fn area((left, bottom, wide, high): (f64, f64, f64, f64), width: f32, height: f32) -> Frame {
    let part = |value: f64| if value.is_finite() { value.clamp(-1.0, 2.0) as f32 } else { 0.0 };
    let edge = |value: f32| value.round();
    let (left, bottom) = (part(left), part(bottom));
    let frame = Frame {
        left: edge(left * width),
        right: edge((left + part(wide)) * width),
        top: edge((1.0 - bottom - part(high)) * height),
        bottom: edge((1.0 - bottom) * height),
    };
    Frame {
        right: frame.right.max(frame.left + 1.0),
        bottom: frame.bottom.max(frame.top + 1.0),
        ..frame
    }
}

/// Finds the names of places along the axes of a frame.
fn name(panel: &Panel, spot: &mut Spot, factor: f32) {
    let (wide, high) = (spot.frame.width(), spot.frame.height());
    // Numbers beside an axis with nothing on it would be made up.
    let empty = !panel.layers.iter().any(shows);
    let made_up = |ticks: &Ticks| !matches!(ticks, Ticks::Named(_) | Ticks::UtcPieces(_));
    let named = |axis: &Axis| !(empty && axis.range == Range::Auto && made_up(&axis.ticks));
    if named(&panel.x) {
        spot.below = fit::level(&panel.x, &spot.x, wide, factor, spot.spare);
    }
    if named(&panel.y) {
        spot.left = fit::upright(&panel.y, &spot.y, high, factor);
    }
    spot.above = panel.top.as_ref().filter(|axis| axis.named).map(|axis| {
        let scale = second(axis, &spot.x);
        (scale, fit::level(axis, &scale, wide, factor, spot.spare))
    });
    spot.right = panel.right.as_ref().filter(|axis| axis.named).map(|axis| {
        let scale = second(axis, &spot.y);
        (scale, fit::upright(axis, &scale, high, factor))
    });
}

/// The scale of a second axis: its own ends, else those of the first.
fn second(axis: &Axis, first: &Scale) -> Scale {
    match axis.range {
        Range::Fixed(low, high)
            if low.is_finite() && high.is_finite() && (low < high || high < low) =>
        {
            Scale {
                low: low.min(high),
                high: low.max(high),
                logarithm: false,
                reversed: first.reversed != (low > high),
            }
        }
        _ => *first,
    }
}

/// Shrinks a frame so that equal lengths are equal numbers.
fn square(spot: &mut Spot) {
    if spot.x.logarithm || spot.y.logarithm {
        return;
    }
    #[allow(clippy::cast_possible_truncation)]
    let ratio = ((spot.x.high - spot.x.low) / (spot.y.high - spot.y.low)).clamp(0.05, 20.0) as f32;
    let (wide, high) = (spot.frame.width(), spot.frame.height());
    let (new_wide, new_high) =
        if wide / high > ratio { (high * ratio, high) } else { (wide, wide / ratio) };
    let (dx, dy) = (((wide - new_wide) / 2.0).round(), ((high - new_high) / 2.0).round());
    spot.frame = spot.frame_inset(dx, dy);
}

impl Spot {
    fn frame_inset(&self, dx: f32, dy: f32) -> Frame {
        let frame = self.frame;
        Frame {
            left: frame.left + dx,
            right: frame.right - dx,
            top: frame.top + dy,
            bottom: frame.bottom - dy,
        }
    }
}

/// Size of the names of places in pixels.
pub(crate) fn tick_size(factor: f32) -> f32 {
    TICK * factor
}
