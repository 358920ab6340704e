//! Reads an archive, whoever made it, and believes nothing in it.
//!
//! The forms of POSIX (`ustar` and `pax`), of GNU tar and of the old Unix
//! programs are understood, files with holes in all their four forms. What is
//! cut off, has a wrong checksum, goes on after its end or holds anything but
//! files, folders and links is refused.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use flate2::bufread::MultiGzDecoder;
use ledama_base::operation::OperationError;
use rustix::fs::{Advice, fadvise};

use super::fault;
use super::format::Compression;
use super::header::{self, BLOCK, BLOCK_BYTES, Block, Fields, Pieces, Time, padded};
use super::pax::{self, Record};
use super::pour::Hash;
use super::sink::AT_ONCE;

/// Longest name and longest target of a link, bytes.
const LONGEST_NAME: u64 = 64 << 10;

/// Longest extended header, bytes.
const LONGEST_RECORDS: u64 = 4 << 20;

/// Members of one archive, at most: far more than any set has.
const MOST_MEMBERS: u64 = 5_000_000;

/// Pieces of data in one file with holes, at most.
const MOST_PIECES: u64 = 1_000_000;

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    /// A symbolic link and what it says.
    Link(Vec<u8>),
    /// A further name of the member with that name.
    HardLink(Vec<u8>),
}

/// A member, as the archive tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) mtime: Time,
    /// Bytes of a file, holes included.
    pub(super) size: u64,
    /// Where a file with holes has data; offset and length, in order.
    pub(super) pieces: Option<Pieces>,
}

impl Member {
    /// Where a file has data.
    pub(super) fn data(&self) -> Pieces {
        match &self.pieces {
            Some(pieces) => pieces.clone(),
            None => vec![(0, self.size)],
        }
    }
}

enum Input {
    /// A file as it is.
    Plain(Plain),
    /// What comes out of a decompression.
    Stream(Box<dyn Read + Send>),
}

/// A file that is read in pieces, small ones where only headers are wanted and
/// most is passed over, larger and larger ones where everything is read.
struct Plain {
    file: File,
    /// The length that it has.
    length: u64,
    buffer: Vec<u8>,
    /// What of the buffer holds bytes that were not taken.
    held: std::ops::Range<usize>,
    /// Where in the file the first of them stands.
    at: u64,
    /// Bytes to read next.
    step: usize,
}

/// The headers of a usual member.
const FIRST_STEP: usize = 4 * BLOCK;

impl Plain {
    fn new(file: File, length: u64) -> Self {
        Self { file, length, buffer: Vec::new(), held: 0..0, at: 0, step: FIRST_STEP }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.held.is_empty() {
            // What is large goes straight to where it is wanted.
            if into.len() >= self.step {
                let read = self.file.read_at(into, self.at)?;
                self.at += read as u64;
                self.step = (2 * self.step).min(AT_ONCE);
                return Ok(read);
            }
            if self.buffer.len() < self.step {
                self.buffer.resize(self.step, 0);
            }
            let read = self.file.read_at(&mut self.buffer[..self.step], self.at)?;
            self.held = 0..read;
            self.step = (2 * self.step).min(AT_ONCE);
        }
        let length = into.len().min(self.held.len());
        let from = self.held.start;
        into[..length].copy_from_slice(&self.buffer[from..from + length]);
        self.held.start += length;
        self.at += length as u64;
        Ok(length)
    }

    fn pass(&mut self, count: u64) {
        let held = self.held.len() as u64;
        if count >= held {
            if count > held {
                self.step = FIRST_STEP;
            }
            self.held = 0..0;
        } else {
            self.held.start += usize::try_from(count).unwrap_or(0);
        }
        self.at += count;
    }
}

/// An archive that is being read.
pub(super) struct Reader {
    input: Input,
    /// Path in text form.
    text: String,
    /// Bytes before the next one, after decompression.
    at: u64,
    /// Data of the present member that was not read, and what fills it up.
    left: u64,
    padding: u64,
    members: u64,
    /// How the archive is compressed.
    pub(super) compression: Compression,
}

