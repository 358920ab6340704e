//! Observations, products, sets, files, steps, kinds: whole tables, each put right on
//! the way, in one transaction. What was merged is remembered for diagnostics.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::clock::Clock;
use super::report::{Imported, TableReport};
use super::source;
use crate::backup::Watch;
use crate::ddl::quoted;
use crate::error::{LeddbError, Result};
use crate::rows::{Bulk, columns};
use crate::schema::{self, Block, Column, Table, Type, enumerations, kinds};
use crate::store::{Database, Statement, Transaction, Value};

/// What later steps must know.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Every measurement set that is there.
    pub(super) sets: HashSet<i64>,
    /// Sets that became another one.
    pub(super) merged_sets: HashMap<i64, i64>,
    /// The highest id of a set.
    pub(super) last_set: Option<i64>,
    pub(super) stations: HashSet<String>,
    pub(super) kinds: HashSet<i64>,
    /// Every baseline: the id it has now, and whether its stations were exchanged.
    pub(super) baselines: HashMap<i64, (i64, bool)>,
    products: HashMap<i64, i64>,
    /// Steps that were left out.
    lost_steps: HashSet<i64>,
}

type Row = Vec<Value>;

/// What becomes of a row.
enum Fate {
    Write,
    LeaveOut(&'static str),
}

/// All rows of a table, as our columns.
fn read(tx: &mut Transaction, table: &'static Table) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    if !source::has(tx, table.name)? {
        return Ok(rows);
    }
    let there = source::columns(tx, table.name)?;
    let columns = columns(table);
    let cells: Vec<_> = columns.iter().map(|column| source::cell(column, &there)).collect();
    let order: Vec<_> = table.primary.iter().map(|name| quoted(name)).collect();
    let text = format!(
        "SELECT {} FROM {} ORDER BY {}",
        cells.join(", "),
        quoted(table.name),
        order.join(", ")
    );
    tx.each(Statement::built(text, Vec::new()), |row| {
        let values =
            columns.iter().enumerate().map(|(place, column)| row.value(place, column.kind));
        rows.push(values.collect::<Result<Row>>()?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

fn place(columns: &[&'static Column], name: &str) -> Result<usize> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| LeddbError::input(format!("there is no column `{name}`")))
}

pub(super) fn bring(
    source: &mut Transaction,
    target: &Database,
    clock: &Clock,
    report: &mut Imported,
    watch: Watch<'_>,
) -> Result<Known> {
    let tables: Vec<&'static Table> = schema::tables()
        .filter(|table| match table.block {
            Block::Reference | Block::Applications => true,
            _ => table.name == schema::diagnostics::QUALITY_KIND.name,
        })
        .collect();
    let mut loaded = Vec::new();
    let mut known = Known::default();
    for table in tables {
        watch.check()?;
        let mut told = TableReport::of(table.name);
        let rows = mended(read(source, table)?, table, clock, &mut known, &mut told)?;
        loaded.push((table, rows));
        report.tables.push(told);
    }
    let wanted = wanted_updates(source)?;
    let written = target.write(|tx| {
        let mut written = Vec::new();
        for (table, rows) in &loaded {
            if table.name == "antenna_type" {
                tx.raw("DELETE FROM \"antenna_type\"")?;
            }
            let rows = rows.iter().map(|row| Ok(row.clone()));
            written.push(Bulk::into(table).write_values(tx, rows)?);
        }
        let now = jiff::Timestamp::now().as_second();
        for host in &wanted {
            tx.execute(Statement::constant(
                "INSERT INTO \"update_job\" (\"store_host\", \"job\", \"requested\", \"attempts\") VALUES ($1, 'update', $2, 0)",
                vec![host.clone().into(), now.into()],
            ))?;
        }
        Ok(written)
    })?;
    for (told, written) in report.tables.iter_mut().zip(written) {
        told.written = written;
    }
    Ok(known)
}

/// Hosts whose update was asked for.
fn wanted_updates(source: &mut Transaction) -> Result<Vec<String>> {
    if !source::columns(source, "store_host")?.contains("requires_update") {
        return Ok(Vec::new());
    }
    let text = "SELECT CAST(name AS text) FROM store_host WHERE requires_update ORDER BY 1";
    let rows = source.rows(Statement::constant(text, Vec::new()))?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn mended(
    rows: Vec<Row>,
    table: &'static Table,
    clock: &Clock,
    known: &mut Known,
    told: &mut TableReport,
) -> Result<Vec<Row>> {
    told.source = rows.len() as u64;
    let columns = columns(table);
    let mut kept = Vec::with_capacity(rows.len());
    let mut seen: HashMap<Vec<String>, i64> = HashMap::new();
    for mut row in rows {
        stamps(&mut row, &columns, clock);
        let fate = match table.name {
            "lofar_dataset_beam_product" => product(&mut row, &columns, known, &mut seen)?,
            "measurementset" => set(&mut row, &columns, known, &mut seen, told)?,
            "measurementset_product" => file(&mut row, &columns, known, told)?,
            "application_run" => step(&mut row, &columns, known, &mut seen, told)?,
            "baseline" => baseline(&mut row, &columns, known, &mut seen, told)?,
            "station" => {
                known.stations.insert(text(&row[place(&columns, "name")?]));
                Fate::Write
            }
            "quality_kind" => kind(&mut row, &columns, known)?,
            _ => Fate::Write,
        };
        match fate {
            Fate::Write => kept.push(row),
            Fate::LeaveOut(why) => told.leave_out(why),
        }
    }
    if table.name == "application_file" {
        // Files of steps that were left out go with them.
        let at = place(&columns, "application_run_id")?;
        let before = kept.len();
        kept.retain(|row| !known.lost_steps.contains(&integer(&row[at])));
        for _ in kept.len()..before {
            told.leave_out("its step was left out");
        }
    }
    Ok(kept)
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn integer(value: &Value) -> i64 {
    if let Value::Int(number) = value { *number } else { -1 }
}

/// Local time becomes UTC; only `add_date` was UTC already.
fn stamps(row: &mut Row, columns: &[&'static Column], clock: &Clock) {
    for (value, column) in row.iter_mut().zip(columns) {
        if let (Type::Time, Value::Int(seconds)) = (column.kind, &value)
            && column.name != "add_date"
        {
            *value = Value::Int(clock.utc(*seconds));
        }
    }
}

/// Products that are one when times are compared to the microsecond.
fn product(
    row: &mut Row,
    columns: &[&'static Column],
    known: &mut Known,
    seen: &mut HashMap<Vec<String>, i64>,
) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    let id = integer(&row[at("lofar_dataset_beam_product_id")?]);
    let seconds = &row[at("integration_time")?];
    let (microseconds, sentinel) = match seconds {
        #[allow(clippy::cast_possible_truncation)] // Microseconds of days fit.
        Value::Float(time) => ((time * 1e6).round() as i64, time.trunc() as i64),
        _ => (0, 0),
    };
    let mut key = vec![microseconds.to_string()];
    for name in [
        "lofar_dataset_beam_id",
        "store",
        "number_channels",
        "product_version",
        "raw",
        "tar",
        "bvf",
    ] {
        key.push(text(&row[at(name)?]));
    }
    let state = enumerations::SENTINELS
        .iter()
        .find(|(number, _, _)| microseconds < 0 && *number == sentinel)
        .map_or("ok", |(_, _, state)| state);
    row[at("product_state")?] = Value::from(state);
    let first = *seen.entry(key).or_insert(id);
    known.products.insert(id, first);
    Ok(if first == id {
        Fate::Write
    } else {
        Fate::LeaveOut("merged with a product of the same identity")
    })
}

fn set(
    row: &mut Row,
    columns: &[&'static Column],
    known: &mut Known,
    seen: &mut HashMap<Vec<String>, i64>,
    told: &mut TableReport,
) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    let id = integer(&row[at("measurementset_id")?]);
    let of = at("lofar_dataset_beam_product_id")?;
    let product = integer(&row[of]);
    if let Some(first) = known.products.get(&product)
        && *first != product
    {
        row[of] = Value::Int(*first);
        told.mend("of a merged product");
    }
    let key = vec![text(&row[of]), text(&row[at("sb_index")?])];
    let first = *seen.entry(key).or_insert(id);
    known.last_set = known.last_set.max(Some(id));
    if first != id {
        known.merged_sets.insert(id, first);
        return Ok(Fate::LeaveOut("merged with a set of the same product and sub-band"));
    }
    known.sets.insert(id);
    Ok(Fate::Write)
}

fn file(
    row: &mut Row,
    columns: &[&'static Column],
    known: &Known,
    told: &mut TableReport,
) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    let size = at("product_size")?;
    if matches!(row[size], Value::Int(number) if number < 0) {
        row[size] = Value::Null(Type::Int64);
        told.mend("size of -1 is unknown");
    }
    let of = at("measurementset_id")?;
    if let Some(first) = known.merged_sets.get(&integer(&row[of])) {
        row[of] = Value::Int(*first);
        told.mend("of a merged set");
    }
    Ok(Fate::Write)
}

fn step(
    row: &mut Row,
    columns: &[&'static Column],
    known: &mut Known,
    seen: &mut HashMap<Vec<String>, i64>,
    told: &mut TableReport,
) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    let id = integer(&row[at("application_run_id")?]);
    let of = at("lofar_dataset_beam_product_id")?;
    let product = integer(&row[of]);
    let first = known.products.get(&product).copied().unwrap_or(product);
    if first != product {
        row[of] = Value::Int(first);
        told.mend("of a merged product");
    }
    let key = vec![text(&row[of]), text(&row[at("order_index")?])];
    if *seen.entry(key).or_insert(id) != id {
        known.lost_steps.insert(id);
        return Ok(Fate::LeaveOut("the merged product has a step of that number"));
    }
    Ok(Fate::Write)
}

/// Stations of a baseline in byte order, whatever the collation of the original was.
fn baseline(
    row: &mut Row,
    columns: &[&'static Column],
    known: &mut Known,
    seen: &mut HashMap<Vec<String>, i64>,
    told: &mut TableReport,
) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    let id = integer(&row[at("baseline_id")?]);
    let (one, two) = (at("station_1")?, at("station_2")?);
    let exchanged = text(&row[two]).as_bytes() < text(&row[one]).as_bytes();
    if exchanged {
        row.swap(one, two);
        told.mend("stations in another order; values are conjugated");
    }
    let first = *seen.entry(vec![text(&row[one]), text(&row[two])]).or_insert(id);
    known.baselines.insert(id, (first, exchanged));
    Ok(if first == id { Fate::Write } else { Fate::LeaveOut("merged with the same baseline") })
}

fn kind(row: &mut Row, columns: &[&'static Column], known: &mut Known) -> Result<Fate> {
    let at = |name: &str| place(columns, name);
    known.kinds.insert(integer(&row[at("quality_kind_id")?]));
    let description = at("description")?;
    if row[description].is_null() {
        row[description] = Value::from(kinds::description(&text(&row[at("name")?])));
    }
    Ok(Fate::Write)
}

/// Movies and what they show, after the sets.
pub(super) fn bring_movies(
    source: &mut Transaction,
    target: &Database,
    clock: &Clock,
    known: &Known,
    report: &mut Imported,
) -> Result<()> {
    let mut loaded = Vec::new();
    for table in schema::movies::TABLES {
        let mut told = TableReport::of(table.name);
        let columns = columns(table);
        let rows = read(source, table)?;
        told.source = rows.len() as u64;
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for mut row in rows {
            stamps(&mut row, &columns, clock);
            if let Ok(size) = place(&columns, "product_size")
                && matches!(row[size], Value::Int(number) if number < 0)
            {
                row[size] = Value::Int(0);
                told.mend("size of -1");
            }
            if let Ok(of) = place(&columns, "measurementset_id") {
                let set = integer(&row[of]);
                let first = known.merged_sets.get(&set).copied().unwrap_or(set);
                row[of] = Value::Int(first);
                if !seen.insert((integer(&row[place(&columns, "gain_movie_id")?]), first)) {
                    told.leave_out("the movie shows the merged set already");
                    continue;
                }
            }
            kept.push(row);
        }
        loaded.push((*table, kept, told));
    }
    target.write(|tx| {
        for (table, rows, told) in &mut loaded {
            let rows = rows.iter().map(|row| Ok(row.clone()));
            told.written = Bulk::into(table).write_values(tx, rows)?;
        }
        Ok(())
    })?;
    report.tables.extend(loaded.into_iter().map(|(_, _, told)| told));
    Ok(())
}
