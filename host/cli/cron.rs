//! `ledama cron`: what runs by itself, and when.

mod list;
mod resolve;
mod run;
mod tables;

use std::path::PathBuf;

use clap::Subcommand;

pub(super) use resolve::faults;

use super::{Outcome, Shared};

/// Options of `ledama cron`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the jobs: where and when each runs, and what came of its last run
    ///
    /// Jobs are `[[jobs]]` of the configuration, or the built-in ones where it has none. The last
    /// run is known on the host that ran it, and on those that share its state folder.
    List {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a job now, as cron or systemd do
    ///
    /// Refuses on another host than that of the job, for another account, and a job that is
    /// disabled. Output goes to the log of the job. If it is running already, this says so, starts
    /// nothing and ends with exit code 0; `ledama cron list` counts such runs. A run that fails is
    /// told by mail and hook as the configuration says; the exit code is that of the run.
    Run {
        /// Name of the job
        job: String,
        /// Run it although it belongs to another host or account, or is disabled
        #[arg(long)]
        here: bool,
    },
    /// Print the lines of a crontab
    ///
    /// For the crontab of an account (`crontab FILE`), or for a file in /etc/cron.d (`--system`).
    Crontab {
        #[command(flatten)]
        whose: Whose,
        /// For /etc/cron.d: the jobs of all accounts, with the name of the account in each line
        #[arg(long, conflicts_with = "account")]
        system: bool,
    },
    /// Print or write units of systemd: a service and a timer for each job
    Systemd {
        #[command(flatten)]
        whose: Whose,
        /// For the manager of an account (`systemctl --user`) instead of the system's
        #[arg(long)]
        user: bool,
        /// Write them into this folder; older ones of the same name are replaced
        #[arg(long, value_name = "FOLDER")]
        write: Option<PathBuf>,
    },
}

/// Which jobs are written.
#[derive(Debug, clap::Args)]
struct Whose {
    /// Jobs of this host; default: this one
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Jobs of this account; default: your own
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Path of this program there; default: as here
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Lists, runs or writes.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    match &args.action {
        Action::List { json } => list::list(shared, *json),
        Action::Run { job, here } => run::run(shared, job, *here),
        Action::Crontab { whose, system } => tables::crontab(shared, whose, *system),
        Action::Systemd { whose, user, write } => {
            tables::systemd(shared, whose, *user, write.as_deref())
        }
    }
}
