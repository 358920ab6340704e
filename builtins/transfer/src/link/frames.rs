//! Cuts a stream of bytes into frames.

use std::io::{self, Read};
use std::sync::Arc;

use ledama_base::operation::OperationError;

use super::broken;
use crate::buffer::Pool;
use crate::wire::{Frame, HEADER, Header};

/// Headers and heads are read through a buffer of this size; data goes
/// directly to where it is used.
const BUFFER: usize = 64 << 10;

/// Reads frames.
pub(crate) struct FrameReader {
    stream: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl FrameReader {
    pub(super) fn new(stream: Box<dyn Read + Send>) -> Self {
        Self { stream, buffer: vec![0; BUFFER], from: 0, to: 0 }
    }

    /// The next frame; none at the end of the stream.
    pub(super) fn next(&mut self, pool: &Arc<Pool>) -> Result<Option<Frame>, OperationError> {
        if self.from == self.to && self.fill().map_err(broken)? == 0 {
            return Ok(None);
        }
        let mut raw = [0; HEADER];
        self.fetch(&mut raw).map_err(broken)?;
        let header = Header::parse(raw)?;
        let mut frame = Frame::new(header.tag, vec![0; header.head]);
        self.fetch(&mut frame.head).map_err(broken)?;
        if header.data > 0 {
            frame.data = pool.take(header.data);
            self.fetch(&mut frame.data).map_err(broken)?;
        }
        Ok(Some(frame))
    }

    fn fill(&mut self) -> io::Result<usize> {
        let len = read(&mut *self.stream, &mut self.buffer)?;
        (self.from, self.to) = (0, len);
        Ok(len)
    }

    fn fetch(&mut self, mut target: &mut [u8]) -> io::Result<()> {
        while !target.is_empty() {
            let ready = (self.to - self.from).min(target.len());
            if ready > 0 {
                let (now, later) = target.split_at_mut(ready);
                now.copy_from_slice(&self.buffer[self.from..self.from + ready]);
                self.from += ready;
                target = later;
                continue;
            }
            let len = if target.len() >= BUFFER {
                let len = read(&mut *self.stream, target)?;
                target = &mut target[len..];
                len
            } else {
                self.fill()?
            };
            if len == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cut in a message"));
            }
        }
        Ok(())
    }
}

fn read(stream: &mut dyn Read, target: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(target) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
