//! `table.dat` taken apart and put together again.
//!
//! Descriptions and keywords that an edit does not touch keep their bytes, so
//! nothing that this crate does not know gets lost: versions, defaults,
//! options, private keywords of storage managers.

mod column;

use std::path::Path;

use crate::aipsio::{MAGIC, Reader};
use crate::desc::record;
use crate::error::{Error, Result};
use crate::value::{Array, Record, Value};

use super::object::Writer;
pub(super) use column::{ArrayDesc, ColumnPart};

/// The parts of a `table.dat`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableDat {
    version: u32,
    pub(super) nrow: u64,
    /// 0 big-endian, 1 little-endian data files.
    format: u32,
    desc_version: u32,
    name: String,
    desc_revision: String,
    comment: String,
    /// The record of table keywords.
    pub(super) keywords: Vec<u8>,
    /// The record of private keywords, such as hypercolumns.
    pub(super) private: Vec<u8>,
    pub(super) columns: Vec<ColumnPart>,
    set_version: i32,
    /// Storage option and its block size.
    storage: Option<(i32, i32)>,
    pub(super) next_seqnr: u32,
    pub(super) managers: Vec<ManagerPart>,
}

/// A record among the bytes of `table.dat`, where it has no magic number.
fn read_record(path: &Path, bytes: &[u8]) -> Result<Record> {
    let bytes = [&MAGIC.to_be_bytes(), bytes].concat();
    record::read(&mut Reader::new(path, &bytes))
}

/// One storage manager.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ManagerPart {
    pub(super) kind: String,
    pub(super) seqnr: u32,
    pub(super) blob: Vec<u8>,
}

impl TableDat {
    /// Takes the file apart.
    pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(path, bytes);
        let version = reader.start("Table")?;
        let nrow = if version > 2 { reader.u64()? } else { u64::from(reader.u32()?) };
        let format = reader.u32()?;
        let kind = reader.string()?;
        if kind != "PlainTable" || version < 2 {
            let what = format!("a {kind} of version {version} cannot be edited");
            return Err(Error::Refused { path: path.into(), what });
        }
        let desc_version = reader.start("TableDesc")?;
        let (name, desc_revision, comment) = (reader.string()?, reader.string()?, reader.string()?);
        let keywords = span(bytes, &mut reader, |reader| record::read(reader).map(drop))?;
        let private = if desc_version == 1 {
            Vec::new()
        } else {
            span(bytes, &mut reader, |reader| record::read(reader).map(drop))?
        };
        let count = reader.count(16)?;
        let descs: Vec<_> =
            (0..count).map(|_| column_desc(bytes, &mut reader)).collect::<Result<_>>()?;
        reader.end()?;
        let mut dat = Self {
            version,
            nrow,
            format,
            desc_version,
            name,
            desc_revision,
            comment,
            keywords,
            private,
            columns: Vec::new(),
            set_version: 0,
            storage: None,
            next_seqnr: 0,
            managers: Vec::new(),
        };
        dat.read_set(path, bytes, &mut reader, descs)?;
        reader.end()?;
        Ok(dat)
    }

    fn read_set(
        &mut self,
        path: &Path,
        bytes: &[u8],
        reader: &mut Reader<'_>,
        descs: Vec<Desc>,
    ) -> Result<()> {
        self.set_version = reader.i32()?.saturating_neg();
        match self.set_version {
            2 => drop(reader.u32()?),
            3 => {
                reader.u64()?;
                self.storage = Some((reader.i32()?, reader.i32()?));
            }
            other => {
                let what = format!("a column set of version {other} cannot be edited");
                return Err(Error::Refused { path: path.into(), what });
            }
        }
        self.next_seqnr = reader.u32()?;
        let count = reader.count(8)?;
        let managers: Vec<(String, u32)> =
            (0..count).map(|_| Ok((reader.string()?, reader.u32()?))).collect::<Result<_>>()?;
        for desc in descs {
            let start = reader.position();
            reader.u32()?;
            reader.string()?;
            reader.u32()?;
            let head = bytes[start..reader.position()].to_vec();
            let seqnr = reader.u32()?;
            let tail = span(bytes, reader, |reader| {
                if !desc.scalar && reader.bool()? {
                    reader.position_shape()?;
                }
                Ok(())
            })?;
            let (name, keywords) = (desc.name, desc.keywords);
            self.columns.push(ColumnPart { name, desc: desc.bytes, keywords, head, seqnr, tail });
        }
        for (kind, seqnr) in managers {
            let length = reader.count(1)?;
            let blob = reader.take(length)?.to_vec();
            self.managers.push(ManagerPart { kind, seqnr, blob });
        }
        Ok(())
    }

    /// The numbers of the storage managers.
    pub(super) fn seqnrs(&self) -> Vec<u32> {
        self.managers.iter().map(|manager| manager.seqnr).collect()
    }

    /// The keywords of the table or of the column at a place.
    pub(super) fn keywords_of(&self, path: &Path, column: Option<usize>) -> Result<Record> {
        let bytes = match column.and_then(|at| self.columns.get(at)) {
            Some(column) => &column.desc[column.keywords.clone()],
            None => &self.keywords,
        };
        read_record(path, bytes)
    }

    /// Puts other keywords in their place.
    pub(super) fn set_keywords(&mut self, column: Option<usize>, keywords: &Record) {
        let mut out = Writer::new();
        out.record(keywords);
        let bytes = out.into_bytes();
        match column.and_then(|at| self.columns.get_mut(at)) {
            Some(column) => {
                let start = column.keywords.start;
                let end = start + bytes.len();
                column.desc.splice(column.keywords.clone(), bytes);
                column.keywords = start..end;
            }
            None => self.keywords = bytes,
        }
    }

    /// Forgets hypercolumns of which no data column is left.
    pub(super) fn forget_hypercolumns(&mut self, path: &Path) -> Result<()> {
        if self.private.is_empty() {
            return Ok(());
        }
        let mut private = read_record(path, &self.private)?;
        let gone = |value: &Value| match value.as_record().and_then(|record| record.get("data")) {
            Some(Value::Array(Array::String(names))) => {
                !names.iter().any(|name| self.columns.iter().any(|column| column.is(name)))
            }
            _ => false,
        };
        let left: Vec<String> = private
            .iter()
            .filter(|(name, value)| name.starts_with("Hypercolumn_") && gone(value))
            .map(|(name, _)| name.to_string())
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        for name in &left {
            private.remove(name);
        }
        let mut out = Writer::new();
        out.record(&private);
        self.private = out.into_bytes();
        Ok(())
    }

    /// The files of a table are each their own, not pieces of one.
    pub(super) fn has_separate_files(&self) -> bool {
        !matches!(self.storage, Some((0 | 1, _)))
    }

    /// The bytes of the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.start("Table", self.version);
        self.put_rows(&mut out, self.version > 2);
        out.u32(self.format);
        out.string("PlainTable");
        out.start("TableDesc", self.desc_version);
        for text in [&self.name, &self.desc_revision, &self.comment] {
            out.string(text);
        }
        out.raw(&self.keywords);
        out.raw(&self.private);
        out.count(self.columns.len());
        for column in &self.columns {
            out.raw(&column.desc);
        }
        out.end();
        out.i32(-self.set_version);
        self.put_rows(&mut out, self.set_version > 2);
        if let Some((option, block)) = self.storage {
            out.i32(option);
            out.i32(block);
        }
        out.u32(self.next_seqnr);
        out.count(self.managers.len());
        for manager in &self.managers {
            out.string(&manager.kind);
            out.u32(manager.seqnr);
        }
        for column in &self.columns {
            out.raw(&column.head);
            out.u32(column.seqnr);
            out.raw(&column.tail);
        }
        for manager in &self.managers {
            out.count(manager.blob.len());
            out.raw(&manager.blob);
        }
        out.end();
        out.into_bytes()
    }

    fn put_rows(&self, out: &mut Writer, wide: bool) {
        if wide {
            out.u64(self.nrow);
        } else {
            out.u32(u32::try_from(self.nrow).unwrap_or(u32::MAX));
        }
    }
}

