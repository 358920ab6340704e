//! Where the panels of the stations are in a frame.
//!
//! A grid of about 1.77 times as many columns as rows; each station has two
//! panels that touch: amplitude (or real part) below, phase (or imaginary part)
//! above, and room for its name on top.

/// Columns and rows for so many stations.
///
/// The number of rows is ⌊√(n/1.77)⌋, at least one; the number of columns is as
/// many as are needed.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn grid(stations: usize) -> (usize, usize) {
    let rows = ((stations as f64 / 1.77).sqrt().floor() as usize).max(1);
    (stations.div_ceil(rows).max(1), rows)
}

/// A rectangle in parts of the picture, from the bottom left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Lower edge.
    pub bottom: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The panels of a station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Column, 0 at the left.
    pub column: usize,
    /// Row, 0 at the top.
    pub row: usize,
    /// Whether no station is to the left.
    pub leftmost: bool,
    /// Whether no station is below.
    pub lowest: bool,
    /// Amplitude or real part.
    pub lower: Area,
    /// Phase or imaginary part.
    pub upper: Area,
}

/// Where the grid is, and which corner it begins in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// The grid in the picture.
    pub area: Area,
    /// Free at the left and right of a panel, in parts of the picture.
    pub side: f64,
    /// Free below and above the two panels of a station: for its name.
    pub gap: f64,
    /// The first station is at the bottom left instead of the top left.
    pub from_below: bool,
}

impl Layout {
    /// Panels as the older programs put them.
    pub const LEGACY: Self = Self {
        area: Area { left: 0.05, bottom: 0.05, width: 0.9, height: 0.9 },
        side: 0.004,
        gap: 0.02,
        from_below: true,
    };

    /// More room for the title and for names of ticks; the first station at the top left.
    pub const NEW: Self = Self {
        area: Area { left: 0.042, bottom: 0.048, width: 0.95, height: 0.876 },
        side: 0.003,
        gap: 0.0145,
        from_below: false,
    };

    /// The cells of so many stations, in their order.
    pub fn cells(&self, stations: usize) -> Vec<Cell> {
        let (columns, rows) = grid(stations);
        (0..stations).map(|k| self.cell(k, stations, columns, rows)).collect()
    }

    /// Lines between cells of different groups, each from and to: beside the first cell
    /// of a group and, level, between the rows that the border runs through. Only for
    /// cells from the top; the names of stations stay below the level lines.
    pub fn borders(
        &self,
        cells: &[Cell],
        new_group: impl Fn(usize) -> bool,
    ) -> Vec<[(f64, f64); 2]> {
        if self.from_below {
            return Vec::new();
        }
        let columns = cells.iter().map(|cell| cell.column + 1).max().unwrap_or(1);
        let (left, right) = (self.area.left, self.area.left + self.area.width);
        // A little below the panels of a row.
        let below = |cell: &Cell| cell.lower.bottom - self.gap * 0.35;
        let mut lines = Vec::new();
        for k in (1..cells.len()).filter(|k| new_group(*k)) {
            let cell = &cells[k];
            let x = cell.lower.left - self.side;
            let above = cell.upper.bottom + cell.upper.height + 2.0 * self.gap - self.gap * 0.35;
            let above = above.min(self.area.bottom + self.area.height);
            let before = k - cell.column;
            if before >= columns {
                lines.push([(x, above), (right, above)]);
            }
            if cell.column == 0 {
                continue;
            }
            lines.push([(x, above), (x, below(cell))]);
            if before + columns < cells.len() {
                lines.push([(left, below(cell)), (x, below(cell))]);
            }
        }
        lines
    }

