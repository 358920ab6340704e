//! A worker after the greeting: reads, dispatches, answers, and ends.

use std::any::Any;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use ledama_base::operation::{ErrorKind, OperationError, Registry};
use serde_json::Value;

use super::command::{self, Children, Starter};
use super::context::{Calls, Context};
use super::job::Job;
use super::outbox::Outbox;
use super::pool::Pool;
use super::processes::{Marks, Search};
use super::stopper::{self, Stopper};
use super::{End, Options, become_subreaper, lock, processors, read_message};
use crate::plan::Action;
use crate::protocol::{FromWorker, JobId, JobResult, ToWorker};
use crate::turns::Turns;

/// What all threads of a worker share.
pub(super) struct Session {
    pub(super) options: Options,
    pub(super) marks: Marks,
    registry: Arc<Registry>,
    node: String,
    run_id: String,
    outbox: Outbox,
    calls: Calls,
    children: Children,
    stopper: Stopper,
    pool: Pool,
    jobs: Mutex<HashMap<JobId, Arc<Job>>>,
    turns: Mutex<Turns<(Arc<Job>, Action)>>,
    places: AtomicUsize,
    idle: Condvar,
    stopping: AtomicBool,
    hurry: AtomicBool,
    commands: AtomicU64,
    tidied: AtomicU64,
}

/// A session that runs.
pub(super) struct Running {
    session: Arc<Session>,
    ends: Receiver<End>,
}

impl Session {
    /// Starts the threads of a worker and answers the greeting.
    pub(super) fn start(
        registry: Arc<Registry>,
        node: String,
        run_id: String,
        options: Options,
        input: impl BufRead + Send + 'static,
        output: impl Write + Send + 'static,
        answer: &FromWorker,
    ) -> std::io::Result<Running> {
        let session = Arc::new(Self {
            marks: Marks::new(&run_id),
            options,
            registry,
            node,
            run_id,
            outbox: Outbox::default(),
            calls: Calls::default(),
            children: Children::default(),
            stopper: Stopper::default(),
            pool: Pool::new(processors())?,
            jobs: Mutex::default(),
            turns: Mutex::default(),
            places: AtomicUsize::new(1),
            idle: Condvar::new(),
            stopping: AtomicBool::new(false),
            hurry: AtomicBool::new(false),
            commands: AtomicU64::new(0),
            tidied: AtomicU64::new(0),
        });
        let (sender, ends) = crossbeam_channel::unbounded();
        if session.options.dedicated {
            become_subreaper();
            session.listen_for_signals(sender.clone())?;
            // An earlier worker of this run may have been killed, and its jobs
            // are about to be started again.
            stopper::sweep(&session.marks, Search::Orphaned, session.options.grace);
        }
        session.outbox.send(answer);
        session.thread("ledama-write", sender.clone(), move |session, ends| {
            if session.outbox.write_to(output).is_err() {
                let _ended = ends.send(End::HostGone);
            }
        })?;
        session.thread("ledama-stop", sender.clone(), |session, _| {
            session.stopper.serve(session);
        })?;
        session.thread("ledama-read", sender, move |session, ends| {
            let _ended = ends.send(session.read(input));
        })?;
        Ok(Running { session, ends })
    }

    fn thread(
        self: &Arc<Self>,
        name: &str,
        ends: Sender<End>,
        life: impl FnOnce(&Arc<Self>, Sender<End>) + Send + 'static,
    ) -> std::io::Result<()> {
        let session = Arc::clone(self);
        std::thread::Builder::new().name(name.into()).spawn(move || life(&session, ends)).map(drop)
    }

