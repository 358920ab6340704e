//! Writes a StandardStMan: all its columns share one row of buckets.
//!
//! Source of the format: `casacore/tables/DataMan/{SSMBase,SSMIndex,
//! SSMColumn}.cc`.

mod texts;

use super::arrays::ArrayWriter;
use super::cells::{Cell, bits};
use super::feed::Feed;
use super::files::{Folder, NewFile};
use super::object::Writer;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::error::{Error, Result};

use texts::Texts;

/// Where the buckets begin.
const HEADER: u64 = 512;

/// Smallest and largest bucket that is chosen.
const SMALLEST: usize = 128;
const LARGEST: usize = 32768;

/// Rows of a bucket where nothing else tells its size.
const ROWS: usize = 32;

/// Longest text that stands in its cell.
const SHORT: usize = 8;

/// What a manager is written from.
pub(super) struct Making<'a> {
    pub(super) seqnr: u32,
    pub(super) name: &'a str,
    pub(super) endian: Endian,
    pub(super) rows: u64,
    /// Its settings until now: size of a bucket (0 for none) and of the cache.
    pub(super) bucket: usize,
    pub(super) cache: u32,
    pub(super) feeds: &'a [Feed],
}

/// Buckets that are written in any order.
pub(super) struct Buckets {
    file: NewFile,
    pub(super) size: usize,
    pub(super) count: u32,
}

impl Buckets {
    /// The number of a new bucket.
    pub(super) fn add(&mut self) -> Result<u32> {
        let number = self.count;
        // Numbers are signed where they are linked to each other.
        if number >= i32::MAX.cast_unsigned() {
            let what = "more buckets than a storage manager can have".into();
            return Err(Error::Refused { path: self.file.path.clone(), what });
        }
        self.count += 1;
        Ok(number)
    }

    pub(super) fn write(&self, number: u32, bytes: &[u8]) -> Result<()> {
        self.file.write(bytes, HEADER + u64::from(number) * self.size as u64)
    }
}

/// How the cells of a column are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// So many bits.
    Fixed(usize),
    /// A text of at most so many bytes.
    Limited(usize),
    /// A text, or texts of a fixed shape.
    Texts,
    /// Texts with their shape.
    Shaped,
    /// The place of an array.
    Array,
}

impl Form {
    fn of(feed: &Feed) -> Result<Self> {
        let desc = &feed.desc;
        Ok(match (desc.scalar, desc.data_type) {
            (true, DataType::Record) => Self::Array,
            (true, DataType::String) if desc.max_length > 0 => {
                Self::Limited(desc.max_length as usize)
            }
            (true, DataType::String) => Self::Texts,
            (false, DataType::String) if desc.is_direct() || desc.is_fixed_shape() => Self::Texts,
            (false, DataType::String) => Self::Shaped,
            (false, _) if !desc.is_direct() => Self::Array,
            (_, kind) => {
                let shape = feed.fixed.as_deref().unwrap_or_default();
                let width = kind.width().map_or(Some(1), |width| width.checked_mul(8));
                let shape = if desc.scalar { &[][..] } else { shape };
                let bits = shape.iter().fold(width, |bits, axis| bits?.checked_mul(*axis));
                Self::Fixed(bits.filter(|bits| *bits < 1 << 34).ok_or_else(|| Error::Shape {
                    column: desc.name.clone(),
                    what: "has cells too large for a StandardStMan".into(),
                })?)
            }
        })
    }

    fn bits(self) -> usize {
        match self {
            Self::Fixed(bits) => bits,
            Self::Limited(bytes) => bytes.saturating_mul(8),
            Self::Texts | Self::Shaped => 96,
            Self::Array => 64,
        }
    }
}

/// Size of a bucket and its rows.
fn layout(forms: &[Form], wanted: usize) -> (usize, usize) {
    let size = |rows: usize| -> usize {
        forms.iter().map(|form| form.bits().saturating_mul(rows).div_ceil(8)).sum()
    };
    let bucket = if wanted > 0 { wanted } else { size(ROWS).clamp(SMALLEST, LARGEST) };
    let bucket = bucket.max(size(1)).max(SMALLEST);
    let bits: usize = forms.iter().map(|form| form.bits()).sum();
    let mut rows = (bucket.saturating_mul(8) / bits.max(1)).max(1);
    while rows > 1 && size(rows) > bucket {
        rows -= 1;
    }
    // A column of nothing must not make a bucket endless.
    (bucket, rows.min(1 << 24))
}

