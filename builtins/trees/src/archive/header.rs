//! The blocks of a tar file: 512 bytes that name a member.
//!
//! Written as POSIX.1-2001 asks (`ustar`, with extended headers where a value
//! does not fit); read in every form that GNU tar, star and the old Unix
//! programs have written.

/// Everything in a tar file is counted in these, bytes.
pub(super) const BLOCK: usize = 512;

/// The same for offsets.
pub(super) const BLOCK_BYTES: u64 = BLOCK as u64;

/// A header as it stands in the file.
pub(super) type Block = [u8; BLOCK];

/// Length with the bytes that fill up the last block.
pub(super) fn padded(length: u64) -> u64 {
    length.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES)
}

/// Where a file with holes has data: offset and length of each piece, in order.
pub(super) type Pieces = Vec<(u64, u64)>;

/// A time of change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    /// Seconds since 1970, UTC.
    pub(super) seconds: i64,
    /// Nanoseconds after that.
    pub(super) nanos: u32,
}

/// What a header says, as numbers and names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fields<B> {
    pub(super) name: B,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) kind: u8,
    pub(super) link: B,
}

/// Largest numbers that fit their fields as octal digits.
const MOST_ID: u64 = 0o777_7777;
const MOST_LONG: u64 = 0o777_7777_7777;

/// Whether an owner fits the header.
pub(super) fn id_fits(id: u64) -> bool {
    id <= MOST_ID
}

/// Whether a size fits the header.
pub(super) fn size_fits(size: u64) -> bool {
    size <= MOST_LONG
}

/// Whether a time fits the header.
pub(super) fn time_fits(time: Time) -> bool {
    time.nanos == 0 && u64::try_from(time.seconds).is_ok_and(|seconds| seconds <= MOST_LONG)
}

/// Whether the target of a link fits the header.
pub(super) fn link_fits(link: &[u8]) -> bool {
    link.len() <= 100
}

/// A name in the two parts of a header, if it fits: the prefix and the rest.
pub(super) fn split_name(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= 100 {
        return Some((b"", name));
    }
    // The last slash with a prefix that is not too long.
    let at = name.iter().take(156).rposition(|&byte| byte == b'/')?;
    let (prefix, rest) = (&name[..at], &name[at + 1..]);
    (!prefix.is_empty() && !rest.is_empty() && rest.len() <= 100).then_some((prefix, rest))
}

/// Makes a header. What does not fit is cut off: extended headers tell it in full.
pub(super) fn encode<B: AsRef<[u8]>>(fields: &Fields<B>) -> Block {
    let mut block = [0; BLOCK];
    let name = fields.name.as_ref();
    let short = &name[..name.len().min(100)];
    let (prefix, name) = split_name(name).unwrap_or((b"", short));
    put(&mut block[0..100], name);
    octal(&mut block[100..108], u64::from(fields.mode & 0o7777));
    octal(&mut block[108..116], fields.uid.min(MOST_ID));
    octal(&mut block[116..124], fields.gid.min(MOST_ID));
    octal(&mut block[124..136], fields.size.min(MOST_LONG));
    octal(&mut block[136..148], u64::try_from(fields.mtime).unwrap_or(0).min(MOST_LONG));
    block[156] = fields.kind;
    put(&mut block[157..257], fields.link.as_ref());
    block[257..265].copy_from_slice(b"ustar\x0000");
    put(&mut block[345..500], prefix);
    // Six digits, a NUL and a blank, as every tar writes it.
    let sum = checksum(&block);
    octal(&mut block[148..155], sum);
    block[155] = b' ';
    block
}

fn put(field: &mut [u8], bytes: &[u8]) {
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

/// Octal digits and a NUL.
fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let mut rest = value;
    for byte in field[..digits].iter_mut().rev() {
        *byte = b'0' + u8::try_from(rest & 7).unwrap_or(0);
        rest >>= 3;
    }
}

/// The sum of all bytes, those of the sum itself taken as blanks.
fn checksum(block: &Block) -> u64 {
    let all: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    let own: u64 = block[148..156].iter().map(|&byte| u64::from(byte)).sum();
    all - own + 8 * u64::from(b' ')
}

/// The same with signed bytes, as some old programs have it.
fn signed_checksum(block: &Block) -> i64 {
    let signed = |bytes: &[u8]| bytes.iter().map(|&b| i64::from(b.cast_signed())).sum::<i64>();
    signed(block) - signed(&block[148..156]) + 8 * i64::from(b' ')
}

/// What a header says; words about what is wrong with it otherwise.
pub(super) fn decode(block: &Block) -> Result<Fields<Vec<u8>>, &'static str> {
    let sum = number(&block[148..156]).ok_or("a header without a checksum")?;
    if i128::from(checksum(block)) != sum && i128::from(signed_checksum(block)) != sum {
        return Err("a header whose checksum is wrong");
    }
    let unsigned = |range: std::ops::Range<usize>, what| {
        number(&block[range]).and_then(|n| u64::try_from(n).ok()).ok_or(what)
    };
    let mut name = until_nul(&block[0..100]).to_vec();
    // In the form of GNU other things stand where POSIX has the prefix.
    if &block[257..263] == b"ustar\0" {
        let prefix = until_nul(&block[345..500]);
        if !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
    }
    let mode = unsigned(100..108, "a header without a mode")?;
    Ok(Fields {
        name,
        mode: u32::try_from(mode & 0o7777).unwrap_or(0),
        uid: unsigned(108..116, "a header without an owner")?,
        gid: unsigned(116..124, "a header without a group")?,
        size: unsigned(124..136, "a header without a size")?,
        mtime: number(&block[136..148])
            .and_then(|n| i64::try_from(n).ok())
            .ok_or("a header without a time")?,
        kind: block[156],
        link: until_nul(&block[157..257]).to_vec(),
    })
}

