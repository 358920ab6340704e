//! Where everything of a figure is.

use std::collections::HashSet;

use super::Error;
use super::fit::{self, Names, TICK};
use super::legend::{self, Legend, Strip};
use super::ranges::{self, Scale};
use crate::canvas::Frame;
use crate::figure::{Figure, Panel, Place, Range};
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

/// Pixels around a frame.
#[derive(Debug, Clone, Copy, Default)]
struct Margins {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

/// How much is left out when panels are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    All,
    /// Names at the outer edges only.
    Outer,
    /// Frames only.
    Bare,
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
            names,
            spare: (2.0 * factor, 2.0 * factor),
            reach: frame.height() * 0.6,
            heading: true,
        });
    }
    let mut grids: Vec<(usize, usize)> = Vec::new();
    for panel in &figure.panels {
        if let Place::Cell { rows, columns, .. } = panel.place {
            if !grids.contains(&(rows, columns)) {
                grids.push((rows, columns));
            }
        }
    }
    for spot_at in 0..spots.len() {
        name(&figure.panels[spot_at], &mut spots[spot_at], factor);
    }
    for (rows, columns) in grids {
        grid(figure, &mut spots, (rows, columns), region, factor)?;
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
    spot.below = fit::level(&panel.x, &spot.x, wide, factor, spot.spare);
    spot.left = fit::upright(&panel.y, &spot.y, high, factor);
    spot.above = panel.top.as_ref().filter(|axis| axis.named).map(|axis| {
        let scale = match axis.range {
            Range::Fixed(low, high) if low.is_finite() && high.is_finite() && low != high => {
                Scale {
                    low: low.min(high),
                    high: low.max(high),
                    logarithm: false,
                    reversed: spot.x.reversed != (low > high),
                }
            }
            _ => spot.x,
        };
        (scale, fit::level(axis, &scale, wide, factor, spot.spare))
    });
}

/// Pixels that a panel needs around its frame.
fn margins(panel: &Panel, spot: &Spot, factor: f32, detail: Detail) -> Margins {
    let label = LABEL * text::LINE;
    let mut need = Margins { left: 4.0, top: 3.0, right: 6.0, bottom: 3.0 };
    if detail == Detail::Bare {
        return Margins {
            left: 0.5 * factor,
            top: 0.5 * factor,
            right: 0.5 * factor,
            bottom: 0.5 * factor,
        };
    }
    let joined = matches!(panel.place, Place::Cell { joined: true, .. });
    if spot.names.1 {
        need.left = MARK + 4.0 + spot.left.depth / factor + 4.0;
        if !panel.y.label.is_empty() || spot.left.placed.exponent != 0 {
            need.left += label;
        }
    }
    if joined {
        need.bottom = 0.0;
    } else if spot.names.0 {
        need.bottom = MARK + 2.0 + spot.below.depth / factor + 4.0;
        if !panel.x.label.is_empty() || spot.below.placed.exponent != 0 {
            need.bottom += label + 2.0;
        }
    }
    if spot.heading && !panel.title.is_empty() {
        need.top += HEADING * text::LINE + 2.0;
    }
    if let Some((_, names)) = &spot.above {
        need.top += MARK + 2.0 + names.depth / factor;
        if panel.top.as_ref().is_some_and(|axis| !axis.label.is_empty()) {
            need.top += label;
        }
    }
    Margins {
        left: need.left * factor,
        top: need.top * factor,
        right: need.right * factor,
        bottom: need.bottom * factor,
    }
}