/// Writes the manager, and gives what `table.dat` keeps of it.
pub(super) fn write(folder: &mut Folder, making: &Making<'_>) -> Result<Vec<u8>> {
    let Making { seqnr, endian, rows, feeds, .. } = *making;
    let forms = feeds.iter().map(Form::of).collect::<Result<Vec<_>>>()?;
    let (size, per_bucket) = layout(&forms, making.bucket);
    let mut offsets = Vec::with_capacity(forms.len());
    let mut used = 0;
    for form in &forms {
        offsets.push(used);
        used += (form.bits() * per_bucket).div_ceil(8);
    }
    let file = folder.create(&format!("table.f{seqnr}"))?;
    let mut buckets = Buckets { file, size, count: 0 };
    let mut texts = Texts::default();
    let mut arrays = if forms.contains(&Form::Array) {
        let file = folder.create(&format!("table.f{seqnr}i"))?;
        Some(ArrayWriter::new(file, endian, false))
    } else {
        None
    };
    let mut index = Index::default();
    let mut bytes = vec![0; size];
    let mut first = 0;
    while first < rows {
        let end = rows.min(first + per_bucket as u64);
        let number = buckets.add()?;
        bytes.fill(0);
        for ((feed, form), offset) in feeds.iter().zip(&forms).zip(&offsets) {
            let place = &mut bytes[*offset..];
            feed.each(first..end, |group, cells| {
                let Some(cells) = cells else { return Ok(()) };
                for (at, row) in group.enumerate() {
                    let row = usize::try_from(row - first).unwrap_or(0);
                    let cell = cells.cell(at);
                    match (form, cell) {
                        (Form::Fixed(bits), Cell::Bools(bools)) => {
                            put_bits(place, row * bits, bools);
                        }
                        (Form::Fixed(_), Cell::Bytes(cell)) => {
                            place[row * cell.len()..][..cell.len()].copy_from_slice(cell);
                        }
                        (Form::Limited(length), Cell::Texts([text])) => {
                            let text = &text.as_bytes()[..text.len().min(*length)];
                            place[row * length..][..text.len()].copy_from_slice(text);
                        }
                        (Form::Array, cell) => {
                            let shape = match cell {
                                Cell::Record(bytes) => &[bytes.len()][..],
                                _ => &cells.shape,
                            };
                            let to = arrays.as_mut().map_or(Ok(0), |file| file.put(shape, cell))?;
                            place[row * 8..][..8].copy_from_slice(&endian.u64(to));
                        }
                        (Form::Texts | Form::Shaped, Cell::Texts(all)) => {
                            let cell = &mut place[row * 12..][..12];
                            if feed.desc.scalar {
                                let text = all.first().map_or("", String::as_str);
                                if text.len() <= SHORT {
                                    cell[..text.len()].copy_from_slice(text.as_bytes());
                                    put_length(cell, text.len(), endian);
                                } else {
                                    let to = texts.put(&mut buckets, text.as_bytes())?;
                                    put_place(cell, to, text.len(), endian);
                                }
                            } else {
                                let shape = (*form == Form::Shaped).then_some(&cells.shape[..]);
                                let joined = joined(shape, all);
                                let to = texts.put(&mut buckets, &joined)?;
                                put_place(cell, to, joined.len(), endian);
                            }
                        }
                        _ => {
                            let what = "a cell of another type".into();
                            return Err(Error::Shape { column: feed.desc.name.clone(), what });
                        }
                    }
                }
                Ok(())
            })?;
        }
        buckets.write(number, &bytes)?;
        index.ends.push(end - 1);
        index.buckets.push(number);
        first = end;
    }
    let last_texts = texts.finish(&buckets)?;
    if let Some(arrays) = arrays {
        arrays.finish()?;
    }
    index.finish(making, &mut buckets, (per_bucket, used), last_texts)?;
    let mut blob = Writer::new();
    blob.start("SSM", 2);
    blob.string(making.name);
    let offsets: Vec<u32> = offsets.iter().map(|at| u32::try_from(*at).unwrap_or(0)).collect();
    blob.block_u32(&offsets);
    blob.block_u32(&vec![0; offsets.len()]);
    blob.end();
    Ok(blob.into_bytes())
}

