//! Diagnostic rows: from partitions and from the parents that caught what no partition
//! took, measurement set by measurement set, each into the partition of its id.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::clock::Clock;
use super::plain::Known;
use super::report::{Imported, TableReport};
use super::source;
use crate::backup::Watch;
use crate::ddl::quoted;
use crate::error::Result;
use crate::rows::{Bulk, columns};
use crate::schema::enumerations::FILLER;
use crate::schema::{Table, service::MS_DIAG_SUMMARY};
use crate::store::{Database, Row, Statement, Transaction, Value};
use crate::values::{CORRELATIONS, Shape};

/// Sets that are asked for at once.
const SETS: i64 = 200;

/// One row as it is written.
struct Diag {
    /// Values of our columns.
    values: Vec<Value>,
    bytes: i64,
    stamp: Option<i64>,
    id: i64,
}

pub(super) fn bring(
    source: &mut Transaction,
    target: &Database,
    table: &'static Table,
    known: &Known,
    clock: &Clock,
    report: &mut Imported,
    watch: Watch<'_>,
) -> Result<()> {
    let mut told = TableReport::of(table.name);
    let name = quoted(table.name);
    let text = format!(
        "SELECT count(*), min(measurementset_id), max(measurementset_id), (SELECT count(*) FROM ONLY {name}) FROM {name}"
    );
    let row = source.row(Statement::built(text, Vec::new()))?;
    told.source = u64::try_from(row.get::<i64>(0)?).unwrap_or(0);
    let lost: i64 = row.get(3)?;
    if lost > 0 {
        told.mended
            .insert("outside of all partitions".to_string(), u64::try_from(lost).unwrap_or(0));
    }
    let ends = (whole(&row, 1)?, whole(&row, 2)?);
    if let (Some(first), Some(last)) = ends {
        // The set that rows belong to now may be another than the one they were
        // loaded for, and then it comes first: merged sets have higher ids.
        let mut lower = first;
        while lower <= last {
            watch.check()?;
            let upper = lower + SETS;
            let rows = some(source, table, (lower, upper), known, clock, &mut told)?;
            if !rows.is_empty() {
                told.written += write(target, table, rows, &mut told)?;
            }
            lower = upper;
            watch.progress(
                u64::try_from(lower - first).unwrap_or(0),
                u64::try_from(last - first + 1).unwrap_or(0),
            );
        }
    }
    report.tables.push(told);
    Ok(())
}

/// A number that the original may hold in 32 bits.
fn whole(row: &Row, place: usize) -> Result<Option<i64>> {
    row.get::<Option<i64>>(place)
}

/// What tells rows of a set apart: the columns of the key besides the set.
fn key_columns(table: &Table) -> Vec<&'static str> {
    let key = table.uniques.first().copied().unwrap_or_default();
    key.iter().copied().filter(|name| *name != "measurementset_id").collect()
}

type Keyed = BTreeMap<i64, HashMap<String, Diag>>;

