//! Rows of the database, as they stream out of it.

use std::ops::ControlFlow;
use std::time::Duration;

use ledama_base::clock;
use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};
use ledama_leddb::diagfile::DiagFile;
use ledama_leddb::query::{ArrayRow, BATCH_BYTES, Filter, Limits, Op, Plan, Query};
use ledama_leddb::schema::pseudo::Selection;
use ledama_leddb::store::Value;
use ledama_leddb::{Database, LeddbError, Location, Options, values};
use ndarray::Ix3;

use super::input::{Chosen, Input};
use super::kinds::Quantity;
use super::row::{Facts, Row, linear};
use super::{Type, wrong};
use crate::math::MISSING;

/// What a failure of the database means for an operation.
#[must_use]
pub fn failed(error: &LeddbError) -> OperationError {
    let kind = match error.kind() {
        "input" => ErrorKind::Input,
        "time-out" => ErrorKind::TimeOut,
        "connection" => ErrorKind::Connection,
        _ => ErrorKind::Io,
    };
    let made = OperationError::new(kind, error.to_string());
    match error.help() {
        Some(help) => made.help(help),
        None => made,
    }
}

/// Opens the database for reading.
pub fn open(url: &str, timeout_s: Option<i64>) -> Result<Database, OperationError> {
    let statement_timeout =
        timeout_s.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    let options = Options { statement_timeout, ..Options::default() };
    let place = Location::parse(url).map_err(|error| failed(&error))?;
    Database::open_or_create(&place, &options).map_err(|error| failed(&error))
}

/// The query that the input means.
pub fn query(input: &Input, database: &Database) -> Result<Query, OperationError> {
    let mut query = match &input.chosen {
        Chosen::Ids(ids) => {
            let table = input.of.table();
            let column = table.table().id().header;
            Query::new(table).with(Filter::new(column, Op::In, ids.clone()))
        }
        Chosen::DiagFile(path) => {
            let file = diagfile(input, path)?;
            file.for_database(database, false).map_err(|error| failed(&error))?
        }
        Chosen::Files(_) => return Err(wrong("files are not asked of a database", "")),
    };
    if !input.kinds.is_empty() {
        of_kinds(&mut query, &input.needed_kinds());
    }
    Ok(query)
}

/// Finds faults of a DiagFile before anything else is done.
pub fn check(input: &Input) -> Result<(), OperationError> {
    match &input.chosen {
        Chosen::DiagFile(path) => diagfile(input, path).map(drop),
        Chosen::Ids(_) | Chosen::Files(_) => Ok(()),
    }
}

/// A DiagFile of these diagnostics.
fn diagfile(input: &Input, path: &str) -> Result<DiagFile, OperationError> {
    let file =
        DiagFile::open(&ledama_base::rawtext::text_path(path)).map_err(|error| failed(&error))?;
    let of = file.query.table;
    if of != input.of.table() {
        return Err(wrong(
            format!("{path} is for {}, not for {}", of.name(), input.of.name()),
            format!("plot it with {}", plotter(of.name())),
        ));
    }
    if !input.kinds.is_empty() && file.query.rows.is_some() {
        return Err(wrong(
            "the DiagFile is of certain rows, so that other kinds cannot be taken",
            "leave out the kinds, or make a DiagFile with conditions",
        ));
    }
    Ok(file)
}

fn plotter(name: &str) -> &'static str {
    match name {
        "GAIN" => "GainPlotter",
        "QTS" => "QTSPlotter",
        "QFS" => "QFSPlotter",
        _ => "QBSPlotter",
    }
}

/// Asks for these kinds, whatever kinds the query was for.
fn of_kinds(query: &mut Query, kinds: &[String]) {
    let table = query.table.table();
    query.conditions.retain(|filter| match filter {
        Filter::Test { column, .. } => {
            let known = table
                .columns
                .iter()
                .find(|one| one.is_called(column) || one.column.eq_ignore_ascii_case(column));
            !known.is_some_and(|one| ["qKId", "qKName"].contains(&one.header))
        }
        Filter::All(_) | Filter::Any(_) => true,
    });
    query.selections.retain(|pick| pick.list != Selection::QualityKind);
    query.conditions.push(Filter::new("qKName", Op::In, kinds.to_vec()));
}