    fn listen_for_signals(self: &Arc<Self>, ends: Sender<End>) -> std::io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        self.thread("ledama-signal", ends, move |session, ends| {
            for (count, signal) in signals.forever().enumerate() {
                // Whoever asks twice does not want to wait.
                session.hurry.store(count > 0, Ordering::SeqCst);
                let _ended = ends.send(End::Signal(signal));
            }
        })
    }

    /// The life of the reading thread.
    fn read(self: &Arc<Self>, mut input: impl BufRead) -> End {
        let mut line = Vec::new();
        loop {
            match read_message(&mut input, &mut line) {
                Ok(Some(message)) => match message {
                    ToWorker::Run { id, action, stream } => {
                        let job = self.accept(id, stream);
                        self.go(job, action);
                    }
                    ToWorker::Queue { id, action, stream, places } => {
                        self.queue(self.accept(id, stream), action, places);
                    }
                    ToWorker::Cancel { id } => self.cancel(id),
                    ToWorker::Reply { call, result } => self.calls.answer(call, result),
                    ToWorker::Hello { .. } => return End::Misunderstood("a second `hello`".into()),
                },
                Ok(None) => return End::HostGone,
                Err(message) => return End::Misunderstood(message),
            }
            if line.capacity() > 1 << 20 {
                line = Vec::new();
            }
        }
    }

    fn accept(&self, id: JobId, stream: bool) -> Arc<Job> {
        let job = Arc::new(Job::new(id, stream));
        lock(&self.jobs).insert(id, Arc::clone(&job));
        if self.stopping.load(Ordering::SeqCst) {
            self.stopper.stop(&job);
        }
        job
    }

    fn queue(self: &Arc<Self>, job: Arc<Job>, action: Action, places: usize) {
        self.places.store(places, Ordering::SeqCst);
        let next = lock(&self.turns).arrive((job, action), places);
        if let Some((job, action)) = next {
            job.take_place();
            self.go(job, action);
        }
    }

    fn go(self: &Arc<Self>, job: Arc<Job>, action: Action) {
        let session = Arc::clone(self);
        let waits = matches!(action, Action::Command(_));
        self.pool.submit(
            waits,
            Box::new(move || {
                let mut present = Some((job, action));
                // Who gets the place gets the thread.
                while let Some((job, action)) = present {
                    let result = session.perform(&job, action);
                    session.answer(&job, result);
                    present = session.after(&job);
                }
            }),
        );
    }

    /// Who runs in the place of a job that has been answered.
    fn after(&self, job: &Job) -> Option<(Arc<Job>, Action)> {
        if !job.leave_place() {
            return None;
        }
        let next = lock(&self.turns).leave(self.places.load(Ordering::SeqCst))?;
        next.0.take_place();
        Some(next)
    }

    fn cancel(&self, id: JobId) {
        let waiting = lock(&self.turns).withdraw(|(job, _)| job.id == id);
        if let Some((job, _)) = waiting {
            return self.answer(&job, interrupted());
        }
        // The lock must be free again when the job is stopped.
        let job = lock(&self.jobs).get(&id).cloned();
        if let Some(job) = job {
            self.stopper.stop(&job);
        }
    }

    fn perform(&self, job: &Job, action: Action) -> JobResult {
        let begin = Instant::now();
        let mut result = if job.is_cancelled() {
            interrupted()
        } else {
            // A fault in one job must not take the others with it.
            let name = match &action {
                Action::Command(_) => "a command".to_string(),
                Action::Operation { name, .. } => format!("operation `{name}`"),
            };
            std::panic::catch_unwind(AssertUnwindSafe(|| self.act(job, action)))
                .unwrap_or_else(|panic| failed(panic_error(&name, panic.as_ref())))
        };
        result.seconds = begin.elapsed().as_secs_f64();
        result
    }

    fn act(&self, job: &Job, action: Action) -> JobResult {
        match action {
            Action::Command(spec) => {
                self.commands.fetch_add(1, Ordering::Relaxed);
                command::run(&spec, job, &self.marks, &self.children, &self.outbox)
            }
            Action::Operation { name, input } => self.operate(job, &name, input),
        }
    }

    fn operate(&self, job: &Job, name: &str, input: Value) -> JobResult {
        let Some(operation) = self.registry.get(name) else {
            let message = format!("operation `{name}` is unknown to the worker");
            return failed(OperationError::new(ErrorKind::Input, message));
        };
        let place = (self.node.as_str(), self.run_id.as_str());
        let starter =
            Starter { marks: &self.marks, children: &self.children, commands: &self.commands };
        let (outbox, calls) = (&self.outbox, &self.calls);
        let context = Context::new(place, self.options.grace, job, outbox, calls, starter);
        let (value, error) = match operation.run_json(input, &context) {
            Ok(value) => (value, None),
            Err(error) => (Value::Null, Some(error)),
        };
        JobResult { value, error, tail: context.tail(), ..JobResult::default() }
    }

    fn answer(&self, job: &Job, result: JobResult) {
        if job.claim_answer() {
            self.outbox.send(&FromWorker::Done { id: job.id, result });
        }
        let mut jobs = lock(&self.jobs);
        jobs.remove(&job.id);
        if jobs.is_empty() {
            self.idle.notify_all();
        }
    }

    /// Whether the job's thread is still at it.
    pub(super) fn is_running(&self, id: JobId) -> bool {
        lock(&self.jobs).contains_key(&id)
    }

    /// Answers for a job that cannot be stopped.
    pub(super) fn give_up(self: &Arc<Self>, job: &Job) {
        job.abandon();
        let error = OperationError::new(
            ErrorKind::Cancelled,
            "interrupted, but it does not end; it may hang on a disk",
        );
        self.answer(job, failed(error));
        if let Some((next, action)) = self.after(job) {
            self.go(next, action);
        }
    }

    /// Takes ended adopted children away, if there can be any.
    pub(super) fn tidy(&self) {
        let commands = self.commands.load(Ordering::Relaxed);
        if self.options.dedicated && self.tidied.swap(commands, Ordering::Relaxed) != commands {
            self.children.reap_adopted();
        }
    }

    fn stop_everything(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Not answered: the host starts them again where they can run.
        let waiting = lock(&self.turns).withdraw_all();
        lock(&self.jobs).retain(|id, _| waiting.iter().all(|(job, _)| job.id != *id));
        let jobs: Vec<Arc<Job>> = lock(&self.jobs).values().cloned().collect();
        for job in &jobs {
            self.stopper.stop(job);
        }
    }

    /// Waits for the jobs; true when all have ended.
    fn wait_for_jobs(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut jobs = lock(&self.jobs);
        while !jobs.is_empty() && !self.hurry.load(Ordering::SeqCst) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // Short, because nobody notifies of `hurry`.
            let pause = left.min(Duration::from_millis(100));
            jobs = self.idle.wait_timeout(jobs, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
        jobs.is_empty()
    }
}

