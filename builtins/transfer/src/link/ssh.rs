//! A channel through the system's `ssh`, for nodes that cannot reach each
//! other's ports. Slower than a socket, because ssh's ciphers are.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use ledama_base::operation::{OperationContext, OperationError, Progress};
use ledama_base::{quote, rawtext};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Link, Plain, Way};
use crate::control::{Control, TICK, supervised};
use crate::fault;

/// Arguments of this program that make it serve one copy through its standard
/// input and output; see [`serve_stream`].
pub const DATA_ARGUMENTS: [&str; 2] = ["worker", "--data"];

/// The first bytes of a serving program. What a login shell may print before
/// is skipped.
const MAGIC: &[u8] = b"\0ledama-data-1\n";

/// How much a login shell may print.
const MAX_NOISE: usize = 64 << 10;

/// How much of the client's complaints is kept.
const MAX_COMPLAINT: usize = 4 << 10;

/// How the system's client reaches another node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SshRoute {
    /// Program and first arguments; `ssh` if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub program: Vec<String>,
    /// Address; the name of the node if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Port of sshd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Configuration file of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

impl SshRoute {
    /// The command line that starts `program` (text form) of the other node.
    fn arguments(
        &self,
        node: &str,
        program: &str,
        wait: Duration,
    ) -> Result<Vec<OsString>, OperationError> {
        let mut words: Vec<OsString> = self.program.iter().map(|w| rawtext::decode(w)).collect();
        if words.is_empty() {
            words.push("ssh".into());
        }
        let timeout = format!("ConnectTimeout={}", wait.as_secs().max(1));
        let options = [
            "BatchMode=yes",
            &timeout,
            "ServerAliveInterval=15",
            "ClearAllForwardings=yes",
            "ForwardAgent=no",
        ];
        words.extend(["-T", "-e", "none"].map(Into::into));
        for option in options {
            words.extend(["-o".into(), option.into()]);
        }
        let mut add = |flag: &str, value: Option<OsString>| {
            if let Some(value) = value {
                words.extend([flag.into(), value]);
            }
        };
        add("-F", self.config.as_deref().map(rawtext::decode));
        add("-i", self.identity.as_deref().map(rawtext::decode));
        add("-p", self.port.map(|port| port.to_string().into()));
        add("-l", self.user.as_deref().map(rawtext::decode));
        words.push("--".into());
        words.push(rawtext::decode(self.address.as_deref().unwrap_or(node)));
        let mut command = vec![rawtext::decode(program)];
        command.extend(DATA_ARGUMENTS.map(Into::into));
        // sshd hands this to the shell of the account.
        words.push(quote::shell_line(&command).map_err(|e| fault::input(e.to_string()))?);
        Ok(words)
    }
}

/// A client that carries a channel; ends with this value.
pub(crate) struct Client {
    child: Arc<Mutex<Child>>,
    complaint: Arc<Mutex<Vec<u8>>>,
}

impl Client {
    /// Starts the client and waits until the other side serves. The failure is
    /// a text about what was tried.
    pub(crate) fn start(
        route: &SshRoute,
        node: &str,
        program: &str,
        wait: Duration,
        control: &Control<'_>,
    ) -> Result<Result<(Self, Link), String>, OperationError> {
        let words = route.arguments(node, program, wait)?;
        let shown = format!("ssh {}", route.address.as_deref().unwrap_or(node));
        let Some((first, arguments)) = words.split_first() else { return Ok(Err(shown)) };
        let spawned = Command::new(first)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Ok(Err(format!("{shown} ({})", fault::words(&error)))),
        };
        let (Some(input), Some(mut output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Ok(Err(shown));
        };
        let client = Self { child: Arc::new(Mutex::new(child)), complaint: Arc::default() };
        let complaint = Arc::clone(&client.complaint);
        std::thread::spawn(move || keep_complaint(errors, &complaint));
        let child = Arc::clone(&client.child);
        control.on_stop(move || kill(&child));

        let (found, magic) = bounded(1);
        std::thread::spawn(move || {
            let result = skip_noise(&mut output);
            let _ = found.send(result.map(|()| output));
        });
        // Its own time-out covers the connection only; logging in takes time, too.
        let deadline = Instant::now() + wait + wait.max(Duration::from_secs(10));
        loop {
            control.check()?;
            match magic.recv_timeout(TICK) {
                Ok(Ok(output)) => {
                    let link = Link::stream(Box::new(output), Box::new(Plain(input)), Way::Ssh);
                    return Ok(Ok((client, link)));
                }
                Ok(Err(error)) => {
                    let why = client.why_it_ended(&error);
                    return Ok(Err(format!("{shown} ({why})")));
                }
                Err(_) if Instant::now() >= deadline => {
                    return Ok(Err(format!("{shown} (no answer)")));
                }
                Err(_) => {}
            }
        }
    }

