//! The worker on this host: a child process, no connection.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use super::failure::{Failure, Trail};
use super::handshake::{Answer, Hello, NoAnswer, shake_hands};
use super::link::Started;
use super::probe::Step;
use super::process::{ProcessWire, Role};
use super::program::Program;
use super::pump::Pump;
use super::watch::Watch;

/// Starts the worker and shakes hands with it.
pub(super) fn start(
    program: &Program,
    hello: &Hello<'_>,
    limit: Duration,
    watch: &Watch,
    trail: &mut Trail,
) -> Result<Started, Failure> {
    watch.begin(Step::Worker, "starting the worker", None);
    let mut command = Command::new(program.path());
    command.arg0("ledama").arg("worker");
    let wire = ProcessWire::spawn(&mut command, Role::Worker).map_err(|e| {
        Failure::worker(format!("`{}` cannot be started: {e}", program.path().display()))
    })?;
    let mut pump = Pump::new(Box::new(wire));
    let failure = match shake_hands(&mut pump, hello, watch, limit) {
        Ok(Answer::Ready(peer)) => {
            trail.passed(Step::Worker, "started on this host");
            trail.passed(Step::Version, format!("ledama {}", peer.version));
            return Ok(Started { pump, peer });
        }
        Ok(_) => Failure::worker("the worker does not start"),
        Err(NoAnswer::Failed(failure)) => failure,
        Err(NoAnswer::Gone(gone)) => {
            Failure::worker(format!("the worker does not start: {}", pump.reason(&gone)))
        }
    };
    pump.leave(Instant::now());
    Err(failure)
}
