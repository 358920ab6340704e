//! Rows of movies: judged first, then written all in one transaction.

use ledama_base::path::DataPath;
use serde::{Deserialize, Serialize};

use super::info::{MovieInfo, Used};
use super::scan::Found;
use crate::error::{LeddbError, Result};
use crate::load::{Existing, observation_of, upsert};
use crate::meta;
use crate::schema::{movies, reference};
use crate::store::{Statement, Transaction, Value};

/// What a movie is to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is not known.
    Added,
    /// It changed after it was written.
    Updated,
    /// It is as it was.
    Kept,
}

/// A movie that was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Its path.
    pub path: String,
    /// What it is to the database.
    pub change: Change,
    /// Why it cannot be written, if so.
    pub problem: Option<String>,
    #[serde(skip)]
    sets: Vec<i64>,
}

/// What came of the movies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// How many there are.
    pub processed: u64,
    /// New ones.
    pub added: u64,
    /// Written anew.
    pub updated: u64,
    /// Forgotten, for they are no more.
    pub deleted: u64,
    /// Those that could not be written, as `path: reason`.
    pub failed: Vec<String>,
}

/// Paths of the movies of a machine.
pub fn movies_of(tx: &mut Transaction, host: &str) -> Result<Vec<String>> {
    let rows = tx.rows(Statement::constant(
        "SELECT \"file_path\" FROM \"gain_movie\" WHERE \"store_host\" = $1 ORDER BY 1",
        vec![host.into()],
    ))?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Judges movies of a machine without writing anything.
pub fn judge(tx: &mut Transaction, host: &str, found: &[Found]) -> Result<Vec<Judged>> {
    found.iter().map(|movie| judge_one(tx, host, movie)).collect()
}

/// Writes movies of a machine that are new or changed, and forgets those that are
/// gone. `now` is when the movies were looked at, seconds since 1970 UTC.
pub fn register(
    tx: &mut Transaction,
    host: &str,
    found: &[Found],
    gone: &[String],
    now: i64,
) -> Result<Registered> {
    let mut done = Registered { processed: found.len() as u64, ..Registered::default() };
    upsert(tx, &reference::STORE_HOST, &["name"], &[vec![host.into()]], Existing::Keep)?;
    for movie in found {
        let judged = judge_one(tx, host, movie)?;
        let problem = match (judged.problem, judged.change) {
            (None, Change::Kept) => continue,
            (Some(problem), _) => Some(problem),
            (None, change) => match tx.attempt(|tx| write(tx, host, movie, &judged.sets, now)) {
                Ok(()) if change == Change::Added => {
                    done.added += 1;
                    None
                }
                Ok(()) => {
                    done.updated += 1;
                    None
                }
                Err(error @ (LeddbError::Input { .. } | LeddbError::Violation(_))) => {
                    Some(error.to_string())
                }
                Err(error) => return Err(error),
            },
        };
        done.failed.extend(problem.map(|problem| format!("{}: {problem}", movie.path)));
    }
    for path in gone {
        done.deleted += forget(tx, host, path)?;
    }
    Ok(done)
}

fn stored(tx: &mut Transaction, host: &str, path: &str) -> Result<Option<(i64, Option<i64>)>> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT \"gain_movie_id\", \"last_check\" FROM \"gain_movie\" WHERE \"store_host\" = $1 AND \"file_path\" = $2",
        vec![host.into(), path.into()],
    ))?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

fn judge_one(tx: &mut Transaction, host: &str, movie: &Found) -> Result<Judged> {
    let change = match stored(tx, host, &movie.path)? {
        None => Change::Added,
        Some((_, Some(check))) if check > movie.modified => Change::Kept,
        Some(_) => Change::Updated,
    };
    let path = movie.path.clone();
    let mut judged = Judged { path, change, problem: None, sets: Vec::new() };
    if change != Change::Kept {
        let mut problems = movie.info.problems();
        problems.extend(unknown_stations(tx, &movie.info)?);
        for used in &movie.info.used {
            match set_of(tx, used)? {
                Ok(set) => judged.sets.push(set),
                Err(problem) => problems.push(problem),
            }
        }
        judged.problem = (!problems.is_empty()).then(|| problems.join("; "));
    }
    Ok(judged)
}

fn unknown_stations(tx: &mut Transaction, info: &MovieInfo) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    for station in info.stations.iter().chain(&info.reference_station) {
        let row = tx.maybe_row(Statement::constant(
            "SELECT 1 FROM \"station\" WHERE \"name\" = $1",
            vec![station.as_str().into()],
        ))?;
        let problem = format!("the database has no station {station}");
        if row.is_none() && !unknown.contains(&problem) {
            unknown.push(problem);
        }
    }
    Ok(unknown)
}

