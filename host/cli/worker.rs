//! `ledama worker`: the side of this program that runs on the nodes.

use std::process::ExitCode;
use std::sync::Arc;

/// Options of `ledama worker`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Serve one data stream of a copy instead of a host
    #[arg(long)]
    data: bool,
}

/// Serves until standard input closes.
pub fn run(args: &Args) -> ExitCode {
    let registry = Arc::new(crate::engine::builtins::operations());
    let code = if args.data {
        0 // ledama_transfer::serve_stream()
    } else {
        ledama_cluster::worker::serve_process(registry, ledama_cluster::worker::Options::default())
    };
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
