//! Runs one command and reads what it says, to the end.
//!
//! A single thread serves the three pipes, so neither a full pipe nor a
//! program that reads late can block the other side. The command is over when
//! its program has ended *and* nobody holds its output any more: what it left
//! in the background would be stopped with the worker, so it is waited for.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{ErrorKind as IoKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use ledama_base::operation::{ErrorKind, OperationError, ProgramCall, ProgramEnd, Stream};
use ledama_base::rawtext;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, WaitId, WaitIdOptions};

use super::job::Job;
use super::launch::{self, INIT_FAILED, INIT_FAILED_TEXT, Launch};
use super::lock;
use super::outbox::Outbox;
use super::output::{CAPTURE_LIMIT, Collector, Keep};
use super::processes::{self, Marks};
use crate::plan::CommandSpec;
use crate::protocol::{FromWorker, JobResult};

/// How often a command that says nothing is asked whether anybody still waits for it.
const LOOK: Duration = Duration::from_secs(1);
const READ_SIZE: usize = 64 << 10;

thread_local! {
    /// What is read goes here first. Kept: clearing it would cost more than most reads.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The programs of a worker that are somebody's to wait for.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// Held for writing while adopted children are told from own ones.
    starting: RwLock<()>,
    own: Mutex<HashSet<Pid>>,
}

impl Children {
    fn spawn(&self, launch: &mut Launch, job: &Job) -> Result<Child, OperationError> {
        let _guard = self.starting.read().unwrap_or_else(PoisonError::into_inner);
        let child = launch.command.spawn().map_err(|e| launch::start_error(&launch.program, &e))?;
        let pid = Pid::from_child(&child);
        lock(&self.own).insert(pid);
        job.started(pid);
        Ok(child)
    }

    /// Takes the status of an ended child, after which its number is free.
    fn reap(&self, child: &mut Child, job: &Job) -> std::io::Result<ExitStatus> {
        let pid = Pid::from_child(child);
        loop {
            // Waits without taking the status, so that the number stays
            // reserved until nobody can signal it any more.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            match rustix::process::waitid(WaitId::Pid(pid), options) {
                Err(rustix::io::Errno::INTR) => {}
                _ => break,
            }
        }
        let status = job.ended(|| child.wait());
        lock(&self.own).remove(&pid);
        status
    }

    /// Takes the status of children that were adopted and have ended.
    pub(super) fn reap_adopted(&self) {
        let _guard = self.starting.write().unwrap_or_else(PoisonError::into_inner);
        let own = lock(&self.own).clone();
        for pid in processes::dead_children().into_iter().filter(|pid| !own.contains(pid)) {
            let _status = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
        }
    }
}

/// What an operation needs to start programs of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Starter<'a> {
    pub(super) marks: &'a Marks,
    pub(super) children: &'a Children,
    /// Counts what was started.
    pub(super) commands: &'a AtomicU64,
}

impl Starter<'_> {
    /// Runs a program in the place of `job`, whose end is its end.
    pub(super) fn run(
        &self,
        call: &ProgramCall,
        job: &Job,
        hear: impl FnMut(Stream, &[u8]),
    ) -> Result<ProgramEnd, OperationError> {
        let ProgramCall { argv, folder, env } = call.clone();
        let spec = CommandSpec { argv, folder, env, ..CommandSpec::default() };
        self.commands.fetch_add(1, Ordering::Relaxed);
        let mut launch = launch::prepare(&spec, self.marks, job.id)?;
        let mut child = self.children.spawn(&mut launch, job)?;
        let heard = converse(&mut child, &[], job, hear);
        if heard.is_err() {
            job.kill();
        }
        let status = self.children.reap(&mut child, job).and_then(|s| heard.map(|()| s));
        let status = status.map_err(|e| OperationError::io(format!("`{}`", launch.program), &e))?;
        Ok(match status.signal() {
            Some(signal) => ProgramEnd::Signal(signal),
            None => ProgramEnd::Status(status_number(status)),
        })
    }
}

/// Runs the command of a job.
pub(super) fn run(
    spec: &CommandSpec,
    job: &Job,
    marks: &Marks,
    children: &Children,
    outbox: &Outbox,
) -> JobResult {
    let started = launch::prepare(spec, marks, job.id).and_then(|mut launch| {
        let child = children.spawn(&mut launch, job)?;
        Ok((child, launch.program))
    });
    let (mut child, program) = match started {
        Ok(started) => started,
        Err(error) => return JobResult { error: Some(error), ..JobResult::default() },
    };
    let mut collector = Collector::new(capture(spec), &spec.rule.failure_text);
    let stdin = spec.stdin.as_ref().map(|text| rawtext::decode(text).into_encoded_bytes());
    let heard = converse(&mut child, stdin.as_deref().unwrap_or_default(), job, |stream, bytes| {
        collector.hear(stream, bytes);
        if job.stream {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            outbox.send(&FromWorker::Output { id: job.id, data });
        }
    });
    if heard.is_err() {
        job.kill();
    }
    let status = children.reap(&mut child, job).and_then(|status| heard.map(|()| status));
    let tail = collector.tail();
    let (exit_status, error) = match status {
        Err(error) => (None, Some(OperationError::io(format!("`{program}`"), &error))),
        Ok(status) => (Some(status_number(status)), judge(spec, job, status, &program, &collector)),
    };
    JobResult { value: collector.captured(), error, exit_status, tail, seconds: 0.0 }
}

