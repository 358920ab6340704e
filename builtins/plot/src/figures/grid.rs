//! How panels stand in rows and columns.

/// Rows and columns for groups of panels: each group has `axes` panels below
/// each other.
///
/// As square as it gets, with an even number of rows.
#[must_use]
pub fn grid(groups: usize, axes: usize) -> (usize, usize) {
    let axes = axes.max(1);
    let all = (groups * axes).max(1);
    let root = all.isqrt();
    let up = if root * root == all { root } else { root + 1 };
    let mut rows = if up.is_multiple_of(2) { up } else { root };
    rows -= rows % axes;
    rows = rows.max(axes);
    (rows, all.div_ceil(rows))
}

/// The cell of an axis of a group: row and column.
#[must_use]
pub fn cell(group: usize, axis: usize, axes: usize, columns: usize) -> (usize, usize) {
    (axes * (group / columns) + axis, group % columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_as_always() {
        for (groups, expected) in [
            (1, [(1, 1), (2, 1), (3, 1)]),
            (2, [(2, 1), (2, 2), (3, 2)]),
            (3, [(2, 2), (2, 3), (3, 3)]),
            (4, [(2, 2), (2, 4), (3, 4)]),
            (5, [(2, 3), (4, 3), (3, 5)]),
            (6, [(2, 3), (4, 3), (3, 6)]),
            (7, [(2, 4), (4, 4), (3, 7)]),
            (8, [(2, 4), (4, 4), (3, 8)]),
            (9, [(3, 3), (4, 5), (6, 5)]),
            (12, [(4, 3), (4, 6), (6, 6)]),
            (16, [(4, 4), (6, 6), (6, 8)]),
            (20, [(4, 5), (6, 7), (6, 10)]),
            (50, [(8, 7), (10, 10), (12, 13)]),
            (61, [(8, 8), (12, 11), (12, 16)]),
        ] {
            for (axes, known) in (1..).zip(expected) {
                assert_eq!(grid(groups, axes), known, "{groups} groups of {axes}");
            }
        }
        assert_eq!(grid(0, 2), (2, 1));
    }

    #[test]
    fn groups_stand_below_each_other_in_their_column() {
        assert_eq!(cell(0, 1, 2, 3), (1, 0));
        assert_eq!(cell(4, 0, 2, 3), (2, 1));
        assert_eq!(cell(4, 1, 2, 3), (3, 1));
    }

    #[test]
    fn every_panel_has_a_cell_of_its_own() {
        for groups in 1..80 {
            for axes in 1..5 {
                let (rows, columns) = grid(groups, axes);
                let mut seen = std::collections::BTreeSet::new();
                for group in 0..groups {
                    for axis in 0..axes {
                        let (row, column) = cell(group, axis, axes, columns);
                        assert!(column < columns, "{groups} {axes}");
                        assert!(row < rows, "{groups} {axes}: {row} of {rows}");
                        assert!(seen.insert((row, column)));
                    }
                }
            }
        }
    }
}
