//! Writes an IncrementalStMan: a value stands only where it changes, and at
//! the beginning of each bucket.
//!
//! Source of the format: `casacore/tables/DataMan/{ISMBase,ISMBucket,
//! ISMIndex,ISMColumn,ISMIndColumn}.cc`.

use super::arrays::ArrayWriter;
use super::cells::{Cell, Cells};
use super::feed::Feed;
use super::files::{Folder, NewFile};
use super::object::Writer;
use super::standard::Making;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::error::{Error, Result};

/// Where the buckets begin.
const HEADER: u64 = 512;

/// Size of a bucket where nothing else tells it, and where it stops to grow:
/// an offset has 28 bits.
const USUAL: usize = 32768;
const LARGEST: usize = 1 << 27;

/// What an entry takes beside its value: a row of 64 bits and an offset.
const ENTRY: usize = 12;

/// Rows and bytes of new values that are collected before they are stored.
const ROWS_AT_ONCE: u64 = 1 << 12;

/// Writes the manager, and gives what `table.dat` keeps of it.
pub(super) fn write(folder: &mut Folder, making: &Making<'_>) -> Result<Vec<u8>> {
    let seqnr = making.seqnr;
    let file = folder.create(&format!("table.f{seqnr}"))?;
    let indirect = making.feeds.iter().filter(|feed| is_indirect(feed)).count();
    let array_file =
        if indirect > 0 { Some(folder.create(&format!("table.f{seqnr}i"))?) } else { None };
    let mut size = if making.bucket > 0 { making.bucket } else { USUAL };
    loop {
        // A bucket that cannot hold one row is seen only on the way.
        file.set_len(0)?;
        let arrays = match &array_file {
            Some(file) => {
                file.set_len(0)?;
                Some(ArrayWriter::new(file.again()?, making.endian, true))
            }
            None => None,
        };
        let mut out = Output::new(making, file.again()?, size, arrays);
        if out.rows()? {
            out.finish(u32::try_from(indirect).unwrap_or(0))?;
            let mut blob = Writer::new();
            blob.start("ISM", 3);
            blob.string(making.name);
            blob.end();
            return Ok(blob.into_bytes());
        }
        size *= 2;
        if size > LARGEST {
            let what = "a row is too large for an IncrementalStMan".into();
            return Err(Error::Refused { path: file.path, what });
        }
    }
}

fn is_indirect(feed: &Feed) -> bool {
    let desc = &feed.desc;
    if desc.scalar { desc.data_type == DataType::Record } else { !desc.is_direct() }
}

/// A column on its way.
struct Column {
    indirect: bool,
    /// The value of the last row that was looked at, as it is stored.
    last: Vec<u8>,
    /// And its array, if it has one.
    array: Option<Cells>,
    /// The value of the last row that was stored.
    current: Vec<u8>,
    /// Its place in the array file, and how many entries point there.
    place: u64,
    uses: u32,
}

/// New values of the columns, by row.
type Changes = Vec<(u64, usize, Change)>;

struct Change {
    stored: Vec<u8>,
    place: u64,
}

struct Output<'a> {
    making: &'a Making<'a>,
    file: NewFile,
    size: usize,
    arrays: Option<ArrayWriter>,
    columns: Vec<Column>,
    bucket: Bucket,
    /// The first row of each bucket.
    starts: Vec<u64>,
}

/// The bucket that is being filled.
#[derive(Default)]
struct Bucket {
    start: u64,
    values: Vec<u8>,
    /// For each column the rows, counted in the bucket, and offsets.
    entries: Vec<Vec<(u64, u32)>>,
    used: usize,
}

impl<'a> Output<'a> {
    fn new(
        making: &'a Making<'a>,
        file: NewFile,
        size: usize,
        arrays: Option<ArrayWriter>,
    ) -> Self {
        let column = |feed: &Feed| Column {
            indirect: is_indirect(feed),
            last: Vec::new(),
            array: None,
            current: Vec::new(),
            place: 0,
            uses: 0,
        };
        let columns = making.feeds.iter().map(column).collect();
        let (bucket, starts) = (Bucket::default(), Vec::new());
        Self { making, file, size, arrays, columns, bucket, starts }
    }