impl Running {
    /// Waits for the end of the input or a signal, then stops everything.
    pub(super) fn wait_for_end(self) -> End {
        let session = &self.session;
        // The threads hold senders as long as they live, so there is always an end.
        let end = self.ends.recv().unwrap_or(End::HostGone);
        session.stop_everything();
        // The stopper asks, kills after the grace period, and gives up later.
        let grace = session.options.grace;
        let ended = session.wait_for_jobs(grace + Duration::from_secs(1));
        let search = if session.options.dedicated { Search::MarkedOrBelow } else { Search::Marked };
        let rest = if ended { grace } else { Duration::ZERO };
        stopper::sweep(&session.marks, search, rest);
        session.wait_for_jobs(Duration::from_secs(1));
        session.stopper.close();
        session.pool.close();
        session.outbox.finish(Duration::from_secs(1));
        end
    }
}

fn interrupted() -> JobResult {
    failed(OperationError::new(ErrorKind::Cancelled, "interrupted"))
}

fn failed(error: OperationError) -> JobResult {
    JobResult { error: Some(error), ..JobResult::default() }
}

fn panic_error(what: &str, panic: &(dyn Any + Send)) -> OperationError {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into());
    OperationError::new(ErrorKind::Internal, format!("{what} failed by a fault of ledama: {text}"))
        .help("please report it with the report file of this run")
}
