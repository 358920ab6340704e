//! Whether a script may be run from where it lies: a file or folder that
//! anybody can write to is refused, because anybody could change what runs.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::diagnostic::Diagnostic;

const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Refuses a script that anybody can change.
pub(super) fn check_file(path: &Path) -> Result<(), Diagnostic> {
    let Ok(facts) = std::fs::metadata(path) else { return Ok(()) };
    if facts.mode() & OTHERS_WRITE != 0 {
        return Err(refuse(path));
    }
    path.parent().map_or(Ok(()), check_folder)
}

/// Refuses a folder where anybody can put or replace files.
pub(super) fn check_folder(path: &Path) -> Result<(), Diagnostic> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let Ok(facts) = std::fs::metadata(path) else { return Ok(()) };
    // In a sticky folder such as /tmp nobody can replace another's file.
    if facts.mode() & OTHERS_WRITE != 0 && facts.mode() & STICKY == 0 {
        return Err(refuse(path));
    }
    Ok(())
}

/// Refuses a folder found by chance (`./modules`) that belongs to somebody
/// else: who prepared it decides what runs in your name.
pub(super) fn check_owner(path: &Path) -> Result<(), Diagnostic> {
    let Ok(facts) = std::fs::metadata(path) else { return Ok(()) };
    if mine(&facts) || facts.uid() == 0 {
        return Ok(());
    }
    Err(Diagnostic::warning(format!(
        "the modules in {} are not used, because the folder belongs to somebody else",
        path.display()
    ))
    .help("to use them, name the folder with `--modules` or in the configuration"))
}

fn mine(facts: &Metadata) -> bool {
    facts.uid() == rustix::process::geteuid().as_raw()
}

fn refuse(path: &Path) -> Diagnostic {
    Diagnostic::error(format!("{} can be changed by anybody, so it is not run", path.display()))
        .help(format!("if its content is as it should be: `chmod o-w {}`", path.display()))
}
