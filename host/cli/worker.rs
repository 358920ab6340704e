//! `ledama worker`: the side of this program that runs on the nodes.

use super::Outcome;

/// Options of `ledama worker`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Serve one data stream of a copy instead of a host
    #[arg(long)]
    data: bool,
}

/// Serves until standard input closes.
pub fn run(args: &Args) -> Outcome {
    let registry = crate::engine::builtins::operations();
    if args.data {
        return Ok(ledama_transfer::serve_stream());
    }
    Ok(ledama_cluster::worker::serve(&registry))
}
