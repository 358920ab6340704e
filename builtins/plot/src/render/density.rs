//! How many points are where, for panels with too many to tell apart.
//!
//! Every point counts in the pixels around it. A pixel is the more opaque the
//! more points it has, on a logarithmic scale, and never fainter than a third,
//! so that a lonely point is seen. Its colour is that of the series with most
//! points there: colours are weighted with the square of the number, so that
//! they stay those of the legend and do not turn into grey.

use rayon::prelude::*;

use super::layers::MANY;
use super::layout::{Sheet, Spot};
use crate::canvas::{Frame, Raster, whole};
use crate::figure::{Layer, Line, Series};

/// Opacity of a pixel of one point.
const LEAST: f32 = 0.35;

/// One pixel: points of all series, and colours by square of the number.
#[derive(Clone, Copy, Default)]
struct Cell {
    points: f32,
    weight: f32,
    colour: [f32; 3],
}

/// Pixels beyond each edge in which points are counted: their prints reach inside.
const MARGIN: usize = 16;

/// Points that one thread counts by itself, at least.
const SHARE: usize = 100_000;

/// The pixels of a panel with room beyond its edges.
#[derive(Clone, Copy)]
struct Field {
    width: usize,
    height: usize,
    left: f32,
    top: f32,
}

impl Field {
    fn side(self) -> usize {
        self.width + 2 * MARGIN
    }

    fn cells(self) -> usize {
        self.side() * (self.height + 2 * MARGIN)
    }

    /// The place of a pixel of the panel.
    fn place(self, column: usize, row: usize) -> usize {
        (row + MARGIN) * self.side() + column + MARGIN
    }
}

/// All points of the series of a panel.
pub(super) fn raster(layers: &[Layer], spot: &Spot, inside: Frame, sheet: &Sheet) -> Raster {
    let size = |pixels: f32| usize::try_from(whole(pixels)).unwrap_or(0).max(1);
    let field = Field {
        width: size(inside.width()),
        height: size(inside.height()),
        left: inside.left,
        top: inside.top,
    };
    let (width, height) = (field.width, field.height);
    let mut cells = vec![Cell::default(); width * height];
    let total: usize =
        layers.iter().map(|layer| if let Layer::Series(s) = layer { s.x.len() } else { 0 }).sum();
    for layer in layers {
        let Layer::Series(series) = layer else { continue };
        if series.line != Line::None {
            continue;
        }
        let print = footprint(series, total, sheet.factor);
        let centres = centres(series, spot, field);
        let colour = sheet.paint.rgb(series.style.colour).map(f32::from);
        let rows = cells.par_chunks_mut(width).enumerate();
        rows.for_each(|(row, line)| {
            let counts = spread(&centres, row, field, &print);
            for (cell, count) in line.iter_mut().zip(counts) {
                if count == 0 {
                    continue;
                }
                #[allow(clippy::cast_precision_loss)]
                let number = count as f32;
                cell.points += number;
                cell.weight += number * number;
                for (sum, part) in cell.colour.iter_mut().zip(colour) {
                    *sum += part * number * number;
                }
            }
        });
    }
    Raster { width, height, rgba: painted(&cells) }
}

/// How many points lie in each pixel of a field.
fn centres(series: &Series, spot: &Spot, field: Field) -> Vec<u32> {
    let count = |(xs, ys): (&[f64], &[f64])| {
        let mut counts = vec![0_u32; field.cells()];
        #[allow(clippy::cast_precision_loss)]
        let (wide, high) = ((field.width + MARGIN) as f32, (field.height + MARGIN) as f32);
        #[allow(clippy::cast_precision_loss)]
        let least = -(MARGIN as f32);
        for (x, y) in xs.iter().zip(ys) {
            if !x.is_finite() || !y.is_finite() {
                continue;
            }
            let (px, py) = spot.at(*x, *y);
            let (px, py) = ((px - field.left).floor(), (py - field.top).floor());
            // Also false for what is no number.
            if px >= least && px < wide && py >= least && py < high {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let (column, row) = ((px - least) as usize, (py - least) as usize);
                let cell = &mut counts[row * field.side() + column];
                *cell = cell.saturating_add(1);
            }
        }
        counts
    };
    let length = series.x.len().min(series.y.len());
    // Each thread has a field of its own, which must be worth it.
    let parts = length / SHARE.max(field.cells() / 4);
    let parts = parts.clamp(1, rayon::current_num_threads());
    let share = length.div_ceil(parts).max(1);
    let shares = series.x[..length].par_chunks(share).zip(series.y[..length].par_chunks(share));
    shares
        .map(count)
        .reduce_with(|mut all, more| {
            for (sum, count) in all.iter_mut().zip(more) {
                *sum = sum.saturating_add(count);
            }
            all
        })
        .unwrap_or_else(|| vec![0; field.cells()])
}

/// The counts of a row of pixels: each point counts in all pixels of its print.
fn spread(centres: &[u32], row: usize, field: Field, print: &[(i32, i32)]) -> Vec<u32> {
    let mut counts = vec![0_u32; field.width];
    for (dx, dy) in print {
        // Prints reach no further than the margin.
        #[allow(clippy::cast_possible_wrap)] // sides of pictures
        let away = *dy as isize * field.side() as isize + *dx as isize;
        let from = field.place(0, row).checked_add_signed(-away);
        let Some(line) = from.and_then(|from| centres.get(from..from + field.width)) else {
            continue;
        };
        for (count, centre) in counts.iter_mut().zip(line) {
            *count = count.saturating_add(*centre);
        }
    }
    counts
}

/// The pixels in which a point counts: the more points, the smaller.
fn footprint(series: &Series, total: usize, factor: f32) -> Vec<(i32, i32)> {
    #[allow(clippy::cast_possible_truncation)]
    let asked = (series.style.radius as f32).clamp(0.0, 4.0);
    let most = if total < MANY * 4 { 1.5 } else { 1.0 };
    let radius = asked.min(most) * factor;
    #[allow(clippy::cast_possible_truncation)]
    let reach = (radius.ceil() as i32).min(i32::try_from(MARGIN).unwrap_or(0));
    let mut print = Vec::new();
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            #[allow(clippy::cast_precision_loss)]
            let far = (dx as f32).hypot(dy as f32);
            if far <= radius + 0.05 {
                print.push((dx, dy));
            }
        }
    }
    print
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn painted(cells: &[Cell]) -> Vec<u8> {
    let most = cells.iter().map(|cell| cell.points).fold(1.0, f32::max);
    let scale = (1.0 + most).ln();
    let mut rgba = Vec::with_capacity(cells.len() * 4);
    for cell in cells {
        if cell.weight <= 0.0 {
            rgba.extend([0; 4]);
            continue;
        }
        let part = if most > 1.0 {
            ((1.0 + cell.points).ln() - 2.0_f32.ln()) / (scale - 2.0_f32.ln())
        } else {
            1.0
        };
        let opacity = LEAST + (1.0 - LEAST) * part.clamp(0.0, 1.0);
        rgba.extend(cell.colour.map(|sum| (sum / cell.weight).round() as u8));
        rgba.push((opacity * 255.0).round() as u8);
    }
    rgba
}