    /// What the client said last, or what happened to its output.
    fn why_it_ended(&self, error: &io::Error) -> String {
        let status = {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            let deadline = Instant::now() + Duration::from_secs(2);
            loop {
                match child.try_wait() {
                    Ok(Some(status)) => break Some(status),
                    Ok(None) if Instant::now() < deadline => std::thread::sleep(TICK / 5),
                    _ => break None,
                }
            }
        };
        // The thread that reads complaints ends with the client.
        std::thread::sleep(TICK / 5);
        let said = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        match (last, status) {
            (Some(line), _) => line.to_string(),
            (None, Some(status)) => status.to_string(),
            (None, None) => fault::words(error),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A client whose other side has ended is about to end, too.
        let deadline = Instant::now() + Duration::from_millis(500);
        while Instant::now() < deadline {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            drop(child);
            std::thread::sleep(TICK / 5);
        }
        kill(&self.child);
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
    }
}

fn kill(child: &Mutex<Child>) {
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

fn keep_complaint(mut errors: impl Read, complaint: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 1024];
    while let Ok(len @ 1..) = errors.read(&mut chunk) {
        let mut kept = complaint.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&chunk[..len]);
        let excess = kept.len().saturating_sub(MAX_COMPLAINT);
        kept.drain(..excess);
    }
}

/// Reads up to the end of the magic bytes, one by one: what follows belongs to frames.
fn skip_noise(stream: &mut impl Read) -> io::Result<()> {
    let mut matched = 0;
    for _ in 0..MAX_NOISE {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        // Only the first byte is zero, so no shorter match can be hidden in a failed one.
        matched = match byte[0] {
            b if b == MAGIC[matched] => matched + 1,
            b if b == MAGIC[0] => 1,
            _ => 0,
        };
        if matched == MAGIC.len() {
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it prints something else"))
}

/// Surroundings of a program that does nothing but serve one copy.
struct Alone {
    node: String,
}

impl OperationContext for Alone {
    fn node(&self) -> &str {
        &self.node
    }
    fn run_id(&self) -> &'static str {
        "data"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _progress: Progress) {}
    fn item(&self, _item: Value) {}
    fn log(&self, _line: &str) {}
    fn call(&self, node: &str, operation: &str, _input: Value) -> Result<Value, OperationError> {
        Err(fault::input(format!("`{operation}` cannot be called on {node} from here")))
    }
}

/// Serves one copy as its sending side: the whole work of the program started
/// with [`DATA_ARGUMENTS`] on the node of the source.
///
/// `input` and `output` are its standard input and output; nothing else may
/// write to the latter. It ends when the receiver has said goodbye or closes
/// the input. Whoever may start it by ssh may read the files of the account
/// anyway, so the receiver names the path. An error is also told to the
/// receiver; the program should end with status 1 then.
pub fn serve_stream(
    input: impl Read + Send + 'static,
    mut output: impl Write + Send + 'static,
) -> Result<(), OperationError> {
    let failed = |e: io::Error| fault::at("standard output", e);
    output.write_all(MAGIC).and_then(|()| output.flush()).map_err(failed)?;
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let link = Link::stream(Box::new(input), Box::new(Plain(output)), Way::Ssh);
    supervised(&Alone { node }, |control| crate::send::serve(link, None, control).map(|_| ()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn noise_of_a_login_shell_is_skipped() {
        let mut stream = io::Cursor::new([b"motd\n\0\0leda\0", MAGIC, b"rest"].concat());
        skip_noise(&mut stream).unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "rest");
        assert!(skip_noise(&mut io::Cursor::new(b"motd\n")).is_err());
        assert!(skip_noise(&mut io::repeat(b'x')).is_err());
    }

    #[test]
    fn the_command_line_is_quoted_for_the_shell_of_the_other_node() {
        let route = SshRoute {
            port: Some(2222),
            user: Some("me".into()),
            config: Some("/etc/my config".into()),
            ..SshRoute::default()
        };
        let words = route.arguments("node012", "/home/a b/ledama", Duration::from_secs(7)).unwrap();
        let words: Vec<_> = words.iter().map(|w| w.to_str().unwrap()).collect();
        assert_eq!(words[0], "ssh");
        assert_eq!(
            words[words.len() - 9..],
            [
                "-F",
                "/etc/my config",
                "-p",
                "2222",
                "-l",
                "me",
                "--",
                "node012",
                "'/home/a b/ledama' worker --data"
            ]
        );
        assert!(words.contains(&"ConnectTimeout=7"));
    }
}
