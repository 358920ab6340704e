//! The three streams of a program somewhere: its input, output and errors.
//!
//! A wire never blocks but in [`Wire::wait`]; one thread owns it.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// Which of a program's streams is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exit {
    /// With this status.
    Status(i32),
    /// By this signal, without `SIG`.
    Signal(String),
    /// The client on this side gave up.
    Connection,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Connection => f.write_str("the connection"),
        }
    }
}

/// The streams of one running program.
pub(super) trait Wire {
    /// Reads; 0 at the end of the stream, `WouldBlock` when there is nothing now.
    fn read(&mut self, stream: Stream, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes a part of `bytes`; `WouldBlock` when nothing can be taken now.
    /// After that the same bytes must be offered again (more may follow them).
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Ends the program's input; `WouldBlock` as for [`write`](Self::write).
    fn close_input(&mut self) -> io::Result<()>;

    /// How the program ended, once it has and that is known.
    fn exit(&mut self) -> Option<Exit>;

    /// Sleeps until one of the streams may be read, written (`want_write`),
    /// `wake` is readable or `limit` has passed. An error means that the
    /// program cannot be reached any more.
    fn wait(
        &mut self,
        wake: Option<BorrowedFd<'_>>,
        want_write: bool,
        limit: Duration,
    ) -> io::Result<()>;

    /// Leaves the program: nothing is read or written after that. What cannot
    /// be done until `deadline` is left undone.
    fn leave(&mut self, deadline: Instant);
}
