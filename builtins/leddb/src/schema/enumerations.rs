//! The words that columns may hold, and the numbers that stand for something else.

/// Antenna bands.
pub const ANTENNA_TYPES: &[&str] = &["HBA", "LBA"];

/// Core, remote, international.
pub const LOCATION_TYPES: &[&str] = &["CS", "RS", "IS"];

/// Stores on the cluster's own disks, as older databases and RefFiles write them.
pub const LOCAL_STORES: &[&str] = &["EoR", "EoRBackup"];

/// Stores elsewhere, likewise; each is its own host.
pub const REMOTE_STORES: &[&str] = &[
    "SARA",
    "Juelich",
    "SOUTHAMPTON",
    "TARGET_SCRATCH",
    "TARGET_E_OPS",
    "TARGET_E_EOR",
    "TARGET_F_EOR",
];

/// Correlations in the order of the first axis of every array.
pub const CORRELATIONS: &[&str] = &["XX", "XY", "YX", "YY"];

/// Real and imaginary part of a value that is not there.
pub const FILLER: f64 = -1000.0;

/// Axes of movies.
pub const MOVIE_AXES: &[&str] = &["time", "freq"];

/// Whether averaging of a product is known, and if not, why.
pub const PRODUCT_STATES: &[&str] = &["ok", "tar", "bvf", "unknown", "error"];

/// Numbers that integration time and channels of a product have in place of
/// unknown values, with its description and its state.
pub const SENTINELS: &[(i64, &str, &str)] =
    &[(-1, "TAR", "tar"), (-2, "BVF", "bvf"), (-3, "UNKNOWN", "unknown"), (-4, "ERROR", "error")];

/// Diagnostic tables.
pub const DIAGNOSTIC_TABLES: &[&str] = &[
    "gain",
    "quality_time_statistic",
    "quality_frequency_statistic",
    "quality_baseline_statistic",
];

/// States of a run.
pub const RUN_STATES: &[&str] = &["running", "done", "failed", "stopped"];

/// States of a unit of work.
pub const ITEM_STATES: &[&str] = &["done", "failed", "skipped"];

/// Whether the rows of a range are in the table.
pub const PARTITION_STATES: &[&str] = &["attached", "detached"];

/// What a site may correct.
pub const CORRECTION_ITEMS: &[&str] = &[
    "project",
    "field",
    "antenna_set",
    "initial_mjd",
    "final_mjd",
    "initial_utc",
    "final_utc",
    "beam_rule",
];
