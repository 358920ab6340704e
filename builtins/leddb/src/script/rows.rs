//! Rows and arrays one by one.
//!
//! A thread reads; what it has read waits in a short queue, so a slow script holds
//! the reader up instead of filling the memory.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use ledama_base::script::{ScriptError, ScriptResult, bad_input, throw, to_int};
use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, FLOAT, INT, ImmutableString, Map, Position};

use super::query::{Asked, Query, dynamic};
use crate::error::{LeddbError, Result};
use crate::query::ArrayRow;
use crate::schema::pseudo::PseudoColumn;
use crate::store::Value;

/// Rows that are handed over at a time.
const BATCH: usize = 200;
/// Bytes of arrays that are handed over at a time; two such batches are in memory.
const BYTES: usize = crate::query::BATCH_BYTES / 2;

type Sent<T> = SyncSender<Result<Vec<T>>>;

/// Reads in a thread of its own; what it sends.
fn reading<T: Send + 'static>(
    asked: &Query,
    read: impl FnOnce(&Asked, &Sent<T>) -> Result<()> + Send + 'static,
) -> Reading<T> {
    let (send, receive) = sync_channel(1);
    let asked = Arc::clone(asked);
    let begun = std::thread::Builder::new().name("leddb rows".to_string()).spawn(move || {
        if let Err(error) = read(&asked, &send) {
            // A script that has stopped listening does not hear it.
            let _ = send.send(Err(error));
        }
    });
    let failed = begun.err().map(|error| LeddbError::Database {
        message: format!("no thread to read the rows: {error}"),
    });
    Reading { receive, ready: Vec::new().into_iter(), failed }
}

struct Reading<T> {
    receive: Receiver<Result<Vec<T>>>,
    ready: std::vec::IntoIter<T>,
    failed: Option<LeddbError>,
}

impl<T> Iterator for Reading<T> {
    type Item = Result<T, Box<EvalAltResult>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(thrown(&error)));
        }
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            match self.receive.recv().ok()? {
                Ok(rows) => self.ready = rows.into_iter(),
                Err(error) => return Some(Err(thrown(&error))),
            }
        }
    }
}

#[allow(clippy::unnecessary_box_returns)] // As the language carries errors.
fn thrown(error: &LeddbError) -> Box<EvalAltResult> {
    let error = ScriptError {
        kind: error.kind().to_string(),
        message: error.to_string(),
        help: error.help(),
    };
    throw(error, Position::NONE)
}

/// Hands over a batch; whether anybody takes more.
fn hand_over<T>(to: &Sent<T>, batch: Vec<T>) -> ControlFlow<()> {
    if to.send(Ok(batch)).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct Rows(pub(super) Query);

impl IntoIterator for Rows {
    type Item = Result<Dynamic, Box<EvalAltResult>>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        let headers: Vec<rhai::Identifier> = match self.0.plan() {
            Ok(plan) => plan.columns().iter().map(|column| column.header.into()).collect(),
            Err(error) => return Box::new(std::iter::once(Err(thrown(&error)))),
        };
        let rows = reading(&self.0, read_rows);
        Box::new(rows.map(move |row| {
            let cells = headers.iter().cloned().zip(row?.iter().map(dynamic).collect::<Vec<_>>());
            Ok(Dynamic::from(cells.collect::<Map>()))
        }))
    }
}

fn read_rows(asked: &Asked, to: &Sent<Vec<Value>>) -> Result<()> {
    let plan = asked.plan()?;
    let mut batch = Vec::with_capacity(BATCH);
    asked.database.read(|tx| {
        plan.stream(tx, true, |row| {
            batch.push(row);
            if batch.len() < BATCH {
                return Ok(ControlFlow::Continue(()));
            }
            Ok(hand_over(to, std::mem::take(&mut batch)))
        })
    })?;
    let _ = hand_over(to, batch);
    Ok(())
}

/// The arrays of a query.
#[derive(Debug, Clone)]
pub struct Arrays(pub(super) Query);

impl IntoIterator for Arrays {
    type Item = Result<Dynamic, Box<EvalAltResult>>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        let columns: Arc<[&'static PseudoColumn]> = match self.0.plan() {
            Ok(plan) => plan.value_columns().into(),
            Err(error) => return Box::new(std::iter::once(Err(thrown(&error)))),
        };
        let arrays = reading(&self.0, |asked, to| {
            let plan = asked.plan()?;
            asked.database.read(|tx| plan.values(tx, BYTES, |batch| Ok(hand_over(to, batch))))
        });
        Box::new(
            arrays.map(move |row| {
                Ok(Dynamic::from(DiagArray(Arc::new((row?, Arc::clone(&columns))))))
            }),
        )
    }
}