/// Rows of some sets, the newest of each key.
fn some(
    source: &mut Transaction,
    table: &'static Table,
    (lower, upper): (i64, i64),
    known: &Known,
    clock: &Clock,
    told: &mut TableReport,
) -> Result<Keyed> {
    let there = source::columns(source, table.name)?;
    let all = columns(table);
    let plain: Vec<_> = all.iter().filter(|column| !is_shape(column.name)).collect();
    let mut cells: Vec<_> = plain.iter().map(|column| source::cell(column, &there)).collect();
    for axis in 1..=4 {
        cells.push(format!("CAST(array_length(\"values\", {axis}) AS bigint)"));
    }
    cells.push(format!(
        "ARRAY(SELECT COALESCE(v, {FILLER:?}) FROM unnest(\"values\") WITH ORDINALITY AS u(v, k) ORDER BY k)"
    ));
    let text = format!(
        "SELECT {} FROM {} WHERE measurementset_id >= $1 AND measurementset_id < $2",
        cells.join(", "),
        quoted(table.name)
    );
    let key = key_columns(table);
    let mut keyed = Keyed::new();
    source.each(Statement::built(text, vec![lower.into(), upper.into()]), |row| {
        let mut values: HashMap<&str, Value> = HashMap::new();
        for (place, column) in plain.iter().enumerate() {
            values.insert(column.name, row.value(place, column.kind)?);
        }
        let conjugate = match refers(&mut values, known) {
            Ok(conjugate) => conjugate,
            Err(why) => {
                told.leave_out(why);
                return Ok(ControlFlow::Continue(()));
            }
        };
        let mut axes = Vec::new();
        for axis in 0..4 {
            axes.extend(row.get::<Option<i64>>(plain.len() + axis)?);
        }
        let numbers: Vec<f64> = row.get(plain.len() + 4)?;
        let Some((shape, bytes)) = array(table, &axes, &numbers, conjugate, told) else {
            told.leave_out("its array has another shape");
            return Ok(ControlFlow::Continue(()));
        };
        let stamp = match values.get("last_check") {
            Some(Value::Int(seconds)) => Some(clock.utc(*seconds)),
            _ => None,
        };
        values.insert("last_check", stamp.into());
        values.insert("n_corr", 4_i64.into());
        values.insert("n_freq", i64::from(shape.channels).into());
        if let Some(times) = shape.times {
            values.insert("n_time", i64::from(times).into());
        }
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        values.insert("values", bytes.into());
        let own: Vec<_> = key.iter().map(|name| format!("{:?}", values.get(name))).collect();
        let id = table.id.map_or(0, |(column, _)| number(&values, column));
        let set = number(&values, "measurementset_id");
        let ordered =
            all.iter().map(|column| values.remove(column.name).unwrap_or(Value::Null(column.kind)));
        let diag = Diag { values: ordered.collect(), bytes: length, stamp, id };
        let rows = keyed.entry(set).or_default();
        let own = own.join(",");
        match rows.get(&own) {
            Some(old) if (old.stamp, old.id) >= (diag.stamp, diag.id) => {
                told.leave_out("there is a newer row of the same key");
            }
            Some(_) => {
                told.leave_out("there is a newer row of the same key");
                rows.insert(own, diag);
            }
            None => drop(rows.insert(own, diag)),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keyed)
}

fn is_shape(name: &str) -> bool {
    ["n_corr", "n_freq", "n_time", "values"].contains(&name)
}

fn number(values: &HashMap<&str, Value>, name: &str) -> i64 {
    match values.get(name) {
        Some(Value::Int(number)) => *number,
        _ => -1,
    }
}

/// Follows merged rows; why not, if what it refers to is not there. Whether values
/// are of the baseline the other way round.
fn refers(values: &mut HashMap<&str, Value>, known: &Known) -> Result<bool, &'static str> {
    let set = number(values, "measurementset_id");
    let set = known.merged_sets.get(&set).copied().unwrap_or(set);
    if !known.sets.contains(&set) {
        return Err("its measurement set is not there");
    }
    values.insert("measurementset_id", set.into());
    if let Some(Value::Text(station)) = values.get("station")
        && !known.stations.contains(station)
    {
        return Err("its station is not there");
    }
    if values.contains_key("quality_kind_id")
        && !known.kinds.contains(&number(values, "quality_kind_id"))
    {
        return Err("its kind is not there");
    }
    if values.contains_key("baseline_id") {
        let Some((id, exchanged)) = known.baselines.get(&number(values, "baseline_id")).copied()
        else {
            return Err("its baseline is not there");
        };
        values.insert("baseline_id", id.into());
        return Ok(exchanged);
    }
    Ok(false)
}

/// The array as bytes with all four correlations.
fn array(
    table: &Table,
    axes: &[i64],
    numbers: &[f64],
    conjugate: bool,
    told: &mut TableReport,
) -> Option<(Shape, Vec<u8>)> {
    let has_times = table.column("n_time").is_some();
    let (planes, channels, times) = match (axes, has_times) {
        ([planes, channels, times, 2], true) => (*planes, *channels, Some(*times)),
        ([planes, channels, 2], false) => (*planes, *channels, None),
        _ => return None,
    };
    let places: &[usize] = match planes {
        4 => &[0, 1, 2, 3],
        2 => &[0, 3],
        1 => &[0],
        _ => return None,
    };
    let axis = |length: i64| u32::try_from(length).ok();
    let shape = Shape {
        channels: axis(channels)?,
        times: times.map(axis).map_or(Some(None), |t| t.map(Some))?,
    };
    let length = shape.bytes().ok()? / 8;
    let plane = length / CORRELATIONS;
    if numbers.len() != plane * places.len() {
        return None;
    }
    let mut whole = vec![FILLER; length];
    for (from, place) in places.iter().enumerate() {
        whole[place * plane..(place + 1) * plane]
            .copy_from_slice(&numbers[from * plane..(from + 1) * plane]);
    }
    if places.len() < CORRELATIONS {
        told.mend("fewer than four correlations; filled up");
    }
    if conjugate {
        for pair in whole.as_chunks_mut::<2>().0 {
            // What is not there stays what it is.
            #[allow(clippy::float_cmp)]
            if pair[0] != FILLER || pair[1] != FILLER {
                pair[1] = -pair[1];
            }
        }
    }
    Some((shape, whole.iter().flat_map(|number| number.to_le_bytes()).collect()))
}

/// Writes rows with their summaries. A set that has rows already, because it was merged,
/// keeps them and gets those of other keys.
fn write(
    target: &Database,
    table: &'static Table,
    rows: Keyed,
    told: &mut TableReport,
) -> Result<u64> {
    let key = key_columns(table);
    let all = columns(table);
    let mut older = 0;
    let written = target.write(|tx| {
        older = 0;
        let mut written = 0;
        for (set, own) in &rows {
            let names: Vec<_> = key.iter().map(|name| quoted(name)).collect();
            let text = format!(
                "SELECT {} FROM {} WHERE \"measurementset_id\" = $1",
                names.join(", "),
                quoted(table.name)
            );
            let mut there = Vec::new();
            for row in tx.rows(Statement::built(text, vec![(*set).into()]))? {
                let values = key.iter().enumerate().map(|(place, name)| {
                    let kind = table.column(name).map_or(crate::schema::Type::Int64, |c| c.kind);
                    row.value(place, kind).map(|value| format!("{:?}", Some(&value)))
                });
                there.push(values.collect::<Result<Vec<_>>>()?.join(","));
            }
            let new: Vec<&Diag> =
                own.iter().filter(|(own, _)| !there.contains(own)).map(|(_, diag)| diag).collect();
            older += own.len() - new.len();
            debug_assert!(new.iter().all(|diag| diag.values.len() == all.len()));
            let values = new.iter().map(|diag| Ok(diag.values.clone()));
            let count = Bulk::into(table).write_values(tx, values)?;
            written += count;
            summarize(tx, table, *set, &new)?;
        }
        Ok(written)
    })?;
    for _ in 0..older {
        told.leave_out("the merged set has such a row");
    }
    Ok(written)
}

fn summarize(tx: &mut Transaction, table: &Table, set: i64, new: &[&Diag]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let load = tx.next_ids(&MS_DIAG_SUMMARY, 1)?[0];
    tx.execute(Statement::constant(
        "INSERT INTO \"ms_diag_summary\" (\"measurementset_id\", \"table_name\", \"row_count\", \"bytes\", \"source_stamp\", \"load_id\") \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (\"measurementset_id\", \"table_name\") DO UPDATE SET \
         \"row_count\" = \"ms_diag_summary\".\"row_count\" + excluded.\"row_count\", \
         \"bytes\" = \"ms_diag_summary\".\"bytes\" + excluded.\"bytes\", \"load_id\" = excluded.\"load_id\"",
        vec![
            set.into(),
            table.name.into(),
            i64::try_from(new.len()).unwrap_or(i64::MAX).into(),
            new.iter().map(|diag| diag.bytes).sum::<i64>().into(),
            new.iter().filter_map(|diag| diag.stamp).min().into(),
            load.into(),
        ],
    ))
    .map(drop)
}
