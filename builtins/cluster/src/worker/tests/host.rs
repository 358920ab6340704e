//! The host's side of a worker under test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use crossbeam_channel::Receiver;
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress, Registry,
};
use serde_json::Value;

use crate::plan::{Action, CommandSpec};
use crate::protocol::{FromWorker, JobId, JobResult, PROTOCOL, ToWorker};
use crate::worker::{Options, serve};

/// Longer than anything here takes on a busy machine; only a hang needs it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Set in the environment of a test binary that is to be a worker.
pub(super) const BE_A_WORKER: &str = "LEDAMA_TEST_WORKER";

/// A host with one worker.
pub(super) struct Host {
    input: Option<Box<dyn Write + Send>>,
    messages: Receiver<FromWorker>,
    worker: Worker,
    last: JobId,
}

enum Worker {
    Thread(Option<JoinHandle<i32>>),
    Process(Child),
}

impl Host {
    /// A worker on a thread that has said `ready`.
    pub(super) fn start(run_id: &str, options: Options) -> Self {
        let (from_host, input) = std::io::pipe().unwrap();
        let (output, to_host) = std::io::pipe().unwrap();
        let worker = std::thread::spawn(move || serve(registry(), from_host, to_host, options));
        let mut host = Self::new(input, output, Worker::Thread(Some(worker)));
        host.greet(run_id);
        host
    }

    /// A worker process, which is this test binary, that has said `ready`.
    pub(super) fn spawn(run_id: &str) -> Self {
        let mut host = Self::spawn_silent(Stdio::inherit());
        host.greet(run_id);
        host
    }

    /// A worker process before the greeting.
    pub(super) fn spawn_silent(stderr: Stdio) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker::tests::ends::a_worker_process"])
            .args(["--nocapture", "--test-threads=2"])
            .env(BE_A_WORKER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let input: ChildStdin = child.stdin.take().unwrap();
        let output = child.stdout.take().unwrap();
        Self::new(input, output, Worker::Process(child))
    }

    fn new(
        input: impl Write + Send + 'static,
        output: impl Read + Send + 'static,
        worker: Worker,
    ) -> Self {
        let (sender, messages) = crossbeam_channel::unbounded();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The test binary may have written before it became a worker.
                let Some(start) = line.find('{') else { continue };
                sender.send(serde_json::from_str(&line[start..]).unwrap()).ok();
            }
        });
        Self { input: Some(Box::new(input)), messages, worker, last: 0 }
    }

    fn greet(&mut self, run_id: &str) {
        self.say(&hello(run_id));
        assert!(matches!(self.hear(), FromWorker::Ready { protocol: PROTOCOL, .. }));
    }

    pub(super) fn process(&mut self) -> &mut Child {
        match &mut self.worker {
            Worker::Process(child) => child,
            Worker::Thread(_) => panic!("this worker is a thread"),
        }
    }

    pub(super) fn say(&mut self, message: &ToWorker) {
        let mut line = serde_json::to_vec(message).unwrap();
        line.push(b'\n');
        self.say_raw(&line);
    }

    pub(super) fn say_raw(&mut self, line: &[u8]) {
        self.input.as_mut().unwrap().write_all(line).unwrap();
    }

    pub(super) fn hear(&self) -> FromWorker {
        self.messages.recv_timeout(PATIENCE).expect("a message of the worker")
    }

    /// Whether it has said everything.
    pub(super) fn is_silent(&self) -> bool {
        self.messages.recv_timeout(PATIENCE).is_err()
    }

    pub(super) fn start_job(&mut self, action: Action, stream: bool) -> JobId {
        self.last += 1;
        let id = self.last;
        self.say(&ToWorker::Run { id, action, stream });
        id
    }

    /// Sends a job that runs when fewer than `places` of its kind do.
    pub(super) fn queue_job(&mut self, action: Action, places: usize) -> JobId {
        self.last += 1;
        let id = self.last;
        self.say(&ToWorker::Queue { id, action, stream: false, places });
        id
    }

    /// What the job says until it is done, and how that was.
    pub(super) fn listen(&self, job: JobId) -> (Vec<FromWorker>, JobResult) {
        let mut said = Vec::new();
        loop {
            match self.hear() {
                FromWorker::Done { id, result } if id == job => return (said, result),
                FromWorker::Done { id, .. } => panic!("job {id} is done, {job} was awaited"),
                other => said.push(other),
            }
        }
    }

    pub(super) fn perform(&mut self, action: Action) -> JobResult {
        let job = self.start_job(action, false);
        self.listen(job).1
    }

    /// Waits until a job with streamed output has said `text`; returns all it said.
    pub(super) fn hear_output(&self, text: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let message = self.hear();
            let FromWorker::Output { data, .. } = &message else { panic!("{message:?}") };
            heard.extend(base64::engine::general_purpose::STANDARD.decode(data).unwrap());
            let all = String::from_utf8_lossy(&heard).into_owned();
            if all.contains(text) {
                return all;
            }
        }
    }

    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes the input and returns the worker's exit code.
    pub(super) fn end(mut self) -> i32 {
        self.close_input();
        self.exit_code()
    }

    pub(super) fn exit_code(&mut self) -> i32 {
        match &mut self.worker {
            Worker::Thread(thread) => thread.take().unwrap().join().unwrap(),
            Worker::Process(child) => child.wait().unwrap().code().unwrap_or(-1),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.input = None;
        if let Worker::Process(child) = &mut self.worker {
            child.wait().ok();
        }
    }
}