    #[allow(clippy::cast_precision_loss)] // counts of panels
    fn cell(&self, k: usize, stations: usize, columns: usize, rows: usize) -> Cell {
        let (column, line) = (k % columns, k / columns);
        let row = if self.from_below { rows - 1 - line } else { line };
        // From below the row that is not full is the top one, else the lowest.
        let lowest = if self.from_below { line == 0 } else { k + columns >= stations };
        let (dx, dy) = (self.area.width / columns as f64, self.area.height / (2 * rows) as f64);
        let x = self.area.left + column as f64 * dx;
        let y = self.area.bottom + 2.0 * (rows - 1 - row) as f64 * dy;
        let (left, width, height) = (x + self.side, dx - 2.0 * self.side, dy - self.gap);
        Cell {
            column,
            row,
            leftmost: column == 0,
            lowest,
            lower: Area { left, bottom: y + self.gap, width, height },
            upper: Area { left, bottom: y + dy, width, height },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_as_the_table_says() {
        for (n, columns, rows, top) in [
            (1, 1, 1, 1),
            (2, 2, 1, 2),
            (3, 3, 1, 3),
            (5, 5, 1, 5),
            (8, 4, 2, 4),
            (20, 7, 3, 6),
            (37, 10, 4, 7),
            (48, 10, 5, 8),
            (61, 13, 5, 9),
            (62, 13, 5, 10),
            (70, 12, 6, 10),
            (75, 13, 6, 10),
        ] {
            assert_eq!(grid(n), (columns, rows), "{n}");
            let cells = Layout::LEGACY.cells(n);
            assert_eq!(cells.iter().filter(|cell| cell.row == 0).count(), top, "{n}");
        }
        assert_eq!(grid(0), (1, 1));
        assert!(Layout::NEW.cells(0).is_empty());
    }

    #[test]
    fn legacy_panels_are_where_they_were() {
        let cells = Layout::LEGACY.cells(61);
        let (dx, dy) = (0.9 / 13.0, 0.09);
        let cell = cells[15];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(cell.lower.left, 0.05 + 2.0 * dx + 0.004));
        assert!(near(cell.lower.bottom, 0.05 + 2.0 * dy + 0.02));
        assert!(near(cell.upper.bottom, 0.05 + 3.0 * dy) && near(cell.upper.height, dy - 0.02));
        assert!(near(cell.lower.width, dx - 0.008));
        assert!(cells[0].lowest && cells[0].leftmost && !cells[13].lowest && cells[13].leftmost);
    }

    #[test]
    fn groups_are_set_apart_by_lines_that_cross_no_panel() {
        for n in 2..90 {
            let cells = Layout::NEW.cells(n);
            for first in 1..n {
                let lines = Layout::NEW.borders(&cells, |k| k == first);
                assert!(!lines.is_empty(), "{n} {first}");
                for [from, to] in lines {
                    let inside =
                        |a: f64, b: f64, low: f64, high: f64| a.max(b) > low && a.min(b) < high;
                    for area in cells.iter().flat_map(|cell| [cell.lower, cell.upper]) {
                        let crosses = inside(from.0, to.0, area.left, area.left + area.width)
                            && inside(from.1, to.1, area.bottom, area.bottom + area.height);
                        assert!(!crosses, "{n} {first}: {from:?} {to:?} {area:?}");
                    }
                }
            }
        }
        let cells = Layout::LEGACY.cells(9);
        assert!(Layout::LEGACY.borders(&cells, |_| true).is_empty());
    }

    #[test]
    fn panels_touch_and_never_overlap() {
        for n in 1..160 {
            let cells = Layout::NEW.cells(n);
            for (k, cell) in cells.iter().enumerate() {
                let top = cell.lower.bottom + cell.lower.height;
                assert!((top - cell.upper.bottom).abs() < 1e-12);
                assert!(cell.upper.bottom + cell.upper.height < 1.0 && cell.lower.bottom > 0.0);
                assert!(cell.lower.left + cell.lower.width < 1.0 && cell.lower.width > 0.0);
                assert!(
                    cells[k + 1..]
                        .iter()
                        .all(|next| { (next.row, next.column) > (cell.row, cell.column) })
                );
            }
            assert!(cells[n - 1].lowest && cells[0].leftmost);
        }
    }
}
