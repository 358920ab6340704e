//! Brings one list here: out of a folder, or with the FDT client into a
//! private temporary folder that is gone afterwards.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::{show, show_command};
use ledama_base::rawtext::text_path;
use rustix::process::{Pid, Signal, kill_process_group};

use super::Source;
use crate::error::ArchiveError;

/// The longest list that is read, bytes: some million lines.
const LONGEST: u64 = 1 << 30;

/// How often the client is looked at.
const TICK: Duration = Duration::from_millis(50);

/// A list as it came.
pub(super) struct Fetched {
    /// Its content.
    pub(super) text: Vec<u8>,
    /// When it was made, as far as the file tells.
    pub(super) made: Option<SystemTime>,
}

/// Brings the list of that path below the root of the archive.
pub(super) fn fetch(
    source: &Source,
    list: &str,
    ctx: &dyn OperationContext,
) -> Result<Fetched, OperationError> {
    match source {
        Source::Folder { path } => read(&text_path(path).join(list), list),
        Source::Fdt { program, host, port } => {
            let folder = tempfile::Builder::new()
                .prefix("ledama-list-")
                .tempdir()
                .map_err(|e| OperationError::io("a temporary folder", &e))?;
            let name = list.rsplit('/').next().unwrap_or(list);
            let mut words = program.clone();
            let port = port.to_string();
            let rest = ["-p", &port, "-noupdates", "-silent", "-c", host, "-pull", "-r", "-d"];
            words.extend(rest.map(ToString::to_string));
            words.push(ledama_base::rawtext::path_text(folder.path()));
            words.push(list.to_string());
            ctx.log(&show_command(&words));
            run(&words, folder.path(), list, ctx)?;
            read(&folder.path().join(name), list)
        }
    }
}

fn read(file: &Path, list: &str) -> Result<Fetched, OperationError> {
    let shown = ledama_base::rawtext::path_text(file);
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => ArchiveError::NoList(list.to_string()).into(),
        _ => OperationError::io(show(&shown), &e),
    };
    let facts = fs::metadata(file).map_err(failed)?;
    if !facts.is_file() || facts.len() > LONGEST {
        let message = format!("{}: no list, or one of more than {LONGEST} bytes", show(&shown));
        return Err(OperationError::new(ErrorKind::Input, message));
    }
    Ok(Fetched { text: fs::read(file).map_err(failed)?, made: facts.modified().ok() })
}

/// Runs the client to its end, or stops it and all it has started when the
/// task is cancelled or timed out.
fn run(
    words: &[String],
    folder: &Path,
    list: &str,
    ctx: &dyn OperationContext,
) -> Result<(), OperationError> {
    let program = words[0].clone();
    let fault = |kind, problem: String| ArchiveError::Fetch {
        list: list.to_string(),
        program: program.clone(),
        problem,
        kind,
    };
    let output = folder.join(".output");
    let file = fs::File::create(&output).map_err(|e| OperationError::io("a temporary file", &e))?;
    let other = file.try_clone().map_err(|e| OperationError::io("a temporary file", &e))?;
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(other)
        .process_group(0)
        .spawn()
        .map_err(|e| fault(kind_of(&e), e.to_string()))?;
    let status = wait(&mut child, ctx)?;
    if status.success() {
        return Ok(());
    }
    let words = fs::read(&output).unwrap_or_default();
    let last = last_words(&words);
    let problem = if last.is_empty() { status.to_string() } else { format!("{status}: {last}") };
    Err(fault(ErrorKind::Status, problem).into())
}

fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::Permission,
        _ => ErrorKind::Io,
    }
}

fn wait(child: &mut Child, ctx: &dyn OperationContext) -> Result<ExitStatus, OperationError> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(e) => return Err(OperationError::io("the FDT client", &e)),
        }
        if let Err(cancelled) = ctx.check() {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // It may have ended just now.
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
            return Err(cancelled);
        }
        std::thread::sleep(TICK);
    }
}

/// The last line that says something.
fn last_words(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    show(last.trim()).chars().take(300).collect()
}
