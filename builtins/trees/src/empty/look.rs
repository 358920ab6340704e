//! What a folder holds, all of it: the judgement on which everything here rests.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::{OperationContext, OperationError};
use ledama_base::path::{NameKind, Packed, is_loose_name, name_kind};
use ledama_base::quote::show;
use ledama_base::rawtext;
use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use super::handle::{Handle, changed_ns};

/// Names of unfinished copies and removals of this program contain it.
const OWN: &[u8] = b".ledama-";

/// Every table of casacore has a file of this name.
const TABLE: &str = "table.dat";

/// Entries of one folder that somebody can be asked to agree to.
const MOST_LISTED: usize = 20_000;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A pipe, socket or device.
    Other,
}

impl EntryKind {
    pub(super) fn of(kind: FileType) -> Self {
        match kind {
            FileType::Directory => Self::Folder,
            FileType::RegularFile => Self::File,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// One entry of a folder, with what tells whether it is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Path below the folder, in text form.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Length, bytes; 0 for folders.
    pub size_bytes: u64,
    /// Blocks on the disk, bytes.
    pub disk_bytes: u64,
    /// When it was last changed, nanoseconds since 1970.
    pub changed_ns: i64,
}

impl Listed {
    pub(super) fn new(path: String, kind: EntryKind, facts: &Stat) -> Self {
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Self {
            path,
            kind,
            size_bytes: if kind == EntryKind::Folder { 0 } else { number(facts.st_size) },
            // Blocks of stat(2) are 512 bytes on Linux whatever the file system.
            disk_bytes: number(facts.st_blocks).saturating_mul(512),
            changed_ns: changed_ns(facts),
        }
    }
}

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Inside {
    /// Every entry, folders before what is in them, sorted.
    pub(super) entries: Vec<Listed>,
    /// The newest change of the folder and everything in it, ns since 1970.
    pub(super) changed_ns: i64,
}

impl Inside {
    /// Entries that are no folders.
    pub(super) fn files(&self) -> impl Iterator<Item = &Listed> {
        self.entries.iter().filter(|entry| entry.kind != EntryKind::Folder)
    }

    /// How many folders are in it.
    pub(super) fn folders(&self) -> u64 {
        let folders = self.entries.iter().filter(|entry| entry.kind == EntryKind::Folder);
        folders.count() as u64
    }
}

/// Why a folder is left alone.
#[derive(Debug)]
pub(super) enum Stop {
    /// It holds measurement sets, or what may be some.
    Data(String),
    /// An unfinished copy or removal is in it; this one.
    Unfinished(String),
    /// Something in it cannot be read.
    Unreadable(OperationError),
    /// Another file system is mounted in it, here.
    Mounted(String),
    /// More entries than anybody can look through.
    TooMany,
    /// The run was interrupted.
    Cancelled(OperationError),
}

/// Looks at everything in the folder `path` (in text form), which is held open.
pub(super) fn look(
    folder: &Handle,
    path: &str,
    ctx: &dyn OperationContext,
) -> Result<Inside, Stop> {
    let unreadable = |e: &io::Error| Stop::Unreadable(OperationError::io(show(path), e));
    let facts = folder.facts().map_err(|e| unreadable(&e))?;
    let mut look =
        Look { path, device: facts.st_dev, inside: Inside::default(), ctx, hidden: None };
    look.folder(folder, "", &facts)?;
    match look.hidden {
        // Told last: measurement sets are the better reason.
        Some(stop) => Err(stop),
        None => Ok(look.inside),
    }
}

struct Look<'a> {
    path: &'a str,
    device: u64,
    inside: Inside,
    ctx: &'a dyn OperationContext,
    /// The first thing that could not be read, or lies on another disk.
    hidden: Option<Stop>,
}

impl Look<'_> {
    fn folder(&mut self, folder: &Handle, inner: &str, facts: &Stat) -> Result<(), Stop> {
        self.ctx.check().map_err(Stop::Cancelled)?;
        if facts.st_dev != self.device {
            self.hide(Stop::Mounted(self.whole(inner)));
            return Ok(());
        }
        self.inside.changed_ns = self.inside.changed_ns.max(changed_ns(facts));
        let entries = match folder.entries() {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(inner, &error);
                return Ok(());
            }
        };
        for (name, kind) in entries {
            let text = rawtext::encode(&name);
            let at = if inner.is_empty() { text.clone() } else { format!("{inner}/{text}") };
            if has(&name, OWN) {
                return Err(Stop::Unfinished(self.whole(&at)));
            }
            if is_data(&text, kind) || (kind != FileType::Directory && in_a_set(inner)) {
                return Err(Stop::Data(self.whole(&at)));
            }
            self.entry(folder, &name, &at)?;
        }
        Ok(())
    }

    fn entry(&mut self, folder: &Handle, name: &OsStr, at: &str) -> Result<(), Stop> {
        if self.inside.entries.len() >= MOST_LISTED {
            return Err(Stop::TooMany);
        }
        let facts = match folder.facts_of(name) {
            Ok(facts) => facts,
            Err(error) => {
                self.unreadable(at, &error);
                return Ok(());
            }
        };
        let kind = EntryKind::of(FileType::from_raw_mode(facts.st_mode));
        self.inside.entries.push(Listed::new(at.to_string(), kind, &facts));
        self.inside.changed_ns = self.inside.changed_ns.max(changed_ns(&facts));
        if kind != EntryKind::Folder {
            return Ok(());
        }
        match folder.enter(name).and_then(|inner| Ok((inner.facts()?, inner))) {
            Ok((facts, inner)) => self.folder(&inner, at, &facts),
            Err(error) => {
                self.unreadable(at, &error);
                Ok(())
            }
        }
    }

    /// Remembers it and goes on: there may be data, which is no fault.
    fn unreadable(&mut self, inner: &str, error: &io::Error) {
        let error = OperationError::io(show(&self.whole(inner)), error);
        self.hide(Stop::Unreadable(error));
    }

    fn hide(&mut self, stop: Stop) {
        self.hidden.get_or_insert(stop);
    }

    fn whole(&self, inner: &str) -> String {
        if inner.is_empty() { self.path.to_string() } else { format!("{}/{inner}", self.path) }
    }
}

fn has(name: &OsStr, part: &[u8]) -> bool {
    name.as_bytes().windows(part.len()).any(|window| window == part)
}

/// Whether a path leads into a folder that is called like a set: a set that
/// has lost its main table file is a set all the same.
fn in_a_set(path: &str) -> bool {
    path.split('/')
        .any(|name| matches!(name_kind(name), NameKind::MeasurementSet | NameKind::Loose))
}

/// Whether an entry alone tells that there is data: the file of a table, a
/// packed set, a file or a link that is called like a set. (A folder that is
/// called like a set is data as soon as any file is in it.)
fn is_data(name: &str, kind: FileType) -> bool {
    if kind == FileType::Directory {
        return false;
    }
    let whole = Packed::of(name).map(|packed| &name[..name.len() - packed.extension().len() - 1]);
    name == TABLE || name_kind(name) != NameKind::Other || whole.is_some_and(is_loose_name)
}
