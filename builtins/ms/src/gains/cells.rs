//! Cells along time or frequency: where each is, and how wide.

use serde::Serialize;

/// Cells along one axis, ascending: seconds of MJD in time, Hz in frequency.
///
/// A width that is not known (one cell alone in a file that gives only
/// centres) is NaN; such a cell stands for the whole axis.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cells {
    /// The middle of each cell.
    pub centres: Vec<f64>,
    /// The width of each cell.
    pub widths: Vec<f64>,
}

/// Two edges are the same when they differ by less than this part of a cell.
const SAME: f64 = 1e-4;

impl Cells {
    /// A range divided into equal cells.
    #[allow(clippy::cast_precision_loss)] // as many cells as a file can hold
    pub fn equal(start: f64, end: f64, count: usize) -> Self {
        let width = (end - start) / count.max(1) as f64;
        let centres = (0..count).map(|k| start + (k as f64 + 0.5) * width).collect();
        Self { centres, widths: vec![width; count] }
    }

    /// Cells known by their centres alone: each is as wide as the distance to
    /// its nearer neighbour, so that a gap in the axis stays a gap.
    pub fn from_centres(centres: Vec<f64>) -> Self {
        let gap = |a: usize, b: usize| (centres[b] - centres[a]).abs();
        let widths = (0..centres.len())
            .map(|k| match (k > 0, k + 1 < centres.len()) {
                (true, true) => gap(k - 1, k).min(gap(k, k + 1)),
                (true, false) => gap(k - 1, k),
                (false, true) => gap(k, k + 1),
                (false, false) => f64::NAN,
            })
            .collect();
        Self { centres, widths }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.centres.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.centres.is_empty()
    }

    /// The first cell's lower and the last cell's upper edge.
    pub fn range(&self) -> Option<(f64, f64)> {
        let (first, last) = (self.edges(0)?, self.edges(self.len().checked_sub(1)?)?);
        Some((first.0, last.1))
    }

    /// The edges of a cell; its centre twice where the width is not known.
    pub fn edges(&self, at: usize) -> Option<(f64, f64)> {
        let (centre, width) = (*self.centres.get(at)?, *self.widths.get(at)?);
        let half = if width.is_finite() { width / 2.0 } else { 0.0 };
        Some((centre - half, centre + half))
    }

    /// The step, where the cells are evenly spaced (within a thousandth), or
    /// the width of a cell that is alone.
    pub fn step(&self) -> Option<f64> {
        if let [width] = self.widths[..] {
            return width.is_finite().then_some(width);
        }
        let step = *self.centres.get(1)? - self.centres[0];
        let even = |pair: &[f64]| (pair[1] - pair[0] - step).abs() <= 1e-3 * step.abs();
        self.centres.windows(2).all(even).then_some(step)
    }

    /// For each point the cell that holds it. A point on a common edge belongs
    /// to the later cell.
    pub(crate) fn places(&self, points: &[f64]) -> Vec<Option<usize>> {
        if self.len() == 1 && !self.widths[0].is_finite() {
            return vec![Some(0); points.len()];
        }
        let mut order: Vec<(f64, f64, usize)> = (0..self.len())
            .filter_map(|k| self.edges(k).map(|(start, end)| (start, end, k)))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
            .iter()
            .map(|point| {
                let after = order.partition_point(|cell| cell.0 <= *point);
                let (_, end, at) = *order.get(after.checked_sub(1)?)?;
                (*point < end).then_some(at)
            })
            .collect()
    }

    /// The finest cells that divide all of these: cells that several have in
    /// common once, overlapping ones cut at every edge, gaps left out.
    pub(crate) fn union<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut cells: Vec<Cell> = Vec::new();
        let mut alone = None;
        let mut crowded = 4096;
        for part in parts {
            for (centre, width) in part.centres.iter().zip(&part.widths) {
                if width.is_finite() && *width > 0.0 && centre.is_finite() {
                    cells.push(Cell::new(*centre, *width));
                } else if alone.is_none() && centre.is_finite() {
                    alone = Some(*centre);
                }
            }
            // Most parts are alike: drop what is there already, but not after
            // each of many parts that differ.
            if cells.len() > crowded {
                unique(&mut cells);
                crowded = crowded.max(cells.len() * 2);
            }
        }
        unique(&mut cells);
        if let (true, Some(centre)) = (cells.is_empty(), alone) {
            return Self { centres: vec![centre], widths: vec![f64::NAN] };
        }
        if cells.windows(2).any(|pair| pair[1].start < pair[0].end - pair[0].tolerance(&pair[1])) {
            cells = cut(&cells);
        }
        Self {
            centres: cells.iter().map(|cell| cell.centre).collect(),
            widths: cells.iter().map(|cell| cell.width).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    start: f64,
    end: f64,
    centre: f64,
    width: f64,
}

impl Cell {
    fn new(centre: f64, width: f64) -> Self {
        Self { start: centre - width / 2.0, end: centre + width / 2.0, centre, width }
    }