fn put_bits(place: &mut [u8], first: usize, bools: &[bool]) {
    if first.is_multiple_of(8) {
        let packed = bits(bools);
        for (byte, packed) in place[first / 8..].iter_mut().zip(packed) {
            *byte |= packed;
        }
        return;
    }
    for (at, value) in bools.iter().enumerate() {
        place[(first + at) / 8] |= u8::from(*value) << ((first + at) % 8);
    }
}

fn put_length(cell: &mut [u8], length: usize, endian: Endian) {
    cell[8..].copy_from_slice(&endian.u32(u32::try_from(length).unwrap_or(0)));
}

fn put_place(cell: &mut [u8], (bucket, offset): (u32, u32), length: usize, endian: Endian) {
    cell[..4].copy_from_slice(&endian.u32(bucket));
    cell[4..8].copy_from_slice(&endian.u32(offset));
    put_length(cell, length, endian);
}

/// An array of texts as it stands among the texts: numbers are big-endian there.
fn joined(shape: Option<&[usize]>, texts: &[String]) -> Vec<u8> {
    let mut out = Writer::new();
    if let Some(shape) = shape {
        out.count(shape.len());
        shape.iter().rev().for_each(|axis| out.count(*axis));
        // It holds texts and not only a shape.
        out.u32(1);
    }
    for text in texts {
        out.string(text);
    }
    out.into_bytes()
}

/// The last row of each bucket and its number.
#[derive(Default)]
struct Index {
    ends: Vec<u64>,
    buckets: Vec<u32>,
}

impl Index {
    /// Writes the index into buckets of its own, and the header.
    fn finish(
        &self,
        making: &Making<'_>,
        buckets: &mut Buckets,
        (per_bucket, used): (usize, usize),
        last_texts: Option<u32>,
    ) -> Result<()> {
        /// Before the index in each bucket: the number of the next one, twice.
        const LINKS: usize = 8;
        const NONE: u32 = u32::MAX;
        let index = self.to_bytes(making, buckets.size, (per_bucket, used));
        let room = buckets.size - LINKS;
        let parts: Vec<&[u8]> = index.chunks(room).collect();
        let numbers = parts.iter().map(|_| buckets.add()).collect::<Result<Vec<_>>>()?;
        for (at, part) in parts.iter().enumerate() {
            let next = numbers.get(at + 1).copied().unwrap_or(NONE).to_be_bytes();
            let mut bytes = [next, next].concat();
            bytes.extend_from_slice(part);
            bytes.resize(buckets.size, 0);
            buckets.write(numbers[at], &bytes)?;
        }
        // An index of at most half a bucket changes sides when it is renewed.
        let offset = if index.len() <= room / 2 { LINKS } else { 0 };
        let mut out = Writer::with_endian(making.endian);
        if making.endian == Endian::Big {
            out.start("StandardStMan", 2);
        } else {
            out.start("StandardStMan", 3);
            out.bool(false);
        }
        out.count(buckets.size);
        out.u32(buckets.count);
        out.u32(making.cache.max(2));
        // No bucket is free.
        out.u32(0);
        out.u32(NONE);
        out.count(numbers.len());
        out.u32(numbers.first().copied().unwrap_or(NONE));
        out.count(offset);
        out.u32(last_texts.unwrap_or(NONE));
        out.count(index.len());
        out.u32(1);
        out.end();
        buckets.file.write(&out.into_bytes(), 0)?;
        buckets.file.set_len(HEADER + u64::from(buckets.count) * buckets.size as u64)?;
        buckets.file.sync()
    }

    fn to_bytes(
        &self,
        making: &Making<'_>,
        size: usize,
        (per_bucket, used): (usize, usize),
    ) -> Vec<u8> {
        let mut out = Writer::with_endian(making.endian);
        let narrow: Option<Vec<u32>> =
            self.ends.iter().map(|end| u32::try_from(*end).ok()).collect();
        out.start("SSMIndex", if narrow.is_some() { 1 } else { 2 });
        out.count(self.ends.len());
        out.count(per_bucket);
        out.count(making.feeds.len());
        // The free places of a bucket: what is behind the last column.
        out.start_inside("SimpleOrderedMap", 1);
        out.u32(0);
        let free = size.saturating_sub(used);
        out.u32(u32::from(free > 0));
        out.u32(1);
        if free > 0 {
            out.count(used);
            out.count(free);
        }
        out.end();
        match narrow {
            Some(ends) => out.block_u32(&ends),
            None => out.block_u64(&self.ends),
        }
        out.block_u32(&self.buckets);
        out.end();
        out.into_bytes()
    }
}
