//! Tells "is being written" from "damaged": an error while the files of the
//! table have changed since they were opened means the former.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::buffer::BufferMut;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape};
use crate::part::Part;
use crate::storage::{Folder as _, Watch};

/// The watch over the files of one table.
#[derive(Clone)]
pub(crate) struct Guard {
    watch: Arc<Watch>,
}

impl Guard {
    pub(crate) fn new(watch: Arc<Watch>) -> Self {
        Self { watch }
    }

    /// Fails when a file has changed since it was opened.
    pub(crate) fn verify(&self, path: &Path) -> Result<()> {
        if self.watch.changed() {
            return Err(Error::BeingWritten { path: path.into() });
        }
        Ok(())
    }

    /// The result, or the better reason for its failure.
    pub(crate) fn explain<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(Error::Corrupt { .. } | Error::Io { .. } | Error::NotFound { .. })
                if self.watch.changed() =>
            {
                Err(Error::BeingWritten { path: self.watch.path().into() })
            }
            other => other,
        }
    }

    /// The reader with its errors explained.
    pub(crate) fn reader(&self, reader: Arc<dyn ColumnReader>) -> Arc<dyn ColumnReader> {
        Arc::new(Guarded { guard: self.clone(), reader })
    }
}

struct Guarded {
    guard: Guard,
    reader: Arc<dyn ColumnReader>,
}

impl ColumnReader for Guarded {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        self.guard.explain(self.reader.shape(row))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        self.guard.explain(self.reader.run(rows))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        self.guard.explain(self.reader.read(rows, out))
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        self.guard.explain(self.reader.read_part(rows, part, out))
    }

    fn grain(&self, row: u64) -> u64 {
        self.reader.grain(row)
    }
}
