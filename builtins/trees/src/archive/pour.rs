//! From a set on the disk to the bytes of an archive.
//!
//! The form is that of POSIX.1-2001 (`pax`): every tar of the last twenty
//! years reads it. Times keep their nanoseconds, owners are numbers, and files
//! with holes are stored without them in the form that GNU tar calls 1.0.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

use ledama_base::operation::{OperationContext, OperationError, Progress};
use ledama_base::rawtext;
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

use super::fault;
use super::header::{self, BLOCK_BYTES, Fields, Pieces, padded};
use super::pax;
use super::sink::{AT_ONCE, Sink};
use super::tree::{Entry, Kind, Tree};

/// BLAKE3 of the content of a file.
pub(super) type Hash = [u8; 32];

/// Shorter holes are stored as the zeros they read as.
const SHORTEST_HOLE: u64 = 64 << 10;

/// Larger files are copied by the system.
const LARGE: u64 = 128 << 10;

/// Archives are filled up to a multiple of this, as by every tar.
const RECORD: u64 = 20 * BLOCK_BYTES;

/// What is to be told while an archive is made or read.
pub(super) struct Telling<'a> {
    pub(super) ctx: &'a dyn OperationContext,
    /// The archive in text form.
    pub(super) archive: &'a str,
    /// Whether each member is a line of the log.
    pub(super) list: bool,
    /// Bytes done before, and all that there is to do.
    pub(super) before: u64,
    pub(super) total: u64,
}

impl Telling<'_> {
    /// So many bytes of this part are done; fails when the run was interrupted.
    pub(super) fn at(&self, done: u64) -> Result<(), OperationError> {
        self.ctx.check()?;
        let done = self.before.saturating_add(done).min(self.total);
        self.ctx.progress(Progress { done, total: self.total });
        Ok(())
    }

    /// The archive could not be written or read.
    pub(super) fn fault(&self, error: io::Error) -> OperationError {
        fault::at(self.archive, error)
    }

    /// A member.
    pub(super) fn member(&self, name: &[u8]) {
        if self.list {
            self.ctx.log(&rawtext::encode(OsStr::from_bytes(name)));
        }
    }
}

/// Name of a member: that of the set and what is below it; folders end in a slash.
pub(super) fn member_name(set: &[u8], entry: &Entry) -> Vec<u8> {
    let mut name = Vec::with_capacity(set.len() + entry.path.len() + 2);
    name.extend_from_slice(set);
    if !entry.path.is_empty() {
        name.push(b'/');
        name.extend_from_slice(&entry.path);
    }
    if entry.kind == Kind::Folder {
        name.push(b'/');
    }
    name
}

/// Length of the archive that a set makes, bytes, before compression; one that
/// has holes may take a little more or less.
pub(super) fn archive_length(tree: &Tree, set: &[u8]) -> u64 {
    let mut scratch = Vec::new();
    let members = tree.entries.iter().map(|entry| {
        let data = padded(entry.size.min(entry.allocated.saturating_add(SHORTEST_HOLE)));
        let plain = matches!(entry.kind, Kind::File | Kind::Folder);
        let short = set.len() + entry.path.len() + 2 <= 100;
        let small = header::size_fits(entry.size)
            && header::id_fits(entry.uid.into())
            && header::id_fits(entry.gid.into());
        if plain && short && small {
            let time = if header::time_fits(entry.mtime) { 0 } else { 2 * BLOCK_BYTES };
            return BLOCK_BYTES + time + data;
        }
        scratch.clear();
        head(tree, &member_name(set, entry), (set, entry), None, &mut scratch);
        scratch.len() as u64 + data
    });
    (members.sum::<u64>() + 2 * BLOCK_BYTES).div_ceil(RECORD) * RECORD
}