/// The bytes that a reading step takes.
fn span(
    bytes: &[u8],
    reader: &mut Reader<'_>,
    step: impl FnOnce(&mut Reader<'_>) -> Result<()>,
) -> Result<Vec<u8>> {
    let start = reader.position();
    step(reader)?;
    Ok(bytes[start..reader.position()].to_vec())
}

struct Desc {
    name: String,
    scalar: bool,
    bytes: Vec<u8>,
    keywords: std::ops::Range<usize>,
}

/// The description of a column as bytes, with the place of its keywords.
fn column_desc(bytes: &[u8], reader: &mut Reader<'_>) -> Result<Desc> {
    let start = reader.position();
    let desc = crate::desc::ColumnDesc::read(reader, None)?;
    let located = desc.place_of_keywords();
    // Nothing damaged is written anew.
    record::read(&mut Reader::inside(reader.path(), bytes, located))?;
    let keywords = located.start - start..located.end - start;
    let piece = bytes[start..reader.position()].to_vec();
    Ok(Desc { name: desc.name, scalar: desc.scalar, bytes: piece, keywords })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    /// The synthetic tables of this crate.
    fn unpacked() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/tables.tar.gz");
        let done = std::process::Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(folder.path())
            .status();
        assert!(done.unwrap().success());
        folder
    }

    /// Calls with every table that can be edited.
    fn each(mut call: impl FnMut(&Path, &[u8], TableDat)) {
        let folder = unpacked();
        let mut done = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path().join("table.dat");
            let Ok(bytes) = std::fs::read(&path) else { continue };
            match TableDat::read(&path, &bytes) {
                Ok(dat) => call(&path, &bytes, dat),
                Err(Error::Refused { .. }) => continue,
                Err(error) => panic!("{error}"),
            }
            done += 1;
        }
        assert!(done > 10, "{done} tables");
    }

    #[test]
    fn what_is_taken_apart_is_put_together_the_same() {
        each(|path, bytes, dat| assert!(dat.to_bytes() == bytes, "{}", path.display()));
    }

    #[test]
    fn keywords_that_are_set_anew_stay() {
        each(|path, _, dat| {
            let mut changed = dat.clone();
            for column in (0..dat.columns.len()).map(Some).chain([None]) {
                let keywords = dat.keywords_of(path, column).unwrap();
                changed.set_keywords(column, &keywords);
                assert_eq!(changed.keywords_of(path, column).unwrap(), keywords);
            }
            let bytes = changed.to_bytes();
            let again = TableDat::read(path, &bytes).unwrap();
            assert_eq!(again, changed, "{}", path.display());
        });
    }
}
