//! `ledama recipe`: tasks made of modules, listed, shown, printed as a shell
//! script, or run.

mod desk;
mod flags;
mod list;
mod resume;
mod run;
pub mod shelf;

use std::ffi::OsString;

use clap::{Args as _, Subcommand};

use super::{Outcome, Shared, words};
use crate::report::results;
use crate::run::outcome;
use desk::{Asked, Ready};

/// Options of `ledama recipe`.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "`ledama recipe run RECIPE --help` shows the options of one, and they are the same for show and print."
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// What stands after the recipe: its options.
    #[arg(skip)]
    rest: Vec<OsString>,
}

impl Args {
    /// The same with everything after the recipe.
    #[must_use]
    pub(super) fn with_rest(mut self, rest: Vec<OsString>) -> Self {
        self.rest = rest;
        self
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the recipes
    List(list::Args),
    /// Show the steps of a recipe: modules, order, files
    Show(Which),
    /// Print the steps as a shell script
    Print(Which),
    /// Run the steps one after the other
    Run(Which),
}

/// Which recipe.
#[derive(Debug, clap::Args)]
#[command(override_usage = "ledama recipe show|print|run RECIPE [OPTIONS]")]
struct Which {
    /// Name of a recipe, or path of its file
    #[arg(value_name = "RECIPE", required = true)]
    recipe: String,
}

/// What is done with the steps of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Shown as a table.
    Show,
    /// Printed as a script.
    Print,
    /// Carried out.
    Run,
}

impl Verb {
    /// All.
    pub const ALL: [Self; 3] = [Self::Show, Self::Print, Self::Run];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Show => "show",
            Self::Print => "print",
            Self::Run => "run",
        }
    }

    /// The verb that a word means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.word() == word)
    }
}

/// The host's options of a verb, with long names only.
pub fn host_options(verb: Verb, command: clap::Command) -> clap::Command {
    let command = match verb {
        Verb::Show => flags::ShowFlags::augment_args(command),
        Verb::Print => flags::PrintFlags::augment_args(command),
        Verb::Run => flags::RunFlags::augment_args(command),
    };
    let command = Shared::augment_args(command);
    command.mut_arg("verbose", |a| a.short(None)).mut_args(|a| {
        if a.is_global_set() { a.global(false).help_heading("Recipe options") } else { a }
    })
}

/// Does what was asked for.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let asked = |verb, which: &Which| Asked {
        verb,
        recipe: which.recipe.clone(),
        rest: args.rest.clone(),
        shared: shared.overridden_by(&words::shared(&args.rest)),
    };
    match &args.command {
        Command::List(list) => list::run(shared, list),
        Command::Show(which) => show(&asked(Verb::Show, which)),
        Command::Print(which) => print(&asked(Verb::Print, which)),
        Command::Run(which) => run::run(&asked(Verb::Run, which)),
    }
}

fn show(asked: &Asked) -> Outcome {
    let Some(ready) = Ready::of(asked)? else { return Ok(outcome::OK) };
    let flags: flags::ShowFlags = ready.flags()?;
    ready.warn_of_obstacles();
    if flags.json {
        results::json(&ready.json());
    } else {
        results::write(&ready.table());
    }
    Ok(outcome::OK)
}

fn print(asked: &Asked) -> Outcome {
    let Some(ready) = Ready::of(asked)? else { return Ok(outcome::OK) };
    ready.warn_of_obstacles();
    results::bytes(&ready.script());
    Ok(outcome::OK)
}
