//! The first words: `hello` from us, `ready` from the worker, whatever the
//! node's login files print before.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::ConnectErrorKind;
use crate::protocol::{FromWorker, PROTOCOL, ToWorker};

use super::Peer;
use super::command_line;
use super::failure::Failure;
use super::last_words::one_line;
use super::probe::Step;
use super::program::VERSION;
use super::pump::{Gone, Pump};
use super::watch::{SLICE, Watch};

/// How the line of a `ready` begins.
const READY: &str = r#"{"say":"ready""#;
/// More than that before the first message is not a greeting.
const NOISE: usize = 256 << 10;

/// What stands at the other end of a start command.
pub(super) enum Answer {
    /// A worker like ourselves.
    Ready(Peer),
    /// Nothing: the node has no such worker.
    Absent,
    /// A worker that belongs to another account.
    Foreign,
}

/// Why there was no answer.
pub(super) enum NoAnswer {
    /// The program ended or cannot be reached.
    Gone(Gone),
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for NoAnswer {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What the worker is told about itself.
pub(super) struct Hello<'a> {
    /// The node's configured name.
    pub(super) node: &'a str,
    pub(super) run_id: &'a str,
}

/// Says hello and waits for the answer.
pub(super) fn shake_hands(
    pump: &mut Pump,
    hello: &Hello<'_>,
    watch: &Watch,
    limit: Duration,
) -> Result<Answer, NoAnswer> {
    pump.queue_json(&ToWorker::Hello {
        protocol: PROTOCOL,
        version: VERSION.to_string(),
        run_id: hello.run_id.to_string(),
        node: hello.node.to_string(),
    });
    let markers = [READY, command_line::ABSENT, command_line::FOREIGN];
    match await_line(pump, &markers, watch, limit)? {
        (0, line) => Ok(Answer::Ready(check_ready(&line)?)),
        (1, _) => Ok(Answer::Absent),
        _ => Ok(Answer::Foreign),
    }
}

/// Waits for a line that begins with one of the markers, wherever in a line
/// of noise it begins.
pub(super) fn await_line(
    pump: &mut Pump,
    markers: &[&str],
    watch: &Watch,
    limit: Duration,
) -> Result<(usize, Vec<u8>), NoAnswer> {
    let deadline = Instant::now() + limit;
    let mut gone = None;
    loop {
        if let Some(index) = pump.lines.skip_to(markers)
            && let Some(line) = pump.lines.next()
        {
            return Ok((index, line.to_vec()));
        }
        if let Some(gone) = gone {
            return Err(NoAnswer::Gone(gone));
        }
        if pump.lines.rest().len() > NOISE {
            return Err(Failure::worker("it prints without end before the worker starts")
                .help("make the login files of the account print nothing when there is no terminal")
                .into());
        }
        if Instant::now() > deadline {
            return Err(silent(pump, limit).into());
        }
        watch.check()?;
        gone = pump.turn(None, SLICE).err();
    }
}

fn silent(pump: &Pump, limit: Duration) -> Failure {
    let mut message = format!("no answer from the worker within {} s", limit.as_secs());
    let said = one_line(pump.lines.rest());
    let words = pump.words.text();
    if !said.is_empty() || !words.is_empty() {
        let all = [said, words].into_iter().filter(|text| !text.is_empty());
        message = format!("{message}; it said: {}", all.collect::<Vec<_>>().join("; "));
    }
    Failure::unreachable(Step::Worker, message)
        .help("a slow login file or home folder of the account may be the cause; see `ssh.connect_timeout`")
}

/// Checks what the worker says about itself.
fn check_ready(line: &[u8]) -> Result<Peer, Failure> {
    let unreadable = || Failure::worker(format!("the worker answers `{}`", one_line(line)));
    let mut value: Value = serde_json::from_slice(line).map_err(|_| unreadable())?;
    let protocol = value["protocol"].as_u64();
    let version = value["version"].as_str().unwrap_or("?").to_string();
    if protocol != Some(u64::from(PROTOCOL)) || version != VERSION {
        let protocol = protocol.map_or_else(|| "?".to_string(), |p| p.to_string());
        return Err(Failure::new(
            Step::Version,
            ConnectErrorKind::Worker,
            format!(
                "the worker is ledama {version} (protocol {protocol}), this is {VERSION} \
                 (protocol {PROTOCOL})"
            ),
        )
        .help("remove the folder `ssh.worker_folder` (default `~/.cache/ledama`) on the node"));
    }
    match serde_json::from_value(value.take()) {
        Ok(FromWorker::Ready { version, hostname, pid, processors, .. }) => {
            Ok(Peer { version, hostname, pid, processors, uploaded: false })
        }
        _ => Err(unreadable()),
    }
}
