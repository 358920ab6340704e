//! The list of entries on the wire, checked entry by entry as it arrives.

use super::bytes::Cursor;
use super::{Frame, Malformed, Tag};
use crate::entry::{Entry, Kind, Listing, Time, kept_mode};

/// Frames of a list are sent when they have grown to this size.
const FULL: usize = 256 << 10;

/// Greatest number of entries of one set; a set of measurement data has a few hundred.
const MAX_ENTRIES: usize = 20_000_000;

/// Greatest depth of folders in a set.
pub(crate) const MAX_DEPTH: u16 = 512;

/// Greatest length of one component, as the kernel has it.
const MAX_NAME: usize = 255;

/// Greatest length of the target of a symbolic link, as the kernel has it.
const MAX_LINK: usize = 4095;

/// Greatest size of one file, 8 EiB as the kernel has it.
const MAX_SIZE: u64 = i64::MAX as u64;

const FOLDER: u8 = b'd';
const FILE: u8 = b'f';
const HARD_LINK: u8 = b'h';
const LINK: u8 = b'l';

/// Turns entries into frames.
#[derive(Debug, Default)]
pub(crate) struct ListWriter {
    head: Vec<u8>,
}

impl ListWriter {
    /// Adds an entry; answers a frame when one is full.
    pub(crate) fn add(&mut self, entry: &Entry) -> Option<Frame> {
        let head = &mut self.head;
        head.push(match entry.kind {
            Kind::Folder => FOLDER,
            Kind::File => FILE,
            Kind::HardLink(_) => HARD_LINK,
            Kind::Link(_) => LINK,
        });
        head.extend_from_slice(&entry.parent.to_le_bytes());
        put_text(head, &entry.name);
        head.extend_from_slice(&entry.mode.to_le_bytes());
        head.extend_from_slice(&entry.mtime.seconds.to_le_bytes());
        head.extend_from_slice(&entry.mtime.nanos.to_le_bytes());
        match &entry.kind {
            Kind::Folder => {}
            Kind::File => {
                head.extend_from_slice(&entry.size.to_le_bytes());
                head.extend_from_slice(&entry.allocated.to_le_bytes());
            }
            Kind::HardLink(of) => head.extend_from_slice(&of.to_le_bytes()),
            Kind::Link(to) => put_text(head, to),
        }
        (self.head.len() >= FULL).then(|| self.take())
    }

    /// The frame with the entries not yet sent.
    pub(crate) fn take(&mut self) -> Frame {
        Frame::new(Tag::List, std::mem::take(&mut self.head))
    }
}

fn put_text(head: &mut Vec<u8>, text: &[u8]) {
    // Component names and link targets are below 4096 bytes on Linux.
    head.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    head.extend_from_slice(text);
}

/// Puts a list together from frames of the other side.
#[derive(Debug, Default)]
pub(crate) struct ListReader {
    listing: Listing,
    depth: Vec<u16>,
    bytes: u64,
}

impl ListReader {
    /// Adds the entries of one frame.
    pub(crate) fn read(&mut self, head: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(head);
        while !cursor.is_empty() {
            self.entry(&mut cursor)?;
        }
        Ok(())
    }

    /// The complete list.
    pub(crate) fn finish(self) -> Result<Listing, Malformed> {
        if self.listing.entries.is_empty() {
            return Err(Malformed("an empty list"));
        }
        Ok(self.listing)
    }

    fn entry(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
        let index = self.listing.len();
        if self.listing.entries.len() >= MAX_ENTRIES {
            return Err(Malformed("too many entries"));
        }
        let kind = cursor.u8()?;
        let parent = cursor.u32()?;
        let name = text(cursor, MAX_NAME)?;
        let depth = self.place(index, parent, name)?;
        let mode = kept_mode(kind == FOLDER, cursor.u32()?);
        let mtime = Time { seconds: cursor.i64()?, nanos: cursor.u32()? };
        if mtime.nanos >= 1_000_000_000 {
            return Err(Malformed("a time"));
        }
        let (mut size, mut allocated) = (0, 0);
        let kind = match kind {
            FOLDER => Kind::Folder,
            FILE => {
                (size, allocated) = (cursor.u64()?, cursor.u64()?);
                self.count(size)?;
                Kind::File
            }
            HARD_LINK => {
                let of = cursor.u32()?;
                if !self.listing.get(of).is_some_and(Entry::is_file) {
                    return Err(Malformed("another name of no file"));
                }
                Kind::HardLink(of)
            }
            LINK => Kind::Link(text(cursor, MAX_LINK)?.into()),
            _ => return Err(Malformed("kind of an entry")),
        };
        self.listing.entries.push(Entry {
            parent,
            name: name.into(),
            kind,
            mode,
            mtime,
            size,
            allocated,
        });
        self.depth.push(depth);
        Ok(())
    }

