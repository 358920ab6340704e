//! One run of a job: a child of this very program, with its output in the log.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ledama_base::operation::OperationError;
use ledama_base::{clock, quote, rawtext};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::alarm::Alarm;
use super::record::{Record, Status};
use super::{Place, logs};

/// Between asking a run to stop and stopping it.
const GRACE: Duration = Duration::from_secs(30);

/// How often we look.
const TICK: Duration = Duration::from_millis(50);

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where records and logs are.
    pub place: Place,
    /// The module.
    pub module: String,
    /// The account it runs as.
    pub account: String,
    /// The arguments of `ledama`.
    pub arguments: Vec<OsString>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Older logs that are kept.
    pub keep_logs: usize,
    /// How long one try may take.
    pub time_out: Option<Duration>,
    /// Jobs of this host whose end it waits for.
    pub after: Vec<String>,
    /// How often it is tried again when it fails.
    pub retries: u32,
    /// How long to wait before that.
    pub retry_pause: Duration,
}

/// A run that was not tried, or could not be.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Another run goes on; since when, and the process that looks after it.
    #[error("still running since {since} (process {pid}); nothing was started")]
    Busy {
        /// UTC, ISO 8601.
        since: String,
        /// 0 if unknown.
        pid: u32,
    },
    /// The folders of records or logs cannot be used.
    #[error("{0}")]
    Io(String),
}

/// What came of a run, with its log still open.
#[derive(Debug)]
pub struct Ended {
    /// Saved already.
    pub record: Record,
    /// For what an alarm prints.
    log: File,
    /// Keeps the next run out until the alarm is raised.
    _lock: File,
}

impl Ended {
    /// Raises the alarm, and keeps on record what went wrong with that.
    pub fn raise(&mut self, place: &Place, alarm: &Alarm<'_>) {
        let tail = logs::tail(&place.log());
        self.record.alarm_faults = alarm.raise(&self.record, &tail, &self.log);
        if let Err(error) = place.save(&self.record) {
            self.record.alarm_faults.push(format!("the record was not saved: {error}"));
        }
    }
}

impl Task {
    /// Runs it to its end.
    pub fn run(&self) -> Result<Ended, Refused> {
        let place = &self.place;
        let failed = |what: &std::path::Path| {
            let what = quote::show(&rawtext::path_text(what)).into_owned();
            move |e: io::Error| Refused::Io(OperationError::io(what, &e).message)
        };
        let Some(lock) = place.lock().map_err(failed(&place.records))? else {
            place.skip().map_err(failed(&place.records))?;
            let other = place.record();
            return Err(Refused::Busy {
                since: other.as_ref().map_or_else(|| "some time".into(), |r| r.start.clone()),
                pid: other.and_then(|r| r.pid).unwrap_or(0),
            });
        };
        let before = place.record();
        place.forget_skipped();
        let mut log = logs::begin(&place.log(), self.keep_logs).map_err(failed(&place.logs))?;
        let mut record = self.record(before.as_ref());
        place.save(&record).map_err(failed(&place.records))?;
        let began = Instant::now();
        let _ = logs::line(&mut log, &format!("job {}: {}", place.job, self.shown()));
        match self.tries(&lock, &mut log) {
            Ok((status, message, code)) => {
                (record.status, record.message, record.exit_code) = (status, message, code);
            }
            Err(error) => {
                record.status = Status::NotStarted;
                record.message = OperationError::io("the run could not be started", &error).message;
            }
        }
        finish(&mut record, began);
        let _ = logs::line(&mut log, &format!("job {}: {}", place.job, record.message));
        place.save(&record).map_err(failed(&place.records))?;
        Ok(Ended { record, log, _lock: lock })
    }

    /// Puts on record that it could not even be tried.
    pub fn not_started(&self, message: &str) -> Result<Ended, Refused> {
        let failed = |e: io::Error| Refused::Io(e.to_string());
        let place = &self.place;
        let Some(lock) = place.lock().map_err(failed)? else {
            return Err(Refused::Io(message.to_string()));
        };
        let mut log = logs::begin(&place.log(), self.keep_logs).map_err(failed)?;
        let mut record = self.record(place.record().as_ref());
        (record.status, record.message) = (Status::NotStarted, message.to_string());
        finish(&mut record, Instant::now());
        let _ = logs::line(&mut log, &format!("job {}: {message}", place.job));
        place.save(&record).map_err(failed)?;
        Ok(Ended { record, log, _lock: lock })
    }

    /// The record of a run that begins now.
    fn record(&self, before: Option<&Record>) -> Record {
        Record {
            v: 1,
            job: self.place.job.clone(),
            module: self.module.clone(),
            host: self.place.host.clone(),
            account: self.account.clone(),
            status: Status::Running,
            exit_code: None,
            message: String::new(),
            start: clock::utc_text(clock::now()),
            end: None,
            seconds: None,
            pid: Some(std::process::id()),
            log: rawtext::path_text(&self.place.log()),
            failures: before.map_or(0, |record| {
                // A run that was lost has failed, and nobody has counted it.
                record.failures + u32::from(record.status == Status::Lost)
            }),
            last_done: before.and_then(|record| record.last_done.clone()),
            alarm_faults: Vec::new(),
        }
    }

