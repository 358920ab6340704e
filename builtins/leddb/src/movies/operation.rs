//! Movies as operations: looked for on their machine, written on this host.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::{Found, Registered, Scanned, register, scan};
use crate::edit::operation::change;

/// Looks for movies.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScanMovies;

/// Where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanMoviesInput {
    /// The folder that the folders of observations are in.
    pub path: String,
    /// Movies that the database knows of this machine.
    pub known: Vec<String>,
}

impl Operation for ScanMovies {
    const NAME: &'static str = "leddb.scan_movies";
    const VERB: &'static str = "look for movies below";
    const EFFECT: Effect = Effect::Reads;
    type Input = ScanMoviesInput;
    type Output = Scanned;

    fn run(
        &self,
        input: ScanMoviesInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Scanned, OperationError> {
        scan(&input.path, &input.known)
    }
}

/// Writes movies into the database.
#[derive(Debug, Clone, Copy, Default)]
pub struct RegisterMovies;

/// Which, of which machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterMoviesInput {
    /// The database, as a URL.
    pub database: String,
    /// The machine.
    pub host: String,
    /// Its movies.
    pub movies: Vec<Found>,
    /// Movies that are no more.
    pub gone: Vec<String>,
    /// When they were looked at, seconds since 1970 UTC.
    pub looked: i64,
}

impl Operation for RegisterMovies {
    const NAME: &'static str = "leddb.register_movies";
    const VERB: &'static str = "write into the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = RegisterMoviesInput;
    type Output = Registered;

    fn run(
        &self,
        input: RegisterMoviesInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Registered, OperationError> {
        change(&input.database, |tx| {
            register(tx, &input.host, &input.movies, &input.gone, input.looked)
        })
    }
}