    /// Writes all rows; `false` where a row does not fit into a bucket.
    fn rows(&mut self) -> Result<bool> {
        if self.making.rows == 0 {
            let defaults = self.making.feeds.iter().zip(&mut self.columns);
            for (feed, column) in defaults {
                column.current = default(feed, self.making.endian);
            }
            return self.begin(0);
        }
        let mut first = 0;
        while first < self.making.rows {
            let end = self.making.rows.min(first + ROWS_AT_ONCE);
            let mut changes = Changes::new();
            for at in 0..self.columns.len() {
                self.changes(at, first..end, &mut changes)?;
            }
            changes.sort_by_key(|(row, column, _)| (*row, *column));
            let mut changes = changes.into_iter().peekable();
            while let Some((row, ..)) = changes.peek() {
                let row = *row;
                let mut now = Vec::new();
                while let Some((_, column, change)) = changes.next_if(|(other, ..)| *other == row) {
                    now.push((column, change));
                }
                if !self.row(row, now)? {
                    return Ok(false);
                }
            }
            first = end;
        }
        Ok(true)
    }

    /// Collects where a column changes.
    fn changes(&mut self, at: usize, rows: std::ops::Range<u64>, out: &mut Changes) -> Result<()> {
        let Self { making, arrays, columns, .. } = self;
        let (feed, column) = (&making.feeds[at], &mut columns[at]);
        let endian = making.endian;
        let mut last = std::mem::take(&mut column.last);
        let mut begun = rows.start > 0;
        feed.each(rows, |group, cells| {
            for (index, row) in group.enumerate() {
                let (stored, place) = if column.indirect {
                    if begun && is_same(column.array.as_ref(), cells, index) {
                        continue;
                    }
                    let place = match (cells, arrays.as_mut()) {
                        (Some(cells), Some(file)) => put_array(file, cells, index)?,
                        _ => 0,
                    };
                    column.array = cells.map(|cells| single(cells, index));
                    (endian.u64(place).to_vec(), place)
                } else {
                    let Some(cells) = cells else {
                        let column = feed.desc.name.clone();
                        return Err(Error::Undefined { column, row });
                    };
                    let stored = encode(cells.cell(index), endian);
                    if begun && stored == last {
                        continue;
                    }
                    (stored, 0)
                };
                begun = true;
                last.clone_from(&stored);
                out.push((row, at, Change { stored, place }));
            }
            Ok(())
        })?;
        column.last = last;
        Ok(())
    }

    /// Stores the changes of a row.
    fn row(&mut self, row: u64, changes: Vec<(usize, Change)>) -> Result<bool> {
        let needed: usize = changes.iter().map(|(_, change)| change.stored.len() + ENTRY).sum();
        let fits = row > 0 && self.bucket.used + needed <= self.size;
        if fits {
            let relative = row - self.bucket.start;
            for (at, change) in changes {
                self.bucket.put(at, relative, &change.stored);
                self.columns[at].now(change, 1);
            }
            return Ok(true);
        }
        if row > 0 {
            self.end()?;
        }
        for (at, change) in changes {
            self.columns[at].now(change, 0);
        }
        self.begin(row)
    }

    /// Begins a bucket at a row with the value that each column has there.
    fn begin(&mut self, row: u64) -> Result<bool> {
        let count = self.columns.len();
        self.starts.push(row);
        self.bucket = Bucket {
            start: row,
            values: Vec::new(),
            entries: vec![Vec::new(); count],
            used: 4 + 4 * count,
        };
        for (at, column) in self.columns.iter_mut().enumerate() {
            self.bucket.put(at, 0, &column.current);
            if column.place != 0 {
                column.uses += 1;
                if let Some(arrays) = self.arrays.as_mut().filter(|_| column.uses > 1) {
                    arrays.used(column.place, column.uses)?;
                }
            }
        }
        Ok(self.bucket.used <= self.size)
    }

    /// Writes the bucket.
    fn end(&mut self) -> Result<()> {
        let bytes = self.bucket.to_bytes(self.making.endian, self.size);
        let number = self.starts.len() as u64 - 1;
        self.file.write(&bytes, HEADER + number * self.size as u64)
    }

