//! The reference frequency of a set, which is what lists of sets are sorted
//! and cut by: one number of one sub-table, read without the rest.

use std::path::Path;
use std::sync::Arc;

use ledama_tables::storage::{Disk, Folder};
use ledama_tables::{Error, Result, Table};

use crate::packed::Packed;

const WINDOWS: &str = "SPECTRAL_WINDOW";

/// The reference frequency of the first spectral window of a set, Hz.
pub fn of_set(set: &Path) -> Result<f64> {
    of_folder(Arc::new(Disk::for_few(set)))
}

/// The same of a set in a `.tar` file, which is not unpacked.
pub fn of_packed(file: &Path) -> Result<f64> {
    of_folder(Arc::new(Packed::open(file)?))
}

fn of_folder(folder: Arc<dyn Folder>) -> Result<f64> {
    // A keyword of the set names the sub-table, which is nearly always the folder
    // of that name; the description of the set is long, so it is only read if not.
    let beside = folder.folder(WINDOWS)?;
    // The first window is there long before the data, and never changes.
    let windows = match Table::open_settled(Arc::clone(&beside)) {
        Ok(windows) if windows.nrow() > 0 => windows,
        Err(Error::NotFound { .. }) if !beside.has("table.dat") => {
            Table::open_in(folder)?.subtable(WINDOWS)?
        }
        _ => Table::open_in(beside)?,
    };
    if windows.nrow() == 0 {
        let what = "has no rows".into();
        return Err(Error::NotFound { path: windows.path().into(), what });
    }
    let value = windows.column("REF_FREQUENCY")?.values::<f64>(0..1)?;
    match value.first() {
        Some(hz) if hz.is_finite() && *hz > 0.0 => Ok(*hz),
        other => Err(Error::Corrupt {
            path: windows.path().into(),
            what: format!("REF_FREQUENCY is {other:?}"),
        }),
    }
}

/// Why a frequency is unknown, without the path of the set itself.
pub(crate) fn reason(set: &Path, error: &Error) -> String {
    let text = error.to_string();
    let own = format!("{}", set.display());
    match text.strip_prefix(&own) {
        Some(rest) => rest.trim_start_matches(['/', ':', ' ']).to_string(),
        None => text,
    }
}