fn capture(spec: &CommandSpec) -> Keep {
    match spec.capture_limit {
        _ if !spec.capture => Keep::Tail,
        None => Keep::All,
        Some(limit) => Keep::Beginning(usize::try_from(limit.get()).unwrap_or(CAPTURE_LIMIT)),
    }
}

/// Feeds and hears the program until it has closed its pipes.
fn converse(
    child: &mut Child,
    mut input: &[u8],
    job: &Job,
    mut hear: impl FnMut(Stream, &[u8]),
) -> std::io::Result<()> {
    let mut stdin = child.stdin.take().filter(|_| !input.is_empty());
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    if let Some(pipe) = &stdin {
        rustix::io::ioctl_fionbio(pipe, true)?;
    }
    let mut buffer = BUFFER.take();
    buffer.resize(READ_SIZE, 0);
    while stdout.is_some() || stderr.is_some() || stdin.is_some() {
        let ready = {
            let mut pipes = Vec::with_capacity(3);
            let readable = PollFlags::IN;
            pipes.extend(stdout.as_ref().map(|p| PollFd::from_borrowed_fd(p.as_fd(), readable)));
            pipes.extend(stderr.as_ref().map(|p| PollFd::from_borrowed_fd(p.as_fd(), readable)));
            pipes.extend(
                stdin.as_ref().map(|p| PollFd::from_borrowed_fd(p.as_fd(), PollFlags::OUT)),
            );
            wait(&mut pipes)?;
            let mut answers = pipes.iter().map(|pipe| !pipe.revents().is_empty());
            let mut answer = |there: bool| there && answers.next().unwrap_or(false);
            [answer(stdout.is_some()), answer(stderr.is_some()), answer(stdin.is_some())]
        };
        if job.is_abandoned() {
            break;
        }
        if ready[0] && !read_some(stdout.as_mut(), &mut buffer, |b| hear(Stream::Out, b))? {
            stdout = None;
        }
        if ready[1] && !read_some(stderr.as_mut(), &mut buffer, |b| hear(Stream::Err, b))? {
            stderr = None;
        }
        if ready[2] && !write_some(stdin.as_mut(), &mut input)? {
            stdin = None;
        }
    }
    BUFFER.set(buffer);
    Ok(())
}

fn wait(pipes: &mut [PollFd<'_>]) -> std::io::Result<()> {
    let look = Timespec { tv_sec: LOOK.as_secs().cast_signed(), tv_nsec: 0 };
    match rustix::event::poll(pipes, Some(&look)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// False at the end of the stream.
fn read_some(
    pipe: Option<&mut impl Read>,
    buffer: &mut [u8],
    hear: impl FnOnce(&[u8]),
) -> std::io::Result<bool> {
    match pipe.map(|pipe| pipe.read(buffer)) {
        None | Some(Ok(0)) => Ok(false),
        Some(Ok(length)) => {
            hear(&buffer[..length]);
            Ok(true)
        }
        Some(Err(error)) if error.kind() == IoKind::Interrupted => Ok(true),
        Some(Err(error)) => Err(error),
    }
}

/// False when everything is written, or nobody reads it.
fn write_some(pipe: Option<&mut ChildStdin>, input: &mut &[u8]) -> std::io::Result<bool> {
    match pipe.map(|pipe| pipe.write(input)) {
        None => Ok(false),
        Some(Ok(length)) => {
            *input = &input[length..];
            Ok(!input.is_empty())
        }
        Some(Err(error)) => match error.kind() {
            // A program need not read its input to the end.
            IoKind::BrokenPipe => Ok(false),
            IoKind::WouldBlock | IoKind::Interrupted => Ok(true),
            _ => Err(error),
        },
    }
}

fn status_number(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// What the result rule says.
fn judge(
    spec: &CommandSpec,
    job: &Job,
    status: ExitStatus,
    program: &str,
    collector: &Collector,
) -> Option<OperationError> {
    let number = status_number(status);
    let last = collector.last_error_line();
    if job.is_cancelled() {
        return Some(OperationError::new(ErrorKind::Cancelled, "interrupted"));
    }
    if !spec.rule.success.contains(&number) {
        if let Some(failure) = init_failure(spec, number, last.as_deref()) {
            return Some(failure);
        }
        let mut message = match status.signal() {
            Some(signal) => format!("`{program}` was killed by {}", signal_name(signal)),
            None => format!("`{program}` ended with status {number}"),
        };
        if let Some(last) = last {
            message = format!("{message}: {last}");
        }
        return Some(OperationError::new(ErrorKind::Status, message));
    }
    if let Some(text) = collector.failure() {
        let message = format!("the output of `{program}` contains `{text}`");
        return Some(OperationError::new(ErrorKind::Status, message));
    }
    if collector.overflow() {
        let message = format!(
            "the output of `{program}` is larger than the {} MiB that can be returned",
            CAPTURE_LIMIT >> 20
        );
        return Some(
            OperationError::new(ErrorKind::Input, message)
                .help("let it write to a file, or select in the command what is needed"),
        );
    }
    None
}

fn init_failure(spec: &CommandSpec, number: i32, last: Option<&str>) -> Option<OperationError> {
    let file = spec.init_file.as_ref().filter(|_| number == INIT_FAILED)?;
    let status = last?.strip_prefix(INIT_FAILED_TEXT)?;
    let message = format!("init file {file} ended with status {status}; nothing was started");
    let help =
        "see its messages in the log; where the status means nothing, end the file with `true`";
    Some(OperationError::new(ErrorKind::Status, message).help(help))
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        24 => "XCPU",
        25 => "XFSZ",
        _ => return format!("signal {signal}"),
    };
    format!("signal {signal} (SIG{name})")
}
