//! Diagnostic queries in two steps: first the measurement sets, from the small
//! tables; then their rows, by the list of ids and its ends, so that a server
//! touches only the partitions that hold them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::bound::{Bound, Test};
use super::op::Op;
use super::plan::Plan;
use super::scope::{Place, Scope};
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::Pseudo;
use crate::store::{Statement, Transaction};

/// Longest list of sets that is sent; a longer one is found again by its conditions,
/// between its ends.
const LONGEST_LIST: usize = 20_000;

/// Measurement sets whose rows are asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sets {
    /// Whichever the conditions mean.
    All,
    /// These, in order.
    List(Vec<i64>),
    /// Those that the conditions mean, between these ends; how many they are.
    Between(i64, i64, usize),
}

impl Sets {
    fn of(mut ids: Vec<i64>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        match (ids.first(), ids.last()) {
            (Some(low), Some(high)) if ids.len() > LONGEST_LIST => {
                Self::Between(*low, *high, ids.len())
            }
            _ => Self::List(ids),
        }
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::List(list) if list.is_empty())
    }

    pub(crate) fn bounds(&self) -> Option<(i64, i64)> {
        match self {
            Self::All => None,
            Self::List(list) => Some((*list.first()?, *list.last()?)),
            Self::Between(low, high, _) => Some((*low, *high)),
        }
    }
}

impl Plan {
    /// The first step. Tables that are not diagnostic have none.
    pub(crate) fn sets(&self, tx: &mut Transaction) -> Result<Sets> {
        if !self.table.kind.is_diagnostic() {
            return Ok(Sets::All);
        }
        self.count_parents(tx)?;
        let Some(select) = self.sets_statement(tx)? else {
            let rows = self.rows.as_ref();
            return Ok(
                rows.map_or(Sets::All, |rows| Sets::of(rows.iter().map(|(set, _)| *set).collect()))
            );
        };
        let mut ids = Vec::new();
        tx.each(select, |row| {
            ids.push(row.get(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Sets::of(ids))
    }

    /// Conditions that the tables above the rows decide.
    pub(crate) fn upper(&self) -> impl Iterator<Item = &Bound> {
        let above = Scope::above(self.table);
        self.conjuncts.iter().filter(move |one| one.fits(&above))
    }

    fn sets_statement(&self, tx: &Transaction) -> Result<Option<Statement>> {
        let upper: Vec<&Bound> = self.upper().collect();
        if upper.is_empty() {
            return Ok(None);
        }
        let above = Scope::above(self.table);
        let set = Place::new("ms_q", "measurementset_id");
        let mut needed = BTreeSet::from([set.relation]);
        for one in &upper {
            // They fit: that is how they were chosen.
            one.relations(&above, &mut needed);
        }
        let mut select = above.from(&needed);
        select.expr(set.expr());
        for one in upper {
            select.cond_where(one.condition(&above, tx.dialect())?);
        }
        if let Some(rows) = &self.rows {
            let sets: Vec<i64> = rows.iter().map(|(set, _)| *set).collect();
            select.and_where(tx.dialect().is_one_of(set.expr(), &sets));
        }
        Ok(Some(tx.dialect().build(&select)))
    }

    /// Refuses too many chosen rows, where only the database can count them.
    fn count_parents(&self, tx: &mut Transaction) -> Result<()> {
        let (Some(most), Some(parent)) = (self.limits.parents, self.parent()) else {
            return Ok(());
        };
        let dialect = tx.dialect();
        let Some(mut select) = parent.select(dialect, None)? else { return Ok(()) };
        let most_rows = u64::try_from(most).unwrap_or(u64::MAX);
        select.limit(most_rows.saturating_add(1));
        let count = tx.rows(dialect.build(&select))?.len();
        if (1..=most).contains(&count) {
            return Ok(());
        }
        let count = if count > most { format!("more than {most}") } else { "no".to_string() };
        Err(LeddbError::Input {
            message: format!("{count} rows are chosen above {}", self.table.name),
            help: Some(format!("choose 1 to {most} rows of MS or LDSBP")),
        })
    }

    /// Refuses a query that would give too many diagnostic rows, as far as can be told
    /// from the number of sets and stations.
    pub(crate) fn guard(&self, tx: &mut Transaction, sets: &Sets) -> Result<()> {
        let Some(most) = self.limits.rows else { return Ok(()) };
        if !self.table.kind.is_diagnostic() || self.rows.is_some() {
            return Ok(());
        }
        let estimate = self.estimate(tx, sets)?;
        if estimate <= most {
            return Ok(());
        }
        Err(LeddbError::Input {
            message: format!(
                "about {estimate} rows of {} are asked for, and {most} are allowed at once",
                self.table.name
            ),
            help: Some("narrow it: fewer measurement sets, one kind, one station".to_string()),
        })
    }

    /// How many diagnostic rows the query gives at most, roughly.
    fn estimate(&self, tx: &mut Transaction, sets: &Sets) -> Result<u64> {
        let one = |tx: &mut Transaction, text: &'static str| -> Result<u64> {
            let count: Option<i64> = tx.row(Statement::constant(text, Vec::new()))?.get(0)?;
            Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
        };
        let count = match sets {
            Sets::List(list) => u64::try_from(list.len()).unwrap_or(u64::MAX),
            Sets::Between(_, _, count) => u64::try_from(*count).unwrap_or(u64::MAX),
            Sets::All => one(tx, "SELECT count(*) FROM \"measurementset\"")?,
        };
        let kinds = match self.picked(self.table.base, "quality_kind_id") {
            Some(picked) => picked,
            None => one(tx, "SELECT count(*) FROM \"quality_kind\"")?,
        };
        let mut stations = || -> Result<u64> {
            match one(tx, "SELECT max(\"lds_number_stations\") FROM \"lds_q\"")? {
                0 => one(tx, "SELECT count(*) FROM \"station\""),
                some => Ok(some),
            }
        };
        let each = match self.table.kind {
            Pseudo::Gain => match self.picked("gain", "station") {
                Some(picked) => picked,
                None => stations()?,
            },
            Pseudo::Qbs => {
                let baselines = if let Some(picked) = self.picked(self.table.base, "baseline_id") {
                    picked
                } else {
                    let stations = stations()?;
                    stations.saturating_mul(stations + 1) / 2
                };
                kinds.saturating_mul(baselines)
            }
            _ => kinds,
        };
        Ok(count.saturating_mul(each))
    }

    /// How many values of a column the conditions allow, if they list them.
    fn picked(&self, relation: &str, column: &str) -> Option<u64> {
        self.conjuncts
            .iter()
            .filter_map(|one| match one {
                Bound::Test { place, test }
                    if place.relation == relation && place.column == column =>
                {
                    match test {
                        Test::OneOf(list) => u64::try_from(list.len()).ok(),
                        Test::Compare(Op::Equal, _) => Some(1),
                        _ => None,
                    }
                }
                _ => None,
            })
            .min()
    }
}
