//! Pictures of numbers: every pixel shows the mean of the cells it covers, the
//! circular mean for cyclic colours; nothing is dropped.

use std::f64::consts::TAU;

use super::layout::Spot;
use crate::canvas::{Frame, Raster, whole};
use crate::figure::{ColourMap, Map};
use crate::palette::{self, Paint};

/// The pixels of a map within a frame.
pub(super) fn raster(map: &Map, spot: &Spot, inside: Frame, paint: &Paint) -> Raster {
    let size = |pixels: f32| usize::try_from(whole(pixels)).unwrap_or(0).max(1);
    let (width, height) = (size(inside.width()), size(inside.height()));
    let (rows, columns) = map.values.dim();
    let mut rgba = vec![0; width * height * 4];
    let across: Vec<f32> = map.x.iter().map(|edge| spot.across(*edge) - inside.left).collect();
    let down: Vec<f32> = map.y.iter().map(|edge| spot.down(*edge) - inside.top).collect();
    if rows == 0 || columns == 0 || across.len() != columns + 1 || down.len() != rows + 1 {
        return Raster { width, height, rgba };
    }
    let over_x = covered(&across, width);
    let over_y = covered(&down, height);
    let scale = Colours::new(map);
    let mut last: Option<((usize, usize), usize)> = None;
    for (y, rows) in over_y.iter().enumerate() {
        let Some(rows) = rows else {
            last = None;
            continue;
        };
        // Rows of pixels of the same cells are the same, but for the hatch.
        if let Some((same, from)) = last.filter(|(same, _)| same == rows && same.1 - same.0 == 1) {
            let _ = same;
            rgba.copy_within(from * width * 4..(from + 1) * width * 4, y * width * 4);
        } else {
            let mut cached: Option<((usize, usize), Option<palette::Rgb>)> = None;
            for (x, columns) in over_x.iter().enumerate() {
                let Some(columns) = columns else { continue };
                let colour = match cached {
                    Some((same, colour)) if same == *columns => colour,
                    _ => scale.of(map, *rows, *columns),
                };
                cached = Some((*columns, colour));
                let at = (y * width + x) * 4;
                match colour {
                    Some([r, g, b]) => rgba[at..at + 4].copy_from_slice(&[r, g, b, 255]),
                    None => rgba[at + 3] = u8::from(!map.blank),
                }
            }
        }
        last = Some((*rows, y));
    }
    hatch(&mut rgba, width, paint);
    Raster { width, height, rgba }
}

/// Missing cells, marked by an opacity of 1, become stripes.
fn hatch(rgba: &mut [u8], width: usize, paint: &Paint) {
    for (at, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        if pixel[3] == 1 {
            let [r, g, b] =
                if (at % width + at / width) % 6 < 2 { paint.faint } else { paint.grid };
            pixel.copy_from_slice(&[r, g, b, 255]);
        }
    }
}

/// The cells of each pixel along one direction: those with their middle in it,
/// or the one that holds the middle of the pixel.
fn covered(edges: &[f32], pixels: usize) -> Vec<Option<(usize, usize)>> {
    let mut found: Vec<Option<(usize, usize)>> = vec![None; pixels];
    for (cell, pair) in edges.windows(2).enumerate() {
        let (low, high) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
        if !low.is_finite() || !high.is_finite() {
            continue;
        }
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let clamp = |value: f32| value.clamp(0.0, pixels as f32) as usize;
        // Pixels whose middle the cell holds.
        for pixel in
            found.iter_mut().take(clamp((high - 0.5).ceil())).skip(clamp((low - 0.5).ceil()))
        {
            pixel.get_or_insert((cell, cell + 1));
        }
        let middle = f32::midpoint(low, high);
        if middle < 0.0 {
            continue;
        }
        if let Some(pixel) = found.get_mut(clamp(middle.floor())) {
            let (from, to) = pixel.unwrap_or((cell, cell + 1));
            *pixel = Some((from.min(cell), to.max(cell + 1)));
        }
    }
    found
}

/// Numbers to colours.
struct Colours {
    low: f64,
    span: f64,
    logarithm: bool,
    map: ColourMap,
}

impl Colours {
    fn new(map: &Map) -> Self {
        let (low, high) = map.range;
        let logarithm = map.logarithm && low > 0.0 && high > 0.0;
        let (low, high) = if logarithm { (low.ln(), high.ln()) } else { (low, high) };
        let good = low.is_finite() && high.is_finite();
        let (low, high) = if good { (low, high) } else { (0.0, 1.0) };
        Self { low, span: high - low, logarithm, map: map.colours }
    }