fn until_nul(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|&byte| byte == 0).unwrap_or(field.len())]
}

/// A number: octal digits between blanks and NULs, or (after a first byte
/// with its highest bit set) a big-endian binary number in two's complement.
fn number(field: &[u8]) -> Option<i128> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // The bit below the mark is the sign; twelve bytes fit into sixteen.
        let start = if first & 0x40 != 0 { -1 } else { 0 };
        let begin = (start << 6) | i128::from(first & 0x3f);
        return Some(rest.iter().fold(begin, |sum, &byte| (sum << 8) | i128::from(byte)));
    }
    let blank = |byte: &u8| *byte == b' ' || *byte == 0;
    let begin = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
    let field = &field[begin..];
    let end = field.iter().position(blank).unwrap_or(field.len());
    // Twelve digits at most, of three bits each.
    let digits = field[..end].iter();
    let value = digits.fold(0, |sum: u64, &byte| (sum << 3) | u64::from(byte & 7));
    field[..end].iter().all(|byte| matches!(byte, b'0'..=b'7')).then_some(value.into())
}

/// The holes of a member in the older form of GNU, which stands in its header:
/// pieces of data (offset and length), the length of the whole file, and
/// whether more pieces follow in blocks of their own.
pub(super) fn old_sparse(block: &Block) -> Option<(Pieces, u64, bool)> {
    let real = number(&block[483..495]).and_then(|n| u64::try_from(n).ok())?;
    Some((pieces(&block[386..482])?, real, block[482] != 0))
}

/// A block with more of them.
pub(super) fn old_sparse_more(block: &Block) -> Option<(Pieces, bool)> {
    Some((pieces(&block[..504])?, block[504] != 0))
}

fn pieces(field: &[u8]) -> Option<Pieces> {
    let mut found = Vec::new();
    for piece in field.chunks_exact(24) {
        let (offset, length) = piece.split_at(12);
        if offset[0] == 0 || length[0] == 0 {
            break;
        }
        let value = |field| number(field).and_then(|n| u64::try_from(n).ok());
        found.push((value(offset)?, value(length)?));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> Fields<Vec<u8>> {
        Fields {
            name: b"x.MS/table.dat".to_vec(),
            mode: 0o644,
            uid: 1000,
            gid: 100,
            size: 12345,
            mtime: 1_356_998_401,
            kind: b'0',
            link: Vec::new(),
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let long = [vec![b'a'; 120], b"/".to_vec(), vec![b'b'; 100]].concat();
        for name in [b"x.MS/\xff\n".to_vec(), vec![b'n'; 100], long] {
            let fields = Fields { name, ..sample() };
            assert_eq!(decode(&encode(&fields)).unwrap(), fields);
        }
        let link = Fields { kind: b'2', link: vec![b'l'; 100], size: 0, ..sample() };
        assert_eq!(decode(&encode(&link)).unwrap(), link);
        let most = Fields { size: MOST_LONG, uid: MOST_ID, ..sample() };
        assert_eq!(decode(&encode(&most)).unwrap(), most);
    }

    #[test]
    fn the_tar_crate_reads_it_too() {
        let block = encode(&sample());
        let header = tar::Header::from_byte_slice(&block);
        assert_eq!(header.cksum().unwrap(), u32::try_from(checksum(&block)).unwrap());
        assert_eq!((header.size().unwrap(), header.mode().unwrap()), (12345, 0o644));
        assert_eq!(header.path_bytes().as_ref(), b"x.MS/table.dat");
        assert_eq!(header.mtime().unwrap(), 1_356_998_401);
    }

    #[test]
    fn names_are_split_where_they_fit() {
        assert_eq!(split_name(&[b'a'; 101]), None);
        let name = [vec![b'a'; 155], b"/".to_vec(), vec![b'b'; 100]].concat();
        assert_eq!(split_name(&name).unwrap().0.len(), 155);
        let name = [vec![b'a'; 156], b"/".to_vec(), vec![b'b'; 10]].concat();
        assert_eq!(split_name(&name), None);
        let folder = [vec![b'a'; 100], b"/".to_vec()].concat();
        assert_eq!(split_name(&folder), None, "nothing would be left of the name");
    }

    #[test]
    fn numbers_of_all_forms() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"644     "), Some(0o644));
        assert_eq!(number(&[0; 8]), Some(0));
        assert_eq!(number(b"12 34567"), Some(0o12));
        assert_eq!(number(b"0009000\0"), None);
        assert_eq!(number(b"-000001\0"), None);
        let mut big = [0; 12];
        big[0] = 0x80;
        big[4..].copy_from_slice(&(9_u64 << 30).to_be_bytes());
        assert_eq!(number(&big), Some(9 << 30));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b""), None);
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut block = encode(&sample());
        block[3] ^= 1;
        assert!(decode(&block).is_err());
        // Signed sums count bytes above 127 as negative.
        let mut block = encode(&Fields { name: b"\xe9".to_vec(), ..sample() });
        let sum = u64::try_from(signed_checksum(&block)).unwrap();
        octal(&mut block[148..155], sum);
        assert!(decode(&block).is_ok());
        assert!(decode(&[0; BLOCK]).is_err());
    }
}
