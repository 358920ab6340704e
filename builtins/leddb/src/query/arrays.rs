//! Diagnostic arrays with their axes, streamed in batches of bounded size.
//!
//! The measurement sets come first, in the order of plots: time, frequency. Then,
//! some sets at a time, facts and sizes of the rows, and the arrays themselves for as
//! many rows as fit into a batch; no sort ever carries an array.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use ndarray::{Array, IxDyn};
use num_complex::Complex64;
use sea_query::{Expr, ExprTrait as _, NullOrdering, Order, Query as Build};

use super::plan::Plan;
use super::scope::{Place, Scope};
use super::steps::Sets;
use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::pseudo::PseudoColumn;
use crate::store::{Statement, Transaction, Value};
use crate::values::{self, Shape};

/// Bytes of the arrays of a batch, unless said otherwise.
pub const BATCH_BYTES: usize = 64 << 20;

/// Rows of facts that are held at a time, roughly.
const FACTS: usize = 20_000;
/// Most sets that are asked for at a time.
const MOST_SETS: usize = 1024;

const SET: &str = "measurementset_id";

/// One diagnostic array.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayRow {
    /// Id of its row.
    pub id: i64,
    /// Id of its measurement set.
    pub set: i64,
    /// Its facts, as [`Plan::value_columns`].
    pub facts: Vec<Value>,
    /// The array: `[correlation][channel][time]` or `[correlation][channel]`.
    pub array: Array<Complex64, IxDyn>,
    /// Frequencies of the channels, MHz.
    pub frequencies: Vec<f64>,
    /// Times of the samples, MJD in seconds; none without a time axis, or where the
    /// step or the start is not known.
    pub times: Option<Vec<f64>>,
    /// The sub-band.
    pub sub_band: Option<i64>,
    /// The beam.
    pub beam: Option<i64>,
    /// The version of the processing.
    pub version: Option<i64>,
    /// Start of the observation, MJD in seconds.
    pub observation_start: Option<f64>,
    /// Distance of the channels, or the width of one alone, Hz.
    pub freq_step: Option<f64>,
    /// Distance of the times, or the width of one alone, s.
    pub time_step: Option<f64>,
}

impl ArrayRow {
    /// Where the array holds no value.
    pub fn mask(&self) -> Array<bool, IxDyn> {
        self.array.mapv(values::is_filler)
    }
}

/// A row without its array.
struct Head {
    id: i64,
    set: i64,
    shape: Shape,
    bytes: usize,
    facts: Vec<Value>,
    extra: Extra,
}

#[derive(Clone, Copy)]
struct Extra {
    centre: Option<f64>,
    bandwidth: Option<f64>,
    freq_step: Option<f64>,
    freq_start: Option<f64>,
    time_step: Option<f64>,
    time_start: Option<f64>,
    sub_band: Option<i64>,
    beam: Option<i64>,
    version: Option<i64>,
    observation_start: Option<f64>,
}

