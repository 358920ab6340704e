//! What the file system says about one file, in types that are the same on
//! every machine.

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType, Stat, Timespec, Timestamps, fstat, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::entry::Time;

/// Facts about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What it is.
    pub(crate) kind: FileType,
    /// The file system it lies on.
    pub(crate) device: u64,
    /// Its number there.
    pub(crate) inode: u64,
    /// How many names it has.
    pub(crate) links: u64,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Bytes of content.
    pub(crate) size: u64,
    /// Bytes on the disk.
    pub(crate) allocated: u64,
    /// Last change of the content.
    pub(crate) mtime: Time,
    /// Last change of content or facts.
    pub(crate) ctime: Time,
}

impl Facts {
    /// Of an open file.
    pub(crate) fn of(file: impl AsFd) -> Result<Self, Errno> {
        fstat(file).map(|stat| Self::from(&stat))
    }

    /// Of a name in a folder; of a symbolic link itself.
    pub(crate) fn named(folder: impl AsFd, name: impl Arg) -> Result<Self, Errno> {
        statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| Self::from(&stat))
    }

    /// Whether `other` is the same file and nothing says that it was written.
    ///
    /// A writer who puts the time of change back is caught by [`untouched`]
    /// only, and that fails also for what leaves the content alone: a further
    /// name made by a backup, another owner.
    ///
    /// [`untouched`]: Self::untouched
    pub(crate) fn unwritten(&self, other: &Self) -> bool {
        (self.device, self.inode, self.size, self.mtime)
            == (other.device, other.inode, other.size, other.mtime)
    }

    /// Whether `other` is the same file and nothing was done to it at all: its
    /// content is the same without reading it.
    pub(crate) fn untouched(&self, other: &Self) -> bool {
        self.unwritten(other) && self.ctime == other.ctime
    }
}

// The fields of `Stat` have other types on other machines; what they hold fits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    clippy::cast_lossless,
    clippy::useless_conversion
)]
impl From<&Stat> for Facts {
    fn from(stat: &Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            links: stat.st_nlink as u64,
            mode: stat.st_mode as u32 & 0o7777,
            size: stat.st_size as u64,
            allocated: (stat.st_blocks as u64).saturating_mul(512),
            mtime: Time { seconds: stat.st_mtime as i64, nanos: stat.st_mtime_nsec as u32 },
            ctime: Time { seconds: stat.st_ctime as i64, nanos: stat.st_ctime_nsec as u32 },
        }
    }
}

/// The time of last change as the system wants it; the time of last access becomes the same.
pub(crate) fn timestamps(mtime: Time) -> Timestamps {
    let time = Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanos.into() };
    Timestamps { last_access: time, last_modification: time }
}

/// Whether a file system that keeps times more coarsely made `kept` from `given`.
pub(crate) fn same_time(given: Time, kept: Time) -> bool {
    if given.seconds == kept.seconds {
        // Steps of some file systems: 1 ns, 100 ns, 1 µs, 1 ms, 1 s.
        return [1, 100, 1_000, 1_000_000, 1_000_000_000]
            .iter()
            .any(|step| given.nanos / step * step == kept.nanos);
    }
    // FAT keeps even seconds.
    kept.nanos == 0 && kept.seconds == given.seconds - given.seconds.rem_euclid(2)
}

/// What a file is called that can be neither copied nor counted as data.
pub(crate) fn special_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_clocks_are_forgiven() {
        let time = |seconds, nanos| Time { seconds, nanos };
        let given = time(7, 123_456_789);
        for kept in [given, time(7, 123_456_700), time(7, 123_456_000), time(7, 0), time(6, 0)] {
            assert!(same_time(given, kept), "{kept:?}");
        }
        for kept in [time(7, 123_456_788), time(8, 0), time(5, 0), time(6, 1)] {
            assert!(!same_time(given, kept), "{kept:?}");
        }
        assert!(same_time(time(-3, 5), time(-4, 0)));
    }
}