/// A diagnostic array with its facts.
#[derive(Debug, Clone)]
pub struct DiagArray(Arc<(ArrayRow, Arc<[&'static PseudoColumn]>)>);

impl DiagArray {
    /// The array and its axes, for other builtins.
    pub fn row(&self) -> &ArrayRow {
        &self.0.0
    }

    fn fact(&self, header: &str) -> Option<Dynamic> {
        let (row, columns) = &*self.0;
        let at = columns.iter().position(|column| column.is_called(header))?;
        Some(dynamic(&row.facts[at]))
    }

    /// The value at these places; nothing where there is none.
    fn value(&self, places: &[INT]) -> Option<num_complex::Complex64> {
        let places: Option<Vec<usize>> =
            places.iter().map(|at| usize::try_from(*at).ok()).collect();
        let value = *self.row().array.get(places?.as_slice())?;
        (!crate::values::is_filler(value)).then_some(value)
    }
}

fn numbers(values: &[f64]) -> Array {
    values.iter().map(|value| Dynamic::from(*value as FLOAT)).collect()
}

#[export_module]
pub mod methods {
    /// A diagnostic array with its facts.
    pub type DiagArray = super::DiagArray;

    /// Id of its row.
    #[rhai_fn(global, get = "id", pure)]
    pub fn id(array: &mut DiagArray) -> INT {
        array.row().id
    }

    /// Id of its measurement set.
    #[rhai_fn(global, get = "set", pure)]
    pub fn set(array: &mut DiagArray) -> INT {
        array.row().set
    }

    /// Lengths of its axes: correlations, channels, and times if it has them.
    #[rhai_fn(global, get = "shape", pure)]
    pub fn shape(array: &mut DiagArray) -> Array {
        let lengths = array.row().array.shape().iter();
        lengths.map(|length| to_int(*length).into()).collect()
    }

    /// Frequencies of its channels, MHz.
    #[rhai_fn(global, get = "frequencies", pure)]
    pub fn frequencies(array: &mut DiagArray) -> Array {
        numbers(&array.row().frequencies)
    }

    /// Times of its samples, MJD in seconds; `()` without a time axis.
    #[rhai_fn(global, get = "times", pure)]
    pub fn times(array: &mut DiagArray) -> Dynamic {
        array.row().times.as_ref().map_or(Dynamic::UNIT, |times| numbers(times).into())
    }

    /// A fact by its header, such as `array["station"]`; `()` if it has none of that name.
    #[rhai_fn(global, index_get, pure)]
    pub fn fact(array: &mut DiagArray, header: &str) -> Dynamic {
        array.fact(header).unwrap_or_default()
    }

    /// Real and imaginary part at a correlation and a channel; `()` where there is no value.
    #[rhai_fn(global, name = "at", pure)]
    pub fn at_channel(array: &mut DiagArray, correlation: INT, channel: INT) -> Dynamic {
        array
            .value(&[correlation, channel])
            .map_or(Dynamic::UNIT, |v| numbers(&[v.re, v.im]).into())
    }

    /// Real and imaginary part at a correlation, a channel and a time; `()` where there is no value.
    #[rhai_fn(global, name = "at", pure)]
    pub fn at_time(array: &mut DiagArray, correlation: INT, channel: INT, time: INT) -> Dynamic {
        array
            .value(&[correlation, channel, time])
            .map_or(Dynamic::UNIT, |v| numbers(&[v.re, v.im]).into())
    }

    /// Mean amplitude of a correlation; `()` if it has no values.
    #[rhai_fn(global, return_raw, pure)]
    pub fn mean_amplitude(
        ctx: NativeCallContext<'_>,
        array: &mut DiagArray,
        correlation: INT,
    ) -> ScriptResult<Dynamic> {
        let place =
            usize::try_from(correlation).ok().filter(|at| *at < crate::values::CORRELATIONS);
        let Some(place) = place else {
            let message = format!("a correlation is 0 to 3, not {correlation}");
            return bad_input(&ctx, message);
        };
        let plane = array.row().array.index_axis(ndarray::Axis(0), place);
        let (mut sum, mut count) = (0.0, 0_u32);
        for value in plane.iter().filter(|value| !crate::values::is_filler(**value)) {
            sum += value.norm();
            count = count.saturating_add(1);
        }
        Ok(if count == 0 { Dynamic::UNIT } else { (sum / FLOAT::from(count)).into() })
    }

    /// For messages.
    #[rhai_fn(global, name = "to_string", pure)]
    pub fn text(array: &mut DiagArray) -> ImmutableString {
        format!("array {} of set {}", array.row().id, array.row().set).into()
    }
}