impl Plan {
    /// The columns of the facts that come with arrays.
    pub fn value_columns(&self) -> Vec<&'static PseudoColumn> {
        let columns = self.table.columns.iter();
        columns.filter(|column| column.marks.values && column.kind() != Type::Values).collect()
    }

    /// Gives the arrays in batches of at most so many bytes, or of one array, in the
    /// order of time and frequency.
    pub fn values(
        &self,
        tx: &mut Transaction,
        batch_bytes: usize,
        mut take: impl FnMut(Vec<ArrayRow>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        if !self.table.kind.is_diagnostic() {
            return Err(LeddbError::input(format!("{} has no arrays", self.table.name)));
        }
        let sets = self.sets(tx)?;
        self.guard(tx, &sets)?;
        let order = self.sets_in_order(tx, &sets)?;
        let (mut start, mut count) = (0, 16);
        while start < order.len() {
            let end = (start + count).min(order.len());
            let facts = self.facts(tx, &order[start..end])?;
            start = end;
            // As many sets at a time as give a good number of rows.
            count = match facts.len() {
                few if few < FACTS / 4 => (count * 2).min(MOST_SETS),
                many if many > FACTS => (count / 2).max(1),
                _ => count,
            };
            if self.batches(tx, facts, batch_bytes, &mut take)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Measurement sets in the order of plots.
    fn sets_in_order(&self, tx: &mut Transaction, sets: &Sets) -> Result<Vec<i64>> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        let above = Scope::above(self.table);
        let set = Place::new("ms_q", SET);
        let mut needed = BTreeSet::from([set.relation, "lds_q"]);
        let keep = !sets.is_list();
        for one in self.upper().filter(|_| keep) {
            one.relations(&above, &mut needed);
        }
        let mut select = above.from(&needed);
        select.expr(set.expr());
        for one in self.upper().filter(|_| keep) {
            select.cond_where(one.condition(&above, tx.dialect())?);
        }
        if let Sets::List(list) = sets {
            select.and_where(tx.dialect().is_one_of(set.expr(), list));
        }
        for (table, column) in
            [("lds_q", "initial_mjd"), ("ms_q", "central_frequency"), ("ms_q", SET)]
        {
            let expr = Expr::col((table, column));
            select.order_by_expr_with_nulls(expr, Order::Asc, NullOrdering::Last);
        }
        let mut ids = Vec::new();
        let statement = tx.dialect().build(&select);
        tx.each(statement, |row| {
            ids.push(row.get(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    /// The rows of some sets without their arrays, in order.
    fn facts(&self, tx: &mut Transaction, order: &[i64]) -> Result<Vec<Head>> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let columns = self.value_columns();
        let mut needed = BTreeSet::from(["ms_q", "ldsbp_q", "ldsb_q", "lds_q"]);
        let places = columns
            .iter()
            .map(|column| self.lowest(Place::of(column)))
            .collect::<Result<Vec<_>>>()?;
        needed.extend(places.iter().map(|place| place.relation));
        let mut select = self.body(tx.dialect(), &Sets::List(sorted), needed)?;
        let base = self.table.base;
        let own = |name| crate::schema::column(base, name).map(|_| Expr::col((base, name)));
        let none = || Expr::cust("NULL");
        let has = |name| own(name).unwrap_or_else(none);
        select.expr(has(self.table.id().column)).expr(has(SET));
        select.expr(has("n_freq")).expr(own("n_time").unwrap_or_else(|| Expr::cust("-1")));
        select.expr(Expr::col(("ms_q", "central_frequency")));
        select.expr(Expr::col(("ms_q", "bandwidth")));
        let mut optional = Vec::new();
        for name in ["freq_step", "freq_start", "time_step", "time_start"] {
            optional.push(own(name).is_some());
            if let Some(expr) = own(name) {
                select.expr(expr);
            }
        }
        select.expr(Expr::col(("lds_q", "initial_mjd")));
        select.expr(Expr::col(("ms_q", "initial_mjd")));
        select.expr(Expr::col(("ms_q", "sb_index")));
        select.expr(Expr::col(("ldsb_q", "beam_index")));
        select.expr(Expr::col(("ldsbp_q", "product_version")));
        for place in &places {
            select.expr(place.expr());
        }
        let mut all = Vec::new();
        let statement = tx.dialect().build(&select);
        tx.each(statement, |row| {
            let n_time: i64 = row.get(3)?;
            let shape = Shape::of_columns(4, row.get(2)?, (n_time >= 0).then_some(n_time))?;
            let mut at = 6;
            let mut steps = [None; 4];
            for (step, there) in steps.iter_mut().zip(&optional) {
                if *there {
                    *step = row.get::<Option<f64>>(at)?;
                    at += 1;
                }
            }
            let observation: Option<f64> = row.get(at)?;
            let own_start: Option<f64> = row.get(at + 1)?;
            let kinds = columns.iter().enumerate();
            let facts = kinds
                .map(|(k, column)| row.value(at + 5 + k, column.kind()))
                .collect::<Result<_>>();
            all.push(Head {
                id: row.get(0)?,
                set: row.get(1)?,
                bytes: shape.bytes()?,
                shape,
                facts: facts?,
                extra: Extra {
                    centre: row.get(4)?,
                    bandwidth: row.get(5)?,
                    freq_step: steps[0],
                    freq_start: steps[1],
                    time_step: steps[2],
                    time_start: steps[3].or(own_start).or(observation),
                    sub_band: row.get(at + 2)?,
                    beam: row.get(at + 3)?,
                    version: row.get(at + 4)?,
                    observation_start: observation,
                },
            });
            Ok(ControlFlow::Continue(()))
        })?;
        let place: HashMap<i64, usize> =
            order.iter().enumerate().map(|(place, set)| (*set, place)).collect();
        all.sort_by_key(|row| (place.get(&row.set).copied(), row.id));
        Ok(all)
    }

    fn batches(
        &self,
        tx: &mut Transaction,
        facts: Vec<Head>,
        most: usize,
        take: &mut impl FnMut(Vec<ArrayRow>) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        for row in facts {
            if !batch.is_empty() && bytes.saturating_add(row.bytes) > most {
                if take(self.load(tx, std::mem::take(&mut batch))?)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                bytes = 0;
            }
            bytes = bytes.saturating_add(row.bytes);
            batch.push(row);
        }
        if batch.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        take(self.load(tx, batch)?)
    }

    /// Reads the arrays of a batch.
    fn load(&self, tx: &mut Transaction, batch: Vec<Head>) -> Result<Vec<ArrayRow>> {
        let statement = self.load_statement(tx, &batch);
        let places: HashMap<i64, usize> =
            batch.iter().enumerate().map(|(place, row)| (row.id, place)).collect();
        let mut arrays: Vec<Option<Array<Complex64, IxDyn>>> = vec![None; batch.len()];
        tx.each(statement, |row| {
            let Some(place) = places.get(&row.get::<i64>(0)?).copied() else {
                return Ok(ControlFlow::Continue(()));
            };
            let bytes = row.bytes(1)?.unwrap_or_default();
            arrays[place] = Some(values::decode_any(bytes, batch[place].shape)?);
            Ok(ControlFlow::Continue(()))
        })?;
        // A reading transaction sees one state; a row cannot go away within it.
        Ok(batch
            .into_iter()
            .zip(arrays)
            .filter_map(|(facts, array)| Some(with_axes(facts, array?)))
            .collect())
    }

    fn load_statement(&self, tx: &Transaction, batch: &[Head]) -> Statement {
        let base = self.table.base;
        let id = self.table.id().column;
        let mut sets: Vec<i64> = batch.iter().map(|row| row.set).collect();
        sets.sort_unstable();
        sets.dedup();
        let ids: Vec<i64> = batch.iter().map(|row| row.id).collect();
        let set = || Expr::col((base, SET));
        let (low, high) = (sets.first().copied().unwrap_or(0), sets.last().copied().unwrap_or(0));
        let select = Build::select()
            .column((base, id))
            .column((base, "values"))
            .from(base)
            .and_where(set().between(low, high))
            .and_where(tx.dialect().is_one_of(set(), &sets))
            .and_where(tx.dialect().is_one_of(Expr::col((base, id)), &ids))
            .to_owned();
        tx.dialect().build(&select)
    }
}

fn with_axes(row: Head, array: Array<Complex64, IxDyn>) -> ArrayRow {
    let Extra { centre, bandwidth, freq_step, freq_start, time_step, time_start, .. } = row.extra;
    let channels = row.shape.channels;
    let width = bandwidth.unwrap_or(0.0);
    // Without a step the channels share the width.
    let step = freq_step.unwrap_or(width * 1e6 / f64::from(channels));
    // The middle of a sub-band is not the middle of its channels; where the first one is
    // not known, this is the best there is.
    let frequencies = match (freq_start, centre) {
        (Some(first), _) => values::times(first / 1e6, step / 1e6, channels),
        (None, Some(centre)) => values::frequencies(centre, width, step, channels),
        (None, None) => Vec::new(),
    };
    let times =
        row.shape.times.and_then(|count| Some(values::times(time_start?, time_step?, count)));
    ArrayRow {
        id: row.id,
        set: row.set,
        facts: row.facts,
        array,
        frequencies,
        times,
        sub_band: row.extra.sub_band,
        beam: row.extra.beam,
        version: row.extra.version,
        observation_start: row.extra.observation_start,
        freq_step: (step > 0.0).then_some(step),
        time_step,
    }
}
