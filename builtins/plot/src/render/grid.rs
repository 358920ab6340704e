//! Panels of a regular grid: frames of equal size, and as much room around
//! them as their names and titles need.

use std::collections::HashSet;

use super::Error;
use super::layout::{HEADING, LABEL, MARK, Spot};
use crate::canvas::Frame;
use crate::figure::{Figure, Panel, Place};
use crate::text;

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
    if let Some((_, names)) = &spot.right {
        need.right += MARK + 4.0 + names.depth / factor;
        if panel.right.as_ref().is_some_and(|axis| !axis.label.is_empty()) {
            need.right += label;
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
pub(super) fn arrange(
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