    /// The command for the reader of the log.
    fn shown(&self) -> String {
        let words = self.arguments.iter().map(|word| rawtext::encode(word));
        quote::show_command(&std::iter::once("ledama".to_string()).chain(words).collect::<Vec<_>>())
    }

    /// Waits for the jobs before it, then runs it, again where it fails.
    fn tries(&self, lock: &File, log: &mut File) -> io::Result<Outcome> {
        // From now on signals are for the run.
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let interrupted = || Ok((Status::Interrupted, "was interrupted".to_string(), None));
        for other in &self.after {
            let other = Place { job: other.clone(), ..self.place.clone() };
            if other.is_locked() {
                self.note(log, &format!("waits for job {}", other.job));
            }
            while other.is_locked() {
                if !pause(&mut signals, TICK) {
                    return interrupted();
                }
            }
        }
        for tried in 0.. {
            let (status, message, code) = self.child(&mut signals, lock, log)?;
            if status != Status::Failed || tried == self.retries {
                let which = if tried == 0 { String::new() } else { format!(", try {}", tried + 1) };
                return Ok((status, format!("{message}{which}"), code));
            }
            let (next, of) = (tried + 2, self.retries + 1);
            let seconds = self.retry_pause.as_secs();
            self.note(log, &format!("{message}; try {next} of {of} comes in {seconds} s"));
            if !pause(&mut signals, self.retry_pause) {
                return interrupted();
            }
        }
        interrupted()
    }

    /// A line of ours in the log; that it cannot be written is told by the run itself.
    fn note(&self, log: &mut File, text: &str) {
        let _ = logs::line(log, &format!("job {}: {text}", self.place.job));
    }

    /// Starts the run and waits for its end.
    fn child(&self, signals: &mut Signals, lock: &File, log: &File) -> io::Result<Outcome> {
        // The very file that runs here, even if another version takes its name meanwhile.
        let mut child = Command::new("/proc/self/exe")
            .arg0("ledama")
            .args(&self.arguments)
            .current_dir(&self.folder)
            // Empty, and so the lock lasts as long as the run, whatever happens to us.
            .stdin(Stdio::from(lock.try_clone()?))
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .process_group(0)
            .spawn()?;
        let began = Instant::now();
        let mut stopped = false;
        let mut late: Option<Instant> = None;
        while !has_ended(&child)? {
            for signal in signals.pending() {
                stopped = true;
                send(&child, signal);
            }
            match late {
                None if self.time_out.is_some_and(|limit| began.elapsed() >= limit) => {
                    late = Some(Instant::now());
                    send(&child, SIGTERM);
                }
                Some(since) if since.elapsed() >= GRACE => kill_group(child.id()),
                _ => {}
            }
            std::thread::sleep(TICK);
        }
        // Nothing that it has started stays behind.
        kill_group(child.id());
        let status = child.wait()?;
        Ok(self.judge(status, stopped, late.is_some()))
    }

    fn judge(&self, status: ExitStatus, stopped: bool, late: bool) -> Outcome {
        let how = match (status.code(), status.signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("was killed by signal {signal}"),
            (None, None) => "ended".to_string(),
        };
        let limit = self.time_out.unwrap_or_default().as_secs();
        let (state, message) = match status.code() {
            _ if late => (Status::TimedOut, format!("was stopped after {limit} s and {how}")),
            Some(0) => (Status::Done, how),
            _ if stopped => (Status::Interrupted, format!("was interrupted and {how}")),
            _ => (Status::Failed, how),
        };
        (state, message, status.code())
    }
}

/// How it ended, in words, and its exit code.
type Outcome = (Status, String, Option<i32>);

/// Waits; whether no signal came meanwhile.
fn pause(signals: &mut Signals, time: Duration) -> bool {
    let began = Instant::now();
    loop {
        if signals.pending().next().is_some() {
            return false;
        }
        let left = time.saturating_sub(began.elapsed());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(TICK));
    }
}

/// The end of a run, and how often in a row it has come to nothing.
fn finish(record: &mut Record, began: Instant) {
    let now = clock::utc_text(clock::now());
    record.seconds = Some(began.elapsed().as_secs_f64());
    record.pid = None;
    if record.status == Status::Done {
        record.failures = 0;
        record.last_done = Some(now.clone());
    } else {
        record.failures += 1;
    }
    record.end = Some(now);
}

/// Whether it has ended. It stays a zombie, so that its number and that of its
/// group belong to nobody else yet.
fn has_ended(child: &Child) -> io::Result<bool> {
    let Some(pid) = pid(child.id()) else { return Ok(true) };
    let looks = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), looks)?.is_some())
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

fn send(child: &Child, signal: i32) {
    if let (Some(pid), Some(signal)) = (pid(child.id()), Signal::from_named_raw(signal)) {
        let _ = kill_process(pid, signal);
    }
}

/// Ends a child that leads a group of its own, with all that is in it. The
/// child must not have been waited for.
pub(super) fn kill_group(leader: u32) {
    if let Some(pid) = pid(leader) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}
