//! The header of `table.mf`, in its two versions.

use crate::aipsio::Reader;
use crate::error::{Error, Result};
use crate::storage::{Folder, Source};

/// Bytes before the list of files in a header of version 2.
const FIXED: usize = 64;

/// The files inside and where their bytes are.
pub(super) struct Header {
    /// Bytes in a block.
    pub(super) block: u64,
    pub(super) files: Vec<Inside>,
    pub(super) sums: Option<Checksums>,
}

/// A file inside.
pub(super) struct Inside {
    pub(super) name: String,
    pub(super) length: u64,
    /// Its bytes, first to last.
    pub(super) pieces: Vec<Piece>,
}

/// Bytes of a file that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The first byte in the file.
    pub(super) start: u64,
    /// The byte after the last.
    pub(super) end: u64,
    /// Where the first byte is in `table.mf`.
    pub(super) place: u64,
}

/// The checksums of all blocks.
pub(super) struct Checksums(Vec<u32>);

impl Checksums {
    pub(super) fn get(&self, block: u64) -> Option<u32> {
        self.0.get(usize::try_from(block).ok()?).copied()
    }
}

impl Header {
    pub(super) fn read(source: &dyn Source, folder: &dyn Folder) -> Result<Self> {
        let head = source.bytes(0, 24)?;
        let mut reader = Reader::new(source.path(), &head);
        match reader.u64()? {
            0 => Self::read_second(source),
            length => {
                let block = reader.u64()?;
                Self::read_first(source, folder, length, block)
            }
        }
    }

    /// Version 1: what does not fit the first block is in a file beside.
    fn read_first(
        source: &dyn Source,
        folder: &dyn Folder,
        length: u64,
        block: u64,
    ) -> Result<Self> {
        check_block(source, block)?;
        let mut bytes = source.bytes(0, length.min(block))?;
        if length > block {
            let rest = folder.open("table.mf_hdrext")?;
            bytes.extend(rest.bytes(0, length - block)?);
        }
        let mut reader = Reader::new(source.path(), &bytes);
        reader.take(24)?;
        reader.start("MultiFile")?;
        reader.i64()?;
        reader.start("Block")?;
        let count = reader.count(16)?;
        let mut files = Vec::with_capacity(count);
        for _ in 0..count {
            let name = reader.string()?;
            reader.start("Block")?;
            let blocks = reader.count(8)?;
            let index: Vec<i64> = (0..blocks).map(|_| reader.i64()).collect::<Result<_>>()?;
            reader.end()?;
            let length = reader.u64()?;
            files.push(Inside { name, length, pieces: pieces(source, &index, block, length)? });
        }
        Ok(Self { block, files, sums: None })
    }

    /// Version 2: what does not fit the first block is in a chain of others.
    fn read_second(source: &dyn Source) -> Result<Self> {
        let fixed = source.bytes(0, FIXED as u64)?;
        let mut reader = Reader::new(source.path(), &fixed);
        reader.u64()?;
        let next = reader.u64()?;
        reader.u64()?;
        let version = reader.u32()?;
        if version != 2 {
            return Err(Error::unsupported(source.path(), format!("files of version {version}")));
        }
        let sum = reader.u32()?;
        let length = reader.u64()?;
        let block = reader.u64()?;
        reader.u64()?;
        let summed = reader.u8()? != 0;
        check_block(source, block)?;
        // A header is never longer than the file it stands in.
        source.check(0, length)?;
        let mut bytes = source.bytes(0, length.min(block))?;
        if length > block {
            follow(source, &mut bytes, next, block, length)?;
        }
        if summed {
            if let Some(place) = bytes.get_mut(28..32) {
                place.fill(0);
            }
            if crc(&bytes) != sum {
                return Err(Error::corrupt(source.path(), "the header does not fit its checksum"));
            }
        }
        Self::parse_second(source, &bytes, block, summed)
    }

    fn parse_second(source: &dyn Source, bytes: &[u8], block: u64, summed: bool) -> Result<Self> {
        let mut reader = Reader::new(source.path(), bytes);
        reader.take(FIXED)?;
        reader.start("MultiFile")?;
        reader.start("Block")?;
        let count = reader.count(13)?;
        let mut files = Vec::with_capacity(count);
        for _ in 0..count {
            let name = reader.string()?;
            let length = reader.u64()?;
            reader.bool()?;
            files.push(Inside { name, length, pieces: Vec::new() });
        }
        reader.end()?;
        reader.end()?;
        for file in &mut files {
            let index = list(&mut reader, 8, Reader::i64)?;
            file.pieces = pieces(source, &index, block, file.length)?;
        }
        list(&mut reader, 8, Reader::i64)?;
        let sums = list(&mut reader, 4, Reader::u32)?;
        Ok(Self { block, files, sums: summed.then_some(Checksums(sums)) })
    }
}

