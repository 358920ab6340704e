//! What goes wrong with archives, in words.

use std::fmt::Display;
use std::io;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;

/// The failure of a system call on a path in text form.
pub(super) fn at(path: impl AsRef<str>, error: impl Into<io::Error>) -> OperationError {
    let failure = OperationError::io(format!("`{}`", show(path.as_ref())), &error.into());
    match failure.kind {
        ErrorKind::NoSpace => failure.help("make space there, then run the same command again"),
        _ => failure,
    }
}

/// The source is not what it was.
pub(super) fn changed(path: &str) -> OperationError {
    OperationError::new(ErrorKind::Changed, format!("`{}` changed while it was packed", show(path)))
        .help("nothing was deleted; wait until nothing writes to it and run the same command again")
}

/// Something stands where something new is to be.
pub(super) fn exists(path: &str, what: impl Display) -> OperationError {
    OperationError::new(ErrorKind::Exists, format!("`{}` exists{what}", show(path)))
}

/// An archive that is damaged.
pub(super) fn damaged(archive: &str, what: impl Display) -> OperationError {
    OperationError::new(ErrorKind::Corrupt, format!("`{}`: {what}", show(archive)))
}

/// An archive that holds what must not be unpacked.
pub(super) fn hostile(archive: &str, what: impl Display) -> OperationError {
    OperationError::new(ErrorKind::Refused, format!("`{}`: {what}", show(archive)))
        .help("nothing was unpacked; look at it with `tar tvf`")
}

/// The input is wrong.
pub(super) fn input(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}
