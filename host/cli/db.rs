//! `ledama db`: the database as its administrator sees it.

mod check;
mod init;
mod shell;
mod status;

use clap::Subcommand;
use ledama_leddb::store::{Choice, Location, Options, choose};
use ledama_leddb::{Database, LeddbError};

use super::place::Place;
use super::{Outcome, Shared};
use crate::diagnostic::{Diagnostic, Failure};
use crate::report::talk::Talk;

/// Options of `ledama db`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    action: Action,
}

/// Which database; without any of these that of the configuration, else a file in the
/// state folder.
#[derive(Debug, Default, clap::Args)]
struct Which {
    /// The database: `sqlite:FILE` or `postgres://HOST/NAME`
    #[arg(long, global = true, value_name = "URL")]
    dburl: Option<String>,
    /// Name of the database
    #[arg(short = 'w', long, global = true, value_name = "NAME")]
    dbname: Option<String>,
    /// Account of the database
    #[arg(short = 'y', long, global = true, value_name = "ACCOUNT")]
    dbuser: Option<String>,
    /// Host of the database
    #[arg(short = 'z', long, global = true, value_name = "HOST")]
    dbhost: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a database where there is none, with all tables
    ///
    /// A file is made with its folder; on a server the database is made if the account may do
    /// that, with the roles reader, writer and admin if it may make roles. A database that is there
    /// already is brought up to date; one that holds other tables is refused.
    Init(init::Init),
    /// Bring an older database up to date
    ///
    /// All steps happen in one transaction. Make a backup first.
    Migrate(init::Migrate),
    /// Tell where the database stands: place, version, size, rows, ranges, last runs
    ///
    /// Rows of large tables are those that were last counted. The exit code is 1 when there is
    /// something to do: a migration, or a restoration that did not end.
    Status(status::Args),
    /// Look for everything that is wrong: tables, keys, references, pages, summaries
    ///
    /// The exit code is 1 when there is a fault.
    Check(check::Args),
    /// Open the database in `psql` or `sqlite3`, for reading
    Shell(shell::Args),
}

/// Does it.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let talk = Talk::new(shared.color);
    let place = Place::find(shared, &talk)?;
    let choice = Choice {
        url: args.which.dburl.clone(),
        name: args.which.dbname.clone(),
        user: args.which.dbuser.clone(),
        host: args.which.dbhost.clone(),
    };
    let location = choose(&place.config(), &choice).map_err(|error| failure(&error))?;
    match &args.action {
        Action::Init(args) => init::init(&talk, &location, args),
        Action::Migrate(args) => init::migrate(&talk, &location, args),
        Action::Status(args) => status::run(&location, args),
        Action::Check(args) => check::run(&talk, &location, args),
        Action::Shell(args) => shell::run(&location, args),
    }
}

/// Opens whatever is there.
fn connect(location: &Location) -> Result<Database, Failure> {
    Database::connect(location, &Options::default()).map_err(|error| failure(&error))
}

/// An error of the database as the user sees it.
fn failure(error: &LeddbError) -> Failure {
    Diagnostic::error(error.to_string()).maybe_help(error.help()).into()
}
