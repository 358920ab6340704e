//! `ledama worker`: does on one node what the host says.
//!
//! The worker speaks the language of [`protocol`](crate::protocol) on a pair
//! of streams. It starts every job at once (the host counts the limits), and
//! it owns what it starts: when its input ends, or a signal says so, all of
//! it is stopped and nothing else is touched.

mod command;
mod context;
mod job;
mod launch;
mod outbox;
mod output;
mod pool;
mod processes;
mod session;
mod stopper;
#[cfg(test)]
mod tests;

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledama_base::operation::Registry;
use session::Session;

pub(crate) use output::Tail;

use crate::protocol::{FromWorker, PROTOCOL, ToWorker};

/// How a worker behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long programs may take to end after TERM before they are killed.
    pub grace: Duration,
    /// The process is nothing but this worker: it may handle signals, and adopt
    /// and stop whatever its children leave behind.
    pub dedicated: bool,
    /// Told to the host, which compares it with its own.
    pub version: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            dedicated: false,
            version: env!("CARGO_PKG_VERSION").to_string(),
        }
    }
}

/// Exit code of a worker whose host speaks another language.
const MISUNDERSTOOD: i32 = 2;
/// No message is longer; a stream without line ends is no host.
const LINE_LIMIT: u64 = 256 << 20;

/// Why a worker ends.
#[derive(Debug)]
enum End {
    /// The host closed the input, or does not read any more.
    HostGone,
    /// The host said what nobody understands.
    Misunderstood(String),
    /// SIGTERM and its like.
    Signal(i32),
}

/// Serves on the standard streams of this process and returns its exit code.
///
/// The streams are taken away first: what this process or its children write
/// to standard output by mistake goes to standard error.
pub fn serve_process(registry: Arc<Registry>, options: Options) -> i32 {
    match take_standard_streams() {
        Ok((input, output)) => {
            serve(registry, input, output, Options { dedicated: true, ..options })
        }
        Err(error) => complain(&format!("cannot take the standard streams: {error}")),
    }
}

/// Serves until the input ends and returns the exit code: 0, 2 when the host
/// was not understood, 128 + number of the signal that ended it.
///
/// Operations that ignore their cancellation, and a reader of input that never
/// ends, are left to their threads: a dedicated process exits after this.
pub fn serve(
    registry: Arc<Registry>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    options: Options,
) -> i32 {
    let mut input = BufReader::with_capacity(256 << 10, input);
    let (node, run_id) = match greet(&mut input) {
        Ok(Some(hello)) => hello,
        Ok(None) => return 0,
        Err(Greeting::OtherProtocol(message)) => {
            // The host sees from the answer what this side speaks.
            let mut output = output;
            let _gone = serde_json::to_writer(&mut output, &ready(&options))
                .map_err(std::io::Error::from)
                .and_then(|()| output.write_all(b"\n"))
                .and_then(|()| output.flush());
            return complain(&message);
        }
        Err(Greeting::Nonsense(message)) => return complain(&message),
    };
    let answer = ready(&options);
    match Session::start(registry, node, run_id, options, input, output, &answer) {
        Ok(session) => match session.wait_for_end() {
            End::HostGone => 0,
            End::Signal(number) => 128 + number,
            End::Misunderstood(message) => complain(&message),
        },
        Err(error) => complain(&format!("cannot start: {error}")),
    }
}

enum Greeting {
    OtherProtocol(String),
    Nonsense(String),
}

/// Node and run of the first line; none when there is none.
fn greet(input: &mut impl BufRead) -> Result<Option<(String, String)>, Greeting> {
    let mut line = Vec::new();
    let message = match read_message(input, &mut line) {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(None),
        Err(message) => return Err(Greeting::Nonsense(message)),
    };
    let ToWorker::Hello { protocol, version, run_id, node } = message else {
        return Err(Greeting::Nonsense("the first message is not `hello`".into()));
    };
    if protocol != PROTOCOL {
        return Err(Greeting::OtherProtocol(format!(
            "the host (version {version}) speaks protocol {protocol}, this worker (version {}) \
             speaks {PROTOCOL}; install the same version of ledama on both",
            env!("CARGO_PKG_VERSION")
        )));
    }
    // It becomes part of file names.
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if run_id.is_empty() || run_id.len() > 100 || !run_id.chars().all(allowed) {
        return Err(Greeting::Nonsense(format!("`{}` is no run id", run_id.escape_debug())));
    }
    Ok(Some((node, run_id)))
}

fn ready(options: &Options) -> FromWorker {
    FromWorker::Ready {
        protocol: PROTOCOL,
        version: options.version.clone(),
        hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        pid: std::process::id(),
        processors: processors(),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The next message; none at the end of the input.
fn read_message(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<Option<ToWorker>, String> {
    line.clear();
    match input.take(LINE_LIMIT).read_until(b'\n', line) {
        // A line that was cut off was never meant to be acted on.
        Ok(_) if line.last() != Some(&b'\n') => {
            if line.len() as u64 == LINE_LIMIT {
                return Err("a message of the host is too long".into());
            }
            Ok(None)
        }
        Ok(_) => serde_json::from_slice(line).map(Some).map_err(|error| {
            let shown: String = String::from_utf8_lossy(line).chars().take(200).collect();
            format!("a message of the host is not understood ({error}): {}", shown.escape_debug())
        }),
        // An input that breaks is an input that ends.
        Err(_) => Ok(None),
    }
}

fn complain(message: &str) -> i32 {
    // Standard error is the last way to say something when the host is not understood.
    let _gone = writeln!(std::io::stderr(), "ledama worker: {message}");
    MISUNDERSTOOD
}

fn take_standard_streams() -> std::io::Result<(std::fs::File, std::fs::File)> {
    let input = rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3)?;
    let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3)?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok((input.into(), output.into()))
}

/// A panic in one job is reported there; what it had locked is usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn become_subreaper() {
    // Where this is not possible, the marks in the environment still are.
    let _unsupported = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}
