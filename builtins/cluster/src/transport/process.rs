//! A child process as a [`Wire`]: the local worker, or the system's ssh client.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::ssh2::timespec;
use super::wire::{Exit, Stream, Wire};

/// How often an end is looked for that does not show on the streams, because
/// something else holds them open.
const LOOK: Duration = Duration::from_millis(500);
/// Exit status of the ssh client when it could not do what was asked.
const CLIENT_FAILED: i32 = 255;
/// How long a client may take to end when told to.
const CLIENT_ENDS: Duration = Duration::from_millis(300);
/// How long a worker may take to stop what it runs after it was left.
const WORKER_ENDS: Duration = Duration::from_mins(1);

/// What a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The worker itself. It has to stop what it started, so it is given time.
    Worker,
    /// An ssh client; when it is gone the worker behind it notices.
    Client,
}

/// A running child.
pub(super) struct ProcessWire {
    child: Child,
    role: Role,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    exit: Option<Exit>,
}

impl ProcessWire {
    /// Starts it in a process group of its own, where a Ctrl-C at the terminal
    /// does not reach it.
    pub(super) fn spawn(command: &mut Command, role: Role) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (input, output, errors) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let wire = Self { child, role, input, output, errors, exit: None };
        for fd in [
            wire.input.as_ref().map(AsFd::as_fd),
            wire.output.as_ref().map(AsFd::as_fd),
            wire.errors.as_ref().map(AsFd::as_fd),
        ]
        .into_iter()
        .flatten()
        {
            // Concerns our end only: the two ends of a pipe have flags of their own.
            fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
        }
        Ok(wire)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits for the end until then.
    fn ended_by(&mut self, deadline: Instant) -> bool {
        let mut pause = Duration::from_millis(1);
        while self.exit().is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        true
    }
}

impl Wire for ProcessWire {
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> io::Result<usize> {
        let result = match stream {
            Stream::Output => self.output.as_mut().map(|pipe| pipe.read(buffer)),
            Stream::Errors => self.errors.as_mut().map(|pipe| pipe.read(buffer)),
        };
        match result {
            None => Ok(0),
            Some(Ok(0)) => {
                // A closed pipe would be reported as readable for ever.
                match stream {
                    Stream::Output => self.output = None,
                    Stream::Errors => self.errors = None,
                }
                Ok(0)
            }
            Some(result) => result,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.input {
            Some(pipe) => pipe.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn close_input(&mut self) -> io::Result<()> {
        self.input = None;
        Ok(())
    }

    fn exit(&mut self) -> Option<Exit> {
        if self.exit.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.exit = Some(match status.signal() {
                Some(signal) => Exit::Signal(signal_name(signal)),
                None if self.role == Role::Client && status.code() == Some(CLIENT_FAILED) => {
                    Exit::Connection
                }
                None => Exit::Status(status.code().unwrap_or(-1)),
            });
        }
        self.exit.clone()
    }

    fn wait(
        &mut self,
        wake: Option<BorrowedFd<'_>>,
        want_write: bool,
        limit: Duration,
    ) -> io::Result<()> {
        let mut fds = Vec::with_capacity(4);
        let readable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        fds.extend(self.output.as_ref().map(|pipe| readable(pipe.as_fd())));
        fds.extend(self.errors.as_ref().map(|pipe| readable(pipe.as_fd())));
        fds.extend(wake.map(readable));
        if want_write {
            let writable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::OUT);
            fds.extend(self.input.as_ref().map(|pipe| writable(pipe.as_fd())));
        }
        match poll(&mut fds, Some(&timespec(limit.min(LOOK)))) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn leave(&mut self, deadline: Instant) {
        self.input = None;
        if self.ended_by(deadline) {
            return;
        }
        self.signal(Signal::TERM);
        if self.ended_by(Instant::now() + CLIENT_ENDS) {
            return;
        }
        if self.role == Role::Client {
            self.signal(Signal::KILL);
            self.ended_by(Instant::now() + CLIENT_ENDS);
        }
    }
}

impl Drop for ProcessWire {
    fn drop(&mut self) {
        if self.exit().is_some() {
            return;
        }
        // Somebody has to fetch its exit status, and to end it if it hangs.
        self.input = None;
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Without a thread it stays a zombie until this process ends.
            let _ = std::thread::Builder::new()
                .name("reaper".into())
                .spawn(move || reap(pid, Instant::now() + WORKER_ENDS));
        }
    }
}

/// Waits for a child, and kills it when it takes too long.
fn reap(pid: Pid, deadline: Instant) {
    while Instant::now() < deadline {
        match waitpid(Some(pid), WaitOptions::NOHANG) {
            Ok(None) | Err(rustix::io::Errno::INTR) => std::thread::sleep(LOOK),
            _ => return,
        }
    }
    let _ = kill_process(pid, Signal::KILL);
    let _ = waitpid(Some(pid), WaitOptions::empty());
}

/// The usual ones by name.
fn signal_name(number: i32) -> String {
    match Signal::from_named_raw(number) {
        Some(Signal::TERM) => "TERM".into(),
        Some(Signal::KILL) => "KILL".into(),
        Some(Signal::INT) => "INT".into(),
        Some(Signal::HUP) => "HUP".into(),
        Some(Signal::SEGV) => "SEGV".into(),
        Some(Signal::ABORT) => "ABRT".into(),
        Some(Signal::PIPE) => "PIPE".into(),
        _ => number.to_string(),
    }
}
