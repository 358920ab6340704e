//! The seal of a RefFile: how many rows there are and their SHA-256, so that
//! a file that was cut off or changed on its way is noticed.
//!
//! It is a remark behind the rows, and optional: people select rows with
//! `grep` and put files together with `cat`, and should be able to. A seal
//! covers the rows since the one before, so that `cat` keeps all seals valid.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub(crate) const PREFIX: &str = "# ledama manifest: ";

/// The seal of rows as they stand in a file.
pub(crate) fn of(rows: &[u8]) -> String {
    let mut count = 0_usize;
    let mut hash = Sha256::new();
    for row in rows.split(|&b| b == b'\n').map(<[u8]>::trim_ascii) {
        if row.first().is_some_and(|&b| b != b'#') {
            count += 1;
            hash.update(row);
            hash.update(b"\n");
        }
    }
    let mut seal = format!("{count} rows, sha256 ");
    for byte in hash.finalize() {
        let _ = write!(seal, "{byte:02x}");
    }
    seal
}

/// Compares a seal with the rows before it.
pub(crate) fn check(seal: &str, rows: &[u8]) -> Result<(), String> {
    let found = of(rows);
    if seal.trim() == found {
        return Ok(());
    }
    let count = |seal: &str| seal.split(' ').next().unwrap_or_default().to_string();
    let (sealed, rows) = (count(seal), count(&found));
    let what = if sealed == rows {
        "the rows before it are not those that were written".to_string()
    } else {
        format!("{sealed} rows were written before it, there are {rows}")
    };
    Err(format!("{what}; if they were changed on purpose, remove this line"))
}
