//! Starts the worker on a node, putting it there first if need be.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ledama_base::quote::QuoteError;

use super::command_line;
use super::failure::{Failure, Trail};
use super::gate::Gate;
use super::handshake::{Answer, Hello, NoAnswer, await_line, shake_hands};
use super::link::Started;
use super::probe::Step;
use super::program::Program;
use super::pump::{Gone, Pump};
use super::watch::{SLICE, Watch};
use super::wire::{Exit, Wire};

/// Uploads at the same time, once one was made.
const UPLOADS: usize = 4;
/// Bytes of an upload in memory.
const PIECE: usize = 1 << 20;
/// How long an upload may stand still; the digest and a slow disk are part of it.
const STALL: Duration = Duration::from_mins(2);
/// What ending a finished command may take.
const LEAVING: Duration = Duration::from_millis(300);

/// Runs command lines on one node; one at a time.
pub(super) trait Opener {
    /// Starts a command line of [`command_line`].
    fn open(&mut self, line: &str, watch: &Watch) -> Result<Box<dyn Wire>, Failure>;

    /// What the client itself said about a command that never ran.
    fn explain(&self, pump: &Pump, gone: &Gone) -> Option<Failure>;
}

/// What all bootstraps of a run share.
#[derive(Debug)]
pub(super) struct Bootstrap {
    /// What is started.
    pub(super) program: Program,
    /// Folder on the nodes, absolute or in the home folder.
    pub(super) folder: String,
    /// How long the worker may take to answer.
    pub(super) answer_limit: Duration,
    uploads: Arc<Gate>,
}

impl Bootstrap {
    pub(super) fn new(program: Program, folder: &str, answer_limit: Duration) -> Self {
        let folder = match folder.strip_prefix("~/").unwrap_or(folder) {
            "" => ".cache/ledama",
            folder => folder,
        };
        // One place until the first upload is through: where all nodes share
        // a home folder it is the only one.
        Self { program, folder: folder.to_string(), answer_limit, uploads: Gate::new(1) }
    }

    /// Starts the worker and shakes hands with it. `uploaded` remembers from
    /// one attempt to the next whether the program was put there.
    pub(super) fn start(
        &self,
        opener: &mut dyn Opener,
        hello: &Hello<'_>,
        uploaded: &mut Option<bool>,
        watch: &Watch,
        trail: &mut Trail,
    ) -> Result<Started, Failure> {
        watch.begin(Step::Worker, "starting the worker", None);
        let identity = self.program.identity().map_err(Failure::worker)?;
        let start = command_line::start(&self.folder, identity).map_err(unquotable)?;
        loop {
            let mut pump = Pump::new(opener.open(&start, watch)?);
            let answer = shake_hands(&mut pump, hello, watch, self.answer_limit);
            let failure = match answer {
                Ok(Answer::Ready(mut peer)) => {
                    peer.uploaded = *uploaded == Some(true);
                    let how = if peer.uploaded { "uploaded" } else { "present" };
                    trail.passed(Step::Worker, format!("{how}: `{}/{identity}`", self.folder));
                    trail.passed(Step::Version, format!("ledama {}", peer.version));
                    return Ok(Started { pump, peer });
                }
                Ok(Answer::Absent) if uploaded.is_none() => {
                    pump.leave(Instant::now() + LEAVING);
                    *uploaded = Some(self.upload(opener, identity, watch)?);
                    continue;
                }
                Ok(Answer::Absent) => Failure::worker(format!(
                    "`{}/{identity}/ledama` was put there and cannot be executed",
                    self.folder
                ))
                .help(OTHER_FOLDER),
                Ok(Answer::Foreign) => self.foreign(),
                Err(NoAnswer::Failed(failure)) => failure,
                Err(NoAnswer::Gone(gone)) => {
                    opener.explain(&pump, &gone).unwrap_or_else(|| Self::not_started(&pump, &gone))
                }
            };
            pump.leave(Instant::now() + LEAVING);
            return Err(failure);
        }
    }

    /// Puts the program there; false if it came there from elsewhere meanwhile.
    fn upload(
        &self,
        opener: &mut dyn Opener,
        identity: &str,
        watch: &Watch,
    ) -> Result<bool, Failure> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let _permit = self.uploads.enter(watch)?;
        let sha256 = self.program.sha256().map_err(Failure::worker)?;
        let temporary = format!(
            ".part-{}-{}-{}",
            rustix::system::uname().nodename().to_string_lossy().replace('/', "_"),
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let line =
            command_line::store(&self.folder, identity, &temporary, sha256).map_err(unquotable)?;
        let mut pump = Pump::new(opener.open(&line, watch)?);
        let result = self.send(&mut pump, watch);
        let result = result.map_err(|no_answer| match no_answer {
            NoAnswer::Failed(failure) => failure,
            NoAnswer::Gone(gone) => {
                opener.explain(&pump, &gone).unwrap_or_else(|| self.not_stored(&pump, &gone))
            }
        });
        pump.leave(Instant::now() + LEAVING);
        if result.is_ok() {
            self.uploads.widen(UPLOADS);
        }
        result
    }

