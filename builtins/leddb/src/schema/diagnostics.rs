//! Diagnostic arrays: one row for each measurement set and station and direction,
//! or kind, or kind and baseline.
//!
//! The array itself is bytes (see [`crate::values`]) with its shape in columns of
//! their own. Wide columns come first and short ones next to each other, so that
//! rows of which there are billions waste nothing on alignment.

use super::model::{Block, Check, Column, ForeignKey, Index, Table, Type, Unit};

const fn table(name: &'static str, short: &'static str, about: &'static str) -> Table {
    Table::new(name, short, Block::Diagnostics, about)
}

const SET: Column = Column::int("measurementset_id", "id of the measurement set");
const KIND: Column = Column::int("quality_kind_id", "id of the quality kind");
const FREQ_STEP: Column =
    Column::float("freq_step", Unit::Hertz, "channel step of the array").null();
const FREQ_START: Column = Column::float(
    "freq_start",
    Unit::Hertz,
    "middle of the first channel; unknown: from centre and width of the sub-band",
)
.null();
const TIME_STEP: Column =
    Column::float("time_step", Unit::Seconds, "time step of the array").null();
const TIME_START: Column = Column::float(
    "time_start",
    Unit::MjdSeconds,
    "time of the first sample; unknown: the start of the measurement set, else of the observation",
)
.null();
const LAST_CHECK: Column =
    Column::time("last_check", "modification time of the source table when loaded").null();
const N_CORR: Column = Column::new("n_corr", Type::Int16, "correlations of the array, always 4");
const N_FREQ: Column = Column::new("n_freq", Type::Int32, "channels of the array");
const N_TIME: Column = Column::new("n_time", Type::Int32, "times of the array");
const VALUES: Column = Column::new("values", Type::Values, "the array itself");

const TO_SET: ForeignKey =
    ForeignKey::cascade("measurementset_id", "measurementset", "measurementset_id");
const TO_KIND: ForeignKey = ForeignKey::to("quality_kind_id", "quality_kind", "quality_kind_id");

const SHAPE_OF_TIME: &[Check] = &[
    Check::Exactly("n_corr", 4),
    Check::AtLeast("n_freq", 1),
    Check::AtLeast("n_time", 1),
    Check::ValuesLength,
];
const SHAPE: &[Check] =
    &[Check::Exactly("n_corr", 4), Check::AtLeast("n_freq", 1), Check::ValuesLength];

/// Kinds of quality statistics.
pub static QUALITY_KIND: Table = table("quality_kind", "qk", "Kinds of quality statistics")
    .columns(&[
        Column::int("quality_kind_id", "id of the quality kind"),
        Column::name("name", 30, "text name of the quality kind"),
        Column::text("description", "meaning and unit of its values").null(),
    ])
    .primary(&["quality_kind_id"])
    .uniques(&[&["name"]])
    .checks(&[Check::NotEmpty("name")])
    .id("quality_kind_id", 1);

/// Station gains.
pub static GAIN: Table = table("gain", "gain", "Station gain solutions")
    .columns(&[
        Column::int("gain_id", "id of the gain row"),
        SET,
        Column::name("station", 20, "station the solution belongs to"),
        Column::float(
            "direction_ra",
            Unit::Degrees,
            "right ascension of the solution; -1 when independent of direction",
        ),
        Column::float(
            "direction_dec",
            Unit::Degrees,
            "declination of the solution; -1 when independent of direction",
        ),
        FREQ_STEP,
        FREQ_START,
        TIME_STEP,
        TIME_START,
        LAST_CHECK,
        N_FREQ,
        N_TIME,
        N_CORR,
        VALUES,
    ])
    .primary(&["measurementset_id", "gain_id"])
    .uniques(&[&["measurementset_id", "station", "direction_ra", "direction_dec"]])
    .foreign(&[TO_SET, ForeignKey::to("station", "station", "name")])
    .checks(SHAPE_OF_TIME)
    .indexes(&[Index { columns: &["gain_id"] }])
    .id("gain_id", 0)
    .partitioned();

/// Time statistics (QTS).
pub static QUALITY_TIME_STATISTIC: Table =
    table("quality_time_statistic", "qts", "Quality statistics per time (QTS)")
        .columns(&[
            Column::int("quality_time_statistic_id", "id of the QTS row"),
            SET,
            KIND,
            FREQ_STEP,
            FREQ_START,
            TIME_STEP,
            TIME_START,
            LAST_CHECK,
            N_FREQ,
            N_TIME,
            N_CORR,
            VALUES,
        ])
        .primary(&["measurementset_id", "quality_time_statistic_id"])
        .uniques(&[&["measurementset_id", "quality_kind_id"]])
        .foreign(&[TO_SET, TO_KIND])
        .checks(SHAPE_OF_TIME)
        .indexes(&[Index { columns: &["quality_time_statistic_id"] }])
        .id("quality_time_statistic_id", 0)
        .partitioned();

/// Frequency statistics (QFS).
pub static QUALITY_FREQUENCY_STATISTIC: Table =
    table("quality_frequency_statistic", "qfs", "Quality statistics per frequency (QFS)")
        .columns(&[
            Column::int("quality_frequency_statistic_id", "id of the QFS row"),
            SET,
            KIND,
            FREQ_STEP,
            FREQ_START,
            LAST_CHECK,
            N_FREQ,
            N_CORR,
            VALUES,
        ])
        .primary(&["measurementset_id", "quality_frequency_statistic_id"])
        .uniques(&[&["measurementset_id", "quality_kind_id"]])
        .foreign(&[TO_SET, TO_KIND])
        .checks(SHAPE)
        .indexes(&[Index { columns: &["quality_frequency_statistic_id"] }])
        .id("quality_frequency_statistic_id", 0)
        .partitioned();

/// Baseline statistics (QBS).
pub static QUALITY_BASELINE_STATISTIC: Table =
    table("quality_baseline_statistic", "qbs", "Quality statistics per baseline (QBS)")
        .columns(&[
            Column::int("quality_baseline_statistic_id", "id of the QBS row"),
            SET,
            KIND,
            Column::int("baseline_id", "id of the baseline"),
            FREQ_STEP,
            FREQ_START,
            LAST_CHECK,
            N_FREQ,
            N_CORR,
            VALUES,
        ])
        .primary(&["measurementset_id", "quality_baseline_statistic_id"])
        .uniques(&[&["measurementset_id", "quality_kind_id", "baseline_id"]])
        .foreign(&[TO_SET, TO_KIND, ForeignKey::to("baseline_id", "baseline", "baseline_id")])
        .checks(SHAPE)
        .indexes(&[Index { columns: &["quality_baseline_statistic_id"] }])
        .id("quality_baseline_statistic_id", 0)
        .partitioned();

/// All of this file, parents first.
pub static TABLES: &[&Table] = &[
    &QUALITY_KIND,
    &GAIN,
    &QUALITY_TIME_STATISTIC,
    &QUALITY_FREQUENCY_STATISTIC,
    &QUALITY_BASELINE_STATISTIC,
];

/// The four tables of arrays; they are always cut at the same ids.
pub static PARTITIONED: &[&Table] =
    &[&GAIN, &QUALITY_TIME_STATISTIC, &QUALITY_FREQUENCY_STATISTIC, &QUALITY_BASELINE_STATISTIC];
