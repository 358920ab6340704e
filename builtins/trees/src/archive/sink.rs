//! Where the bytes of an archive go: into a file, as they are or compressed.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;
use rustix::fs::copy_file_range;
use rustix::io::Errno;

use super::format::Compression;

/// Bytes collected before they are written, and read at once.
pub(super) const AT_ONCE: usize = 1 << 20;

/// Bytes that the system copies from file to file with one call.
const BY_SYSTEM: usize = 64 << 20;

enum Out {
    Plain(File),
    Gz(Box<GzEncoder<BufWriter<File>>>),
    Zst(Box<zstd::Encoder<'static, BufWriter<File>>>),
}

/// An archive that is being written.
pub(super) struct Sink {
    out: Out,
    buffer: Vec<u8>,
    filled: usize,
    written: u64,
    /// Whether the system can copy between the files at hand.
    by_system: bool,
}

impl Sink {
    /// Into an empty file.
    pub(super) fn new(
        file: File,
        compression: Compression,
        level: i32,
        threads: u32,
    ) -> io::Result<Self> {
        let out = match compression {
            Compression::None => Out::Plain(file),
            Compression::Gz => {
                let level = flate2::Compression::new(u32::try_from(level).unwrap_or(6));
                Out::Gz(Box::new(GzEncoder::new(BufWriter::with_capacity(AT_ONCE, file), level)))
            }
            Compression::Zst => {
                let file = BufWriter::with_capacity(AT_ONCE, file);
                let mut encoder = zstd::Encoder::new(file, level)?;
                encoder.include_checksum(true)?;
                if threads > 1 {
                    encoder.multithread(threads)?;
                }
                Out::Zst(Box::new(encoder))
            }
        };
        let by_system = matches!(out, Out::Plain(_));
        Ok(Self { out, buffer: vec![0; AT_ONCE], filled: 0, written: 0, by_system })
    }

    /// Bytes of the archive so far, before compression.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Adds bytes.
    pub(super) fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.room()?;
            let length = bytes.len().min(room.len());
            room[..length].copy_from_slice(&bytes[..length]);
            self.add(length);
            bytes = &bytes[length..];
        }
        Ok(())
    }

    /// Adds zeros.
    pub(super) fn zeros(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let room = self.room()?;
            let length = usize::try_from(count).map_or(room.len(), |count| count.min(room.len()));
            room[..length].fill(0);
            self.add(length);
            count -= length as u64;
        }
        Ok(())
    }

    /// Place for the next bytes, never empty; [`add`](Self::add) tells how
    /// many were put there.
    pub(super) fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.filled == self.buffer.len() {
            self.flush()?;
        }
        Ok(&mut self.buffer[self.filled..])
    }

    /// So many bytes were put into the [`room`](Self::room).
    pub(super) fn add(&mut self, length: usize) {
        self.filled = (self.filled + length).min(self.buffer.len());
        self.written += length as u64;
    }

    /// Lets the system copy up to `length` bytes from `offset` of a file.
    /// Answers how many it has copied; none if it cannot, or the file ends there.
    pub(super) fn copy(&mut self, from: &File, offset: u64, length: u64) -> io::Result<u64> {
        if !self.by_system {
            return Ok(0);
        }
        self.flush()?;
        let Out::Plain(to) = &self.out else { return Ok(0) };
        let length = usize::try_from(length).map_or(BY_SYSTEM, |length| length.min(BY_SYSTEM));
        let mut at = offset;
        match copy_file_range(from, Some(&mut at), to, None, length) {
            Ok(copied) => {
                self.written += copied as u64;
                Ok(copied as u64)
            }
            Err(
                Errno::XDEV
                | Errno::INVAL
                | Errno::NOSYS
                | Errno::OPNOTSUPP
                | Errno::PERM
                | Errno::BADF
                | Errno::TXTBSY,
            ) => {
                self.by_system = false;
                Ok(0)
            }
            Err(Errno::INTR) => self.copy(from, offset, length as u64),
            Err(error) => Err(error.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = &self.buffer[..self.filled];
        match &mut self.out {
            Out::Plain(file) => file.write_all(bytes),
            Out::Gz(encoder) => encoder.write_all(bytes),
            Out::Zst(encoder) => encoder.write_all(bytes),
        }?;
        self.filled = 0;
        Ok(())
    }

    /// Writes what is left. Answers the file, not yet flushed to the disk.
    pub(super) fn finish(mut self) -> io::Result<File> {
        self.flush()?;
        let inner =
            |file: BufWriter<File>| file.into_inner().map_err(io::IntoInnerError::into_error);
        match self.out {
            Out::Plain(file) => Ok(file),
            Out::Gz(encoder) => inner(encoder.finish()?),
            Out::Zst(encoder) => inner(encoder.finish()?),
        }
    }
}
