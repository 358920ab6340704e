//! What a set consists of, in the order of its digests.

use std::os::fd::OwnedFd;
use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat,
};
use rustix::io::Errno;

/// Folders inside folders, at most: far beyond any data, and each costs a descriptor.
const DEEPEST: usize = 200;

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// A file is opened without waiting for the other end of what has become a pipe.
const FILE: OFlags = OFlags::CLOEXEC.union(OFlags::RDONLY).union(OFlags::NONBLOCK);

/// The files and links of a set, by the bytes of their paths inside it.
#[derive(Debug)]
pub(super) struct Members {
    root: Root,
    pub(super) list: Vec<Member>,
    /// Lengths of all files.
    pub(super) bytes: u64,
}

/// Where the paths begin.
#[derive(Debug)]
enum Root {
    Folder(OwnedFd),
    /// The set is this file.
    File(OwnedFd),
}

/// One of them.
#[derive(Debug)]
pub(super) struct Member {
    /// Relative to the set; of a set that is a file, its name.
    pub(super) path: Vec<u8>,
    pub(super) content: Content,
}

/// What it holds.
#[derive(Debug)]
pub(super) enum Content {
    File(Facts),
    /// Where a link points to.
    Link(Vec<u8>),
}

/// What tells that a file is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    file: (u64, u64),
    pub(super) size: u64,
    changed: (i64, i64),
}

// The fields of `Stat` have other types on other machines; what they hold fits.
#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, clippy::cast_lossless)]
#[allow(clippy::useless_conversion, clippy::cast_possible_wrap)]
impl From<&Stat> for Facts {
    fn from(stat: &Stat) -> Self {
        Self {
            file: (stat.st_dev as u64, stat.st_ino as u64),
            size: stat.st_size as u64,
            changed: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        }
    }
}

impl Members {
    /// Lists the set at `path`. A link at `path` itself is followed, links
    /// inside are members. `check` is asked now and then whether to go on.
    pub(super) fn list(
        path: &Path,
        check: &dyn Fn() -> Result<(), OperationError>,
    ) -> Result<Self, OperationError> {
        let text = rawtext::path_text(path);
        let at_root = |error: Errno| OperationError::io(show(&text), &error.into());
        let opened = openat(CWD, path, FILE, Mode::empty()).map_err(at_root)?;
        let stat = fstat(&opened).map_err(at_root)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let mut lister = Lister { root: &text, check, list: Vec::new(), bytes: 0 };
                lister.folder(&opened, &mut Vec::new(), 0)?;
                let Lister { list, bytes, .. } = lister;
                Ok(Self { root: Root::Folder(opened), list, bytes })
            }
            FileType::RegularFile => {
                use std::os::unix::ffi::OsStrExt;
                let facts = Facts::from(&stat);
                let name = path.file_name().unwrap_or(path.as_os_str()).as_bytes().to_vec();
                let list = vec![Member { path: name, content: Content::File(facts) }];
                Ok(Self { root: Root::File(opened), list, bytes: facts.size })
            }
            kind => Err(special(&text, kind)),
        }
    }

    /// Whether the set is a single file.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.root, Root::File(_))
    }

    /// Opens a member for reading.
    pub(super) fn open(&self, member: &Member) -> Result<OwnedFd, Errno> {
        match &self.root {
            Root::Folder(root) => {
                openat(root, &*member.path, FILE | OFlags::NOFOLLOW, Mode::empty())
            }
            Root::File(file) => rustix::io::fcntl_dupfd_cloexec(file, 0),
        }
    }
}

struct Lister<'a> {
    root: &'a str,
    check: &'a dyn Fn() -> Result<(), OperationError>,
    list: Vec<Member>,
    bytes: u64,
}

impl Lister<'_> {
    /// Adds what is in an open folder; `path` is its own, empty or ending in `/`.
    fn folder(
        &mut self,
        folder: &OwnedFd,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), OperationError> {
        (self.check)()?;
        let entries = entries(folder).map_err(|error| self.fault(path, &error.into()))?;
        let length = path.len();
        for (name, stat) in entries {
            path.truncate(length);
            path.extend_from_slice(&name);
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => {
                    let facts = Facts::from(&stat);
                    self.bytes = self.bytes.saturating_add(facts.size);
                    self.add(path, Content::File(facts));
                }
                FileType::Symlink => {
                    let target = readlinkat(folder, &*name, Vec::new())
                        .map_err(|error| self.fault(path, &error.into()))?;
                    self.add(path, Content::Link(target.into_bytes()));
                }
                FileType::Directory if depth < DEEPEST => {
                    let flags = FOLDER | OFlags::NOFOLLOW;
                    let inner = openat(folder, &*name, flags, Mode::empty())
                        .map_err(|error| self.fault(path, &error.into()))?;
                    // Its name has its slash already.
                    self.folder(&inner, path, depth + 1)?;
                }
                FileType::Directory => {
                    let deep = std::io::Error::other("folders are nested too deeply");
                    return Err(self.fault(path, &deep));
                }
                kind => return Err(special(&member_text(self.root, path), kind)),
            }
        }
        path.truncate(length);
        Ok(())
    }

    fn add(&mut self, path: &[u8], content: Content) {
        self.list.push(Member { path: path.to_vec(), content });
    }

    fn fault(&self, path: &[u8], error: &std::io::Error) -> OperationError {
        OperationError::io(show(&member_text(self.root, path)), error)
    }
}

/// The names in a folder with their facts, folders with a slash at the end. In
/// this order a walk meets all paths in the order of their bytes.
fn entries(folder: &OwnedFd) -> Result<Vec<(Vec<u8>, Stat)>, Errno> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mut name = name.to_bytes().to_vec();
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            name.push(b'/');
        }
        entries.push((name, stat));
    }
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// The text form of a member of a set.
pub(super) fn member_text(root: &str, path: &[u8]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let path = rawtext::encode(std::ffi::OsStr::from_bytes(path));
    let whole = format!("{}/{path}", root.trim_end_matches('/'));
    whole.trim_end_matches('/').to_string()
}

fn special(text: &str, kind: FileType) -> OperationError {
    let what = match kind {
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "of an unknown kind",
    };
    OperationError::new(ErrorKind::Input, format!("{} is {what}", show(text)))
        .help("only files, folders and links have digests; move it elsewhere first")
}
