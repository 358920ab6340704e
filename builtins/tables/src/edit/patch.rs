//! Copies the files of a storage manager with the values of some columns
//! zeroed: all else stays as it is, byte for byte.

use std::path::Path;

use super::files::Folder;
use crate::aipsio::Reader;
use crate::error::{Error, Result};
use crate::managers::Stripes;
use crate::storage::{Disk, Folder as _};

/// Bytes copied at once.
const PIECE: u64 = 1 << 20;

/// What is copied.
pub(super) struct Copy<'a> {
    pub(super) path: &'a Path,
    pub(super) kind: &'a str,
    /// The numbers of the old files and of the new ones.
    pub(super) from: u32,
    pub(super) to: u32,
    /// What is zeroed, by the suffix of the file.
    pub(super) zero: &'a [(String, Stripes)],
}

impl Copy<'_> {
    /// Copies the files.
    pub(super) fn write(&self, folder: &mut Folder) -> Result<()> {
        for suffix in folder.suffixes(self.from)? {
            self.file(folder, &suffix)?;
        }
        Ok(())
    }

    fn file(&self, folder: &mut Folder, suffix: &str) -> Result<()> {
        let old = Disk::new(self.path).open(&format!("table.f{}{suffix}", self.from))?;
        let new = folder.create(&format!("table.f{}{suffix}", self.to))?;
        let length = old.len();
        new.set_len(length)?;
        let stripes: Vec<_> =
            self.zero.iter().filter(|(of, _)| of == suffix).map(|(_, stripes)| stripes).collect();
        let header = if suffix.is_empty() && self.kind.starts_with("Tiled") {
            Some(self.seqnr_at(&old.all()?)?)
        } else {
            None
        };
        // Where everything is zeroed nothing needs to be read.
        let whole = stripes.iter().any(|s| {
            let covered = s.step.checked_mul(s.count).and_then(|all| all.checked_add(s.first));
            s.first == 0 && s.length == s.step && covered.is_some_and(|end| end >= length)
        });
        let mut at = 0;
        while at < length && !whole {
            let some = PIECE.min(length - at);
            let mut bytes = old.bytes(at, some)?;
            for stripes in &stripes {
                stripes.clear(at, &mut bytes);
            }
            if bytes.iter().any(|byte| *byte != 0) {
                new.write(&bytes, at)?;
            }
            at += some;
        }
        if let Some(at) = header {
            new.write(&self.to.to_be_bytes(), at as u64)?;
        }
        new.sync()
    }

    /// Where the header of a tiled manager tells the number of its files.
    fn seqnr_at(&self, header: &[u8]) -> Result<usize> {
        let path = self.path.join(format!("table.f{}", self.from));
        let mut reader = Reader::new(&path, header);
        reader.start(self.kind)?;
        if matches!(self.kind, "TiledColumnStMan" | "TiledCellStMan") {
            reader.position_shape()?;
        }
        if reader.start("TiledStMan")? > 1 {
            reader.bool()?;
        }
        let at = reader.position();
        if reader.u32()? != self.from {
            return Err(Error::corrupt(&path, "is the header of another storage manager"));
        }
        Ok(at)
    }
}
