//! Axes of several sources joined by value.

use super::Cells;

/// A sample is at the same place as another within half its width, and a bit
/// for rounding.
const HALF: f64 = 0.5 + 1e-6;

/// Widths in place of unknown ones: the smallest that is known, else the
/// smallest distance of two samples, else the whole axis.
pub(super) fn with_widths(parts: &[&Cells]) -> Vec<Cells> {
    let known = parts.iter().flat_map(|cells| &cells.widths).copied();
    let mut smallest = known.filter(|width| *width > 0.0).fold(f64::INFINITY, f64::min);
    if smallest.is_infinite() {
        let mut centres: Vec<f64> = parts.iter().flat_map(|cells| cells.centres.clone()).collect();
        centres.retain(|centre| centre.is_finite());
        centres.sort_by(f64::total_cmp);
        let gaps = centres.windows(2).map(|pair| pair[1] - pair[0]);
        smallest = gaps.filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
    }
    let width = |(centre, width): (&f64, &f64)| match (centre.is_finite(), *width > 0.0) {
        (true, true) => *width,
        (true, false) => smallest,
        (false, _) => f64::INFINITY,
    };
    parts
        .iter()
        .map(|cells| Cells {
            centres: cells.centres.clone(),
            widths: cells.centres.iter().zip(&cells.widths).map(width).collect(),
        })
        .collect()
}

/// One axis for all: the samples of the finest, and those of the others where
/// no finer sample lies in their cells. A cell that holds everywhere adds none.
pub(super) fn joined(parts: &[Cells]) -> Cells {
    let mut order: Vec<&Cells> = parts.iter().collect();
    order.sort_by(|a, b| narrowest(a).total_cmp(&narrowest(b)));
    let mut all: Vec<(f64, f64)> = Vec::new();
    for cells in order {
        let samples = cells.centres.iter().copied().zip(cells.widths.iter().copied());
        let fresh: Vec<(f64, f64)> = samples
            .filter(|(centre, _)| centre.is_finite())
            .filter(|(centre, width)| {
                let near = nearest(all.len(), *centre, |at| all[at].0);
                near.is_none_or(|at| (all[at].0 - centre).abs() > HALF * width)
            })
            .collect();
        if !fresh.is_empty() {
            all.extend(fresh);
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
    if all.is_empty() {
        return Cells { centres: vec![f64::NAN], widths: vec![f64::NAN] };
    }
    let width = |width: f64| if width.is_finite() { width } else { f64::NAN };
    Cells {
        centres: all.iter().map(|sample| sample.0).collect(),
        widths: all.iter().map(|sample| width(sample.1)).collect(),
    }
}

fn narrowest(cells: &Cells) -> f64 {
    cells.widths.iter().copied().fold(f64::INFINITY, f64::min)
}

/// For each sample of `axis` the cell of `part` that it lies in.
pub(super) fn places(axis: &Cells, part: &Cells) -> Vec<Option<usize>> {
    if let [centre] = part.centres[..]
        && !centre.is_finite()
    {
        return vec![Some(0); axis.len()];
    }
    let mut order: Vec<usize> =
        (0..part.len()).filter(|at| part.centres[*at].is_finite()).collect();
    order.sort_by(|a, b| part.centres[*a].total_cmp(&part.centres[*b]));
    let sorted = |at: usize| part.centres[order[at]];
    let find = |point: &f64| {
        let at = nearest(order.len(), *point, sorted)?;
        let cell = order[at];
        ((part.centres[cell] - point).abs() <= HALF * part.widths[cell]).then_some(cell)
    };
    axis.centres.iter().map(find).collect()
}

/// The place of the nearest of ascending numbers, the later of two.
fn nearest(count: usize, point: f64, number: impl Fn(usize) -> f64) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        if number(middle) <= point {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    match (low.checked_sub(1), low < count) {
        (None, false) => None,
        (None, true) => Some(0),
        (Some(before), false) => Some(before),
        (Some(before), true) => {
            let later = number(low) - point <= point - number(before);
            Some(if later { low } else { before })
        }
    }
}