/// Hands the rows over one by one, those of a set after each other.
pub fn each(
    input: &Input,
    url: &str,
    ctx: &dyn OperationContext,
    take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
) -> Result<(), OperationError> {
    let database = open(url, input.timeout_s)?;
    let query = query(input, &database)?;
    let plan =
        Plan::new(&query, Limits::batch(database.options())).map_err(|error| failed(&error))?;
    let headers: Vec<&str> = plan.value_columns().iter().map(|column| column.header).collect();
    let mut stopped = None;
    let mut group = Group::default();
    let read = database.read(|tx| {
        let total = plan.count(tx)?;
        let mut done = 0;
        plan.values(tx, BATCH_BYTES, |batch| {
            for array in batch {
                done += 1;
                let result = ctx
                    .check()
                    .and_then(|()| group.add(row(input.of, array, &headers)?, input, take));
                if let Err(error) = result {
                    stopped = Some(error);
                    return Ok(ControlFlow::Break(()));
                }
            }
            ctx.progress(Progress { done, total });
            Ok(ControlFlow::Continue(()))
        })
    });
    read.map_err(|error| failed(&error))?;
    stopped.map_or(Ok(()), Err)?;
    group.finish(input, take)
}

/// How many rows there are, and the bytes of their arrays if that is quickly told.
pub fn count(input: &Input, url: &str) -> Result<u64, OperationError> {
    let database = open(url, input.timeout_s)?;
    let query = query(input, &database)?;
    let plan =
        Plan::new(&query, Limits::batch(database.options())).map_err(|error| failed(&error))?;
    database.read(|tx| plan.count(tx)).map_err(|error| failed(&error))
}

/// Rows of one set, of which derived kinds are made.
#[derive(Default)]
pub(super) struct Group {
    rows: Vec<Row>,
}

impl Group {
    fn add(
        &mut self,
        row: Row,
        input: &Input,
        take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
    ) -> Result<(), OperationError> {
        if input.kinds.is_empty() {
            return take(row);
        }
        if self.rows.first().is_some_and(|first| first.facts.set != row.facts.set) {
            self.finish(input, take)?;
        }
        self.rows.push(row);
        Ok(())
    }

    fn finish(
        &mut self,
        input: &Input,
        take: &mut dyn FnMut(Row) -> Result<(), OperationError>,
    ) -> Result<(), OperationError> {
        super::derive::derive(std::mem::take(&mut self.rows), &input.kinds)
            .into_iter()
            .try_for_each(take)
    }
}

/// A row as the database gives it.
fn row(of: Type, array: ArrayRow, headers: &[&str]) -> Result<Row, OperationError> {
    let fact = |name: &str| {
        let at = headers.iter().position(|header| *header == name)?;
        array.facts.get(at).filter(|value| !value.is_null())
    };
    let text = |name: &str| match fact(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let number = |name: &str| match fact(name) {
        Some(Value::Float(value)) => Some(*value),
        #[allow(clippy::cast_precision_loss)] // a number of degrees or MHz
        Some(Value::Int(value)) => Some(*value as f64),
        _ => None,
    };
    let direction = number("dirRA")
        .zip(number("dirDec"))
        .filter(|(ra, dec)| (ra + 1.0).abs() > 1e-9 || (dec + 1.0).abs() > 1e-9);
    let start = array.observation_start.or_else(|| utc(&text("initialUTC")?));
    let kind = text("qKName");
    let facts = Facts {
        lds: text("LDS").unwrap_or_default(),
        set: array.set,
        beam: array.beam,
        sub_band: array.sub_band,
        version: array.version,
        centre_mhz: number("centFreq"),
        pointing: number("phaseDirRA").zip(number("phaseDirDec")),
        start_mjd_s: start,
        station: text("station"),
        station2: text("station2"),
        direction,
        kind: kind.clone(),
        correlations: linear(),
    };
    let broken =
        || OperationError::new(ErrorKind::Corrupt, format!("{} row {}", of.name(), array.id));
    let mut values = array.array;
    if !of.has_times() {
        values = values.insert_axis(ndarray::Axis(2));
    }
    let mut values = values.into_dimensionality::<Ix3>().map_err(|_| broken())?;
    values.mapv_inplace(|value| if values::is_filler(value) { MISSING } else { value });
    let (channels, times) = (values.shape()[1], values.shape()[2]);
    let at_start = || vec![start.unwrap_or(f64::NAN); times];
    Ok(Row {
        facts,
        quantity: kind.map_or(Quantity::Gain, |kind| Quantity::stored(&kind)),
        parts: vec![values],
        freq_mhz: if array.frequencies.len() == channels {
            array.frequencies
        } else {
            vec![f64::NAN; channels]
        },
        time_mjd_s: array.times.unwrap_or_else(at_start),
        freq_step_mhz: array.freq_step.map(|hz| hz / 1e6),
        time_step_s: array.time_step,
    })
}

/// `YYYY/MM/DD/hh:mm:ss` as MJD in seconds.
fn utc(text: &str) -> Option<f64> {
    let time = clock::parse(text, &jiff::tz::TimeZone::UTC).ok()?;
    Some(clock::to_mjd_s(time))
}
