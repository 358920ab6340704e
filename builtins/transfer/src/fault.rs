//! Errors of the system as errors of an operation.

use std::fmt::Display;
use std::io;

use ledama_base::operation::{ErrorKind, OperationError};
use rustix::io::Errno;

/// What the system says, without the number of the error.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

/// The failure of a system call on a path in text form.
pub(crate) fn at(path: impl Display, error: impl Into<io::Error>) -> OperationError {
    let error = error.into();
    if is_full(&error) {
        return OperationError::new(
            ErrorKind::NoSpace,
            format!("no space left on the disk of `{path}`"),
        )
        .help("make space, then run the same command again with --resume");
    }
    if Errno::from_io_error(&error) == Some(Errno::ROFS) {
        return OperationError::new(
            ErrorKind::ReadOnly,
            format!("the disk of `{path}` is read-only"),
        )
        .help(
            "a kernel does that to a disk that fails; once it can be written again, run the same \
             command again with --resume",
        );
    }
    OperationError::io(format!("`{path}`"), &error)
}

/// The input is wrong.
pub(crate) fn input(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}

/// Whether the disk, or what the account may use of it, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw_os_error), Some(Errno::NOSPC | Errno::DQUOT))
}

/// Whether a file system does not know a request at all.
pub(crate) fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOTTY | Errno::PERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_its_own_kind_and_words() {
        let error = at("/data1/x", Errno::NOSPC);
        assert_eq!(error.kind, ErrorKind::NoSpace);
        assert_eq!(error.message, "no space left on the disk of `/data1/x`");
        assert_eq!(at("/x", Errno::DQUOT).kind, ErrorKind::NoSpace);
        let error = at("/x", Errno::ROFS);
        assert_eq!(
            (error.kind, &*error.message),
            (ErrorKind::ReadOnly, "the disk of `/x` is read-only")
        );
        assert_eq!(at("/x", Errno::ACCESS).kind, ErrorKind::Permission);
    }

    #[test]
    fn words_have_no_number() {
        assert_eq!(words(&Errno::CONNREFUSED.into()), "Connection refused");
    }
}
