//! One run of the program: arguments and environment in, output out.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Past this a run counts as hanging; far beyond what any machine needs.
const LIMIT: Duration = Duration::from_mins(5);

/// The program under test: the one built with the tests, or `LEDAMA_BINARY`.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        std::env::var_os("LEDAMA_BINARY")
            .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_ledama")), PathBuf::from)
    });
    &PROGRAM
}

/// The root of the checkout.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A run being prepared.
#[derive(Debug)]
pub(crate) struct Run {
    program: OsString,
    folder: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
}

impl Run {
    /// Runs in `folder`, whose `home` is the home folder; nothing else is inherited.
    pub(crate) fn new<I>(folder: &Path, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let mut env = BTreeMap::new();
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        env.insert("PATH".into(), path);
        env.insert("HOME".into(), folder.join("home").into());
        env.insert("LANG".into(), "C.UTF-8".into());
        env.insert("TZ".into(), "UTC".into());
        Self {
            program: program().into(),
            folder: folder.to_path_buf(),
            args: args.into_iter().map(|arg| arg.as_ref().to_os_string()).collect(),
            env,
            stdin: Vec::new(),
        }
    }

    /// Another program instead, such as a shell that runs a documented command.
    pub(crate) fn program(mut self, program: impl AsRef<OsStr>) -> Self {
        self.program = program.as_ref().to_os_string();
        self
    }

    /// One more argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    /// More arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// A variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.into(), value.as_ref().to_os_string());
        self
    }

    /// The configuration file.
    pub(crate) fn config(self, file: &Path) -> Self {
        self.env("LEDAMA_CONFIG", file)
    }

    /// What it reads from standard input; nothing by default.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// Another folder to run in; the home folder stays.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_path_buf();
        self
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Output {
        self.start().wait()
    }

    /// Runs to the end and expects exit code 0.
    pub(crate) fn ok(self) -> Output {
        self.run().code(0)
    }

    /// Starts it and goes on.
    pub(crate) fn start(self) -> Running {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        let mut stdin = child.stdin.take().unwrap();
        let text = self.stdin;
        // A program that ends without reading closes the pipe: not our fault.
        std::thread::spawn(move || drop(stdin.write_all(&text)));
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let command = std::iter::once(&self.program)
            .chain(&self.args)
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        Running {
            child,
            stdout: Some(stdout),
            stderr: Some(stderr),
            command,
            start: Instant::now(),
        }
    }
}

fn collect(mut pipe: impl std::io::Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.by_ref().read_to_end(&mut bytes);
        bytes
    })
}

/// A run that goes on; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    command: String,
    start: Instant,
}

impl Running {
    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Whether it has ended.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Output {
        let mut late = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.start.elapsed() > LIMIT && !late {
                late = true;
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let text = |pipe: Option<JoinHandle<Vec<u8>>>| {
            pipe.map(|pipe| pipe.join().unwrap()).unwrap_or_default()
        };
        let output = Output {
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout_bytes: text(self.stdout.take()),
            stderr: String::from_utf8_lossy(&text(self.stderr.take())).into_owned(),
            seconds: self.start.elapsed().as_secs_f64(),
            command: std::mem::take(&mut self.command),
        };
        assert!(!late, "hangs: {output}");
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run printed and how it ended.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The exit code; 128 + signal when killed.
    pub(crate) code: i32,
    /// Standard output as it came.
    pub(crate) stdout_bytes: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: String,
    /// Wall time; shown, never asserted.
    pub(crate) seconds: f64,
    /// For messages.
    pub(crate) command: String,
}

impl Output {
    /// Standard output as text.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout_bytes).into_owned()
    }

    /// Expects this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code; {self}");
        self
    }

    /// Expects exactly this on standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert_eq!(self.stdout(), text, "{self}");
        self
    }

    /// Expects this somewhere on standard output.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "no `{text}` in the output; {self}");
        self
    }

    /// Expects this somewhere on standard error.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in the errors; {self}");
        self
    }

    /// Expects a clean death: no trace of a panic.
    #[track_caller]
    pub(crate) fn no_panic(self) -> Self {
        assert!(!self.stderr.contains("panicked at"), "a panic; {self}");
        assert_ne!(self.code, 101, "{self}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout_bytes)
            .unwrap_or_else(|e| panic!("no JSON document: {e}; {self}"))
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` ended with {} after {:.1} s\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.code,
            self.seconds,
            self.stdout(),
            self.stderr
        )
    }
}