impl Reader {
    /// Of an open file, from its beginning.
    pub(super) fn new(file: File, text: &str) -> Result<Self, OperationError> {
        let failed = |e: io::Error| fault::at(text, e);
        let length = file.metadata().map_err(failed)?.len();
        if length == 0 {
            return Err(fault::damaged(text, "the file is empty"));
        }
        let mut begin = [0; 4];
        let read = file.read_at(&mut begin, 0).map_err(failed)?;
        let compression = Compression::of_content(&begin[..read]);
        let whole = |mut file: File| -> io::Result<BufReader<File>> {
            io::Seek::rewind(&mut file)?;
            Ok(BufReader::with_capacity(AT_ONCE, file))
        };
        let input = match compression {
            Compression::None => Input::Plain(Plain::new(file, length)),
            Compression::Gz => {
                Input::Stream(Box::new(MultiGzDecoder::new(whole(file).map_err(failed)?)))
            }
            Compression::Zst => {
                let file = whole(file).map_err(failed)?;
                Input::Stream(Box::new(zstd::Decoder::with_buffer(file).map_err(failed)?))
            }
        };
        let text = text.to_string();
        Ok(Self { input, text, at: 0, left: 0, padding: 0, members: 0, compression })
    }

    /// Bytes of the archive so far, after decompression.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    fn damaged(&self, what: impl std::fmt::Display) -> OperationError {
        fault::damaged(&self.text, format!("{what} (at byte {})", self.at))
    }

    fn cut_off(&self) -> OperationError {
        self.damaged("the archive is cut off")
    }

    fn failed(&self, error: io::Error) -> OperationError {
        use io::ErrorKind as K;
        let stream = matches!(self.input, Input::Stream(_)) && error.raw_os_error().is_none();
        match error.kind() {
            K::UnexpectedEof => self.cut_off(),
            K::InvalidData | K::InvalidInput => self.damaged(error),
            _ if stream => self.damaged(error),
            _ => fault::at(&self.text, error),
        }
    }

    /// Reads until the buffer is full or the archive ends; answers how much.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, OperationError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let read = match &mut self.input {
                Input::Plain(plain) => plain.read(&mut buffer[filled..]),
                Input::Stream(stream) => stream.read(&mut buffer[filled..]),
            };
            match read {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), OperationError> {
        if self.fill(buffer)? == buffer.len() { Ok(()) } else { Err(self.cut_off()) }
    }

    /// Goes on by so many bytes without looking at them.
    fn pass(&mut self, mut count: u64) -> Result<(), OperationError> {
        if let Input::Plain(plain) = &mut self.input {
            if self.at.checked_add(count).is_none_or(|end| end > plain.length) {
                return Err(self.cut_off());
            }
            plain.pass(count);
            self.at += count;
            return Ok(());
        }
        let mut buffer = [0; 1 << 14];
        while count > 0 {
            let step = usize::try_from(count).map_or(buffer.len(), |count| count.min(buffer.len()));
            self.exact(&mut buffer[..step])?;
            count -= step as u64;
        }
        Ok(())
    }

    fn block(&mut self) -> Result<Block, OperationError> {
        let mut block = [0; BLOCK];
        self.exact(&mut block)?;
        Ok(block)
    }

    /// The next member, or nothing at the end. What was not read of the last
    /// one is passed over.
    pub(super) fn next(&mut self) -> Result<Option<Member>, OperationError> {
        self.pass(self.left)?;
        self.pass(self.padding)?;
        (self.left, self.padding) = (0, 0);
        let mut told = Told::default();
        loop {
            let mut block = [0; BLOCK];
            match self.fill(&mut block)? {
                BLOCK => {}
                0 if self.at == 0 => return Err(self.damaged("the archive is empty")),
                _ => return Err(self.cut_off()),
            }
            if block == [0; BLOCK] {
                if !told.is_empty() {
                    return Err(self.damaged("the last header names no member"));
                }
                self.end()?;
                return Ok(None);
            }
            self.members += 1;
            if self.members > MOST_MEMBERS {
                return Err(self.damaged("the archive has more members than a set can have"));
            }
            let fields = match header::decode(&block) {
                Ok(fields) => fields,
                Err(what) if self.at == BLOCK_BYTES => {
                    return Err(fault::damaged(&self.text, format!("no tar file: {what}")));
                }
                Err(what) => return Err(self.damaged(what)),
            };
            match fields.kind {
                b'x' => told.records = self.records(fields.size)?,
                b'g' => self.global(fields.size)?,
                b'L' => told.name = Some(self.long_name(fields.size)?),
                b'K' => told.link = Some(self.long_name(fields.size)?),
                // The name of the archive, which is no member.
                b'V' if fields.size == 0 => {}
                _ => return self.member(fields, &block, told).map(Some),
            }
        }
    }

    /// After a block of zeros comes another one, and then nothing but zeros.
    fn end(&mut self) -> Result<(), OperationError> {
        if self.block()? != [0; BLOCK] {
            return Err(self.damaged("something follows the end of the archive"));
        }
        let mut buffer = [0; 1 << 14];
        loop {
            let read = self.fill(&mut buffer)?;
            if buffer[..read].iter().any(|&byte| byte != 0) {
                return Err(self.damaged("something follows the end of the archive"));
            }
            if read < buffer.len() {
                return Ok(());
            }
        }
    }

    /// The content of a header that is longer than a block.
    fn content(&mut self, size: u64, most: u64) -> Result<Vec<u8>, OperationError> {
        let Some(length) = usize::try_from(size).ok().filter(|_| size <= most) else {
            return Err(self.damaged(format!("a header of {size} bytes")));
        };
        let mut content = vec![0; length.next_multiple_of(BLOCK)];
        self.exact(&mut content)?;
        content.truncate(length);
        Ok(content)
    }

    fn long_name(&mut self, size: u64) -> Result<Vec<u8>, OperationError> {
        let mut name = self.content(size, LONGEST_NAME)?;
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        name.truncate(end);
        Ok(name)
    }

    fn records(&mut self, size: u64) -> Result<Vec<Record>, OperationError> {
        let content = self.content(size, LONGEST_RECORDS)?;
        pax::read(&content).ok_or_else(|| self.damaged("an extended header that is damaged"))
    }

    /// A header for all members: only remarks are of no consequence.
    fn global(&mut self, size: u64) -> Result<(), OperationError> {
        let records = self.records(size)?;
        match records.iter().find(|(key, _)| key != b"comment") {
            None => Ok(()),
            Some((key, _)) => Err(fault::hostile(
                &self.text,
                format!("it gives all members the same `{}`", String::from_utf8_lossy(key)),
            )),
        }
    }

    fn member(
        &mut self,
        fields: Fields<Vec<u8>>,
        block: &Block,
        told: Told,
    ) -> Result<Member, OperationError> {
        let bad = |reader: &Self, what: &str| reader.damaged(format!("an extended header {what}"));
        let number = |key: &str| match told.record(key) {
            None => Ok(None),
            Some(text) => match pax::read_number(text) {
                Some(number) => Ok(Some(number)),
                None => Err(bad(self, &format!("with a wrong `{key}`"))),
            },
        };
        let (size, uid, gid) = (number("size")?, number("uid")?, number("gid")?);
        let mtime = match told.record("mtime") {
            None => Time { seconds: fields.mtime, nanos: 0 },
            Some(text) => pax::read_time(text).ok_or_else(|| bad(self, "with a wrong `mtime`"))?,
        };
        let stored = size.unwrap_or(fields.size);
        let name = told.record("GNU.sparse.name").or(told.record("path")).map(<[u8]>::to_vec);
        let name = name.or_else(|| told.name.clone()).unwrap_or(fields.name);
        let link = told.record("linkpath").map(<[u8]>::to_vec);
        let link = link.or_else(|| told.link.clone()).unwrap_or(fields.link);
        if name.is_empty() || name.contains(&0) || link.contains(&0) {
            return Err(self.damaged("a member without a proper name"));
        }
        let kind = match fields.kind {
            // Before there was a kind for folders, the slash told.
            b'0' | 0 if name.ends_with(b"/") => Kind::Folder,
            b'0' | 0 | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink(link),
            b'2' => Kind::Link(link),
            b'5' => Kind::Folder,
            other => return Err(fault::hostile(&self.text, refusal(other, &name))),
        };
        if matches!(&kind, Kind::Link(to) | Kind::HardLink(to) if to.is_empty()) {
            return Err(self.damaged("a link to nothing at all"));
        }
        let is_file = kind == Kind::File;
        let mut member = Member {
            name,
            kind,
            mode: fields.mode,
            uid: uid.unwrap_or(fields.uid),
            gid: gid.unwrap_or(fields.gid),
            mtime,
            size: if is_file { stored } else { 0 },
            pieces: None,
        };
        // Some programs tell a size for further names of a file and for folders,
        // too, but no data follows.
        self.left = if is_file { stored } else { 0 };
        self.padding = padded(self.left) - self.left;
        if self.left > u64::MAX / 4 {
            return Err(self.cut_off());
        }
        if is_file {
            self.holes(&mut member, fields.kind, block, &told)?;
            if let Input::Plain(plain) = &self.input
                && self.at.saturating_add(self.left) > plain.length
            {
                return Err(self.cut_off());
            }
        }
        Ok(member)
    }

    /// Where a file with holes has its data, in whichever form that is told.
    fn holes(
        &mut self,
        member: &mut Member,
        kind: u8,
        block: &Block,
        told: &Told,
    ) -> Result<(), OperationError> {
        let wrong = "the map of a file with holes is damaged";
        let (pieces, real) = if kind == b'S' {
            let (mut pieces, real, mut more) =
                header::old_sparse(block).ok_or_else(|| self.damaged(wrong))?;
            while more {
                let next = self.block()?;
                let (some, again) =
                    header::old_sparse_more(&next).ok_or_else(|| self.damaged(wrong))?;
                pieces.extend(some);
                if pieces.len() as u64 > MOST_PIECES {
                    return Err(self.damaged(wrong));
                }
                more = again;
            }
            (pieces, real)
        } else if told.record("GNU.sparse.major").is_some() {
            if told.record("GNU.sparse.major") != Some(b"1")
                || told.record("GNU.sparse.minor") != Some(b"0")
            {
                return Err(self.damaged("a file with holes of an unknown form"));
            }
            (self.map_before_data()?, told.number("GNU.sparse.realsize").unwrap_or(u64::MAX))
        } else if let Some(real) = told.number("GNU.sparse.size") {
            (told.map().ok_or_else(|| self.damaged(wrong))?, real)
        } else {
            return Ok(());
        };
        let mut end = 0;
        let mut stored = 0;
        for &(offset, length) in &pieces {
            let Some(next) = offset.checked_add(length).filter(|n| offset >= end && *n <= real)
            else {
                return Err(self.damaged(wrong));
            };
            end = next;
            stored += length;
        }
        if stored != self.left || real > i64::MAX.unsigned_abs() {
            return Err(self.damaged(wrong));
        }
        member.size = real;
        member.pieces = Some(pieces.into_iter().filter(|(_, length)| *length > 0).collect());
        Ok(())
    }

    /// Form 1.0: decimal numbers, a line each, before the data: how many
    /// pieces, then offset and length of each.
    fn map_before_data(&mut self) -> Result<Pieces, OperationError> {
        let wrong = "the map of a file with holes is damaged";
        let mut numbers = Vec::new();
        let mut wanted = 1;
        let mut digits = Vec::new();
        loop {
            if self.left < BLOCK_BYTES {
                return Err(self.damaged(wrong));
            }
            let block = self.block()?;
            self.left -= BLOCK_BYTES;
            for &byte in &block {
                match byte {
                    b'0'..=b'9' if digits.len() < 20 => digits.push(byte),
                    b'\n' => {
                        let number = pax::read_number(&digits);
                        let number = number.ok_or_else(|| self.damaged(wrong))?;
                        digits.clear();
                        if numbers.is_empty() {
                            if number > MOST_PIECES {
                                return Err(self.damaged(wrong));
                            }
                            wanted = 1 + 2 * number;
                        }
                        numbers.push(number);
                        if numbers.len() as u64 == wanted {
                            return Ok(numbers[1..]
                                .chunks_exact(2)
                                .map(|pair| (pair[0], pair[1]))
                                .collect());
                        }
                    }
                    _ => return Err(self.damaged(wrong)),
                }
            }
        }
    }

    /// Reads the next bytes of the data of the present member, as many as the
    /// buffer holds or are left; answers how many.
    pub(super) fn data(&mut self, buffer: &mut [u8]) -> Result<usize, OperationError> {
        let length = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        self.exact(&mut buffer[..length])?;
        self.left -= length as u64;
        Ok(length)
    }

    /// The file and the offset in it of the next bytes of data, where it
    /// stands there as it is.
    pub(super) fn place_of_data(&self) -> Option<(&File, u64)> {
        match &self.input {
            Input::Plain(plain) => Some((&plain.file, self.at)),
            Input::Stream(_) => None,
        }
    }

    /// So many bytes of data of the present member were read by another way.
    pub(super) fn took(&mut self, count: u64) -> Result<(), OperationError> {
        let count = count.min(self.left);
        self.pass(count)?;
        self.left -= count;
        Ok(())
    }

    /// The hash of the content of the present member, a file that nothing was
    /// read of yet. `told` hears how far the archive was read.
    pub(super) fn hash(
        &mut self,
        member: &Member,
        buffer: &mut [u8],
        told: &dyn Fn(u64) -> Result<(), OperationError>,
    ) -> Result<Hash, OperationError> {
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        for (offset, mut left) in member.data() {
            zeros(&mut hasher, offset - at);
            at = offset + left;
            while left > 0 {
                told(self.at)?;
                let most =
                    usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
                let read = self.data(&mut buffer[..most])?;
                hasher.update(&buffer[..read]);
                left -= read as u64;
            }
        }
        zeros(&mut hasher, member.size - at);
        Ok(*hasher.finalize().as_bytes())
    }
}

