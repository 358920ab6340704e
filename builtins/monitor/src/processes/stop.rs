//! The operation `monitor.stop`: ends one process and waits for its end.
//!
//! The process is held by a descriptor that is opened before its start time
//! is compared; a signal sent through that reaches this process or none.
//! Kernels before 5.3 have no such descriptor: there the start time is
//! compared right before each signal.

use std::fmt;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

use super::accounts::Names;
use super::family::Family;
use super::identity::{Identity, boot_id};
use super::protect::Protection;
use super::table::{Process, Stat};

/// How long a killed process may take to vanish.
const VANISH: Duration = Duration::from_secs(5);
/// Between two looks whether anybody still waits for the answer.
const LOOK: Duration = Duration::from_millis(50);

/// Ends a process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stop;

/// Which one, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopInput {
    /// As it was listed.
    pub process: Identity,
    /// The first signal.
    #[serde(default)]
    pub signal: StopSignal,
    /// How long it has to end before it is killed, milliseconds.
    pub grace_ms: u64,
    /// The launching program, which is never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<Identity>,
}

/// Signals that ask a process to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// The usual one.
    #[default]
    Term,
    /// As Ctrl-C.
    Int,
    /// As the end of a terminal.
    Hup,
    /// As Ctrl-\, which leaves a core file.
    Quit,
    /// It is not asked but ended.
    Kill,
}

impl StopSignal {
    fn signal(self) -> Signal {
        match self {
            Self::Term => Signal::TERM,
            Self::Int => Signal::INT,
            Self::Hup => Signal::HUP,
            Self::Quit => Signal::QUIT,
            Self::Kill => Signal::KILL,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOutput {
    /// How it ended.
    pub result: Ending,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// When it was asked to.
    Ended,
    /// By KILL.
    Killed,
    /// Before anything was sent.
    Gone,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "ended",
            Self::Killed => "killed",
            Self::Gone => "gone already",
        })
    }
}

impl Operation for Stop {
    const NAME: &'static str = "monitor.stop";
    const VERB: &'static str = "end";
    const EFFECT: Effect = Effect::Changes;
    type Input = StopInput;
    type Output = StopOutput;

    fn run(
        &self,
        input: StopInput,
        ctx: &dyn OperationContext,
    ) -> Result<StopOutput, OperationError> {
        ctx.check()?;
        if input.process.pid <= 1 {
            return Err(refused("process 1 and what is no process are never ended"));
        }
        if input.process.boot_id != boot_id() {
            // The node was started anew.
            return Ok(StopOutput { result: Ending::Gone });
        }
        let target = Target::open(&input.process, true);
        end(&target, &input, ctx).map(|result| StopOutput { result })
    }
}

fn end(
    target: &Target<'_>,
    input: &StopInput,
    ctx: &dyn OperationContext,
) -> Result<Ending, OperationError> {
    let Some(process) = target.look()? else { return Ok(Ending::Gone) };
    may_be_ended(&process, input.launcher.as_ref())?;
    ask_and_kill(target, &process, input, ctx)
}

fn ask_and_kill(
    target: &Target<'_>,
    process: &Process,
    input: &StopInput,
    ctx: &dyn OperationContext,
) -> Result<Ending, OperationError> {
    if !target.send(input.signal.signal(), process.uid)? {
        return Ok(Ending::Gone);
    }
    if input.signal != StopSignal::Kill {
        if matches!(process.stat.state, b'T' | b't') {
            // It hears the signal when it goes on.
            target.send(Signal::CONT, process.uid)?;
        }
        if target.has_ended(Duration::from_millis(input.grace_ms), ctx)? {
            return Ok(Ending::Ended);
        }
        if !target.send(Signal::KILL, process.uid)? {
            return Ok(Ending::Ended);
        }
        ctx.log("did not end when it was asked to, killed");
    }
    if target.has_ended(VANISH, ctx)? {
        return Ok(Ending::Killed);
    }
    let message = "it was killed but does not end: it hangs in the kernel";
    Err(OperationError::new(ErrorKind::Io, message).help(
        "it ends when the disk or network it waits for answers, or when the node starts anew",
    ))
}

/// Refuses what is never ended. Asked again here, because a process can become
/// another program between being listed and being ended.
fn may_be_ended(process: &Process, launcher: Option<&Identity>) -> Result<(), OperationError> {
    if let Some(why) = Protection::of(process) {
        return Err(refused(&format!("it is {why}, which is never ended")));
    }
    if Family::new(launcher).contains(process.pid) {
        return Err(refused("it belongs to this run of ledama, or this run to it"));
    }
    Ok(())
}

fn refused(message: &str) -> OperationError {
    OperationError::new(ErrorKind::Refused, message)
}

/// A process that is held.
struct Target<'a> {
    identity: &'a Identity,
    pid: Option<Pid>,
    /// None where the kernel gives none, or the process is gone.
    descriptor: Option<OwnedFd>,
}

impl<'a> Target<'a> {
    /// Holds a process by a descriptor, if that is wanted and possible.
    fn open(identity: &'a Identity, hold: bool) -> Self {
        let pid = Pid::from_raw(identity.pid);
        let held = pid.filter(|_| hold);
        let open = |pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok();
        Self { identity, pid, descriptor: held.and_then(open) }
    }

    /// The process that was meant; nothing if it has ended.
    fn look(&self) -> Result<Option<Process>, OperationError> {
        match Process::read(self.identity.pid) {
            Some(process) if process.stat.start_ticks != self.identity.start_ticks => {
                let message = "its number belongs to another process by now; no signal was sent";
                Err(refused(message))
            }
            process => Ok(process.filter(|process| !process.stat.is_dead())),
        }
    }

    fn lives(&self) -> bool {
        Stat::of(self.identity.pid)
            .is_some_and(|stat| stat.start_ticks == self.identity.start_ticks && !stat.is_dead())
    }

    /// Sends a signal; false if the process has ended.
    fn send(&self, signal: Signal, uid: u32) -> Result<bool, OperationError> {
        let Some(pid) = self.pid.filter(|_| self.lives()) else { return Ok(false) };
        let sent = match &self.descriptor {
            Some(descriptor) => rustix::process::pidfd_send_signal(descriptor, signal),
            None => rustix::process::kill_process(pid, signal),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(Errno::SRCH) => Ok(false),
            Err(Errno::PERM) => {
                let owner = Names::default().of(uid);
                let message = format!("not permitted: it belongs to account `{owner}`");
                Err(OperationError::new(ErrorKind::Permission, message))
            }
            Err(error) => Err(OperationError::io("the signal", &error.into())),
        }
    }

    /// Waits for its end; false if it still lives after that time.
    fn has_ended(
        &self,
        time: Duration,
        ctx: &dyn OperationContext,
    ) -> Result<bool, OperationError> {
        let end = Instant::now() + time;
        loop {
            if !self.lives() {
                return Ok(true);
            }
            if ctx.cancelled() {
                let message = "interrupted: it was asked to end and not killed";
                return Err(OperationError::new(ErrorKind::Cancelled, message));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            self.nap(left.min(LOOK));
        }
    }

    /// Sleeps, but not beyond the end of the process where that can be noticed.
    fn nap(&self, time: Duration) {
        let Some(descriptor) = &self.descriptor else { return std::thread::sleep(time) };
        let limit = Timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
        let mut ends = [PollFd::new(descriptor, PollFlags::IN)];
        // Interrupted or not: the process is looked at again.
        let _answer = rustix::event::poll(&mut ends, Some(&limit));
    }
}

#[cfg(test)]
mod tests;
