//! Reading and writing the access lists of one entry, never through a link.
//!
//! The lists are extended attributes of the file. The calls that take a path
//! and do not follow its last component reach them through the open folder of
//! the entry, so no descriptor of the entry itself is needed, which its owner
//! may not even be allowed to open.

use std::ffi::CStr;
use std::io;

use rustix::fs::{AtFlags, XattrFlags};
use rustix::io::Errno;

use super::binary;
use super::model::Acl;
use crate::permissions::set_mode;
use crate::walk::Spot;

const ACCESS: &CStr = c"system.posix_acl_access";
const DEFAULT: &CStr = c"system.posix_acl_default";
/// Set-id and sticky bits, which no list holds.
const SPECIAL: u32 = 0o7000;
/// Room for 63 entries; more are asked for when they are there.
const USUAL: usize = 4 + 63 * 8;

/// Who may use an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// Permission, set-id and sticky bits.
    pub mode: u32,
    /// The list, if it says more than the bits.
    pub access: Option<Acl>,
    /// What new entries of a folder inherit.
    pub default: Option<Acl>,
}

impl State {
    /// The state with this list, whose bits replace those of `mode`.
    pub(crate) fn new(mode: u32, acl: Acl, default: Option<Acl>) -> Self {
        let mode = mode & SPECIAL | acl.mode_bits();
        Self { mode, access: (!acl.is_base()).then_some(acl), default }
    }

    /// The list, which the bits make if there is none.
    pub(crate) fn acl(&self) -> Acl {
        self.access.clone().unwrap_or_else(|| Acl::from_mode(self.mode))
    }

    /// The state of an entry. Fails where the file system has no access lists.
    pub(crate) fn read(spot: &Spot<'_>) -> io::Result<Self> {
        let address = spot.address();
        let access = get(&address, ACCESS)?;
        let default = if spot.is_folder() { get(&address, DEFAULT)? } else { None };
        // The bits may be newer than the list; of the same moment they agree.
        Ok(match access {
            Some(acl) => Self::new(spot.mode, acl, default),
            None => Self { mode: spot.mode, access: None, default },
        })
    }

    /// Makes it the state of an entry that is in state `now`.
    pub(crate) fn write(&self, now: &Self, spot: &Spot<'_>) -> io::Result<()> {
        let address = spot.address();
        let acl = self.acl();
        if acl != now.acl() {
            // One that says no more than the bits is stored as bits.
            set(&address, ACCESS, &acl)?;
        }
        if self.default != now.default {
            match &self.default {
                Some(acl) => set(&address, DEFAULT, acl)?,
                None => remove(&address, DEFAULT)?,
            }
        }
        // Setting a list may take the set-group-id bit away, as chmod does.
        let facts = rustix::fs::statat(spot.folder, spot.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if facts.st_mode & 0o7777 != self.mode {
            set_mode(spot.folder, spot.name, self.mode)?;
        }
        Ok(())
    }
}

/// The access list of a path that may be a link; what it leads to counts.
pub(super) fn access_of(path: &std::path::Path) -> Option<Acl> {
    let mut buffer = vec![0; USUAL];
    let length = rustix::fs::getxattr(path, ACCESS, &mut buffer[..]).ok()?;
    binary::decode(&buffer[..length]).ok()
}

fn get(address: &[u8], name: &CStr) -> io::Result<Option<Acl>> {
    let mut small = [0; USUAL];
    match rustix::fs::lgetxattr(address, name, &mut small[..]) {
        Ok(length) => binary::decode(&small[..length]).map(Some),
        Err(Errno::NODATA) => Ok(None),
        Err(Errno::RANGE) => {
            let mut large = vec![0; usize::from(u16::MAX) + 1];
            let length = rustix::fs::lgetxattr(address, name, &mut large[..])?;
            binary::decode(&large[..length]).map(Some)
        }
        Err(error) => Err(explained(error)),
    }
}

fn set(address: &[u8], name: &CStr, acl: &Acl) -> io::Result<()> {
    rustix::fs::lsetxattr(address, name, &binary::encode(acl), XattrFlags::empty())
        .map_err(explained)
}

fn remove(address: &[u8], name: &CStr) -> io::Result<()> {
    match rustix::fs::lremovexattr(address, name) {
        Ok(()) | Err(Errno::NODATA) => Ok(()),
        Err(error) => Err(explained(error)),
    }
}

fn explained(error: Errno) -> io::Error {
    if error == Errno::OPNOTSUPP {
        let words = "the file system has no access lists (POSIX ACLs), or is mounted without them";
        return io::Error::new(io::ErrorKind::Unsupported, words);
    }
    error.into()
}
