//! When a set or a part of it was last changed: the newest file inside.
//!
//! Lock files do not count, because whoever looks at a table may touch them, and
//! neither do folders, whose times change with temporary files in them.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file that casacore keeps its locks in.
const LOCK: &str = "table.lock";

/// The newest modification time of the files below a folder, or of a file, in
/// seconds since 1970 UTC; nothing if there is none. A link to a set is followed,
/// links inside it are not.
pub fn newest(path: &Path) -> io::Result<Option<i64>> {
    let meta = fs::metadata(path)?;
    if !meta.is_dir() {
        return Ok(seconds(&meta));
    }
    below(path)
}

fn below(folder: &Path) -> io::Result<Option<i64>> {
    let mut found = None;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let time = if kind.is_dir() {
            below(&entry.path())?
        } else if entry.file_name() == LOCK {
            None
        } else {
            // What goes away meanwhile is not there.
            entry.metadata().ok().as_ref().and_then(seconds)
        };
        found = found.max(time);
    }
    Ok(found)
}

fn seconds(meta: &fs::Metadata) -> Option<i64> {
    let time = meta.modified().ok()?;
    let of = |span: std::time::Duration| i64::try_from(span.as_secs()).ok();
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => of(after),
        Err(before) => of(before.duration()).map(|seconds| -seconds),
    }
}

/// How many seconds ago that was, by the clock of this host.
pub fn age(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_sub(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_file_counts_and_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("ANTENNA");
        fs::create_dir(&inner).unwrap();
        for (name, time) in
            [("table.dat", 1000), ("ANTENNA/table.f0", 2000), ("ANTENNA/table.lock", 9000)]
        {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(time)).unwrap();
        }
        assert_eq!(newest(folder.path()).unwrap(), Some(2000));
        assert_eq!(newest(&inner.join("table.lock")).unwrap(), Some(9000));
        assert!(newest(&inner.join("nothing")).is_err());
        fs::remove_file(inner.join("table.f0")).unwrap();
        assert_eq!(newest(&inner).unwrap(), None);
        assert!(age(0) > 1_700_000_000);
    }
}