    /// Checks where an entry stands and how it is called: one component, in a
    /// folder that came before. That is all it takes to stay inside the set.
    fn place(&self, index: u32, parent: u32, name: &[u8]) -> Result<u16, Malformed> {
        if index == 0 {
            return if parent == 0 && name.is_empty() { Ok(0) } else { Err(Malformed("a root")) };
        }
        if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
            return Err(Malformed("a name that leaves its folder"));
        }
        if self.listing.get(parent).is_none_or(|e| e.kind != Kind::Folder) {
            return Err(Malformed("an entry in no folder"));
        }
        let above = usize::try_from(parent).ok().and_then(|p| self.depth.get(p));
        match above {
            Some(&above) if above < MAX_DEPTH => Ok(above + 1),
            _ => Err(Malformed("folders too deep")),
        }
    }

    /// Checks that sizes are possible and their sum can be counted.
    fn count(&mut self, size: u64) -> Result<(), Malformed> {
        let sum = self.bytes.checked_add(size);
        self.bytes = sum.filter(|_| size <= MAX_SIZE).ok_or(Malformed("a size"))?;
        Ok(())
    }
}

fn text<'a>(cursor: &mut Cursor<'a>, max: usize) -> Result<&'a [u8], Malformed> {
    let len = usize::from(cursor.u16()?);
    if len > max {
        return Err(Malformed("a name too long"));
    }
    let text = cursor.take(len)?;
    if text.contains(&0) { Err(Malformed("a name with a zero byte")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::entry::sample;

    fn entry(parent: u32, name: &[u8], kind: Kind) -> Entry {
        let mtime = Time { seconds: -3, nanos: 999_999_999 };
        Entry { mtime, ..sample(parent, name, kind, 0) }
    }

    fn read(entries: &[Entry]) -> Result<Listing, Malformed> {
        let mut writer = ListWriter::default();
        let mut reader = ListReader::default();
        for entry in entries {
            if let Some(frame) = writer.add(entry) {
                reader.read(&frame.head)?;
            }
        }
        reader.read(&writer.take().head)?;
        reader.finish()
    }

    #[test]
    fn a_list_comes_back() {
        let mut file = entry(1, b"\xff\n ", Kind::File);
        (file.size, file.allocated) = (7, 4096);
        let entries = vec![
            entry(0, b"", Kind::Folder),
            entry(0, b"sub", Kind::Folder),
            file,
            entry(0, b"other", Kind::HardLink(2)),
            entry(0, b"link", Kind::Link((*b"../..").into())),
        ];
        assert_eq!(read(&entries).unwrap().entries, entries);
    }

    #[test]
    fn names_that_leave_the_set_are_refused() {
        let root = entry(0, b"", Kind::Folder);
        for name in [&b".."[..], b".", b"", b"a/b", b"/etc", b"a\0b", &[b'x'; 256]] {
            let list = [root.clone(), entry(0, name, Kind::File)];
            assert!(read(&list).is_err(), "{name:?}");
        }
        assert!(read(&[entry(0, b"x", Kind::Folder)]).is_err());
        assert!(read(&[]).is_err());
    }

    #[test]
    fn entries_stand_in_folders_that_came_before() {
        let root = entry(0, b"", Kind::Folder);
        for second in [
            entry(1, b"x", Kind::File),
            entry(9, b"x", Kind::File),
            entry(0, b"x", Kind::HardLink(0)),
            entry(0, b"x", Kind::HardLink(1)),
        ] {
            assert!(read(&[root.clone(), second]).is_err());
        }
        let link = entry(0, b"l", Kind::Link((*b"/etc").into()));
        assert!(read(&[root, link, entry(1, b"passwd", Kind::File)]).is_err());
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let root = entry(0, b"", Kind::Folder);
        let file = |name: &[u8], size| Entry { size, ..entry(0, name, Kind::File) };
        assert!(read(&[root.clone(), file(b"x", u64::MAX)]).is_err());
        let most = i64::MAX.unsigned_abs();
        assert!(read(&[root.clone(), file(b"x", most), file(b"y", most)]).is_ok());
        assert!(read(&[root, file(b"x", most), file(b"y", most), file(b"z", most)]).is_err());
    }

    #[test]
    fn the_depth_is_bounded() {
        let mut entries = vec![entry(0, b"", Kind::Folder)];
        for parent in 0..u32::from(MAX_DEPTH) {
            entries.push(entry(parent, b"d", Kind::Folder));
        }
        assert!(read(&entries).is_ok());
        entries.push(entry(u32::from(MAX_DEPTH), b"d", Kind::Folder));
        assert!(read(&entries).is_err());
    }
}
