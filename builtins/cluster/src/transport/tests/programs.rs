//! Executables to start as worker: this test program in another role, and
//! ones that misbehave.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError, Registry};
use serde_json::{Value, json};

use crate::worker;

/// Set for a process that is to be a worker.
const ROLE: &str = "LEDAMA_TEST_WORKER";

/// Answers with its input.
struct Echo;

impl Operation for Echo {
    const NAME: &'static str = "test.echo";
    const EFFECT: Effect = Effect::Reads;
    type Input = Value;
    type Output = Value;

    fn run(&self, input: Value, _: &dyn OperationContext) -> Result<Value, OperationError> {
        Ok(input)
    }
}

/// The worker itself; an empty test unless started by [`real`].
#[test]
fn entry() {
    if std::env::var_os(ROLE).is_some() {
        let registry = Arc::new(Registry::new().with(Echo));
        std::process::exit(worker::serve_process(registry, worker::Options::default()));
    }
}

/// A script that turns into this program as worker, and as long as a program
/// for uploads. What the test harness prints first is noise before `ready`.
pub(super) fn real(folder: &Path) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let padding = "# padding\n".repeat(200_000);
    let start = format!(
        "{ROLE}=1 exec '{}' --exact transport::tests::programs::entry --nocapture --test-threads=1",
        own.display()
    );
    script(folder, &format!("{start}\n{padding}"))
}

/// A worker that says it is of another version.
pub(super) fn outdated(folder: &Path) -> PathBuf {
    let ready = json!({"say": "ready", "protocol": crate::protocol::PROTOCOL, "version": "0.0.1",
        "hostname": "h", "pid": 1, "processors": 1});
    script(folder, &format!("read -r hello\necho '{ready}'\nread -r more"))
}

/// A worker that fails with these words.
pub(super) fn failing(folder: &Path, words: &str) -> PathBuf {
    script(folder, &format!("echo '{words}' >&2\nexit 3"))
}

/// A worker that says something else after `ready`.
pub(super) fn babbling(folder: &Path) -> PathBuf {
    let ready = json!({"say": "ready", "protocol": crate::protocol::PROTOCOL,
        "version": super::super::program::VERSION, "hostname": "h", "pid": 1, "processors": 1});
    script(
        folder,
        &format!("read -r hello\necho '{ready}'\nread -r more\necho nonsense\nread -r more"),
    )
}

fn script(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
