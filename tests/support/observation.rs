//! Small observations made on the spot: folders that look like measurement
//! sets, and one with everything that makes a tree hard to copy.
//!
//! They hold no visibilities; what reads tables is tested on real sets.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

/// First bytes of a casacore table file.
const TABLE: &[u8] = b"\xbe\xbe\xbe\xbe\x00\x00\x00\x10\x00\x00\x00\x05Table\x00\x00\x00\x02";

/// How big a made set is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Bytes of its data file.
    pub(crate) data_bytes: usize,
    /// Small files of 4 kB in a sub-table.
    pub(crate) small_files: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { data_bytes: 200_000, small_files: 6 }
    }
}

/// The usual name of a set.
pub(crate) fn name(observation: u32, beam: u32, sub_band: u32) -> String {
    format!("L{observation}_SAP{beam:03}_SB{sub_band:03}_uv.MS")
}

/// Makes one set; its content depends on its name only.
pub(crate) fn set(path: &Path, shape: Shape) {
    let seed = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
    for sub_table in ["", "ANTENNA", "FIELD", "OBSERVATION", "SPECTRAL_WINDOW"] {
        let folder = path.join(sub_table);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("table.dat"), TABLE).unwrap();
        std::fs::write(folder.join("table.f0"), noise(seed, sub_table.len() + 1000)).unwrap();
    }
    std::fs::write(path.join("table.info"), "Type = Measurement Set\nSubType = UVFITS\n").unwrap();
    fill(&path.join("table.f1_TSM0"), seed, shape.data_bytes);
    for k in 0..shape.small_files {
        let small = path.join("FIELD").join(format!("table.f{}", k + 1));
        std::fs::write(small, noise(&[seed, &k.to_le_bytes()].concat(), 4096)).unwrap();
    }
}

/// Makes the sets of some sub-bands of one observation below `parent`, each
/// in its own folder; returns their paths.
pub(crate) fn sets(
    parent: &Path,
    observation: u32,
    sub_bands: impl IntoIterator<Item = u32>,
    shape: Shape,
) -> Vec<PathBuf> {
    sub_bands
        .into_iter()
        .map(|sub_band| {
            let path = parent.join(name(observation, 0, sub_band));
            set(&path, shape);
            path
        })
        .collect()
}

/// Adds to a set all that a tree can hold: odd names, modes, times, links of
/// both kinds, holes, empty things.
pub(crate) fn make_difficult(path: &Path) {
    let odd = [
        &b"a blank"[..],
        b"quote ' and \"",
        b"$HOME `id` ; true",
        b"star * ?",
        b"-rf",
        b"back\\slash",
        b"new\nline",
        "\u{3b1}\u{e9}\u{2609}".as_bytes(),
        b"latin1 \xe9\xff",
        b".hidden",
    ];
    for raw in odd {
        let name = OsStr::from_bytes(raw);
        std::fs::write(path.join(name), noise(raw, 300)).unwrap();
        let folder = path.join("ANTENNA").join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("x"), raw).unwrap();
    }
    std::fs::create_dir(path.join("empty folder")).unwrap();
    File::create(path.join("empty file")).unwrap();
    symlink("table.dat", path.join("link")).unwrap();
    symlink("../nowhere/at all", path.join("link to nothing")).unwrap();
    symlink(".", path.join("FIELD/loop")).unwrap();
    symlink("/etc/hostname", path.join("link out")).unwrap();
    std::fs::hard_link(path.join("table.f0"), path.join("ANTENNA/same as table.f0")).unwrap();
    std::fs::hard_link(path.join("table.f0"), path.join("and again")).unwrap();
    sparse(&path.join("holes"), 40_000_000);
    for (file, mode) in [("table.info", 0o444), ("table.dat", 0o751), (".hidden", 0o600)] {
        std::fs::set_permissions(path.join(file), Permissions::from_mode(mode)).unwrap();
    }
    std::fs::set_permissions(path.join("OBSERVATION"), Permissions::from_mode(0o2750)).unwrap();
    std::fs::set_permissions(path.join("empty folder"), Permissions::from_mode(0o555)).unwrap();
    set_time(&path.join("table.f1_TSM0"), 1_356_998_401, 123_456_789);
    set_time(&path.join("link"), 1_200_000_000, 5);
    set_time(&path.join("FIELD"), 1_300_000_000, 999_999_999);
    set_time(path, 1_325_376_000, 1);
}

/// A file of that length with a little data near its start, middle and end.
pub(crate) fn sparse(path: &Path, length: u64) {
    let mut file = File::create(path).unwrap();
    for at in [5000, length / 2, length - 3000] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(b"data between holes").unwrap();
    }
    file.set_len(length).unwrap();
}

/// Sets the time of the last change, of a link itself if it is one.
pub(crate) fn set_time(path: &Path, seconds: i64, nanoseconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Writes a file of noise of any length without holding it in memory.
pub(crate) fn fill(path: &Path, seed: &[u8], length: usize) {
    let block = noise(seed, length.min(1 << 20));
    let mut file = File::create(path).unwrap();
    let mut left = length;
    let mut number = 0_u64;
    while left > 0 {
        let part = left.min(block.len());
        if part > 8 {
            // Each block differs, so that a lost or doubled one is noticed.
            file.write_all(&number.to_le_bytes()).unwrap();
            file.write_all(&block[8..part]).unwrap();
        } else {
            file.write_all(&block[..part]).unwrap();
        }
        left -= part;
        number += 1;
    }
}

/// Bytes that look random, the same for the same seed.
pub(crate) fn noise(seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed).finalize_xof().fill(&mut bytes);
    bytes
}
