//! Titles and labels that a panel shares with those above and beside it.

use crate::figure::{Figure, Panel, Place};

impl Figure {
    /// The title of a panel; of one that is joined to panels above it, theirs.
    #[must_use]
    pub fn title_of<'a>(&'a self, panel: &'a Panel) -> &'a str {
        if !panel.title.is_empty() {
            return &panel.title;
        }
        let above = self.panels.iter().find(|other| match (panel.place, other.place) {
            (
                Place::Cell { row, column, .. },
                Place::Cell { row: r, column: c, joined: true, .. },
            ) => r + 1 == row && c == column,
            _ => false,
        });
        if let Some(above) = above {
            return self.title_of(above);
        }
        let Place::Area { left, bottom, .. } = panel.place else { return "" };
        let above = self.panels.iter().filter_map(|other| match other.place {
            Place::Area { left: l, bottom: b, .. }
                if (l - left).abs() < 1e-6 && b > bottom && !other.title.is_empty() =>
            {
                Some((b, other.title.as_str()))
            }
            _ => None,
        });
        above.min_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, title)| title)
    }

    /// What is along the vertical axis of a panel; one in a row of a grid may leave that
    /// to the first of its row.
    #[must_use]
    pub fn vertical_of<'a>(&'a self, panel: &'a Panel) -> &'a str {
        let Place::Cell { row, .. } = panel.place else { return &panel.y.label };
        if !panel.y.label.is_empty() {
            return &panel.y.label;
        }
        let beside = self
            .panels
            .iter()
            .filter(|other| matches!(other.place, Place::Cell { row: r, .. } if r == row));
        beside.map(|other| other.y.label.as_str()).find(|label| !label.is_empty()).unwrap_or("")
    }
}