/// Writes the whole set. Answers the hash of each file, if they are wanted.
pub(super) fn pour(
    tree: &Tree,
    set: &[u8],
    sink: &mut Sink,
    hashes: bool,
    telling: &Telling<'_>,
) -> Result<Vec<Option<Hash>>, OperationError> {
    let mut opener = tree.opener();
    let mut found = Vec::with_capacity(tree.entries.len());
    let mut scratch = Vec::new();
    let mut done = 0;
    for (index, entry) in tree.entries.iter().enumerate() {
        telling.at(done)?;
        let name = member_name(set, entry);
        telling.member(&name);
        scratch.clear();
        let mut hasher = None;
        if entry.kind == Kind::File {
            let source = |e: io::Error| source_fault(tree, index, e);
            let file =
                if entry.size > 0 { Some(opener.open(index).map_err(source)?) } else { None };
            hasher = hashes.then(blake3::Hasher::new);
            let mut pouring = Pouring { tree, index, sink, hasher: hasher.as_mut(), telling, done };
            pouring.file((&name, set), file.as_ref(), &mut scratch)?;
            done += entry.size;
        } else {
            head(tree, &name, (set, entry), None, &mut scratch);
            sink.put(&scratch).map_err(|e| telling.fault(e))?;
        }
        found.push(hasher.map(|hasher| *hasher.finalize().as_bytes()));
    }
    sink.zeros(2 * BLOCK_BYTES).map_err(|e| telling.fault(e))?;
    let rest = sink.written().next_multiple_of(RECORD) - sink.written();
    sink.zeros(rest).map_err(|e| telling.fault(e))?;
    Ok(found)
}

/// A file that is not what was listed has changed.
fn source_fault(tree: &Tree, index: usize, error: io::Error) -> OperationError {
    match Errno::from_io_error(&error) {
        Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR | Errno::NXIO) => {
            fault::changed(&tree.member(index))
        }
        _ => fault::at(tree.member(index), error),
    }
}

struct Pouring<'a, 'b> {
    tree: &'a Tree,
    index: usize,
    sink: &'a mut Sink,
    hasher: Option<&'a mut blake3::Hasher>,
    telling: &'a Telling<'b>,
    done: u64,
}

impl Pouring<'_, '_> {
    fn file(
        &mut self,
        (name, set): (&[u8], &[u8]),
        file: Option<&File>,
        scratch: &mut Vec<u8>,
    ) -> Result<(), OperationError> {
        let entry = &self.tree.entries[self.index];
        let pieces = match file {
            Some(file) if entry.allocated < entry.size => pieces(file, entry.size)
                .map_err(|e| source_fault(self.tree, self.index, e.into()))?,
            _ => None,
        };
        head(self.tree, name, (set, entry), pieces.as_deref(), scratch);
        self.sink.put(scratch).map_err(|e| self.telling.fault(e))?;
        let Some(file) = file else { return Ok(()) };
        let whole = [(0, entry.size)];
        let mut stored = 0;
        let mut at = 0;
        for &(offset, length) in pieces.as_deref().unwrap_or(&whole) {
            self.hole(offset - at);
            self.piece(file, offset, length)?;
            stored += length;
            at = offset + length;
        }
        self.hole(entry.size - at);
        self.sink.zeros(padded(stored) - stored).map_err(|e| self.telling.fault(e))
    }

    /// Zeros that are not stored.
    fn hole(&mut self, mut length: u64) {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        let Some(hasher) = &mut self.hasher else { return };
        while length > 0 {
            let step = usize::try_from(length).map_or(ZEROS.len(), |l| l.min(ZEROS.len()));
            hasher.update(&ZEROS[..step]);
            length -= step as u64;
        }
    }

    fn piece(&mut self, file: &File, mut at: u64, mut left: u64) -> Result<(), OperationError> {
        while left > 0 {
            self.telling.at(self.done + at)?;
            if self.hasher.is_none() && left >= LARGE {
                let copied = self.sink.copy(file, at, left).map_err(|e| self.telling.fault(e))?;
                (at, left) = (at + copied, left - copied);
                if copied > 0 {
                    continue;
                }
            }
            let room = self.sink.room().map_err(|e| self.telling.fault(e))?;
            let length = usize::try_from(left).map_or(room.len(), |left| left.min(room.len()));
            let read = match file.read_at(&mut room[..length], at) {
                Ok(0) => return Err(fault::changed(&self.tree.member(self.index))),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(source_fault(self.tree, self.index, error)),
            };
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&room[..read]);
            }
            self.sink.add(read);
            (at, left) = (at + read as u64, left - read as u64);
        }
        Ok(())
    }
}