    /// The colour of the mean of a block of cells; none if all are missing.
    fn of(&self, map: &Map, rows: (usize, usize), columns: (usize, usize)) -> Option<palette::Rgb> {
        let cells = (rows.0..rows.1)
            .flat_map(|row| (columns.0..columns.1).map(move |column| map.values[[row, column]]));
        let value = match self.map {
            ColourMap::Sequential => mean(cells)?,
            ColourMap::Cyclic => self.circular(cells)?,
        };
        let value = if self.logarithm { value.max(0.0).ln() } else { value };
        let place = if self.span == 0.0 { 0.5 } else { (value - self.low) / self.span };
        Some(palette::mapped(self.map, place))
    }

    fn circular(&self, cells: impl Iterator<Item = f64>) -> Option<f64> {
        let span = if self.span == 0.0 { 1.0 } else { self.span };
        let (mut sine, mut cosine, mut first) = (0.0, 0.0, None);
        let mut count = 0_u32;
        for value in cells.filter(|value| value.is_finite()) {
            let angle = (value - self.low) / span * TAU;
            sine += angle.sin();
            cosine += angle.cos();
            first = first.or(Some(value));
            count += 1;
        }
        if count <= 1 {
            return first;
        }
        Some(self.low + sine.atan2(cosine).rem_euclid(TAU) / TAU * span)
    }
}

fn mean(cells: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in cells.filter(|value| value.is_finite()) {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::cast_precision_loss
    )]

    use super::*;
    use crate::figure::{Figure, Layer, Panel};
    use crate::render::layout::Sheet;
    use ndarray::Array2;

    fn colours(values: Array2<f64>, colours: ColourMap, range: (f64, f64)) -> Vec<[u8; 4]> {
        let (rows, columns) = values.dim();
        let edges = |n: usize| (0..=n).map(|i| i as f64).collect::<Vec<_>>();
        let map = Map {
            x: edges(columns),
            y: edges(rows),
            values,
            colours,
            range,
            logarithm: false,
            blank: false,
            names: Vec::new(),
        };
        let panel = Panel { layers: vec![Layer::Map(map.clone())], ..Panel::default() };
        let sheet =
            Sheet::plan(&Figure { panels: vec![panel], size: (200, 200), ..Figure::default() })
                .unwrap();
        let spot = &sheet.spots[0];
        let raster = raster(&map, spot, spot.frame, &sheet.paint);
        raster.rgba.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect()
    }

    #[test]
    fn many_cells_a_pixel_are_averaged_not_dropped() {
        // Columns of 0 and 1 in turn, far more than pixels: all pixels are the mean.
        let values = Array2::from_shape_fn((1, 40_000), |(_, column)| {
            f64::from(u8::try_from(column % 2).unwrap())
        });
        let found = colours(values, ColourMap::Sequential, (0.0, 1.0));
        let [r, g, b] = palette::mapped(ColourMap::Sequential, 0.5);
        let far = |a: u8, b: u8| a.abs_diff(b) > 4;
        assert!(found.iter().all(|p| !far(p[0], r) && !far(p[1], g) && !far(p[2], b)));
    }

    #[test]
    fn phases_on_both_sides_of_the_end_have_the_colour_of_the_end() {
        let pi = std::f64::consts::PI;
        let values =
            Array2::from_shape_fn(
                (1, 40_000),
                |(_, c)| if c % 2 == 0 { pi - 0.1 } else { -pi + 0.1 },
            );
        let found = colours(values, ColourMap::Cyclic, (-pi, pi));
        let end = palette::mapped(ColourMap::Cyclic, 0.0);
        assert!(
            found.iter().all(|p| p[0].abs_diff(end[0]) < 6 && p[2].abs_diff(end[2]) < 6),
            "{:?} {end:?}",
            found[50]
        );
    }

    #[test]
    fn missing_cells_are_hatched_and_the_rest_is_opaque() {
        let mut values = Array2::from_elem((2, 2), 0.5);
        values[[0, 0]] = f64::NAN;
        let found = colours(values, ColourMap::Sequential, (0.0, 1.0));
        let missing =
            found.iter().filter(|p| [[0xBB; 3], [0xD9; 3]].contains(&[p[0], p[1], p[2]])).count();
        assert!(
            missing.abs_diff(found.len() / 4) < found.len() / 20,
            "{missing} of {}",
            found.len()
        );
        assert!(found.iter().all(|p| p[3] == 255));
    }
}