    fn send(&self, pump: &mut Pump, watch: &Watch) -> Result<bool, NoAnswer> {
        let markers = [command_line::PRESENT, command_line::SEND, command_line::FOREIGN];
        match await_line(pump, &markers, watch, self.answer_limit)?.0 {
            0 => return Ok(false),
            1 => {}
            _ => return Err(self.foreign().into()),
        }
        send_file(pump, self.program.path(), watch)?;
        await_line(pump, &[command_line::STORED], watch, STALL)?;
        Ok(true)
    }

    fn foreign(&self) -> Failure {
        Failure::worker(format!("`{}` on the node belongs to another account", self.folder))
            .help(OTHER_FOLDER)
    }

    fn not_stored(&self, pump: &Pump, gone: &Gone) -> Failure {
        if matches!(gone.exit, None | Some(Exit::Connection)) {
            let reason = pump.reason(gone);
            return Failure::unreachable(Step::Worker, format!("lost during the upload: {reason}"));
        }
        let words = match pump.words.text() {
            words if words.is_empty() => pump.reason(gone),
            words => words,
        };
        Failure::worker(format!("the worker cannot be put into `{}`: {words}", self.folder))
            .help(OTHER_FOLDER)
    }

    fn not_started(pump: &Pump, gone: &Gone) -> Failure {
        let reason = pump.reason(gone);
        let failure = if matches!(gone.exit, None | Some(Exit::Connection)) {
            Failure::unreachable(Step::Worker, format!("lost while the worker started: {reason}"))
        } else {
            Failure::worker(format!("the worker does not start: {reason}"))
        };
        let words = pump.words.raw();
        if ["shared libraries", "GLIBC"].iter().any(|part| words.contains(part)) {
            return failure.help(
                "the node lacks a library that this program needs: install it there, or build \
                 ledama on the oldest of your systems",
            );
        }
        if ["Exec format error", "cannot execute binary file"].iter().any(|p| words.contains(p)) {
            return failure.help("the node's processor is of another kind: build ledama for it");
        }
        match gone.exit {
            // What shells answer when a file is there but cannot be executed.
            Some(Exit::Status(126 | 127)) => failure.help(OTHER_FOLDER),
            _ => failure,
        }
    }
}

const OTHER_FOLDER: &str =
    "set `ssh.worker_folder` to a folder of your own on the nodes where programs can be executed";

fn unquotable(error: QuoteError) -> Failure {
    Failure::worker(error.to_string()).help("see `ssh.worker_folder`")
}

fn send_file(pump: &mut Pump, path: &Path, watch: &Watch) -> Result<(), NoAnswer> {
    let unreadable =
        |e: std::io::Error| Failure::worker(format!("cannot read `{}`: {e}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let mut piece = vec![0; PIECE];
    let mut moved = Instant::now();
    loop {
        if pump.queued() < PIECE {
            match file.read(&mut piece).map_err(unreadable)? {
                0 => break,
                count => pump.queue(&piece[..count]),
            }
        }
        let before = pump.queued();
        pump.turn(None, SLICE).map_err(NoAnswer::Gone)?;
        if pump.queued() < before {
            moved = Instant::now();
        } else if moved.elapsed() > STALL {
            return Err(Failure::unreachable(
                Step::Worker,
                format!("the upload stood still for {} s", STALL.as_secs()),
            )
            .into());
        }
        watch.check()?;
    }
    pump.close_input();
    Ok(())
}

/// How far the node's clock is ahead of ours, s, and how exactly that is
/// known: its time is taken to be that in the middle of the question.
pub(super) fn ask_clock(
    opener: &mut dyn Opener,
    watch: &Watch,
    limit: Duration,
) -> Result<(f64, f64), Failure> {
    use std::time::SystemTime;
    let mut pump = Pump::new(opener.open(&command_line::clock().map_err(unquotable)?, watch)?);
    let asked = SystemTime::now();
    let answer = await_line(&mut pump, &[command_line::CLOCK], watch, limit);
    let elapsed = asked.elapsed().unwrap_or_default();
    pump.leave(Instant::now() + LEAVING);
    let unknown = || Failure::unreachable(Step::Clock, "the node does not tell its time");
    let (_, line) = answer.map_err(|_| unknown())?;
    let text = String::from_utf8_lossy(&line);
    let told = text.strip_prefix(command_line::CLOCK).map(str::trim).unwrap_or_default();
    // `%N` stays as it is where `date` does not know it.
    let told: f64 = told.trim_end_matches(['%', 'N', '.']).parse().map_err(|_| unknown())?;
    let ours = (asked + elapsed / 2).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok((told - ours.as_secs_f64(), elapsed.as_secs_f64() / 2.0))
}
