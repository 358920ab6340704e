//! Parts of `table.dat` that are understood only when they are asked for.
//!
//! Most readers of a table want a few columns of many and no keywords of
//! columns at all, yet those are the larger part of the file. Their bytes are
//! shared and kept as long as the table is open.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::record;
use crate::aipsio::Reader;
use crate::error::{Error, Result};
use crate::storage::Source;
use crate::value::Record;

/// The bytes of a `table.dat`.
#[derive(Clone)]
pub(crate) struct Stored {
    source: Arc<dyn Source>,
    /// Those of a file that is not in memory anyway.
    read: Option<Arc<Vec<u8>>>,
}

impl Stored {
    /// Reads the whole file.
    pub(crate) fn new(source: Arc<dyn Source>) -> Result<Self> {
        let read = match source.held() {
            Some(_) => None,
            None => Some(Arc::new(source.all()?)),
        };
        Ok(Self { source, read })
    }

    /// Where the file is, for messages.
    pub(crate) fn path(&self) -> &Path {
        self.source.path()
    }

    /// All bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        let held = self.source.held();
        self.read.as_deref().map_or_else(|| held.unwrap_or_default(), Vec::as_slice)
    }

    /// A reader from the beginning.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(self.path(), self.bytes())
    }
}

/// A record that is read when it is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct LaterRecord {
    at: Range<usize>,
    read: OnceLock<Result<Record>>,
}

impl LaterRecord {
    /// Passes over a record of the bytes.
    pub(crate) fn pass(reader: &mut Reader<'_>) -> Result<Self> {
        let start = reader.position();
        if !reader.skip_object()? {
            // Its writer did not tell its length.
            record::read(reader)?;
        }
        Ok(Self { at: start..reader.position(), read: OnceLock::new() })
    }

    /// Where it stands among the bytes.
    pub(crate) fn place(&self) -> &Range<usize> {
        &self.at
    }

    /// The record, which stands in these bytes; without bytes it is empty.
    pub(crate) fn get(&self, stored: Option<&Stored>) -> Result<&Record> {
        let read = || match stored {
            Some(stored) => {
                let mut reader = Reader::inside(stored.path(), stored.bytes(), &self.at);
                record::read(&mut reader)
            }
            None => Ok(Record::new()),
        };
        self.read.get_or_init(read).as_ref().map_err(Error::clone)
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path().display())
    }
}