    fn tolerance(&self, other: &Self) -> f64 {
        SAME * self.width.min(other.width)
    }

    fn same(&self, other: &Self) -> bool {
        let near = self.tolerance(other);
        (self.start - other.start).abs() <= near && (self.end - other.end).abs() <= near
    }
}

fn unique(cells: &mut Vec<Cell>) {
    cells.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    cells.dedup_by(|next, kept| kept.same(next));
}

/// Cuts overlapping cells at every edge.
fn cut(cells: &[Cell]) -> Vec<Cell> {
    let narrowest = cells.iter().map(|cell| cell.width).fold(f64::INFINITY, f64::min);
    let mut edges: Vec<f64> = cells.iter().flat_map(|cell| [cell.start, cell.end]).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup_by(|next, kept| *next - *kept <= SAME * narrowest);
    let mut covered: Vec<(f64, f64)> = Vec::new();
    for cell in cells {
        match covered.last_mut() {
            Some(last) if cell.start <= last.1 => last.1 = last.1.max(cell.end),
            _ => covered.push((cell.start, cell.end)),
        }
    }
    let inside = |point: f64| {
        let after = covered.partition_point(|range| range.0 <= point);
        after > 0 && point < covered[after - 1].1
    };
    edges
        .windows(2)
        .map(|pair| Cell::new(f64::midpoint(pair[0], pair[1]), pair[1] - pair[0]))
        .filter(|cell| inside(cell.centre))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)]

    use super::*;

    #[test]
    fn a_point_on_an_edge_belongs_to_the_later_cell() {
        let cells = Cells::equal(10.0, 40.0, 3);
        assert_eq!(cells.centres, [15.0, 25.0, 35.0]);
        let places = cells.places(&[9.9, 10.0, 19.9, 20.0, 39.9, 40.0, f64::NAN]);
        assert_eq!(places, [None, Some(0), Some(0), Some(1), Some(2), None, None]);
        assert_eq!((cells.step(), cells.range()), (Some(10.0), Some((10.0, 40.0))));
    }

    #[test]
    fn a_gap_between_centres_stays_a_gap() {
        let cells = Cells::from_centres(vec![0.0, 10.0, 100.0, 110.0]);
        assert_eq!(cells.widths, [10.0; 4]);
        assert_eq!(cells.places(&[50.0, 104.0]), [None, Some(2)]);
        assert_eq!(cells.step(), None);
        let alone = Cells::from_centres(vec![7.0]);
        assert_eq!(alone.places(&[-1e9, 1e9]), [Some(0), Some(0)]);
    }

    #[test]
    fn common_cells_are_kept_and_overlapping_ones_cut() {
        let fine = Cells::equal(0.0, 4.0, 4);
        assert_eq!(Cells::union([&fine, &fine.clone()]), fine);
        let coarse = Cells::equal(0.0, 4.0, 2);
        assert_eq!(Cells::union([&coarse, &fine]), fine);
        let later = Cells::equal(10.0, 12.0, 1);
        let all = Cells::union([&later, &fine]);
        assert_eq!((all.len(), all.centres[4], all.widths[4]), (5, 11.0, 2.0));
        let shifted = Cells { centres: vec![1.0], widths: vec![1.0] };
        let cut = Cells::union([&Cells::equal(0.0, 2.0, 1), &shifted]);
        assert_eq!((cut.centres, cut.widths), (vec![0.25, 1.0, 1.75], vec![0.5, 1.0, 0.5]));
    }

    #[test]
    fn nothing_is_lost_on_odd_input() {
        let odd = Cells { centres: vec![f64::NAN, 1.0, 2.0], widths: vec![1.0, -1.0, f64::NAN] };
        assert_eq!(Cells::union([&odd]).centres, [1.0]);
        assert_eq!(Cells::union([]), Cells::default());
        assert_eq!(Cells::equal(0.0, 1.0, 0), Cells { centres: vec![], widths: vec![] });
    }
}
