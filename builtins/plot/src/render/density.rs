//! How many points are where, for panels with too many to tell apart.
//!
//! Every point counts in the pixels around it. A pixel is the more opaque the
//! more points it has, on a logarithmic scale, and never fainter than a third,
//! so that a lonely point is seen. Its colour is that of the series with most
//! points there: colours are weighted with the square of the number, so that
//! they stay those of the legend and do not turn into grey.

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

/// All points of the series of a panel.
pub(super) fn raster(layers: &[Layer], spot: &Spot, inside: Frame, sheet: &Sheet) -> Raster {
    let size = |pixels: f32| usize::try_from(whole(pixels)).unwrap_or(0).max(1);
    let (width, height) = (size(inside.width()), size(inside.height()));
    let mut cells = vec![Cell::default(); width * height];
    let mut counts = vec![0_u32; width * height];
    let mut touched: Vec<u32> = Vec::new();
    let total: usize =
        layers.iter().map(|layer| if let Layer::Series(s) = layer { s.x.len() } else { 0 }).sum();
    for layer in layers {
        let Layer::Series(series) = layer else { continue };
        if series.line != Line::None {
            continue;
        }
        let print = footprint(series, total, sheet.factor);
        count(series, spot, inside, (width, height), &print, &mut counts, &mut touched);
        let colour = sheet.paint.rgb(series.style.colour).map(f32::from);
        for at in touched.drain(..) {
            let at = at as usize;
            #[allow(clippy::cast_precision_loss)]
            let number = std::mem::take(&mut counts[at]) as f32;
            let cell = &mut cells[at];
            cell.points += number;
            cell.weight += number * number;
            for (sum, part) in cell.colour.iter_mut().zip(colour) {
                *sum += part * number * number;
            }
        }
    }
    Raster { width, height, rgba: painted(&cells) }
}

/// Adds the points of a series to the pixels around each.
fn count(
    series: &Series,
    spot: &Spot,
    inside: Frame,
    (width, height): (usize, usize),
    print: &[(i32, i32)],
    counts: &mut [u32],
    touched: &mut Vec<u32>,
) {
    let (wide, high) = (i32::try_from(width).unwrap_or(0), i32::try_from(height).unwrap_or(0));
    let mut add = |column: i32, row: i32| {
        if (0..wide).contains(&column) && (0..high).contains(&row) {
            #[allow(clippy::cast_sign_loss)]
            let at = row as usize * width + column as usize;
            if counts[at] == 0 {
                #[allow(clippy::cast_possible_truncation)]
                touched.push(at as u32);
            }
            counts[at] = counts[at].saturating_add(1);
        }
    };
    for (x, y) in series.x.iter().zip(&series.y) {
        if !x.is_finite() || !y.is_finite() {
            continue;
        }
        let (px, py) = spot.at(*x, *y);
        if !px.is_finite() || !py.is_finite() {
            continue;
        }
        #[allow(clippy::cast_possible_truncation)]
        let (column, row) = ((px - inside.left).floor() as i32, (py - inside.top).floor() as i32);
        if column < -64 || row < -64 || column > wide + 64 || row > high + 64 {
            continue;
        }
        for (dx, dy) in print {
            add(column + dx, row + dy);
        }
    }
}

/// The pixels in which a point counts: the more points, the smaller.
fn footprint(series: &Series, total: usize, factor: f32) -> Vec<(i32, i32)> {
    #[allow(clippy::cast_possible_truncation)]
    let asked = (series.style.radius as f32).clamp(0.0, 4.0);
    let most = if total < MANY * 4 { 1.5 } else { 1.0 };
    let radius = asked.min(most) * factor;
    #[allow(clippy::cast_possible_truncation)]
    let reach = radius.ceil() as i32;
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
