//! `ledama db shell`: the program of the database itself, at the right place.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use ledama_leddb::Database;
use ledama_leddb::store::{Location, Options};

use super::super::Outcome;
use super::failure;
use crate::diagnostic::Diagnostic;

/// Options of `ledama db shell`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Let it change the database
    #[arg(long)]
    write: bool,
    /// Arguments of the program, after `--`
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub(super) fn run(location: &Location, args: &Args) -> Outcome {
    let mut command = match location {
        Location::Sqlite(path) => {
            let mut command = Command::new(find("sqlite3", location)?);
            if !Database::exists(location, &Options::default()).map_err(|e| failure(&e))? {
                let error = ledama_leddb::LeddbError::NoDatabase { place: location.to_string() };
                return Err(failure(&error));
            }
            if !args.write {
                command.arg("-readonly");
            }
            // Arguments that begin with a dash are options; a file never does.
            command.arg("-cmd").arg("PRAGMA foreign_keys = ON");
            command.args(&args.arguments);
            command.arg(std::path::absolute(path).unwrap_or_else(|_| path.clone()));
            command
        }
        Location::Postgres(server) => {
            let mut command = Command::new(find("psql", location)?);
            let host = server.get_socket().map_or_else(
                || server.get_host().to_string(),
                |folder| folder.display().to_string(),
            );
            command.arg(format!("--host={host}"));
            command.arg(format!("--port={}", server.get_port()));
            command.arg(format!("--username={}", server.get_username()));
            command.arg(format!("--dbname={}", server.get_database().unwrap_or_default()));
            if let Some(mode) =
                location.to_string().split_once("?sslmode=").map(|(_, mode)| mode.to_string())
            {
                command.env("PGSSLMODE", mode);
            }
            if !args.write {
                let mut options = std::env::var_os("PGOPTIONS").unwrap_or_default();
                options.push(" -c default_transaction_read_only=on");
                command.env("PGOPTIONS", options);
            }
            command.args(&args.arguments);
            command
        }
    };
    // It takes the place of this process: terminal, signals and exit code are its own.
    let error = command.exec();
    let program = command.get_program().to_string_lossy().into_owned();
    Err(Diagnostic::error(format!("cannot start {program}: {error}")).into())
}

/// Where the program is, along `$PATH`.
fn find(program: &str, location: &Location) -> Result<PathBuf, Diagnostic> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            let package = if program == "psql" { "postgresql-client" } else { "sqlite3" };
            Diagnostic::error(format!("`{program}` is not on the path"))
                .note(format!("the database is {location}"))
                .help(format!("install it (Debian and Ubuntu: `apt install {package}`)"))
        })
}
