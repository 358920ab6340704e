//! Diagnostics and visibilities as pictures and numbers, through the program.

mod ascii_stats;
mod closure;
mod gallery;
mod movies;
mod plotters;
mod solplot;
mod used_stations;
mod uv_coverage;
mod uv_plot;

use std::path::{Path, PathBuf};

use crate::support::shared::{shared, unpack};
use crate::support::skip::Skip;

/// A real set under another name.
fn set(folder: &Path, archive: &str, name: &str) -> Result<PathBuf, Skip> {
    let pack = shared()?;
    let place = tempfile::tempdir_in(folder).unwrap();
    let made = unpack(&pack, archive, place.path());
    let path = folder.join(name);
    std::fs::rename(made, &path).unwrap();
    Ok(path)
}

/// Whether a file is a PNG of these pixels.
#[track_caller]
fn is_png(path: &Path, (width, height): (u32, u32)) {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), (width, height), "{}", path.display());
}
