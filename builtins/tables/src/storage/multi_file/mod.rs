//! Many small files inside one file, `table.mf`: a storage option for file
//! systems that do not like many files.
//!
//! The file is made of blocks. A header in the first block, continued in
//! others where it is long, lists the files, their lengths and their blocks.
//! Optionally the header and all blocks have checksums.
//!
//! Source of the format: `casacore/casa/IO/{MultiFile,MultiFileBase}.cc`.

mod header;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Folder, Source};
use crate::error::{Error, Result};
use header::{Checksums, Header, Piece, crc};

/// Name of the file.
const NAME: &str = "table.mf";

/// A folder some of whose files are in `table.mf`.
pub(crate) struct MultiFile {
    folder: Arc<dyn Folder>,
    /// Read when the first file is opened.
    content: OnceLock<Result<Arc<Content>>>,
}

struct Content {
    source: Arc<dyn Source>,
    header: Header,
}

impl MultiFile {
    /// The files of this folder, those inside `table.mf` among them.
    pub(crate) fn new(folder: Arc<dyn Folder>) -> Self {
        Self { folder, content: OnceLock::new() }
    }

    /// The content of `table.mf`; there is no such file when no storage
    /// manager of the table can use it.
    fn content(&self) -> Option<Result<Arc<Content>>> {
        if !self.folder.has(NAME) {
            return None;
        }
        let read = || {
            let source = self.folder.open(NAME)?;
            let header = Header::read(&*source, &*self.folder)?;
            Ok(Arc::new(Content { source, header }))
        };
        Some(self.content.get_or_init(read).clone())
    }
}

impl Folder for MultiFile {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        let Some(content) = self.content() else {
            return self.folder.open(name);
        };
        let content = content?;
        match content.header.files.iter().position(|file| file.name == name) {
            Some(at) => Ok(Arc::new(File { path: content.source.path().join(name), content, at })),
            None => self.folder.open(name),
        }
    }

    fn has(&self, name: &str) -> bool {
        let inside = match self.content() {
            Some(Ok(content)) => content.header.files.iter().any(|file| file.name == name),
            _ => false,
        };
        inside || self.folder.has(name)
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        self.folder.folder(relative)
    }
}

/// One of the files.
struct File {
    path: PathBuf,
    content: Arc<Content>,
    at: usize,
}

impl File {
    fn pieces(&self) -> &[Piece] {
        &self.content.header.files[self.at].pieces
    }

    /// Reads whole blocks and checks them.
    fn read_checked(&self, start: u64, buffer: &mut [u8], sums: &Checksums) -> Result<()> {
        let size = self.content.header.block;
        let mut block = vec![0; usize::try_from(size).unwrap_or(0)];
        let mut done = 0;
        while done < buffer.len() {
            let at = start + done as u64;
            self.content.source.read_at(at / size * size, &mut block)?;
            if sums.get(at / size) != Some(crc(&block)) {
                return Err(Error::corrupt(
                    self.content.source.path(),
                    format!("block {} does not fit its checksum", at / size),
                ));
            }
            let from = usize::try_from(at % size).unwrap_or(0);
            let count = (block.len() - from).min(buffer.len() - done);
            buffer[done..done + count].copy_from_slice(&block[from..from + count]);
            done += count;
        }
        Ok(())
    }
}

impl Source for File {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> u64 {
        self.content.header.files[self.at].length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.check(offset, buffer.len() as u64)?;
        let pieces = self.pieces();
        let mut done = 0;
        while done < buffer.len() {
            let at = offset + done as u64;
            // The pieces cover the file, which the header checked.
            let which = pieces.partition_point(|piece| piece.end <= at);
            let Some(piece) = pieces.get(which) else {
                return Err(Error::corrupt(&self.path, format!("has no block at byte {at}")));
            };
            let left = (buffer.len() - done) as u64;
            let count = usize::try_from(left.min(piece.end - at)).unwrap_or(usize::MAX);
            let from = piece.place + (at - piece.start);
            let out = &mut buffer[done..done + count];
            match &self.content.header.sums {
                None => self.content.source.read_at(from, out)?,
                Some(sums) => self.read_checked(from, out, sums)?,
            }
            done += count;
        }
        Ok(())
    }
}
