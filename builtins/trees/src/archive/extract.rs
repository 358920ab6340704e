//! From the bytes of an archive to a set on the disk.
//!
//! Everything is made in a folder that nobody else can look into, by names
//! looked up in folders that this program has made there. No file gets its
//! mode before it is complete; set-user and set-group bits of files are left
//! out, because an archive must not make programs that run as somebody else.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use ledama_base::operation::OperationError;
use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, Timespec, Timestamps, Uid, chownat, copy_file_range, fchmod,
    fchown, fsync, futimens, linkat, mkdirat, openat, symlinkat, syncfs, utimensat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::fault;
use super::header::Time;
use super::layout::{Accepted, Layout};
use super::pour::{Hash, Telling};
use super::read::{Kind, Member, Reader, forget, zeros};
use super::room::Room;
use super::sink::AT_ONCE;
use super::tree::member_text;

/// Up to so many files and folders are flushed one by one, more at once: a
/// flush of each would wait for the disk every time.
const FEW: u64 = 64;

/// How much is written between two looks at the space that is left, bytes.
const LOOK: u64 = 64 << 20;

/// How many members are made between two such looks.
const LOOK_MEMBERS: u64 = 4096;

/// About what a member takes besides its content, bytes.
const PER_MEMBER: u64 = 4096;

const FOLDER: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// The permission bits that are kept.
pub(super) fn kept_mode(folder: bool, mode: u32) -> u32 {
    if folder { mode & 0o3777 } else { mode & 0o777 }
}

/// What a folder gets when everything is in it.
struct Finish {
    path: Vec<u8>,
    mode: u32,
    mtime: Option<Time>,
    owner: Option<(u64, u64)>,
}

/// Makes a set in an empty folder.
pub(super) struct Extraction<'a> {
    root: OwnedFd,
    /// The set as messages call it.
    text: &'a str,
    telling: &'a Telling<'a>,
    /// Bytes that stay free on the disk.
    margin: u64,
    hash: bool,
    /// Whether owners can be given.
    owners: bool,
    /// Whether the system can copy between the files at hand.
    by_system: bool,
    /// The folder that was used last.
    last: Option<(Vec<u8>, OwnedFd)>,
    buffer: Vec<u8>,
    folders: Vec<Finish>,
    /// Files in order of the archive, with their hashes if wanted.
    files: Vec<(Vec<u8>, Option<Hash>)>,
    /// Bytes and members that may be written before the next look at the space.
    budget: (u64, u64),
}

impl<'a> Extraction<'a> {
    /// In a folder that is open and empty.
    pub(super) fn new(
        root: OwnedFd,
        text: &'a str,
        telling: &'a Telling<'a>,
        margin: u64,
        hash: bool,
    ) -> Self {
        Self {
            root,
            text,
            telling,
            margin,
            hash,
            owners: geteuid().is_root(),
            by_system: !hash,
            last: None,
            buffer: vec![0; AT_ONCE],
            folders: Vec::new(),
            files: Vec::new(),
            budget: (0, 0),
        }
    }

    /// Everything in the archive, which is read to its very end.
    pub(super) fn all(
        &mut self,
        reader: &mut Reader,
        layout: &mut Layout<'_>,
    ) -> Result<(), OperationError> {
        while let Some(member) = reader.next()? {
            self.telling.at(reader.position())?;
            let Some(accepted) = layout.accept(&member)? else { continue };
            self.telling.member(&member.name);
            self.spend(PER_MEMBER, 1 + accepted.missing.len() as u64)?;
            self.member(reader, &member, accepted)?;
        }
        Ok(())
    }

    fn failed(&self, path: &[u8], error: impl Into<io::Error>) -> OperationError {
        fault::at(member_text(self.text, path), error)
    }

    /// So much is about to be written: the margin stays free whatever an
    /// archive unfolds to.
    fn spend(&mut self, bytes: u64, members: u64) -> Result<(), OperationError> {
        if bytes > self.budget.0 || members > self.budget.1 {
            let room = Room::of(&self.root).map_err(|e| self.failed(b"", e))?;
            room.check(self.text, bytes, members, self.margin)?;
            let free = room.free - self.margin;
            let members = room.free_files.map_or(LOOK_MEMBERS, |free| free.min(LOOK_MEMBERS));
            self.budget = (free.min(LOOK.max(bytes)), members);
        }
        self.budget = (self.budget.0 - bytes, self.budget.1 - members);
        Ok(())
    }

