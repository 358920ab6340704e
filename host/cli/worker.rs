//! `ledama worker`: the side of this program that runs on the nodes.

use std::process::ExitCode;
use std::sync::Arc;

/// Options of `ledama worker`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Serve one data stream of a copy instead of a host
    #[arg(long)]
    data: bool,
}

/// Serves until standard input closes.
pub(super) fn run(args: &Args) -> ExitCode {
    if args.data {
        return match ledama_transfer::serve_stream(std::io::stdin(), std::io::stdout()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("ledama worker: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let registry = Arc::new(crate::engine::builtins::operations());
    let options = ledama_cluster::worker::Options::default();
    let code = ledama_cluster::worker::serve_process(registry, options);
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
