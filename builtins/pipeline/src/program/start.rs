//! How a program is started behind its shell file. The script is fixed; file,
//! line, program and arguments are its positional parameters, so that no path
//! can mean anything to the shell.

use ledama_base::operation::{ErrorKind, OperationError, ProgramEnd};

use super::Card;

/// Status with which the shell ends when the init file cannot be read, or ends the shell itself.
pub const INIT_FAILED: i32 = 97;
/// Status when the init file fails and must not, or the setup line fails.
pub const SETUP_FAILED: i32 = 98;

/// What the shell says on a line of its own when nothing was started.
const NOT_STARTED: &str = "ledama: init-failed: ";

const SCRIPT: &str = r#"__ledama_init=$1 __ledama_strict=$2 __ledama_setup=$3; shift 3
__ledama_argv=("$@"); set --
__ledama_fail() { trap - EXIT; echo "ledama: init-failed: $1" >&2; exit "$2"; }
if [ -n "$__ledama_init" ]; then
  [ -f "$__ledama_init" ] && [ -r "$__ledama_init" ] || __ledama_fail "init file $__ledama_init cannot be read" 97
  trap '__ledama_fail "init file $__ledama_init ended the shell" 97' EXIT
  . "$__ledama_init" >&2
  __ledama_status=$?
  if [ "$__ledama_status" != 0 ]; then
    echo "ledama: init file $__ledama_init ended with status $__ledama_status" >&2
    [ "$__ledama_strict" = 0 ] || __ledama_fail "init file $__ledama_init ended with status $__ledama_status" 98
  fi
fi
if [ -n "$__ledama_setup" ]; then
  trap '__ledama_fail "the setup line ended the shell" 98' EXIT
  eval "$__ledama_setup" >&2 || __ledama_fail "the setup line ended with status $?" 98
fi
trap - EXIT
exec -- "${__ledama_argv[@]}""#;

/// The words that start the program with these arguments.
pub fn command_line(card: &Card, arguments: &[String]) -> Vec<String> {
    let argv = card.command.iter().chain(arguments).cloned();
    if card.init_file.is_none() && card.setup.is_none() {
        return argv.collect();
    }
    let strict = if card.init_strict { "1" } else { "0" };
    let init = card.init_file.clone().unwrap_or_default();
    let setup = card.setup.clone().unwrap_or_default();
    let shell = ["bash", "-l", "-c", SCRIPT, "ledama"].map(String::from);
    shell.into_iter().chain([init, strict.into(), setup]).chain(argv).collect()
}

/// The command that tells where a shell finds this program.
pub fn finding(program: &str) -> Vec<String> {
    ["bash", "-c", "command -v -- \"$1\"", "ledama", program].map(String::from).into()
}

/// The failure when nothing was started because of the shell file: `line` is
/// any line on standard error.
pub fn start_failure(end: ProgramEnd, line: &str) -> Option<OperationError> {
    let known = [ProgramEnd::Status(INIT_FAILED), ProgramEnd::Status(SETUP_FAILED)];
    let why = line.strip_prefix(NOT_STARTED).filter(|_| known.contains(&end))?;
    Some(
        OperationError::new(ErrorKind::Status, format!("init-failed: {why}; nothing was started"))
            .help("see `--initfile`, `pipeline.init_file` and `programs` of the configuration"),
    )
}