    fn member(
        &mut self,
        reader: &mut Reader,
        member: &Member,
        accepted: Accepted,
    ) -> Result<(), OperationError> {
        for folder in accepted.missing {
            if !folder.is_empty() {
                self.make_folder(&folder)?;
            }
            self.folders.push(Finish { path: folder, mode: 0o755, mtime: None, owner: None });
        }
        let path = accepted.path;
        match &member.kind {
            Kind::Folder => {
                if !path.is_empty() && !accepted.made {
                    self.make_folder(&path)?;
                }
                if accepted.made {
                    self.folders.retain(|folder| folder.path != path);
                }
                self.folders.push(Finish {
                    path,
                    mode: kept_mode(true, member.mode),
                    mtime: Some(member.mtime),
                    owner: Some((member.uid, member.gid)),
                });
            }
            Kind::File => {
                let hash = self.file(reader, member, &path)?;
                self.files.push((path, hash));
            }
            Kind::Link(target) => self.link(member, target, &path)?,
            Kind::HardLink(_) => {
                let first = accepted.same_as.unwrap_or_default();
                self.further_name(&first, &path)?;
            }
        }
        Ok(())
    }

    /// The folder of a path, and the last name of the path.
    fn parent<'p>(&mut self, path: &'p [u8]) -> Result<(BorrowedFd<'_>, &'p [u8]), Errno> {
        let (folder, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => return Ok((self.root.as_fd(), path)),
        };
        if self.last.as_ref().is_none_or(|(last, _)| last != folder) {
            self.last = Some((folder.to_vec(), open_folder(&self.root, folder)?));
        }
        Ok((self.last.as_ref().map_or(self.root.as_fd(), |(_, fd)| fd.as_fd()), name))
    }

    fn make_folder(&mut self, path: &[u8]) -> Result<(), OperationError> {
        let made = match self.parent(path) {
            Ok((folder, name)) => mkdirat(folder, name, Mode::RWXU),
            Err(error) => Err(error),
        };
        made.map_err(|e| self.failed(path, e))
    }

    fn link(&mut self, member: &Member, target: &[u8], path: &[u8]) -> Result<(), OperationError> {
        let owners = self.owners;
        let made = self.parent(path).and_then(|(folder, name)| {
            symlinkat(target, folder, name)?;
            if owners && let Some((uid, gid)) = ids(member.uid, member.gid) {
                chownat(folder, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
            }
            utimensat(folder, name, &times(member.mtime), AtFlags::SYMLINK_NOFOLLOW)
        });
        made.map_err(|e| self.failed(path, e))
    }

    fn further_name(&mut self, first: &[u8], path: &[u8]) -> Result<(), OperationError> {
        let made = match first.iter().rposition(|&byte| byte == b'/') {
            Some(at) => open_folder(&self.root, &first[..at]).map(|fd| (fd, &first[at + 1..])),
            None => openat(&self.root, c".", FOLDER, Mode::empty()).map(|fd| (fd, first)),
        };
        let made = made.and_then(|(from, known)| {
            let (folder, name) = self.parent(path)?;
            linkat(from, known, folder, name, AtFlags::empty())
        });
        made.map_err(|e| self.failed(path, e))
    }

    fn file(
        &mut self,
        reader: &mut Reader,
        member: &Member,
        path: &[u8],
    ) -> Result<Option<Hash>, OperationError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = self
            .parent(path)
            .and_then(|(folder, name)| openat(folder, name, flags, Mode::RUSR | Mode::WUSR));
        let file = File::from(made.map_err(|e| self.failed(path, e))?);
        let mut hasher = self.hash.then(blake3::Hasher::new);
        let mut at = 0;
        for (offset, length) in member.data() {
            if let Some(hasher) = &mut hasher {
                zeros(hasher, offset - at);
            }
            self.piece(reader, &file, path, (offset, length), hasher.as_mut())?;
            at = offset + length;
        }
        if let Some(hasher) = &mut hasher {
            zeros(hasher, member.size - at);
        }
        let finished = (|| {
            if at < member.size {
                file.set_len(member.size)?;
            }
            self.own(&file, member.uid, member.gid)?;
            futimens(&file, &times(member.mtime))?;
            fchmod(&file, Mode::from_raw_mode(kept_mode(false, member.mode)))?;
            let length = file.metadata()?.len();
            if length != member.size {
                return Err(io::Error::other(format!(
                    "{length} bytes are there, {} were written",
                    member.size
                )));
            }
            Ok(())
        })();
        finished.map_err(|e: io::Error| self.failed(path, e))?;
        Ok(hasher.map(|hasher| *hasher.finalize().as_bytes()))
    }

    fn piece(
        &mut self,
        reader: &mut Reader,
        file: &File,
        path: &[u8],
        (mut at, mut left): (u64, u64),
        mut hasher: Option<&mut blake3::Hasher>,
    ) -> Result<(), OperationError> {
        while left > 0 {
            self.telling.at(reader.position())?;
            if self.by_system
                && left >= 2 * AT_ONCE as u64
                && let Some((archive, offset)) = reader.place_of_data()
            {
                let step = left.min(LOOK);
                let (mut from, mut to) = (offset, at);
                let length = usize::try_from(step).unwrap_or(AT_ONCE);
                self.spend(step, 0)?;
                match copy_file_range(archive, Some(&mut from), file, Some(&mut to), length) {
                    Ok(0) | Err(Errno::INTR) => {}
                    Ok(copied) => {
                        let copied = copied as u64;
                        reader.took(copied)?;
                        (at, left) = (at + copied, left - copied);
                        continue;
                    }
                    Err(
                        Errno::XDEV
                        | Errno::INVAL
                        | Errno::NOSYS
                        | Errno::OPNOTSUPP
                        | Errno::PERM
                        | Errno::BADF
                        | Errno::TXTBSY,
                    ) => self.by_system = false,
                    Err(error) => return Err(self.failed(path, error)),
                }
            }
            let most = usize::try_from(left).map_or(AT_ONCE, |left| left.min(AT_ONCE));
            self.spend(most as u64, 0)?;
            let read = reader.data(&mut self.buffer[..most])?;
            let bytes = &self.buffer[..read];
            if let Some(hasher) = &mut hasher {
                hasher.update(bytes);
            }
            file.write_all_at(bytes, at).map_err(|e| self.failed(path, e))?;
            (at, left) = (at + read as u64, left - read as u64);
        }
        Ok(())
    }

    fn own(&self, file: impl AsFd, uid: u64, gid: u64) -> io::Result<()> {
        match ids(uid, gid).filter(|_| self.owners) {
            Some((uid, gid)) => Ok(fchown(file, Some(uid), Some(gid))?),
            None => Ok(()),
        }
    }

    /// Flushes the files, gives the folders their times and modes (the deepest
    /// first) and flushes those.
    pub(super) fn finish(&mut self) -> Result<(), OperationError> {
        self.last = None;
        let few = (self.files.len() + self.folders.len()) as u64 <= FEW;
        let mut folders = std::mem::take(&mut self.folders);
        folders.sort_by_key(|folder| {
            let depth = folder.path.split(|&byte| byte == b'/').count();
            std::cmp::Reverse((!folder.path.is_empty(), depth))
        });
        let mut all = !few;
        // After a folder has its mode, perhaps nothing in it can be reached.
        for (path, _) in self.files.iter().filter(|_| few) {
            self.telling.ctx.check()?;
            match self.open(path).and_then(|file| file.sync_all()) {
                // Its own mode keeps even its owner out.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => all = true,
                other => other.map_err(|e| self.failed(path, e))?,
            }
        }
        for folder in folders {
            self.telling.ctx.check()?;
            let finished = (|| -> io::Result<()> {
                let open = open_folder(&self.root, &folder.path)?;
                if let Some((uid, gid)) = folder.owner {
                    self.own(&open, uid, gid)?;
                }
                if let Some(mtime) = folder.mtime {
                    futimens(&open, &times(mtime))?;
                }
                fchmod(&open, Mode::from_raw_mode(folder.mode))?;
                if few { Ok(fsync(&open)?) } else { Ok(()) }
            })();
            finished.map_err(|e| self.failed(&folder.path, e))?;
        }
        if all {
            syncfs(&self.root).map_err(|e| self.failed(b"", e))?;
        }
        Ok(())
    }

    fn open(&self, path: &[u8]) -> io::Result<File> {
        let (folder, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (b"".as_slice(), path),
        };
        let folder = open_folder(&self.root, folder)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&folder, name, flags, Mode::empty())?.into())
    }

    /// Reads all files back from the disk. Answers the path of one that is not
    /// what was written.
    pub(super) fn reread(&mut self, done: u64) -> Result<Option<String>, OperationError> {
        let files = std::mem::take(&mut self.files);
        let mut at = done;
        for (path, hash) in &files {
            let file = self.open(path).map_err(|e| self.failed(path, e))?;
            forget(&file);
            let mut hasher = blake3::Hasher::new();
            let mut offset = 0;
            loop {
                self.telling.at(at)?;
                let read = match file.read_at(&mut self.buffer, offset) {
                    Ok(0) => break,
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(self.failed(path, error)),
                };
                hasher.update(&self.buffer[..read]);
                offset += read as u64;
                at += read as u64;
            }
            if Some(*hasher.finalize().as_bytes()) != *hash {
                return Ok(Some(member_text(self.text, path)));
            }
        }
        Ok(None)
    }
}

/// Opens a folder below another one, no part of the way a link.
fn open_folder(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let mut folder = openat(root, c".", FOLDER, Mode::empty())?;
    for part in path.split(|&byte| byte == b'/').filter(|part| !part.is_empty()) {
        folder = openat(&folder, part, FOLDER, Mode::empty())?;
    }
    Ok(folder)
}

fn times(time: Time) -> Timestamps {
    let time = Timespec { tv_sec: time.seconds, tv_nsec: time.nanos.into() };
    Timestamps { last_access: time, last_modification: time }
}

/// Owner and group, unless they are none that the system has.
fn ids(uid: u64, gid: u64) -> Option<(Uid, Gid)> {
    let id = |id: u64| u32::try_from(id).ok().filter(|id| *id != u32::MAX);
    Some((Uid::from_raw(id(uid)?), Gid::from_raw(id(gid)?)))
}
