//! The host's own options of `ledama recipe show|print|run RECIPE`: long names
//! only, because recipes use the letters.

use std::path::PathBuf;

use clap::Args;

/// Options of `show`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recipe options")]
pub(super) struct ShowFlags {
    /// Print the steps as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) files: Files,
}

/// Options of `print`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recipe options")]
pub(super) struct PrintFlags {
    #[command(flatten)]
    pub(super) files: Files,
}

/// Options of `run`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recipe options")]
pub(super) struct RunFlags {
    /// Show each step, and what its module would do where its files are there; change nothing
    #[arg(long)]
    pub(super) query: bool,
    /// Answer every question with yes
    #[arg(long)]
    pub(super) yes: bool,
    /// Go on where an earlier run with the same options has stopped
    #[arg(long)]
    pub(super) resume: bool,
    /// Begin with this step
    #[arg(long, value_name = "STEP")]
    pub(super) from: Option<String>,
    /// Do these steps only
    #[arg(long, value_name = "STEP", num_args = 1.., value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Journal of the run; default: one for each recipe, folder and options in the state folder
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
    #[command(flatten)]
    pub(super) files: Files,
}

/// Options in files.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Files {
    /// Read options from a TOML file; those on the command line win
    #[arg(long, value_name = "FILE")]
    pub(super) options: Option<PathBuf>,
    /// Write the options used to a TOML file
    #[arg(long, value_name = "FILE")]
    pub(super) save_options: Option<PathBuf>,
}
