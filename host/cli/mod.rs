//! The command line: one file per sub-command, nothing but options and glue.

mod check;
mod completions;
mod config;
mod cron;
mod db;
mod describe;
mod desk;
mod docs;
mod doctor;
mod entries;
mod facts;
mod list;
mod modules;
mod ms;
mod new;
mod place;
pub mod recipe;
mod repl;
pub mod run;
pub mod run_flags;
mod signals;
mod words;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::report::talk::{Color, Talk};
use crate::run::outcome;

/// Looks after measurement sets on many nodes: scripts say what to do, this program knows how.
#[derive(Debug, Parser)]
#[command(
    name = "ledama",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// What every sub-command understands.
#[derive(Debug, Clone, clap::Args)]
pub struct Shared {
    /// Configuration file, read after the system's and your own
    #[arg(long, global = true, value_name = "FILE", display_order = 900)]
    pub config: Option<PathBuf>,
    /// Folders searched first for modules, separated by `:`
    #[arg(long, global = true, value_name = "FOLDERS", display_order = 901)]
    pub modules: Option<OsString>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        display_order = 902
    )]
    pub color: Color,
    /// Tell more: every connection and every task
    #[arg(short, long, global = true, action = clap::ArgAction::Count, display_order = 903)]
    pub verbose: u8,
}

impl Shared {
    /// These, unless the options of a module say otherwise.
    #[must_use]
    pub fn overridden_by(&self, inner: &Self) -> Self {
        Self {
            config: inner.config.clone().or_else(|| self.config.clone()),
            modules: inner.modules.clone().or_else(|| self.modules.clone()),
            color: if inner.color == Color::Auto { self.color } else { inner.color },
            verbose: inner.verbose.max(self.verbose),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a module or a script: `ledama run MODULE --help` shows its options
    Run(run::Args),
    /// List the modules
    List(list::Args),
    /// Tasks made of modules: list, show, print or run them
    Recipe(recipe::Args),
    /// Tell everything about a module
    Describe(describe::Args),
    /// Find every fault of scripts and their manifests without running them
    Check(check::Args),
    /// Write the scaffold of a new module
    New(new::Args),
    /// Show, write or check the configuration
    Config(config::Args),
    /// Modules that run by themselves: list and run the jobs, write tables for cron and systemd
    Cron(cron::Args),
    /// Make, migrate, look at and check the diagnostic database
    Db(db::Args),
    /// Look at measurement sets and other casacore tables of this host
    Ms(ms::Args),
    /// Find out whether nodes, keys and programs are in order
    Doctor(doctor::Args),
    /// Try out builtins line by line
    ///
    /// Everything is real: `run` is a run, and `run.execute(plan)` carries a plan out. Inside,
    /// `:help` tells more. Lines can also come from a file or a pipe: they are evaluated one after
    /// the other, values go to standard output, and the first error ends it with exit code 1.
    Repl(repl::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Write the manual, or check that it is up to date
    Docs(docs::Args),
    /// Serve a host over standard input and output (started by ledama itself)
    #[command(hide = true)]
    Worker(worker::Args),
    /// Answer a shell's completion request
    #[command(hide = true, name = "__complete")]
    Complete(completions::CompleteArgs),
}

/// Why a sub-command ended without doing its work; printed once, here.
pub type Failure = crate::diagnostic::Failure;

/// What sub-commands return: an exit code.
pub type Outcome = Result<u8, Failure>;

/// The program.
pub fn main() -> ExitCode {
    let words = words::split(std::env::args_os());
    let matches = match Cli::command().try_get_matches_from(words.own) {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let talk = Talk::new(cli.shared.color);
    let shared = cli.shared;
    let result = match cli.command {
        Command::Run(args) => run::run(&shared, &args.with_rest(words.rest)),
        Command::List(args) => list::run(&shared, &args),
        Command::Recipe(args) => recipe::run(&shared, &args.with_rest(words.rest)),
        Command::Describe(args) => describe::run(&shared, &args),
        Command::Check(args) => check::run(&shared, &args),
        Command::New(args) => new::run(&shared, &args),
        Command::Docs(args) => docs::run(&shared, &args),
        Command::Config(args) => config::run(&shared, &args),
        Command::Cron(args) => cron::run(&shared, &args),
        Command::Db(args) => db::run(&shared, &args),
        Command::Ms(args) => ms::run(&args),
        Command::Doctor(args) => doctor::run(&shared, &args),
        Command::Repl(args) => repl::run(&shared, &args),
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Worker(args) => return worker::run(&args),
        Command::Complete(args) => Ok(completions::complete(&args)),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.show(&talk);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help and version are answers (exit 0); anything else is a usage error (exit 2).
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    match error.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => {
            ExitCode::from(outcome::OK)
        }
        _ => ExitCode::from(outcome::NOTHING_DONE),
    }
}

/// The whole command line as data, for completion and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}
