//! Copies the files of a storage manager with the values of some columns
//! zeroed and those of some cells replaced: all else stays as it is, byte for
//! byte.

use std::collections::BTreeMap;
use std::path::Path;

use super::cells::{Cell, Cells};
use super::files::Folder;
use super::kept::Places;
use crate::aipsio::Reader;
use crate::error::{Error, Result};
use crate::managers::{Spot, Stripes};
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
    /// What is replaced then.
    pub(super) patches: &'a Patches,
}

/// A byte of a file, and which of its bits are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Byte {
    at: u64,
    mask: u8,
    value: u8,
}

/// The bytes that are replaced, by the suffix of the file, in their order;
/// and the places that are not zeroed with those around them.
#[derive(Debug, Default)]
pub(super) struct Patches {
    files: BTreeMap<String, Vec<Byte>>,
    kept: BTreeMap<String, Places>,
}

impl Patches {
    /// Puts some values of a cell in their place.
    pub(super) fn add(&mut self, spot: &Spot, cells: &Cells) {
        let bytes = match self.files.get_mut(&spot.suffix) {
            Some(bytes) => bytes,
            None => self.files.entry(spot.suffix.clone()).or_default(),
        };
        match cells.cell(0) {
            Cell::Bytes(values) => {
                let width = cells.kind.width().unwrap_or(1);
                let values = values.iter().skip(spot.first * width).take(spot.count * width);
                let at = spot.bit / 8..;
                bytes.extend(at.zip(values).map(|(at, value)| Byte {
                    at,
                    mask: 0xff,
                    value: *value,
                }));
            }
            Cell::Bools(values) => {
                let values = values.iter().skip(spot.first).take(spot.count);
                for (bit, value) in (spot.bit..).zip(values) {
                    let mask = 1 << (bit % 8);
                    let value = if *value { mask } else { 0 };
                    match bytes.last_mut() {
                        Some(last) if last.at == bit / 8 => {
                            last.mask |= mask;
                            last.value |= value;
                        }
                        _ => bytes.push(Byte { at: bit / 8, mask, value }),
                    }
                }
            }
            // Neither can be stored in tiles.
            Cell::Texts(_) | Cell::Record(_) => {}
        }
    }

    /// Keeps some values of a cell, each of so many bits.
    pub(super) fn keep(&mut self, spot: &Spot, width: u64) {
        match self.kept.get_mut(&spot.suffix) {
            Some(places) => places.add(spot, width),
            None => self.kept.entry(spot.suffix.clone()).or_default().add(spot, width),
        }
    }

    /// Orders what was added.
    pub(super) fn sort(&mut self) {
        self.kept.values_mut().for_each(Places::sort);
        self.files.values_mut().for_each(|bytes| bytes.sort_by_key(|byte| byte.at));
    }

    /// Replaces bytes in a piece of a file that begins at `start`.
    fn apply(&self, suffix: &str, start: u64, piece: &mut [u8]) {
        let Some(bytes) = self.files.get(suffix) else { return };
        let first = bytes.partition_point(|byte| byte.at < start);
        for byte in &bytes[first..] {
            let at = usize::try_from(byte.at - start).ok();
            let Some(there) = at.and_then(|at| piece.get_mut(at)) else { return };
            *there = *there & !byte.mask | byte.value;
        }
    }
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
        let kept = self.patches.kept.get(suffix);
        let whole = kept.is_none()
            && !self.patches.files.contains_key(suffix)
            && stripes.iter().any(|s| {
                let covered = s.step.checked_mul(s.count).and_then(|all| all.checked_add(s.first));
                s.first == 0 && s.length == s.step && covered.is_some_and(|end| end >= length)
            });
        let mut at = 0;
        while at < length && !whole {
            let some = PIECE.min(length - at);
            let mut bytes = old.bytes(at, some)?;
            let before = kept.map(|_| bytes.clone());
            for stripes in &stripes {
                stripes.clear(at, &mut bytes);
            }
            if let (Some(kept), Some(before)) = (kept, before) {
                kept.restore(at, &before, &mut bytes);
            }
            self.patches.apply(suffix, at, &mut bytes);
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
