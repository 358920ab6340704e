//! Diagnostic rows of one measurement set and table: all replaced at once.

use std::borrow::Cow;

use super::{copy, insert};
use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::meta;
use crate::schema::{Table, diagnostics, service::MS_DIAG_SUMMARY};
use crate::store::{Statement, Transaction, Value};
use crate::values::Shape;

/// The diagnostic tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Diagnostics {
    /// Station gains.
    Gain,
    /// Time statistics.
    Qts,
    /// Frequency statistics.
    Qfs,
    /// Baseline statistics.
    Qbs,
}

impl Diagnostics {
    /// All, gains first.
    pub const ALL: [Self; 4] = [Self::Gain, Self::Qts, Self::Qfs, Self::Qbs];

    /// Its description.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Gain => &diagnostics::GAIN,
            Self::Qts => &diagnostics::QUALITY_TIME_STATISTIC,
            Self::Qfs => &diagnostics::QUALITY_FREQUENCY_STATISTIC,
            Self::Qbs => &diagnostics::QUALITY_BASELINE_STATISTIC,
        }
    }

    /// Whether its arrays have a time axis.
    pub fn has_times(self) -> bool {
        matches!(self, Self::Gain | Self::Qts)
    }

    /// Columns that a load writes, without the id, in the order of [`Self::fields`].
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Gain => &[
                "measurementset_id",
                "station",
                "direction_ra",
                "direction_dec",
                "freq_step",
                "freq_start",
                "time_step",
                "time_start",
                "last_check",
                "n_freq",
                "n_time",
                "n_corr",
                "values",
            ],
            Self::Qts => &[
                "measurementset_id",
                "quality_kind_id",
                "freq_step",
                "freq_start",
                "time_step",
                "time_start",
                "last_check",
                "n_freq",
                "n_time",
                "n_corr",
                "values",
            ],
            Self::Qfs => &[
                "measurementset_id",
                "quality_kind_id",
                "freq_step",
                "freq_start",
                "last_check",
                "n_freq",
                "n_corr",
                "values",
            ],
            Self::Qbs => &[
                "measurementset_id",
                "quality_kind_id",
                "baseline_id",
                "freq_step",
                "freq_start",
                "last_check",
                "n_freq",
                "n_corr",
                "values",
            ],
        }
    }
}

/// What tells one row of a measurement set from another.
#[derive(Debug, Clone, PartialEq)]
pub enum DiagKey<'a> {
    /// A station, and a direction in degrees or none.
    Gain {
        /// The station.
        station: Cow<'a, str>,
        /// Right ascension and declination, degrees.
        direction: Option<(f64, f64)>,
    },
    /// A kind of quality statistics (QTS, QFS).
    Kind(i64),
    /// A kind and a baseline (QBS).
    Baseline {
        /// The kind.
        kind: i64,
        /// The baseline.
        baseline: i64,
    },
}

/// One diagnostic row.
#[derive(Debug, Clone, PartialEq)]
pub struct DiagRow<'a> {
    /// Which it is.
    pub key: DiagKey<'a>,
    /// Channel step, Hz.
    pub freq_step: Option<f64>,
    /// Middle of the first channel, Hz.
    pub freq_start: Option<f64>,
    /// Time step, s; not for QFS and QBS.
    pub time_step: Option<f64>,
    /// Time of the first sample, MJD in s; not for QFS and QBS.
    pub time_start: Option<f64>,
    /// Axes of the array.
    pub shape: Shape,
    /// The array, as [`crate::values::encode`] makes it.
    pub values: Cow<'a, [u8]>,
}

/// A value of a row on its way to the database.
pub(super) enum Field<'a> {
    Long(i64),
    Word(i32),
    Short(i16),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Nothing(crate::schema::Type),
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Newest modification time of the source, seconds since 1970 UTC.
    pub stamp: Option<i64>,
    /// Id of the file or folder.
    pub origin_msp: Option<i64>,
}

/// What a load did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that were there before.
    pub deleted: u64,
    /// Rows written.
    pub rows: u64,
    /// Bytes of their arrays.
    pub bytes: u64,
}