pub(super) fn hello(run_id: &str) -> ToWorker {
    ToWorker::Hello {
        protocol: PROTOCOL,
        version: "test".into(),
        run_id: run_id.into(),
        node: "node011".into(),
    }
}

pub(super) fn command(argv: &[&str]) -> CommandSpec {
    CommandSpec { argv: argv.iter().map(ToString::to_string).collect(), ..CommandSpec::default() }
}

pub(super) fn shell(script: &str) -> CommandSpec {
    command(&["sh", "-c", script])
}

pub(super) fn run(spec: CommandSpec) -> Action {
    Action::Command(spec)
}

pub(super) fn operation(name: &str, input: Value) -> Action {
    Action::Operation { name: name.into(), input }
}

/// Waits for a condition that must come true soon.
pub(super) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process with that number, which a test has read from a program's output, lives.
pub(super) fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat[stat.rfind(')').unwrap()..].starts_with(") Z"))
}

/// Numbers in a program's output.
pub(super) fn numbers(output: &str) -> Vec<String> {
    output
        .split_whitespace()
        .filter(|word| word.parse::<u32>().is_ok())
        .map(ToString::to_string)
        .collect()
}

pub(super) fn short_grace() -> Options {
    Options { grace: Duration::from_millis(200), ..Options::default() }
}

/// What the workers of these tests can do.
pub(super) fn registry() -> Arc<Registry> {
    Arc::new(Registry::new().with(Echo).with(Panic).with(Ask).with(Wait).with(Items).with(Chatter))
}

macro_rules! test_operation {
    ($type:ident, $name:literal, $run:expr) => {
        struct $type;
        impl Operation for $type {
            const NAME: &'static str = $name;
            const EFFECT: Effect = Effect::Reads;
            type Input = Value;
            type Output = Value;
            fn run(&self, input: Value, ctx: &dyn OperationContext) -> Answer {
                let run: fn(Value, &dyn OperationContext) -> Answer = $run;
                run(input, ctx)
            }
        }
    };
}

type Answer = Result<Value, OperationError>;

test_operation!(Echo, "test.echo", |input, _| Ok(input));
test_operation!(Panic, "test.panic", |input, _| panic!("at the disco: {input}"));
test_operation!(Ask, "test.ask", |input, ctx| {
    ctx.call("node012", "test.echo", input).map(|answer| Value::from(vec![answer]))
});
test_operation!(Wait, "test.wait", |_, ctx| {
    ctx.log("waiting");
    while !ctx.cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(OperationError::new(ErrorKind::Cancelled, "cleaned up"))
});
test_operation!(Items, "test.items", |input, ctx| {
    let count = input.as_u64().unwrap();
    for n in 0..count {
        ctx.progress(Progress { done: n, total: count });
        ctx.item(Value::from(n));
    }
    Ok(Value::from(format!("{} {}", ctx.node(), ctx.run_id())))
});
test_operation!(Chatter, "test.chatter", |_, _| {
    // To the descriptor itself: the test harness keeps `println` for itself.
    // Appending: where it is a file, the words of others stay.
    if let Ok(mut out) = std::fs::OpenOptions::new().append(true).open("/dev/fd/1") {
        std::io::Write::write_all(&mut out, b"{\"say\":\"nonsense\"}\n").ok();
    }
    let status = Command::new("echo").arg("{\"say\":\"more nonsense\"}").status();
    Ok(Value::from(status.is_ok_and(|status| status.success())))
});
