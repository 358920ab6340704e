//! Diagnostics of one measurement set: which rows it keeps when a product of it was
//! looked at, and the rows written.
//!
//! Several products may be of one set. The newest source wins; a product without
//! diagnostics takes away only what came from itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::read::{Axes, Item, Source as Found};
use crate::error::{LeddbError, Result};
use crate::load::{DiagKey, DiagRow, Diagnostics, Existing, Source, replace, upsert};
use crate::schema::{diagnostics, kinds, reference};
use crate::store::{Statement, Transaction, Value};
use crate::values::Shape;

/// Tables that are always loaded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Gains.
    Gain,
    /// Quality statistics.
    Quality,
}

impl Group {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Gain, Self::Quality];

    /// Its tables.
    pub fn tables(self) -> &'static [Diagnostics] {
        match self {
            Self::Gain => &[Diagnostics::Gain],
            Self::Quality => &[Diagnostics::Qts, Diagnostics::Qfs, Diagnostics::Qbs],
        }
    }

    /// Its word in tables and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gain => "gain",
            Self::Quality => "quality",
        }
    }
}

/// What the database has of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Present {
    /// Whether there are rows in any table.
    pub any: bool,
    /// The stamp of the source, if every table carries the same one.
    pub stamp: Option<i64>,
    /// The file or folder they came from, if all came from one.
    pub origin: Option<i64>,
}

/// What the database has of a measurement set.
pub fn present(tx: &mut Transaction, set: i64, group: Group) -> Result<Present> {
    let rows = tx.rows(Statement::constant(
        "SELECT \"table_name\", \"source_stamp\", \"origin_msp\" FROM \"ms_diag_summary\" \
         WHERE \"measurementset_id\" = $1 AND \"row_count\" > 0",
        vec![set.into()],
    ))?;
    let mut found = Vec::new();
    for row in rows {
        let name: String = row.get(0)?;
        if group.tables().iter().any(|table| table.table().name == name) {
            found.push((row.get::<Option<i64>>(1)?, row.get::<Option<i64>>(2)?));
        }
    }
    Ok(combined(&found, group))
}

/// What rows of the summary, stamp and origin of each table, say of a group.
pub(super) fn combined(found: &[(Option<i64>, Option<i64>)], group: Group) -> Present {
    let Some(&(stamp, origin)) = found.first() else { return Present::default() };
    let same = |one: &(Option<i64>, Option<i64>)| one.0 == stamp;
    let complete = found.len() == group.tables().len() && found.iter().all(same);
    let origin = origin.filter(|_| found.iter().all(|one| one.1 == origin));
    Present { any: true, stamp: stamp.filter(|_| complete), origin }
}

/// What happened to a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// What was done.
    pub deed: Deed,
    /// Rows deleted.
    pub deleted: u64,
    /// Rows written.
    pub rows: u64,
    /// Bytes of their arrays.
    pub bytes: u64,
}

/// What was done to a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// There is nothing, or it is as new as its source, or not wanted.
    #[default]
    Nothing,
    /// It was loaded.
    Loaded,
    /// Its source is gone, and so are its rows.
    Deleted,
    /// The source is newer, but was not read: it is to be read again.
    Missing,
}

/// Brings a group up to date, in the transaction of the caller. What fails is for the
/// caller to undo.
pub fn bring(
    tx: &mut Transaction,
    set: i64,
    msp: i64,
    group: Group,
    source: &Found,
    items: &[&Item],
) -> Result<Brought> {
    if source.ignored || source.error.is_some() {
        return Ok(Brought::default());
    }
    let present = present(tx, set, group)?;
    let Some(stamp) = source.stamp else {
        if present.any && belongs(tx, set, msp, present)? {
            return write(tx, set, Source { stamp: None, origin_msp: None }, group, &[]);
        }
        return Ok(Brought::default());
    };
    if present.stamp.is_some_and(|there| there >= stamp) {
        return Ok(Brought::default());
    }
    if !source.read {
        return Ok(Brought { deed: Deed::Missing, ..Brought::default() });
    }
    write(tx, set, Source { stamp: Some(stamp), origin_msp: Some(msp) }, group, items)
}

/// Whether the rows came from this product: known, or because there is no other.
fn belongs(tx: &mut Transaction, set: i64, msp: i64, present: Present) -> Result<bool> {
    if let Some(origin) = present.origin {
        return Ok(origin == msp);
    }
    let products: i64 = tx
        .row(Statement::constant(
            "SELECT count(*) FROM \"measurementset_product\" WHERE \"measurementset_id\" = $1",
            vec![set.into()],
        ))?
        .get(0)?;
    Ok(products == 1)
}

fn write(
    tx: &mut Transaction,
    set: i64,
    source: Source,
    group: Group,
    items: &[&Item],
) -> Result<Brought> {
    let mut brought = Brought { deed: Deed::Deleted, ..Brought::default() };
    let keys = Keys::of(tx, items)?;
    for table in group.tables() {
        let rows = items.iter().copied().filter(|item| table_of(item) == *table);
        let rows = rows.flat_map(|item| Rows::of(item, &keys));
        let loaded = replace(tx, *table, set, source, rows)?;
        if source.stamp.is_some() && loaded.rows == 0 {
            return Err(LeddbError::Array {
                reason: format!("no rows for `{}`", table.table().name),
            });
        }
        brought.deleted += loaded.deleted;
        brought.rows += loaded.rows;
        brought.bytes += loaded.bytes;
    }
    if brought.rows > 0 {
        brought.deed = Deed::Loaded;
    }
    Ok(brought)
}