impl DiagRow<'_> {
    /// Refuses a row that does not belong into the table or does not fit its shape.
    fn check(&self, kind: Diagnostics) -> Result<()> {
        let belongs = matches!(
            (kind, &self.key),
            (Diagnostics::Gain, DiagKey::Gain { .. })
                | (Diagnostics::Qts | Diagnostics::Qfs, DiagKey::Kind(_))
                | (Diagnostics::Qbs, DiagKey::Baseline { .. })
        );
        if !belongs || self.shape.times.is_some() != kind.has_times() {
            return Err(LeddbError::Array {
                reason: format!(
                    "{:?} of {:?} does not belong into `{}`",
                    self.shape,
                    self.key,
                    kind.table().name
                ),
            });
        }
        let expected = self.shape.bytes()?;
        if self.values.len() != expected {
            return Err(LeddbError::Array {
                reason: format!(
                    "{} bytes instead of {expected} for {:?}",
                    self.values.len(),
                    self.shape
                ),
            });
        }
        let numbers = [self.freq_step, self.freq_start, self.time_step, self.time_start];
        let direction = match self.key {
            DiagKey::Gain { direction: Some((ra, dec)), .. } => [Some(ra), Some(dec)],
            _ => [None, None],
        };
        if numbers.iter().chain(&direction).flatten().any(|number| !number.is_finite()) {
            return Err(LeddbError::Array {
                reason: format!("a step, start or direction of {:?} is no number", self.key),
            });
        }
        Ok(())
    }

    /// Its values in the order of [`Diagnostics::columns`].
    pub(super) fn fields(&self, set: i64, stamp: Option<i64>, kind: Diagnostics) -> Vec<Field<'_>> {
        use crate::schema::Type;
        let number = |value: Option<f64>| value.map_or(Field::Nothing(Type::Float), Field::Float);
        // The shape was checked to be small enough for these columns.
        let axis = |length: u32| Field::Word(i32::try_from(length).unwrap_or(i32::MAX));
        let mut fields = Vec::with_capacity(13);
        fields.push(Field::Long(set));
        match &self.key {
            DiagKey::Gain { station, direction } => {
                let (ra, dec) = direction.unwrap_or((-1.0, -1.0));
                fields.extend([Field::Text(station), Field::Float(ra), Field::Float(dec)]);
            }
            DiagKey::Kind(kind) => fields.push(Field::Long(*kind)),
            DiagKey::Baseline { kind, baseline } => {
                fields.extend([Field::Long(*kind), Field::Long(*baseline)]);
            }
        }
        fields.extend([number(self.freq_step), number(self.freq_start)]);
        if kind.has_times() {
            fields.extend([number(self.time_step), number(self.time_start)]);
        }
        fields.push(stamp.map_or(Field::Nothing(Type::Time), Field::Long));
        fields.push(axis(self.shape.channels));
        fields.extend(self.shape.times.map(axis));
        fields.extend([Field::Short(4), Field::Bytes(&self.values)]);
        fields
    }
}

/// Replaces all rows of a measurement set in one diagnostic table, with its summary
/// and its mark. Rows come one by one and are not kept; the first error undoes
/// nothing by itself, so the caller lets the whole transaction go.
pub fn replace<'a>(
    tx: &mut Transaction,
    kind: Diagnostics,
    measurementset_id: i64,
    source: Source,
    rows: impl IntoIterator<Item = Result<DiagRow<'a>>>,
) -> Result<Loaded> {
    let table = kind.table();
    let deleted = tx.execute(Statement::built(
        format!("DELETE FROM {} WHERE \"measurementset_id\" = $1", quoted(table.name)),
        vec![measurementset_id.into()],
    ))?;
    let mut bytes = 0;
    let mut checked = rows.into_iter().map(|row| {
        let row = row?;
        row.check(kind)?;
        bytes += row.values.len() as u64;
        Ok(row)
    });
    let rows = match tx.dialect() {
        Dialect::Postgres => copy::copy(tx, kind, measurementset_id, source.stamp, &mut checked)?,
        Dialect::Sqlite => insert::insert(tx, kind, measurementset_id, source.stamp, &mut checked)?,
    };
    let loaded = Loaded { deleted, rows, bytes };
    summarize(tx, table, measurementset_id, source, loaded)?;
    meta::mark_set(tx, measurementset_id)?;
    Ok(loaded)
}

fn summarize(
    tx: &mut Transaction,
    table: &Table,
    set: i64,
    source: Source,
    loaded: Loaded,
) -> Result<()> {
    if loaded.rows == 0 {
        return tx
            .execute(Statement::constant(
                "DELETE FROM \"ms_diag_summary\" WHERE \"measurementset_id\" = $1 AND \"table_name\" = $2",
                vec![set.into(), table.name.into()],
            ))
            .map(drop);
    }
    let number = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let mut values = vec![
        set.into(),
        table.name.into(),
        number(loaded.rows),
        number(loaded.bytes),
        source.stamp.into(),
        source.origin_msp.into(),
    ];
    // A server numbers the load itself: each word to it and back costs as much as many rows.
    let (column, place) = match tx.dialect() {
        Dialect::Postgres => ("", ""),
        Dialect::Sqlite => {
            values.push(tx.next_ids(&MS_DIAG_SUMMARY, 1)?[0].into());
            (", \"load_id\"", ", $7")
        }
    };
    let text = format!(
        "INSERT INTO \"ms_diag_summary\" (\"measurementset_id\", \"table_name\", \"row_count\", \"bytes\", \
         \"source_stamp\", \"origin_msp\"{column}) VALUES ($1, $2, $3, $4, $5, $6{place}) \
         ON CONFLICT (\"measurementset_id\", \"table_name\") DO UPDATE SET \"row_count\" = excluded.\"row_count\", \
         \"bytes\" = excluded.\"bytes\", \"source_stamp\" = excluded.\"source_stamp\", \
         \"origin_msp\" = excluded.\"origin_msp\", \"load_id\" = excluded.\"load_id\"",
    );
    tx.execute(Statement::built(text, values)).map(drop)
}
