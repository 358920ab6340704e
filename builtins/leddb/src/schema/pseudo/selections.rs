//! Secondary selections: lists from which users pick projects, fields, stations
//! and so on, and what a pick means for each pseudo-table.

use super::model::Pseudo;

/// The selections, in the order of their lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// Projects.
    Project,
    /// Fields.
    Field,
    /// Antenna bands.
    AntennaType,
    /// Stations.
    Station,
    /// Baselines.
    Baseline,
    /// Stores.
    Store,
    /// Hosts.
    StoreHost,
    /// Kinds of quality statistics.
    QualityKind,
}

/// What a selection does for a pseudo-table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It filters.
    Used,
    /// It can be made, and filters the pseudo-tables to the right.
    Later,
    /// It cannot be made.
    Off,
}

/// How a selection filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Any of the picked values in this column.
    AnyOf {
        /// Table or view.
        relation: &'static str,
        /// Its column.
        column: &'static str,
    },
    /// Observations in which all of the picked stations took part.
    AllStations,
}

/// Description of a selection.
#[derive(Debug, Clone, Copy)]
pub struct SelectionTable {
    /// Which it is.
    pub kind: Selection,
    /// Its name.
    pub name: &'static str,
    /// The table its list comes from.
    pub table: &'static str,
    /// Column and header of the list; picks are values of the first.
    pub columns: &'static [(&'static str, &'static str)],
    /// Order of the list.
    pub order: &'static [&'static str],
    /// Whether all rows are picked at the start; all or none means no filter.
    pub all_at_start: bool,
    /// Used, later or off (`U`, `l`, `-`) for each pseudo-table in their order.
    states: &'static str,
}

impl Selection {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Project,
        Self::Field,
        Self::AntennaType,
        Self::Station,
        Self::Baseline,
        Self::Store,
        Self::StoreHost,
        Self::QualityKind,
    ];

    /// Its description.
    pub fn table(self) -> &'static SelectionTable {
        &SELECTIONS[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.table().name
    }

    /// The one of that name, whatever the case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name))
    }

    /// What it does for a pseudo-table.
    pub fn state(self, pseudo: Pseudo) -> State {
        match self.table().states.as_bytes()[pseudo as usize] {
            b'U' => State::Used,
            b'l' => State::Later,
            _ => State::Off,
        }
    }

    /// How it filters a pseudo-table, if it does.
    pub fn target(self, pseudo: Pseudo) -> Option<Target> {
        if self.state(pseudo) != State::Used {
            return None;
        }
        let any = |relation, column| Some(Target::AnyOf { relation, column });
        match self {
            Self::Project => any("lds_q", "project"),
            Self::Field => any("ldsb_q", "field"),
            Self::AntennaType => any("lds_q", "antenna_type"),
            Self::Station if pseudo == Pseudo::Gain => any("gain", "station"),
            Self::Station => Some(Target::AllStations),
            Self::Baseline => any("quality_baseline_statistic", "baseline_id"),
            Self::Store => any("ldsbp_q", "store"),
            Self::StoreHost => any(pseudo.table().base, "store_host"),
            Self::QualityKind => any(pseudo.table().base, "quality_kind_id"),
        }
    }
}

const NAME: &[&str] = &["name"];

/// All selections, in order.
pub static SELECTIONS: [SelectionTable; 8] = [
    SelectionTable {
        kind: Selection::Project,
        name: "PROJECT",
        table: "project",
        columns: &[("name", "PROJECT")],
        order: NAME,
        all_at_start: true,
        states: "UUUUUUUUUU",
    },
    SelectionTable {
        kind: Selection::Field,
        name: "FIELD",
        table: "field",
        columns: &[("name", "FIELD")],
        order: NAME,
        all_at_start: true,
        states: "lUUUUUUUUU",
    },
    SelectionTable {
        kind: Selection::AntennaType,
        name: "ANTENNA_TYPE",
        table: "antenna_type",
        columns: &[("name", "ANTENNA_TYPE")],
        order: NAME,
        all_at_start: true,
        states: "UUUUUUUUUU",
    },
    SelectionTable {
        kind: Selection::Station,
        name: "STATION",
        table: "station",
        columns: &[
            ("name", "station"),
            ("antenna_type", "antennaType"),
            ("location_type", "locationType"),
        ],
        order: NAME,
        all_at_start: false,
        states: "UUUUUUUUUU",
    },
    SelectionTable {
        kind: Selection::Baseline,
        name: "BASELINE",
        table: "baseline",
        columns: &[
            ("baseline_id", "baselineId"),
            ("station_1", "station"),
            ("station_2", "station2"),
        ],
        order: &["station_1", "station_2"],
        all_at_start: false,
        states: "llll----U-",
    },
    SelectionTable {
        kind: Selection::Store,
        name: "STORE",
        table: "store",
        columns: &[("name", "STORE")],
        order: NAME,
        all_at_start: true,
        states: "llUUUUUUUU",
    },
    SelectionTable {
        kind: Selection::StoreHost,
        name: "STORE_HOST",
        table: "store_host",
        columns: &[("name", "STORE_HOST")],
        order: NAME,
        all_at_start: true,
        states: "llllU----U",
    },
    SelectionTable {
        kind: Selection::QualityKind,
        name: "QUALITY_KIND",
        table: "quality_kind",
        columns: &[("quality_kind_id", "QKId"), ("name", "QKName"), ("description", "description")],
        order: &["quality_kind_id"],
        all_at_start: false,
        states: "llll--UUU-",
    },
];
