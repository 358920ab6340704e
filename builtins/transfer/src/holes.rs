//! Holes of sparse files.

use std::fs::File;

use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::Errno;

/// Where in `len` bytes from `start` there is data: offset from `start`, and length.
/// A file system that knows no holes has data everywhere.
pub(crate) fn segments(file: &File, start: u64, len: usize) -> Result<Vec<(usize, usize)>, Errno> {
    let end = start + len as u64;
    let mut segments = Vec::new();
    let mut at = start;
    while at < end {
        let data = match seek(file, SeekFrom::Data(at)) {
            Ok(data) if data < end => data,
            Ok(_) | Err(Errno::NXIO) => break,
            Err(Errno::INVAL | Errno::OPNOTSUPP) => at,
            Err(error) => return Err(error),
        };
        let hole = match seek(file, SeekFrom::Hole(data)) {
            Ok(hole) => hole.min(end),
            Err(Errno::INVAL | Errno::OPNOTSUPP) => end,
            Err(error) => return Err(error),
        };
        if hole <= data {
            // The file changed between the two calls; that is noticed elsewhere.
            break;
        }
        let offset = |at: u64| usize::try_from(at - start).unwrap_or(len);
        segments.push((offset(data), offset(hole) - offset(data)));
        at = hole;
    }
    Ok(segments)
}

/// Makes a hole of `len` bytes at `at`, or writes zeros where none can be made.
pub(crate) fn punch(file: &File, mut at: u64, mut len: u64) -> std::io::Result<()> {
    use std::os::unix::fs::FileExt;
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    if len == 0 || fallocate(file, flags, at, len).is_ok() {
        return Ok(());
    }
    let zeros = [0; 1 << 14];
    while len > 0 {
        let step = usize::try_from(len).map_or(zeros.len(), |l| l.min(zeros.len()));
        file.write_all_at(&zeros[..step], at)?;
        at += step as u64;
        len -= step as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn data_is_found_and_can_be_taken_away() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 20).unwrap();
        file.write_all_at(&[1; 4096], 1 << 19).unwrap();
        let found = segments(&file, 0, 1 << 20).unwrap();
        assert!(matches!(found[..], [(at, len)] if at <= 1 << 19 && at + len >= (1 << 19) + 4096));
        punch(&file, 1 << 19, 4096).unwrap();
        let mut content = vec![9; 1 << 20];
        file.read_exact_at(&mut content, 0).unwrap();
        assert!(content.iter().all(|&b| b == 0));
        assert!(segments(&file, 0, 4096).unwrap().is_empty());
    }
}
