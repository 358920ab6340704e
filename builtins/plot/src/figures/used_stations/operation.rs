//! The operation `plot.used_stations`.

use ledama_analysis::diag::database;
use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_leddb::LeddbError;
use ledama_leddb::query::{participations, stations};
use ledama_leddb::store::{Statement, Transaction};
use serde::{Deserialize, Serialize};

use super::{Usage, Wanted, figure};
use crate::figure::Theme;
use crate::figures::picture::{Picture, Written};

/// Draws which station took part in which observation.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotUsedStations;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedInput {
    /// The database, as a URL.
    pub database: String,
    /// Longest time of a query, s.
    #[serde(default)]
    pub timeout_s: Option<i64>,
    /// What is shown.
    pub wanted: Wanted,
    /// Pixels at scale 1.
    pub size: (u32, u32),
    /// Everything so many times larger.
    pub scale: f64,
    /// Colours of paper and ink.
    pub theme: Theme,
    /// Where it goes; only the table if there is none.
    pub picture: Option<Picture>,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsedOutput {
    /// Files, and numbers if they were asked for.
    #[serde(flatten)]
    pub written: Written,
    /// Stations that are shown.
    pub stations: usize,
    /// Observations.
    pub observations: usize,
    /// Their total length.
    pub hours: f64,
    /// Station, observation, start, end, hours; if there is no picture.
    pub table: Vec<[String; 5]>,
}

impl UsedInput {
    /// Finds names that the database does not know before anything else is done.
    pub fn check(&self) -> Result<(), OperationError> {
        if self.wanted.ldss.is_empty() && self.wanted.stations.is_empty() {
            return Ok(());
        }
        let database = database::open(&self.database, self.timeout_s)?;
        let read = database.read(names).map_err(|error| database::failed(&error));
        let (stations, observations) = read?;
        self.wanted.check(&stations, &observations)
    }
}

/// The stations and the observations of a database.
fn names(tx: &mut Transaction) -> Result<(Vec<String>, Vec<String>), LeddbError> {
    let stations = stations(tx, None, None)?.into_iter().map(|station| station.name).collect();
    let query = "SELECT \"name\" FROM \"lofar_dataset\" ORDER BY \"name\"";
    let rows = tx.rows(Statement::constant(query, Vec::new()))?;
    let observations = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    Ok((stations, observations))
}

impl Operation for PlotUsedStations {
    const NAME: &'static str = "plot.used_stations";
    const VERB: &'static str = "draw";
    const EFFECT: Effect = Effect::Changes;
    type Input = UsedInput;
    type Output = UsedOutput;

    fn run(
        &self,
        input: UsedInput,
        ctx: &dyn OperationContext,
    ) -> Result<UsedOutput, OperationError> {
        ctx.check()?;
        let database = database::open(&input.database, input.timeout_s)?;
        let read = database.read(|tx| {
            let (stations, observations) = names(tx)?;
            Ok((participations(tx)?, stations, observations))
        });
        let (rows, known, names) = read.map_err(|error| database::failed(&error))?;
        let usage = Usage::select(rows, &known, &names, &input.wanted)?;
        let mut output = UsedOutput {
            stations: usage.stations.len(),
            observations: usage.count(),
            hours: usage.hours(),
            ..UsedOutput::default()
        };
        match &input.picture {
            None => output.table = usage.table(),
            Some(picture) => {
                picture.check()?;
                let mut figure = figure(&usage, &input.wanted)?;
                (figure.size, figure.scale, figure.theme) = (input.size, input.scale, input.theme);
                ctx.check()?;
                output.written = picture.write(&figure)?;
            }
        }
        Ok(output)
    }
}
