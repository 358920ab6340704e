//! The host's own options of `ledama run MODULE`: long names only, because
//! modules use nearly every letter.

use std::path::PathBuf;

use clap::Args;

/// Flags every module has besides its own options.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run options")]
pub struct RunFlags {
    /// Show what would be done, change nothing
    #[arg(long, alias = "dry-run")]
    pub query: bool,
    /// Answer every question with yes
    #[arg(long)]
    pub yes: bool,
    /// Print the result as one JSON document
    #[arg(long)]
    pub json: bool,
    /// Write a full report (JSON) of what was done
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    pub no_progress: bool,
    /// Read options from a TOML file; those on the command line win
    #[arg(long, value_name = "FILE")]
    pub options: Option<PathBuf>,
    /// Write the options used to a TOML file
    #[arg(long, value_name = "FILE")]
    pub save_options: Option<PathBuf>,
    /// Stop a task after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub time_out: Option<u64>,
    /// Try a task again so many times after its node was lost
    #[arg(long, value_name = "COUNT")]
    pub retries: Option<u32>,
    /// Start nothing more after the first failure
    #[arg(long)]
    pub fail_fast: bool,
}