/// The measurement set that is meant, or why there is none.
fn set_of(tx: &mut Transaction, used: &Used) -> Result<std::result::Result<i64, String>> {
    match used {
        Used::Set { sub_band, measurementset_id, .. } => {
            let row = tx.maybe_row(Statement::constant(
                "SELECT \"sb_index\" FROM \"measurementset\" WHERE \"measurementset_id\" = $1",
                vec![(*measurementset_id).into()],
            ))?;
            Ok(match row.map(|row| row.get::<i64>(0)).transpose()? {
                None => Err(format!("the database has no measurement set {measurementset_id}")),
                Some(found) if found != *sub_band => Err(format!(
                    "measurement set {measurementset_id} is sub-band {found}, not {sub_band}"
                )),
                Some(_) => Ok(*measurementset_id),
            })
        }
        Used::File { node, path } => {
            let place = DataPath::parse(path);
            let row = tx.maybe_row(Statement::constant(
                "SELECT \"measurementset_id\" FROM \"measurementset_product\" \
                 WHERE \"store_host\" = $1 AND \"parent_path\" = $2 AND \"name\" = $3",
                vec![node.as_str().into(), place.parent.into(), place.name.into()],
            ))?;
            let set = row.map(|row| row.get(0)).transpose()?;
            Ok(set.ok_or_else(|| format!("the database does not know {node}:{path}")))
        }
    }
}

fn write(tx: &mut Transaction, host: &str, movie: &Found, sets: &[i64], now: i64) -> Result<()> {
    let info = &movie.info;
    let columns = [
        "file_path",
        "store_host",
        "product_size",
        "xaxis",
        "jones",
        "polar",
        "times",
        "channels",
        "yrange",
        "last_check",
    ];
    let limits: Vec<_> = info.yrange.iter().map(ToString::to_string).collect();
    let row: Vec<Value> = vec![
        movie.path.as_str().into(),
        host.into(),
        movie.size_mb.into(),
        info.xaxis.as_str().into(),
        info.jones.clone().into(),
        info.polar.into(),
        info.times.to_vec().into(),
        info.channels.to_vec().into(),
        limits.join(",").into(),
        now.into(),
    ];
    mark_shown(tx, host, &movie.path)?;
    let written = upsert(tx, &movies::GAIN_MOVIE, &columns, &[row], Existing::Overwrite)?;
    let id = written.first().and_then(|row| row.id);
    // What is not told any more must go as well.
    tx.execute(Statement::constant(
        "UPDATE \"gain_movie\" SET \"reference_station\" = $2, \"message\" = $3 WHERE \"gain_movie_id\" = $1",
        vec![id.into(), info.reference_station.clone().into(), info.message.clone().into()],
    ))?;
    for text in [
        "DELETE FROM \"gain_movie_has_station\" WHERE \"gain_movie_id\" = $1",
        "DELETE FROM \"gain_movie_has_measurementset\" WHERE \"gain_movie_id\" = $1",
    ] {
        tx.execute(Statement::constant(text, vec![id.into()]))?;
    }
    let stations: Vec<Vec<Value>> = info
        .stations
        .iter()
        .zip(&info.delays)
        .map(|(station, delay)| vec![id.into(), station.as_str().into(), (*delay).into()])
        .collect();
    let columns = ["gain_movie_id", "station", "delay"];
    upsert(tx, &movies::GAIN_MOVIE_HAS_STATION, &columns, &stations, Existing::Overwrite)?;
    let links: Vec<Vec<Value>> = sets.iter().map(|set| vec![id.into(), (*set).into()]).collect();
    let columns = ["gain_movie_id", "measurementset_id"];
    upsert(tx, &movies::GAIN_MOVIE_HAS_MEASUREMENTSET, &columns, &links, Existing::Keep)?;
    mark_shown(tx, host, &movie.path)
}

/// Marks the observations that a movie shows.
fn mark_shown(tx: &mut Transaction, host: &str, path: &str) -> Result<()> {
    let rows = tx.rows(Statement::constant(
        "SELECT l.\"measurementset_id\" FROM \"gain_movie_has_measurementset\" AS l \
         JOIN \"gain_movie\" AS g ON g.\"gain_movie_id\" = l.\"gain_movie_id\" \
         WHERE g.\"store_host\" = $1 AND g.\"file_path\" = $2",
        vec![host.into(), path.into()],
    ))?;
    let mut names = Vec::new();
    for row in rows {
        if let Some(name) = observation_of(tx, row.get(0)?)?
            && !names.contains(&name)
        {
            meta::mark(tx, &name)?;
            names.push(name);
        }
    }
    Ok(())
}

fn forget(tx: &mut Transaction, host: &str, path: &str) -> Result<u64> {
    mark_shown(tx, host, path)?;
    tx.execute(Statement::constant(
        "DELETE FROM \"gain_movie\" WHERE \"store_host\" = $1 AND \"file_path\" = $2",
        vec![host.into(), path.into()],
    ))
}
