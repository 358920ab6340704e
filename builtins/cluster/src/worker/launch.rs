//! From a command in a plan to a program about to start.
//!
//! Everything that can be found wrong is found here, before anything starts,
//! because the system's own answer to a missing folder, a missing program and
//! a missing interpreter is the same.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use rustix::fs::Access;

use super::processes::Marks;
use crate::plan::CommandSpec;
use crate::protocol::JobId;

/// Sources the init file without arguments of any kind, with its chatter kept
/// off standard output, and becomes the program. An array keeps the arguments,
/// because sourcing inside a function would make `declare` local to it.
pub(super) const BASH: &str = r#"__ledama_init=$1; shift; __ledama_argv=("$@"); set --
. "$__ledama_init" >&2 || { __ledama_status=$?; echo "ledama: init file ended with status $__ledama_status" >&2; exit 125; }
exec -- "${__ledama_argv[@]}""#;

/// The same for shells that know neither arrays nor `declare`. A function has
/// arguments of its own, so that the shell's stay as they are.
pub(super) const POSIX: &str = r#"__ledama_source() { __ledama_init=$1; shift; . "$__ledama_init"; }
__ledama_source "$1" >&2 || { __ledama_status=$?; echo "ledama: init file ended with status $__ledama_status" >&2; exit 125; }
shift; exec "$@""#;

/// Status with which the scripts above end when the init file failed.
pub(super) const INIT_FAILED: i32 = 125;
/// What they say then, on a line of its own, followed by the status of the file.
pub(super) const INIT_FAILED_TEXT: &str = "ledama: init file ended with status ";

/// A program that can be started, and what it is called in messages.
#[derive(Debug)]
pub(super) struct Launch {
    /// With arguments, folder, environment and pipes set.
    pub(super) command: Command,
    /// First word of the command line, in text form.
    pub(super) program: String,
}

/// Makes the command ready for its start.
pub(super) fn prepare(
    spec: &CommandSpec,
    marks: &Marks,
    job: JobId,
) -> Result<Launch, OperationError> {
    let argv = spec.argv.iter().map(|text| argument(text)).collect::<Result<Vec<_>, _>>()?;
    let Some((program, arguments)) = argv.split_first().filter(|(first, _)| !first.is_empty())
    else {
        return Err(input("a command without a program"));
    };
    let folder = folder(spec)?;
    let mut command = match &spec.init_file {
        None => {
            let found = find_program(program, &folder, spec)?;
            let mut command = Command::new(found);
            command.arg0(program).args(arguments);
            command
        }
        Some(init_file) => {
            let mut command = login_shell(init_file)?;
            command.args(&argv);
            command
        }
    };
    for (name, value) in &spec.env {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(input(format!("`{}` is no name for a variable", name.escape_debug())));
        }
        command.env(rawtext::decode(name), argument(value)?);
    }
    command
        .envs(marks.environment(job))
        .current_dir(folder)
        .stdin(if spec.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Stopping the group stops the program and what it started, and a
        // Ctrl-C at the launching terminal is ours to deal with.
        .process_group(0);
    Ok(Launch { command, program: spec.argv[0].clone() })
}

/// The failure of the start itself.
pub(super) fn start_error(program: &str, error: &std::io::Error) -> OperationError {
    let mut failure = OperationError::io(format!("`{program}` cannot be started"), error);
    if failure.kind == ErrorKind::NotFound {
        failure = failure.help("the interpreter in its first line may be missing");
    }
    failure
}

fn login_shell(init_file: &str) -> Result<Command, OperationError> {
    let path = home().join(argument(init_file)?);
    let what = format!("init file {}", rawtext::path_text(&path));
    let metadata = std::fs::metadata(&path).map_err(|e| OperationError::io(&what, &e))?;
    if metadata.is_dir() {
        return Err(input(format!("{what}: is a folder")));
    }
    rustix::fs::access(&path, Access::READ_OK).map_err(|e| OperationError::io(&what, &e.into()))?;
    let mut command = if let Ok(bash) = search("bash", &search_path(None)) {
        let mut command = Command::new(bash);
        command.args(["-l", "-c", BASH]);
        command
    } else {
        // A leading dash has asked for a login shell since before options did.
        let mut command = Command::new("/bin/sh");
        command.arg0("-sh").args(["-c", POSIX]);
        command
    };
    command.arg("ledama").arg(path);
    Ok(command)
}

/// The working folder: absolute, or below the home folder, or that itself.
fn folder(spec: &CommandSpec) -> Result<PathBuf, OperationError> {
    let folder = match &spec.folder {
        Some(text) => home().join(argument(text)?),
        None => home(),
    };
    let what = format!("working folder {}", rawtext::path_text(&folder));
    let metadata = std::fs::metadata(&folder).map_err(|e| OperationError::io(&what, &e))?;
    if !metadata.is_dir() {
        return Err(input(format!("{what}: is no folder")));
    }
    rustix::fs::access(&folder, Access::EXEC_OK)
        .map_err(|e| OperationError::io(&what, &e.into()))?;
    Ok(folder)
}

fn home() -> PathBuf {
    match std::env::home_dir() {
        Some(home) if home.is_dir() => home,
        _ => PathBuf::from("/"),
    }
}

/// The program's file. Found here and not by the system, for the messages and
/// because `posix_spawn` is not used for a bare name with a `PATH` of its own.
fn find_program(
    program: &OsStr,
    folder: &Path,
    spec: &CommandSpec,
) -> Result<PathBuf, OperationError> {
    let shown = rawtext::encode(program);
    if program.as_bytes().contains(&b'/') {
        // Checked where it will be looked for, but passed as it is.
        return check(&folder.join(program))
            .map(|()| PathBuf::from(program))
            .map_err(|e| OperationError::io(format!("program {shown}"), &e));
    }
    search(program, &search_path(spec.env.get("PATH"))).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            OperationError::new(ErrorKind::NotFound, format!("program {shown} is not in the PATH"))
                .help("give its full path, or an init file that sets the PATH")
        } else {
            OperationError::io(format!("program {shown}"), &error)
        }
    })
}

fn search_path(own: Option<&String>) -> OsString {
    own.map(|text| rawtext::decode(text))
        .or_else(|| std::env::var_os("PATH"))
        .unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

fn search(program: impl AsRef<Path>, search_path: &OsStr) -> std::io::Result<PathBuf> {
    let mut failure = std::io::Error::from(std::io::ErrorKind::NotFound);
    for folder in std::env::split_paths(search_path).filter(|folder| folder.is_absolute()) {
        let file = folder.join(&program);
        match check(&file) {
            Ok(()) => return Ok(file),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => failure = error,
            Err(_) => {}
        }
    }
    Err(failure)
}

fn check(file: &Path) -> std::io::Result<()> {
    if std::fs::metadata(file)?.is_dir() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    Ok(rustix::fs::access(file, Access::EXEC_OK)?)
}

fn argument(text: &str) -> Result<OsString, OperationError> {
    if text.contains('\0') {
        return Err(input(format!("`{}` holds a NUL character", text.escape_debug())));
    }
    Ok(rawtext::decode(text))
}

fn input(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}