/// A list whose length is a number of 64 bits.
fn list<'a, T>(
    reader: &mut Reader<'a>,
    width: u64,
    item: impl Fn(&mut Reader<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = reader.u64()?;
    if count.saturating_mul(width) > reader.remaining() as u64 {
        return Err(reader.corrupt(format_args!("is cut off: {count} items should follow")));
    }
    (0..count).map(|_| item(reader)).collect()
}

fn check_block(source: &dyn Source, block: u64) -> Result<()> {
    if block < FIXED as u64 || block > source.len() {
        return Err(Error::corrupt(source.path(), format!("has blocks of {block} bytes")));
    }
    Ok(())
}

/// Adds the blocks in which the header goes on: each begins with the number
/// of the next. The length of the header bounds the steps.
fn follow(
    source: &dyn Source,
    bytes: &mut Vec<u8>,
    first: u64,
    block: u64,
    length: u64,
) -> Result<()> {
    let mut next = first;
    while (bytes.len() as u64) < length {
        if next == 0 {
            return Err(Error::corrupt(source.path(), "the header ends too early"));
        }
        let place = next.checked_mul(block);
        let place = place.ok_or_else(|| Error::corrupt(source.path(), "a block beyond the end"))?;
        let wanted = (length - bytes.len() as u64).min(block - 8);
        let piece = source.bytes(place, wanted + 8)?;
        let mut reader = Reader::new(source.path(), &piece);
        next = reader.u64()?;
        bytes.extend_from_slice(&piece[8..]);
    }
    Ok(())
}

/// Where the bytes of a file are. A negative number in the index stands for
/// so many blocks that follow the one before.
fn pieces(source: &dyn Source, index: &[i64], block: u64, length: u64) -> Result<Vec<Piece>> {
    let beyond = || Error::corrupt(source.path(), "a block beyond the end");
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0u64;
    for number in index {
        if start >= length {
            break;
        }
        let blocks = if *number < 0 { number.unsigned_abs() } else { 1 };
        let end = blocks.checked_mul(block).and_then(|more| start.checked_add(more));
        let end = end.ok_or_else(beyond)?.min(length);
        match pieces.last_mut() {
            Some(last) if *number < 0 => last.end = end,
            _ => {
                let number = u64::try_from(*number).map_err(|_| beyond())?;
                let place = number.checked_mul(block).ok_or_else(beyond)?;
                match pieces.last_mut() {
                    Some(last) if last.place + (last.end - last.start) == place => last.end = end,
                    _ => pieces.push(Piece { start, end, place }),
                }
            }
        }
        start = end;
    }
    if start < length {
        return Err(Error::corrupt(source.path(), "a file without blocks for all its bytes"));
    }
    for piece in &pieces {
        source.check(piece.place, piece.end - piece.start)?;
    }
    Ok(pieces)
}

/// The checksum of a block: CRC-32 with the highest bit first, as in bzip2.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let [high, ..] = crc.to_be_bytes();
        (crc << 8) ^ TABLE[usize::from(high ^ byte)]
    })
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    let mut value: u32 = 0;
    while at < 256 {
        let mut crc = value << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::storage::Memory;

    #[test]
    fn the_checksum_is_that_of_bzip2() {
        assert_eq!(crc(b"123456789"), 0xfc89_1918);
    }

    #[test]
    fn an_index_becomes_pieces() {
        let folder = Memory::new([("f".into(), vec![0; 1000])]);
        let source = folder.open("f").unwrap();
        let piece = |start, end, place| Piece { start, end, place };
        assert_eq!(
            pieces(&*source, &[3, -2, 1, 2, 9], 100, 590).unwrap(),
            [piece(0, 300, 300), piece(300, 500, 100), piece(500, 590, 900)]
        );
        assert!(pieces(&*source, &[3, -2], 100, 301).is_err());
        assert!(pieces(&*source, &[-2], 100, 100).is_err());
        assert!(pieces(&*source, &[10], 100, 1).is_err());
        assert!(pieces(&*source, &[i64::MAX, i64::MIN], 100, 700).is_err());
    }
}