/// The hash of a file of a tree, read whole.
pub(super) fn hash_file(
    tree: &Tree,
    index: usize,
    file: &File,
    telling: &Telling<'_>,
    done: u64,
) -> Result<Hash, OperationError> {
    let mut hasher = blake3::Hasher::new();
    let size = tree.entries[index].size;
    let mut buffer = vec![0; usize::try_from(size).map_or(AT_ONCE, |size| size.min(AT_ONCE))];
    let mut at = 0;
    while at < size {
        telling.at(done + at)?;
        let length = usize::try_from(size - at).map_or(buffer.len(), |l| l.min(buffer.len()));
        match file.read_at(&mut buffer[..length], at) {
            Ok(0) => return Err(fault::changed(&tree.member(index))),
            Ok(read) => {
                hasher.update(&buffer[..read]);
                at += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(source_fault(tree, index, error)),
        }
    }
    Ok(*hasher.finalize().as_bytes())
}

/// Where a file has data (offset and length); nothing if it has no hole worth the name.
fn pieces(file: &File, size: u64) -> Result<Option<Pieces>, Errno> {
    let mut found: Pieces = Vec::new();
    let mut at = 0;
    while at < size {
        let data = match seek(file, SeekFrom::Data(at)) {
            Ok(data) if data < size => data,
            Ok(_) | Err(Errno::NXIO) => break,
            // A file system that knows no holes.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(None),
            Err(error) => return Err(error),
        };
        let end = seek(file, SeekFrom::Hole(data))?.min(size);
        if end <= data {
            // It changed between the two calls; that is noticed elsewhere.
            return Ok(None);
        }
        match found.last_mut() {
            Some((offset, length)) if data - (*offset + *length) < SHORTEST_HOLE => {
                *length = end - *offset;
            }
            None if data < SHORTEST_HOLE => found.push((0, end)),
            _ => found.push((data, end - data)),
        }
        at = end;
    }
    if let Some((offset, length)) = found.last_mut()
        && size - (*offset + *length) < SHORTEST_HOLE
    {
        *length = size - *offset;
    }
    Ok((found != [(0, size)]).then_some(found))
}

/// The map of a file with holes, as it stands before its data.
fn sparse_map(pieces: &[(u64, u64)], size: u64) -> Vec<u8> {
    let ends = pieces.last().is_some_and(|(offset, length)| offset + length == size);
    // As GNU tar does: a file that ends with a hole has an empty piece there.
    let count = pieces.len() + usize::from(!ends);
    let mut map = format!("{count}\n");
    for (offset, length) in pieces {
        let _ = write!(map, "{offset}\n{length}\n");
    }
    if !ends {
        let _ = write!(map, "{size}\n0\n");
    }
    let mut map = map.into_bytes();
    map.resize(map.len().next_multiple_of(header::BLOCK), 0);
    map
}

/// Adds all that stands in the archive before the data of a member with this
/// name, an entry of the set called so.
fn head(
    tree: &Tree,
    name: &[u8],
    (set, entry): (&[u8], &Entry),
    pieces: Option<&[(u64, u64)]>,
    into: &mut Vec<u8>,
) {
    let first;
    let (kind, link): (u8, &[u8]) = match &entry.kind {
        Kind::Folder => (b'5', b""),
        Kind::File => (b'0', b""),
        Kind::Link(target) => (b'2', target),
        Kind::HardLink(index) => {
            first = member_name(set, &tree.entries[*index]);
            (b'1', &first)
        }
    };
    let map = pieces.map(|pieces| sparse_map(pieces, entry.size)).unwrap_or_default();
    let stored = match pieces {
        None => entry.size,
        Some(pieces) => map.len() as u64 + pieces.iter().map(|(_, length)| length).sum::<u64>(),
    };
    let fields = Fields {
        name,
        mode: entry.mode,
        uid: entry.uid.into(),
        gid: entry.gid.into(),
        size: stored,
        mtime: entry.mtime.seconds,
        kind,
        link,
    };
    // The block before the records is filled in when their length is known.
    let start = into.len();
    into.resize(start + header::BLOCK, 0);
    records(name, link, entry, pieces.is_some(), stored, into);
    let length = into.len() - start - header::BLOCK;
    if length == 0 {
        into.truncate(start);
    } else {
        let name = aside(name, b"PaxHeaders");
        let extended = Fields {
            name: &*name,
            link: b"",
            mode: 0o644,
            size: length as u64,
            kind: b'x',
            ..fields
        };
        into[start..start + header::BLOCK].copy_from_slice(&header::encode(&extended));
        into.resize(start + (into.len() - start).next_multiple_of(header::BLOCK), 0);
    }
    if pieces.is_some() {
        // A program that knows nothing of holes leaves a file of this other name.
        let name = aside(name, b"GNUSparseFile.0");
        into.extend_from_slice(&header::encode(&Fields { name: &*name, ..fields }));
    } else {
        into.extend_from_slice(&header::encode(&fields));
    }
    into.extend_from_slice(&map);
}

/// Adds a record for each value that does not fit a header.
fn records(name: &[u8], link: &[u8], entry: &Entry, holes: bool, stored: u64, into: &mut Vec<u8>) {
    if holes {
        pax::put(into, "GNU.sparse.major", b"1");
        pax::put(into, "GNU.sparse.minor", b"0");
        pax::put(into, "GNU.sparse.name", name);
        pax::put(into, "GNU.sparse.realsize", entry.size.to_string().as_bytes());
    } else if header::split_name(name).is_none() {
        pax::put(into, "path", name);
    }
    if !header::link_fits(link) {
        pax::put(into, "linkpath", link);
    }
    if !header::size_fits(stored) {
        pax::put(into, "size", stored.to_string().as_bytes());
    }
    if !header::time_fits(entry.mtime) {
        pax::put(into, "mtime", pax::time_text(entry.mtime).as_bytes());
    }
    for (key, id) in [("uid", entry.uid), ("gid", entry.gid)] {
        if !header::id_fits(id.into()) {
            pax::put(into, key, id.to_string().as_bytes());
        }
    }
}

/// A name in a folder beside that of the member, as tar does it: seen only by
/// programs that do not know the form.
fn aside(name: &[u8], folder: &[u8]) -> Vec<u8> {
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let at = name.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let mut other = [&name[..at], folder, b"/", &name[at..]].concat();
    if header::split_name(&other).is_none() {
        other.truncate(100);
    }
    while other.last() == Some(&b'/') {
        other.pop();
    }
    other
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::Command;

    use super::*;
    use crate::archive::read::{Kind as Read, Reader};
    use crate::testing::{Alone, Disk};

    #[test]
    fn lengths_beyond_eight_gib_are_told_and_understood() {
        let disk = Disk::new();
        let size = (8 << 30) + 12_345;
        File::create(disk.set().join("huge")).unwrap().set_len(size).unwrap();
        let tree = Tree::list(&disk.set(), &Alone::default()).unwrap();
        let index = tree.entries.iter().position(|entry| entry.path == b"huge").unwrap();
        let entry = &tree.entries[index];
        // As if it had no hole: all of it is stored.
        let mut bytes = Vec::new();
        head(&tree, b"x.MS/huge", (b"x.MS", entry), None, &mut bytes);
        let archive = disk.outside("x.MS.tar");
        std::fs::write(&archive, &bytes).unwrap();
        let file = File::options().read(true).write(true).open(&archive).unwrap();
        let end = bytes.len() as u64 + padded(size) + 2 * BLOCK_BYTES;
        file.set_len(end).unwrap();
        let mut reader = Reader::new(file, "x.MS.tar").unwrap();
        let member = reader.next().unwrap().unwrap();
        assert_eq!((member.size, &member.kind), (size, &Read::File));
        assert_eq!(member.mtime, entry.mtime);
        assert!(reader.next().unwrap().is_none());
        assert_eq!(reader.position(), end);
        let listed = Command::new("tar").arg("-tvf").arg(&archive).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains(&format!(" {size} ")), "{listed}");
    }
}
