//! A channel of frames between the two sides of a copy, whatever carries it.

mod frames;
pub(crate) mod handshake;
pub(crate) mod identity;
pub(crate) mod meet;
pub(crate) mod socket;
pub(crate) mod ssh;
pub(crate) mod tls;

use std::io::{Read, Write};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::buffer::Pool;
use crate::control::{Control, TICK};
use crate::wire::Frame;

use frames::FrameReader;

pub use ssh::{DATA_ARGUMENTS, SshRoute, serve_stream};

/// How the bytes of a copy went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Within one node, through memory.
    Local,
    /// Within one node, the file system sharing the blocks.
    Reflink,
    /// A direct connection with TLS 1.3.
    Tls,
    /// A direct connection without encryption.
    Plain,
    /// A pipe through the system's `ssh`.
    Ssh,
}

/// Writes all of a few slices, one after the other.
pub(crate) trait WriteParts: Send {
    /// Writes the slices and does not return before they are on their way.
    fn write_parts(&mut self, parts: &[&[u8]]) -> std::io::Result<()>;
}

/// The sending half of a channel.
pub(crate) enum Outlet {
    /// To another thread of this process.
    Memory(Sender<Frame>),
    /// Into a stream of bytes.
    Stream(Box<dyn WriteParts>),
}

/// The receiving half of a channel.
pub(crate) enum Inlet {
    /// From another thread of this process.
    Memory(Receiver<Frame>),
    /// Out of a stream of bytes.
    Stream(FrameReader),
}

/// Both halves.
pub(crate) struct Link {
    /// What the other side hears.
    pub(crate) outlet: Outlet,
    /// What the other side says.
    pub(crate) inlet: Inlet,
    /// How the bytes go.
    pub(crate) way: Way,
}

impl Link {
    /// A channel over a stream of bytes.
    pub(crate) fn stream(
        reader: Box<dyn Read + Send>,
        writer: Box<dyn WriteParts>,
        way: Way,
    ) -> Self {
        let inlet = Inlet::Stream(FrameReader::new(reader));
        Self { outlet: Outlet::Stream(writer), inlet, way }
    }

    /// Two ends of a channel inside this process; frames move without being copied.
    pub(crate) fn pair() -> (Self, Self) {
        let (there, from_here) = crossbeam_channel::bounded(8);
        let (here, from_there) = crossbeam_channel::bounded(8);
        let end = |outlet, inlet| Self {
            outlet: Outlet::Memory(outlet),
            inlet: Inlet::Memory(inlet),
            way: Way::Local,
        };
        (end(there, from_there), end(here, from_here))
    }
}

/// The other side is gone.
fn lost(why: &str) -> OperationError {
    OperationError::new(ErrorKind::Connection, format!("the data channel was lost: {why}"))
}

/// The stream has failed.
fn broken(error: std::io::Error) -> OperationError {
    lost(&crate::fault::words(&error))
}

impl Outlet {
    /// Sends a frame; blocks while the other side is slow.
    pub(crate) fn send(&mut self, frame: Frame) -> Result<(), OperationError> {
        match self {
            Self::Memory(sender) => {
                sender.send(frame).map_err(|_| lost("the other side has ended"))
            }
            Self::Stream(stream) => {
                let header = frame.header();
                stream.write_parts(&[&header, &frame.head, &frame.data]).map_err(broken)
            }
        }
    }
}

impl Inlet {
    /// The next frame; none when the other side has closed the channel between two frames.
    pub(crate) fn receive(
        &mut self,
        pool: &Arc<Pool>,
        control: &Control<'_>,
    ) -> Result<Option<Frame>, OperationError> {
        match self {
            Self::Memory(receiver) => loop {
                match receiver.recv_timeout(TICK) {
                    Ok(frame) => return Ok(Some(frame)),
                    Err(RecvTimeoutError::Timeout) => control.check()?,
                    Err(RecvTimeoutError::Disconnected) => return Ok(None),
                }
            },
            Self::Stream(reader) => reader.next(pool),
        }
    }

    /// The next frame; an error when there is none.
    pub(crate) fn expect(
        &mut self,
        pool: &Arc<Pool>,
        control: &Control<'_>,
    ) -> Result<Frame, OperationError> {
        self.receive(pool, control)?.ok_or_else(|| lost("the other side has closed it"))
    }
}

/// Anything that can be written to, as a sink of frames.
pub(crate) struct Plain<W>(pub(crate) W);

impl<W: Write + Send> WriteParts for Plain<W> {
    fn write_parts(&mut self, parts: &[&[u8]]) -> std::io::Result<()> {
        // One system call for all three parts where the kernel takes them at
        // once; what is left over goes the plain way.
        let slices: Vec<_> = parts.iter().map(|part| std::io::IoSlice::new(part)).collect();
        let mut written = loop {
            match self.0.write_vectored(&slices) {
                Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
                Ok(len) => break len,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        for part in parts {
            let skip = written.min(part.len());
            written -= skip;
            if skip < part.len() {
                self.0.write_all(&part[skip..])?;
            }
        }
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::hash::PIECE;
    use crate::testing::FakeContext;
    use crate::wire::Tag;

    /// Takes a few bytes at a time.
    struct Slow(Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let step = bytes.len().min(7);
            self.0.lock().unwrap().extend_from_slice(&bytes[..step]);
            Ok(step)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn frames_pass_through_a_stream_of_any_granularity() {
        let pool = Pool::new();
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let bytes = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut outlet = Outlet::Stream(Box::new(Plain(Slow(Arc::clone(&bytes)))));
        for (len, fill) in [(0, 0), (5, 1), (100_000, 2), (PIECE, 3)] {
            let mut data = pool.take(len);
            data.fill(fill);
            outlet.send(Frame { tag: Tag::Piece, head: vec![fill; 40], data }).unwrap();
        }
        let bytes = bytes.lock().unwrap().clone();
        let mut inlet = Inlet::Stream(FrameReader::new(Box::new(std::io::Cursor::new(bytes))));
        for (len, fill) in [(0, 0), (5, 1), (100_000, 2), (PIECE, 3)] {
            let frame = inlet.expect(&pool, &control).unwrap();
            assert_eq!(frame.head, vec![fill; 40]);
            assert!(frame.data.len() == len && frame.data.iter().all(|&b| b == fill));
        }
        assert!(inlet.receive(&pool, &control).unwrap().is_none());
    }

    #[test]
    fn a_stream_cut_anywhere_is_a_lost_connection() {
        let pool = Pool::new();
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let whole = Frame::new(Tag::List, vec![1; 30]);
        let bytes = [&whole.header()[..], &whole.head].concat();
        for cut in 1..bytes.len() {
            let part = std::io::Cursor::new(bytes[..cut].to_vec());
            let mut inlet = Inlet::Stream(FrameReader::new(Box::new(part)));
            let error = inlet.receive(&pool, &control).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Connection, "{cut}");
        }
    }
}