fn table_of(item: &Item) -> Diagnostics {
    match item {
        Item::Gain { .. } => Diagnostics::Gain,
        Item::Qts { .. } => Diagnostics::Qts,
        Item::Qfs { .. } => Diagnostics::Qfs,
        Item::Qbs { .. } => Diagnostics::Qbs,
    }
}

/// Ids of the kinds and baselines that rows name.
struct Keys {
    kinds: BTreeMap<String, i64>,
    baselines: BTreeMap<[String; 2], i64>,
}

impl Keys {
    fn of(tx: &mut Transaction, items: &[&Item]) -> Result<Self> {
        let mut kinds = BTreeMap::new();
        let mut baselines = BTreeMap::new();
        for item in items {
            match item {
                Item::Gain { .. } => {}
                Item::Qts { kind, .. } | Item::Qfs { kind, .. } => {
                    kinds.insert(kind.clone(), 0);
                }
                Item::Qbs { kind, baselines: pairs, .. } => {
                    kinds.insert(kind.clone(), 0);
                    for pair in pairs {
                        if !baselines.contains_key(pair) {
                            baselines.insert(pair.clone(), 0);
                        }
                    }
                }
            }
        }
        let rows: Vec<Vec<Value>> = kinds
            .keys()
            .map(|name| vec![name.as_str().into(), kinds::description(name).into()])
            .collect();
        fill(tx, &diagnostics::QUALITY_KIND, &["name", "description"], &rows, kinds.values_mut())?;
        let rows: Vec<Vec<Value>> =
            baselines.keys().map(|[a, b]| vec![a.as_str().into(), b.as_str().into()]).collect();
        let columns = ["station_1", "station_2"];
        fill(tx, &reference::BASELINE, &columns, &rows, baselines.values_mut())?;
        Ok(Self { kinds, baselines })
    }
}

/// Finds or makes rows and notes their ids.
fn fill<'a>(
    tx: &mut Transaction,
    table: &'static crate::schema::Table,
    columns: &[&str],
    rows: &[Vec<Value>],
    ids: impl Iterator<Item = &'a mut i64>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let written = upsert(tx, table, columns, rows, Existing::Keep)?;
    for (id, row) in ids.zip(written) {
        *id = row.id.unwrap_or(-1);
    }
    Ok(())
}

/// The rows of an item, each with its part of the bytes.
struct Rows<'a> {
    item: &'a Item,
    keys: &'a Keys,
    axes: Axes,
    /// Why there are none.
    fault: Option<LeddbError>,
    bytes: Vec<u8>,
    each: usize,
    next: usize,
}

impl<'a> Rows<'a> {
    fn of(item: &'a Item, keys: &'a Keys) -> Self {
        let (axes, values, count) = match item {
            Item::Gain { axes, values, .. }
            | Item::Qts { axes, values, .. }
            | Item::Qfs { axes, values, .. } => (*axes, values, 1),
            Item::Qbs { axes, values, baselines, .. } => (*axes, values, baselines.len()),
        };
        let mut rows = Self { item, keys, axes, fault: None, bytes: Vec::new(), each: 1, next: 0 };
        let unpacked = Self::shape(axes).bytes().and_then(|each| {
            rows.each = each;
            let fault = |reason| LeddbError::Array { reason };
            values.bytes(each.saturating_mul(count)).map_err(fault)
        });
        match unpacked {
            Ok(bytes) => rows.bytes = bytes,
            Err(error) => rows.fault = Some(error),
        }
        rows
    }

    fn shape(axes: Axes) -> Shape {
        Shape { channels: axes.channels, times: axes.times }
    }

    fn kind(&self, kind: &str) -> i64 {
        self.keys.kinds.get(kind).copied().unwrap_or(-1)
    }

    fn key(&self, row: usize) -> DiagKey<'a> {
        match self.item {
            Item::Gain { station, direction, .. } => {
                DiagKey::Gain { station: Cow::Borrowed(station), direction: *direction }
            }
            Item::Qts { kind, .. } | Item::Qfs { kind, .. } => DiagKey::Kind(self.kind(kind)),
            Item::Qbs { kind, baselines, .. } => DiagKey::Baseline {
                kind: self.kind(kind),
                baseline: self.keys.baselines.get(&baselines[row]).copied().unwrap_or(-1),
            },
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<DiagRow<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.fault.take() {
            return Some(Err(fault));
        }
        let range = self.next * self.each..(self.next + 1) * self.each;
        let bytes = self.bytes.get(range)?.to_vec();
        let key = self.key(self.next);
        self.next += 1;
        Some(Ok(DiagRow {
            key,
            freq_step: self.axes.freq_step,
            freq_start: self.axes.freq_start,
            time_step: self.axes.time_step,
            time_start: self.axes.time_start,
            shape: Self::shape(self.axes),
            values: Cow::Owned(bytes),
        }))
    }
}
