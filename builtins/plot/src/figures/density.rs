//! Very many points as a map of how many there are.

use ndarray::Array2;

use crate::figure::{ColourMap, Map};

/// Points in a panel from which on a map is drawn.
pub const MANY: usize = 50_000;

/// How many points there are in each of so many columns and rows; cells
/// without points stay empty. `None` if no point is finite.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn density<'a>(
    points: impl Iterator<Item = (&'a f64, &'a f64)> + Clone,
    (columns, rows): (usize, usize),
) -> Option<Map> {
    let finite = points.filter(|(x, y)| x.is_finite() && y.is_finite());
    let mut ends = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    for (x, y) in finite.clone() {
        ends = [ends[0].min(*x), ends[1].max(*x), ends[2].min(*y), ends[3].max(*y)];
    }
    if ends[0] > ends[1] {
        return None;
    }
    let wide = |low: f64, high: f64| if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    let (x, y) = (wide(ends[0], ends[1]), wide(ends[2], ends[3]));
    let place = |value: f64, (low, high): (f64, f64), cells: usize| {
        (((value - low) / (high - low) * cells as f64) as usize).min(cells - 1)
    };
    let mut values = Array2::from_elem((rows, columns), f64::NAN);
    let mut most: f64 = 1.0;
    for (a, b) in finite {
        let cell = &mut values[[place(*b, y, rows), place(*a, x, columns)]];
        *cell = if cell.is_nan() { 1.0 } else { *cell + 1.0 };
        most = most.max(*cell);
    }
    let edges = |(low, high): (f64, f64), cells: usize| -> Vec<f64> {
        (0..=cells).map(|at| low + (high - low) * at as f64 / cells as f64).collect()
    };
    Some(Map {
        x: edges(x, columns),
        y: edges(y, rows),
        values,
        colours: ColourMap::Sequential,
        range: (1.0, most.max(2.0)),
        logarithm: true,
        blank: true,
        names: Vec::new(),
    })
}
