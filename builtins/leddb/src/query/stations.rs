//! Stations and baselines: lists of their own, beside the pseudo-tables.

use std::ops::ControlFlow;

use sea_query::{Condition, Expr, ExprTrait as _, Order, Query as Build};

use super::pattern::Pattern;
use super::plan::Plan;
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::Pseudo;
use crate::store::{Statement, Transaction, Value};

/// A station.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// Antenna band.
    pub antenna_type: String,
    /// `CS`, `RS` or `IS`.
    pub location_type: String,
    /// Its place, metres (ITRF), if it is known.
    pub position: Option<Vec<f64>>,
}

/// Stations by name, of an antenna band and of a kind of place if these are given.
pub fn stations(
    tx: &mut Transaction,
    antenna_type: Option<&str>,
    location_type: Option<&str>,
) -> Result<Vec<Station>> {
    let mut select = Build::select();
    select
        .columns(["name", "antenna_type", "location_type", "position"])
        .from("station")
        .order_by("name", Order::Asc);
    for (column, wanted) in [("antenna_type", antenna_type), ("location_type", location_type)] {
        if let Some(wanted) = wanted {
            select.and_where(Expr::col(column).eq(wanted));
        }
    }
    let statement = tx.dialect().build(&select);
    let rows = tx.rows(statement)?;
    rows.iter()
        .map(|row| {
            Ok(Station {
                name: row.get(0)?,
                antenna_type: row.get::<Option<String>>(1)?.unwrap_or_default(),
                location_type: row.get::<Option<String>>(2)?.unwrap_or_default(),
                position: row.get(3)?,
            })
        })
        .collect()
}

/// Which baselines are wanted: regular expressions for their stations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baselines {
    /// For the first station.
    pub first: Option<String>,
    /// For the second station.
    pub second: Option<String>,
    /// Whether one of the two is enough.
    pub any: bool,
    /// Whether the stations may stand in either order.
    pub either: bool,
}

/// Baselines by their stations: id, first station, second station.
pub fn baselines(tx: &mut Transaction, wanted: &Baselines) -> Result<Vec<(i64, String, String)>> {
    let dialect = tx.dialect();
    let first = wanted.first.as_deref().map(Pattern::parse).transpose()?;
    let second = wanted.second.as_deref().map(Pattern::parse).transpose()?;
    let pair = |one: &'static str, other: &'static str| {
        let mut pair = if wanted.any { Condition::any() } else { Condition::all() };
        if let Some(pattern) = &first {
            pair = pair.add(dialect.matches_pattern(Expr::col(one), pattern));
        }
        if let Some(pattern) = &second {
            pair = pair.add(dialect.matches_pattern(Expr::col(other), pattern));
        }
        pair
    };
    let mut select = Build::select();
    select
        .columns(["baseline_id", "station_1", "station_2"])
        .from("baseline")
        .order_by("station_1", Order::Asc)
        .order_by("station_2", Order::Asc);
    if first.is_some() || second.is_some() {
        let straight = pair("station_1", "station_2");
        select.cond_where(if wanted.either {
            Condition::any().add(straight).add(pair("station_2", "station_1"))
        } else {
            straight
        });
    }
    let mut all = Vec::new();
    tx.each(dialect.build(&select), |row| {
        all.push((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

impl Plan {
    /// Names of the stations that took part in any of the observations of the result.
    pub fn stations(&self, tx: &mut Transaction) -> Result<Vec<String>> {
        if self.table.kind != Pseudo::Lds {
            return Err(LeddbError::input("stations are those of observations"));
        }
        let names: Vec<String> = self
            .ids(tx, false)?
            .into_iter()
            .filter_map(|id| if let Value::Text(name) = id { Some(name) } else { None })
            .collect();
        let observation = Expr::col("lofar_dataset");
        let select = Build::select()
            .distinct()
            .column("station")
            .from("lofar_dataset_has_station")
            .and_where(tx.dialect().is_one_of_texts(observation, &names))
            .order_by("station", Order::Asc)
            .to_owned();
        let statement = tx.dialect().build(&select);
        tx.rows(statement)?.iter().map(|row| row.get(0)).collect()
    }
}

/// A station that took part in an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Participation {
    /// The station.
    pub station: String,
    /// The observation.
    pub observation: String,
    /// Its antenna band.
    pub antenna_type: String,
    /// How many beams it has.
    pub beams: i64,
    /// Its start, MJD in seconds.
    pub start: Option<f64>,
    /// Its end, MJD in seconds.
    pub end: Option<f64>,
}

/// Which station took part in which observation, in the order of time.
pub fn participations(tx: &mut Transaction) -> Result<Vec<Participation>> {
    let statement = Statement::constant(
        "SELECT s.\"station\", l.\"name\", l.\"antenna_type\", l.\"initial_mjd\", l.\"final_mjd\", \
         (SELECT count(*) FROM \"lofar_dataset_beam\" AS b WHERE b.\"lofar_dataset\" = l.\"name\") \
         FROM \"lofar_dataset_has_station\" AS s \
         JOIN \"lofar_dataset\" AS l ON l.\"name\" = s.\"lofar_dataset\" \
         ORDER BY l.\"initial_mjd\", l.\"name\", s.\"station\"",
        Vec::new(),
    );
    let mut all = Vec::new();
    tx.each(statement, |row| {
        all.push(Participation {
            station: row.get(0)?,
            observation: row.get(1)?,
            antenna_type: row.get::<Option<String>>(2)?.unwrap_or_default(),
            start: row.get(3)?,
            end: row.get(4)?,
            beams: row.get(5)?,
        });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}