/// Adds the zeros of a hole.
pub(super) fn zeros(hasher: &mut blake3::Hasher, mut count: u64) {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    while count > 0 {
        let step = usize::try_from(count).map_or(ZEROS.len(), |count| count.min(ZEROS.len()));
        hasher.update(&ZEROS[..step]);
        count -= step as u64;
    }
}

/// Lets what was written be read from the disk and not from memory, as far as
/// the system grants it: what is still in memory proves nothing about the disk.
pub(super) fn forget(file: impl AsFd) {
    let _ = fadvise(file, 0, None, Advice::DontNeed);
}

fn refusal(kind: u8, name: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let what = match kind {
        b'3' | b'4' => "a device",
        b'6' => "a named pipe",
        b'M' => "the rest of a file that begins in another archive",
        _ => "of a kind that no set has",
    };
    let name = ledama_base::rawtext::encode(std::ffi::OsStr::from_bytes(name));
    format!("its member `{}` is {what}", ledama_base::quote::show(&name))
}

/// What the headers before that of a member tell about it.
#[derive(Default)]
struct Told {
    records: Vec<Record>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Told {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.name.is_none() && self.link.is_none()
    }

    /// The last value of a key counts; an empty one takes earlier ones away.
    fn record(&self, key: &str) -> Option<&[u8]> {
        let found = self.records.iter().rev().find(|(k, _)| k == key.as_bytes());
        found.map(|(_, value)| value.as_slice()).filter(|value| !value.is_empty())
    }

    fn number(&self, key: &str) -> Option<u64> {
        pax::read_number(self.record(key)?)
    }

    /// Forms 0.1 (one record with all numbers) and 0.0 (a record for each).
    fn map(&self) -> Option<Pieces> {
        let mut numbers = Vec::new();
        if let Some(map) = self.record("GNU.sparse.map") {
            for number in map.split(|&byte| byte == b',') {
                numbers.push(pax::read_number(number)?);
            }
        } else {
            for (key, value) in &self.records {
                let (offset, length) = (b"GNU.sparse.offset", b"GNU.sparse.numbytes");
                if key == offset || key == length {
                    // They alternate.
                    if (key == length) != (numbers.len() % 2 == 1) {
                        return None;
                    }
                    numbers.push(pax::read_number(value)?);
                }
            }
        }
        let whole = numbers.len() % 2 == 0;
        whole.then(|| numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }
}