    /// Writes the last bucket, the index and the header.
    fn finish(mut self, indirect: u32) -> Result<()> {
        self.end()?;
        if let Some(arrays) = self.arrays.take() {
            arrays.finish()?;
        }
        let endian = self.making.endian;
        let buckets = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        let mut out = Writer::with_endian(endian);
        if endian == Endian::Big {
            out.start("IncrementalStMan", 4);
        } else {
            out.start("IncrementalStMan", 5);
            out.bool(false);
        }
        out.count(self.size);
        out.u32(buckets);
        out.u32(self.making.cache.max(1));
        out.u32(indirect);
        // No bucket is free.
        out.u32(0);
        out.u32(u32::MAX);
        out.end();
        self.file.write(&out.into_bytes(), 0)?;
        let mut out = Writer::with_endian(endian);
        let mut rows = self.starts.clone();
        rows.push(self.making.rows);
        let narrow: Option<Vec<u32>> = rows.iter().map(|row| u32::try_from(*row).ok()).collect();
        out.start("ISMIndex", if narrow.is_some() { 1 } else { 2 });
        out.u32(buckets);
        match narrow {
            Some(rows) => out.block_u32(&rows),
            None => out.block_u64(&rows),
        }
        out.block_u32(&(0..buckets).collect::<Vec<_>>());
        out.end();
        self.file.write(&out.into_bytes(), HEADER + u64::from(buckets) * self.size as u64)?;
        self.file.sync()
    }
}

impl Column {
    fn now(&mut self, change: Change, uses: u32) {
        (self.current, self.place, self.uses) = (change.stored, change.place, uses);
    }
}

impl Bucket {
    fn put(&mut self, column: usize, row: u64, value: &[u8]) {
        let offset = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.entries[column].push((row, offset));
        self.values.extend_from_slice(value);
        self.used += value.len() + ENTRY;
    }

    fn to_bytes(&self, endian: Endian, size: usize) -> Vec<u8> {
        let mut rows = self.entries.iter().filter_map(|entries| entries.last());
        let wide = rows.any(|(row, _)| u32::try_from(*row).is_err());
        let index = u32::try_from(self.values.len() + 4).unwrap_or(0);
        let mut bytes = endian.u32(if wide { index | 1 << 31 } else { index }).to_vec();
        bytes.extend_from_slice(&self.values);
        for entries in &self.entries {
            bytes.extend(endian.u32(u32::try_from(entries.len()).unwrap_or(0)));
            for (row, _) in entries {
                match u32::try_from(*row) {
                    Ok(row) if !wide => bytes.extend(endian.u32(row)),
                    _ => bytes.extend(endian.u64(*row)),
                }
            }
            for (_, offset) in entries {
                bytes.extend(endian.u32(*offset));
            }
        }
        bytes.resize(size, 0);
        bytes
    }
}

/// What a column has in a table without rows.
fn default(feed: &Feed, endian: Endian) -> Vec<u8> {
    if is_indirect(feed) {
        return vec![0; 8];
    }
    let shape = if feed.desc.scalar { Vec::new() } else { feed.fixed.clone().unwrap_or_default() };
    encode(Cells::zero(feed.desc.data_type, shape, 1).cell(0), endian)
}

/// A value as it stands in a bucket. Texts have the length of all before
/// them, itself included, and with several texts each has its own length.
fn encode(cell: Cell<'_>, endian: Endian) -> Vec<u8> {
    let Cell::Texts(texts) = cell else {
        return cell.packed();
    };
    let mut out = vec![0; 4];
    for text in texts {
        if texts.len() > 1 {
            out.extend(endian.u32(u32::try_from(text.len()).unwrap_or(0)));
        }
        out.extend_from_slice(text.as_bytes());
    }
    let length = endian.u32(u32::try_from(out.len()).unwrap_or(0));
    out[..4].copy_from_slice(&length);
    out
}

fn put_array(file: &mut ArrayWriter, cells: &Cells, at: usize) -> Result<u64> {
    match cells.cell(at) {
        Cell::Record(bytes) => file.put(&[bytes.len()], Cell::Bytes(bytes)),
        cell => file.put(&cells.shape, cell),
    }
}

/// Whether a cell is the one that was kept.
fn is_same(kept: Option<&Cells>, cells: Option<&Cells>, at: usize) -> bool {
    match (kept, cells) {
        (Some(kept), Some(cells)) => kept.shape == cells.shape && kept.cell(0) == cells.cell(at),
        (None, None) => true,
        _ => false,
    }
}

/// One of several cells.
fn single(cells: &Cells, at: usize) -> Cells {
    use super::cells::Data;
    let data = match cells.cell(at) {
        Cell::Bytes(bytes) => Data::Bytes(bytes.to_vec()),
        Cell::Bools(bools) => Data::Bools(bools.to_vec()),
        Cell::Texts(texts) => Data::Texts(texts.to_vec()),
        Cell::Record(record) => Data::Records(vec![record.to_vec()]),
    };
    Cells { kind: cells.kind, shape: cells.shape.clone(), count: 1, data }
}
