//! Files of rows: compressed, with a header that says what they hold and an end that
//! says how much, so that a file that was cut is never taken for a whole one.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Sum, columns, hex, word};
use crate::error::{LeddbError, Result};
use crate::partition::Range;
use crate::schema::{self, Table};

const MAGIC: &[u8] = b"LEDDB rows 1\n";

/// In place of the length of a row: the end.
const END: u32 = u32::MAX;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The table.
    pub table: String,
    /// Ids of measurement sets, from and up to but not including.
    pub range: Option<(i64, i64)>,
    /// Names and kinds of the columns.
    pub columns: Vec<(String, String)>,
    /// Version of the schema.
    pub schema: i64,
}

impl Header {
    /// For rows of a table as this program knows it.
    pub(crate) fn of(table: &Table, range: Option<Range>) -> Self {
        let columns = columns(table)
            .iter()
            .map(|column| (column.name.to_string(), word(column.kind).to_string()))
            .collect();
        let range = range.map(|range| (range.lower, range.upper));
        Self { table: table.name.to_string(), range, columns, schema: schema::VERSION }
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> LeddbError + '_ {
    move |source| LeddbError::Io { path: path.to_path_buf(), source }
}

/// Counts and hashes what passes through.
struct Hashed<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    fn seen(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn digest(self) -> (String, u64) {
        let text = hex(&self.hash.finalize());
        (text, self.bytes)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.seen(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(to)?;
        self.seen(&to[..count]);
        Ok(count)
    }
}

/// What a file of rows turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Rows.
    pub rows: u64,
    /// Their bytes, not compressed.
    pub bytes: u64,
    /// Digest of the rows whatever their order.
    pub digest: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
}

/// A file of rows being written.
pub struct RowWriter {
    path: PathBuf,
    to: zstd::Encoder<'static, Hashed<File>>,
    sum: Sum,
    bytes: u64,
}

impl std::fmt::Debug for RowWriter {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("RowWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RowWriter {
    /// Begins a file that must not be there yet; `threads` help to compress it.
    pub fn create(path: &Path, header: &Header, level: i32, threads: u32) -> Result<Self> {
        let told = io(path);
        let file = File::create_new(path).map_err(&told)?;
        let mut to = zstd::Encoder::new(Hashed::new(file), level).map_err(&told)?;
        to.include_checksum(true).map_err(&told)?;
        if threads > 1 {
            to.multithread(threads).map_err(&told)?;
        }
        let header = serde_json::to_vec(header)
            .map_err(|error| LeddbError::input(format!("header of {}: {error}", path.display())))?;
        let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
        to.write_all(MAGIC)
            .and_then(|()| to.write_all(&length.to_be_bytes()))
            .and_then(|()| to.write_all(&header))
            .map_err(&told)?;
        Ok(Self { path: path.to_path_buf(), to, sum: Sum::default(), bytes: 0 })
    }

    /// Adds a row.
    pub fn row(&mut self, row: &[u8]) -> Result<()> {
        let length = u32::try_from(row.len())
            .ok()
            .filter(|length| *length != END)
            .ok_or_else(|| LeddbError::Array { reason: "a row has more than 4 GiB".to_string() })?;
        self.sum.add(row);
        self.bytes += row.len() as u64;
        self.to
            .write_all(&length.to_be_bytes())
            .and_then(|()| self.to.write_all(row))
            .map_err(io(&self.path))
    }

    /// Ends the file and waits until it is on the disk.
    pub fn finish(mut self) -> Result<Contents> {
        let told = io(&self.path);
        let digest = self.sum.text();
        self.to
            .write_all(&END.to_be_bytes())
            .and_then(|()| self.to.write_all(&self.sum.rows().to_be_bytes()))
            .and_then(|()| self.to.write_all(digest.as_bytes()))
            .map_err(&told)?;
        let hashed = self.to.finish().map_err(&told)?;
        hashed.inner.sync_all().map_err(&told)?;
        let (sha256, size) = hashed.digest();
        Ok(Contents { rows: self.sum.rows(), bytes: self.bytes, digest, sha256, size })
    }
}

/// A file of rows being read.
pub struct RowReader {
    path: PathBuf,
    from: zstd::Decoder<'static, BufReader<Hashed<File>>>,
    header: Header,
    sum: Sum,
    bytes: u64,
}

impl std::fmt::Debug for RowReader {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("RowReader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RowReader {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        let told = io(path);
        let file = File::open(path).map_err(&told)?;
        let buffered = BufReader::with_capacity(1 << 18, Hashed::new(file));
        let mut from = zstd::Decoder::with_buffer(buffered).map_err(&told)?;
        let mut magic = [0; MAGIC.len()];
        let mut length = [0; 4];
        from.read_exact(&mut magic).and_then(|()| from.read_exact(&mut length)).map_err(&told)?;
        let length = u32::from_be_bytes(length);
        if magic != MAGIC || length > 1 << 20 {
            return Err(damaged(path, "it is no file of rows"));
        }
        let mut text = vec![0; length as usize];
        from.read_exact(&mut text).map_err(&told)?;
        let header = serde_json::from_slice(&text)
            .map_err(|error| damaged(path, &format!("its header cannot be read: {error}")))?;
        Ok(Self { path: path.to_path_buf(), from, header, sum: Sum::default(), bytes: 0 })
    }

    /// What it says it holds.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Appends the next row, if there is one.
    pub fn next(&mut self, to: &mut Vec<u8>) -> Result<bool> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length == END {
            return Ok(false);
        }
        let start = to.len();
        to.resize(start + length as usize, 0);
        self.fill(&mut to[start..])?;
        self.sum.add(&to[start..]);
        self.bytes += u64::from(length);
        Ok(true)
    }

    fn fill(&mut self, to: &mut [u8]) -> Result<()> {
        self.from.read_exact(to).map_err(io(&self.path))
    }

    /// After the last row: compares with what the end of the file says, and reads on
    /// to the very end.
    pub fn finish(mut self) -> Result<Contents> {
        let mut rows = [0; 8];
        let mut digest = [0; 64];
        self.fill(&mut rows)?;
        self.fill(&mut digest)?;
        if u64::from_be_bytes(rows) != self.sum.rows() || digest != *self.sum.text().as_bytes() {
            return Err(damaged(&self.path, "its rows are not those that were written"));
        }
        let mut rest = Vec::new();
        self.from.read_to_end(&mut rest).map_err(io(&self.path))?;
        if !rest.is_empty() {
            return Err(damaged(&self.path, "something stands behind its end"));
        }
        let mut buffered = self.from.finish();
        std::io::copy(&mut buffered, &mut std::io::sink()).map_err(io(&self.path))?;
        let (sha256, size) = buffered.into_inner().digest();
        Ok(Contents {
            rows: self.sum.rows(),
            bytes: self.bytes,
            digest: self.sum.text(),
            sha256,
            size,
        })
    }

    /// Reads all rows and keeps none.
    pub fn contents(mut self, mut step: impl FnMut(u64) -> Result<()>) -> Result<Contents> {
        let mut row = Vec::new();
        while self.next(&mut row)? {
            step(row.len() as u64)?;
            row.clear();
        }
        self.finish()
    }
}

fn damaged(path: &Path, what: &str) -> LeddbError {
    LeddbError::Damaged { reason: format!("{}: {what}", path.display()) }
}
