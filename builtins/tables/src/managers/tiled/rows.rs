//! Which row lies in which hypercube, and where in it.

/// Rows that follow each other in a hypercube.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The hypercube.
    pub(super) cube: usize,
    /// The position of the row on the axes behind those of the cell, counted
    /// through (the first of them runs fastest).
    pub(super) at: u64,
    /// How many rows from here on follow each other; at least 1.
    pub(super) count: u64,
}

/// Where the rows are.
#[derive(Debug)]
pub(super) enum Rows {
    /// All in the first hypercube, one after the other.
    All,
    /// A hypercube for each row.
    Each,
    /// Intervals of rows, ascending.
    Intervals(Vec<Interval>),
}

/// Rows from the end of the interval before up to `end`.
#[derive(Debug)]
pub(super) struct Interval {
    /// The row behind the last one.
    end: u64,
    cube: usize,
    /// The position behind that of the last row.
    behind: u64,
}

/// The answer for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It lies here.
    Place(Place),
    /// It and `count` - 1 rows that follow have no value.
    Nothing {
        /// How many rows; at least 1.
        count: u64,
    },
    /// The map contradicts itself.
    Wrong,
}

impl Rows {
    /// A map by the last row of each interval and its position.
    pub(super) fn ending(rows: &[u32], cubes: &[u32], positions: &[u32]) -> Self {
        let entries = rows.iter().zip(cubes).zip(positions);
        Self::Intervals(
            entries
                .map(|((row, cube), position)| Interval {
                    end: u64::from(*row) + 1,
                    cube: *cube as usize,
                    behind: u64::from(*position) + 1,
                })
                .collect(),
        )
    }

    /// A map by the first row of each interval and its position on the last
    /// axis of its hypercube; `layer` tells the rows at one such position.
    pub(super) fn starting(
        rows: &[u64],
        cubes: &[u32],
        positions: &[u32],
        end: u64,
        layer: impl Fn(usize) -> u64,
    ) -> Self {
        let ends = rows.iter().skip(1).copied().chain(std::iter::once(end));
        let entries = rows.iter().zip(cubes).zip(positions).zip(ends);
        Self::Intervals(
            entries
                .map(|(((row, cube), position), end)| {
                    let cube = *cube as usize;
                    let first = u64::from(*position).saturating_mul(layer(cube));
                    let behind = first.saturating_add(end.saturating_sub(*row));
                    Interval { end, cube, behind }
                })
                .collect(),
        )
    }

    /// Where a row is.
    pub(super) fn find(&self, row: u64) -> Found {
        match self {
            Self::All => Found::Place(Place { cube: 0, at: row, count: u64::MAX - row }),
            Self::Each => match usize::try_from(row) {
                Ok(cube) => Found::Place(Place { cube, at: 0, count: 1 }),
                Err(_) => Found::Wrong,
            },
            Self::Intervals(intervals) => {
                let index = intervals.partition_point(|interval| interval.end <= row);
                let Some(interval) = intervals.get(index) else {
                    return Found::Nothing { count: u64::MAX - row };
                };
                // A damaged map need not ascend.
                let count = interval.end.saturating_sub(row);
                match interval.behind.checked_sub(count) {
                    Some(at) if count > 0 => Found::Place(Place { cube: interval.cube, at, count }),
                    // Rows without a value have the position 0 in the first cube.
                    _ if count > 0 && interval.cube == 0 => Found::Nothing { count },
                    _ => Found::Wrong,
                }
            }
        }
    }
}