/// Gives the panels of one grid frames of equal size.
fn grid(
    figure: &Figure,
    spots: &mut [Spot],
    (rows, columns): (usize, usize),
    region: Frame,
    factor: f32,
) -> Result<(), Error> {
    let cells: Vec<(usize, usize, usize)> = figure
        .panels
        .iter()
        .enumerate()
        .filter_map(|(at, panel)| match panel.place {
            Place::Cell { row, column, rows: r, columns: c, .. } if (r, c) == (rows, columns) => {
                Some((at, row.min(rows.saturating_sub(1)), column.min(columns.saturating_sub(1))))
            }
            _ => None,
        })
        .collect();
    let taken: HashSet<(usize, usize)> =
        cells.iter().map(|(_, row, column)| (*row, *column)).collect();
    // A panel without one below it has the room of the empty cell.
    let lowest = |row: usize, column: usize| row + 1 >= rows || !taken.contains(&(row + 1, column));
    let (side_x, side_y) = (columns.max(1), rows.max(1));
    if side_x > 20000 || side_y > 20000 {
        return Err(crowded(figure, rows, columns));
    }
    for detail in [Detail::All, Detail::Outer, Detail::Bare] {
        for (at, row, column) in &cells {
            let panel = &figure.panels[*at];
            let spot = &mut spots[*at];
            let (outer_x, outer_y) = (lowest(*row, *column), *column == 0);
            spot.names = match detail {
                Detail::All => (panel.x.named, panel.y.named),
                Detail::Outer => (panel.x.named && outer_x, panel.y.named && outer_y),
                Detail::Bare => (false, false),
            };
            spot.heading = detail != Detail::Bare;
            if let Place::Cell { joined: true, .. } = panel.place {
                spot.names.0 = false;
            }
        }
        let mut room = Room::new(side_x, side_y);
        for (at, row, column) in &cells {
            let panel = &figure.panels[*at];
            let above = *row > 0 && cells_joined(figure, &cells, *row - 1, *column);
            room.take(
                margins(panel, &spots[*at], factor, detail),
                (*row, *column),
                lowest(*row, *column),
                above,
                rows,
            );
        }
        let (wide, high) = room.frame(&region);
        let least = match detail {
            Detail::All => 48.0 * factor,
            Detail::Outer => 14.0 * factor,
            Detail::Bare => 2.0,
        };
        if wide < least || high < least {
            continue;
        }
        for (at, row, column) in &cells {
            let spot = &mut spots[*at];
            spot.frame = room.place(&region, (*row, *column), (wide, high));
            let first = *column == 0;
            let last = column + 1 == side_x;
            let near = if detail == Detail::Bare { 0.0 } else { 1.5 * factor };
            spot.spare = (
                if first { near + 14.0 * factor } else { near },
                if last { near + 6.0 * factor } else { near },
            );
            spot.reach = high / 2.0 + (room.top[*row] + 2.0 * factor) * 0.8;
        }
        return Ok(());
    }
    Err(crowded(figure, rows, columns))
}

fn cells_joined(
    figure: &Figure,
    cells: &[(usize, usize, usize)],
    row: usize,
    column: usize,
) -> bool {
    cells.iter().any(|(at, r, c)| {
        (*r, *c) == (row, column)
            && matches!(figure.panels[*at].place, Place::Cell { joined: true, .. })
    })
}

fn crowded(figure: &Figure, rows: usize, columns: usize) -> Error {
    Error::Crowded {
        panels: figure.panels.len(),
        rows,
        columns,
        width: figure.size.0,
        height: figure.size.1,
    }
}

/// Pixels around the frames of a grid, by column and row.
struct Room {
    left: Vec<f32>,
    right: Vec<f32>,
    top: Vec<f32>,
    bottom: Vec<f32>,
}

impl Room {
    fn new(columns: usize, rows: usize) -> Self {
        Self {
            left: vec![0.0; columns],
            right: vec![0.0; columns],
            top: vec![0.0; rows],
            bottom: vec![0.0; rows],
        }
    }

    fn take(
        &mut self,
        need: Margins,
        (row, column): (usize, usize),
        lowest: bool,
        joined: bool,
        rows: usize,
    ) {
        let grow = |side: &mut f32, need: f32| *side = side.max(need);
        grow(&mut self.left[column], need.left);
        grow(&mut self.right[column], need.right);
        if !joined {
            grow(&mut self.top[row], need.top);
        }
        if !lowest || row + 1 >= rows {
            grow(&mut self.bottom[row], need.bottom);
        }
    }

    /// Pixels of one frame.
    #[allow(clippy::cast_precision_loss)]
    fn frame(&self, region: &Frame) -> (f32, f32) {
        let sum = |a: &[f32], b: &[f32]| a.iter().chain(b).sum::<f32>();
        (
            ((region.width() - sum(&self.left, &self.right)) / self.left.len() as f32).floor(),
            ((region.height() - sum(&self.top, &self.bottom)) / self.top.len() as f32).floor(),
        )
    }

    #[allow(clippy::cast_precision_loss)]
    fn place(
        &self,
        region: &Frame,
        (row, column): (usize, usize),
        (wide, high): (f32, f32),
    ) -> Frame {
        let left = region.left
            + self.left[..=column].iter().sum::<f32>()
            + self.right[..column].iter().sum::<f32>()
            + column as f32 * wide;
        let top = region.top
            + self.top[..=row].iter().sum::<f32>()
            + self.bottom[..row].iter().sum::<f32>()
            + row as f32 * high;
        let (left, top) = (left.round(), top.round());
        Frame { left, top, right: left + wide, bottom: top + high }
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
