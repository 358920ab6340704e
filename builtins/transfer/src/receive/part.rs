//! The unfinished copy: a hidden folder (or file) beside the target, and the
//! file beside that which tells whose it is and is locked while it is written.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use ledama_base::operation::{ErrorKind, OperationError};
use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, flock, mkdirat, openat, renameat, unlinkat,
};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::folders::open_private;
use crate::place::{Place, state_name};
use crate::remove::remove_tree;

/// How long an attempt whose connection was cut may take to end.
const LAST_BREATH: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(20) };
/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// What is known about an unfinished copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The run that writes it.
    pub(crate) run: String,
    /// Where the source lies.
    pub(crate) source_node: String,
    /// The source, text form.
    pub(crate) source: String,
    /// The target, text form.
    pub(crate) target: String,
    /// When it was begun, UTC, ISO 8601.
    pub(crate) started: String,
}

impl State {
    fn same_source(&self, other: &Self) -> bool {
        (&self.source_node, &self.source) == (&other.source_node, &other.source)
    }
}

/// What stands in the state file of a part and whether somebody writes it.
pub(crate) enum Claim {
    /// Nobody writes it; the lock is ours as long as the file is open.
    Free(File, Option<State>),
    /// Another copy writes it.
    Busy(Option<State>),
    /// There is no state file.
    None,
}

/// An unfinished copy that is ours.
pub(crate) struct Part<'a> {
    place: &'a Place,
    /// Its name beside the target.
    pub(crate) name: Vec<u8>,
    /// Whether an earlier attempt left something to go on from.
    pub(crate) adopted: bool,
    /// Unfinished copies of other sources or runs, left alone; their names.
    pub(crate) left_over: Vec<Vec<u8>>,
    /// Keeps the lock.
    _state: File,
}

impl<'a> Part<'a> {
    /// Claims the name of this run's part, taking over what an earlier attempt
    /// of the run left, or with `resume` what an earlier run left of the same
    /// source. Fails with kind `exists` while another copy writes to the target;
    /// one that could be gone on from is given a moment to end. `check` is asked
    /// meanwhile whether to go on.
    pub(crate) fn claim(
        place: &'a Place,
        state: &State,
        resume: bool,
        check: &dyn Fn() -> Result<(), OperationError>,
    ) -> Result<Self, OperationError> {
        let name = place.part_name(&state.run);
        let patience = Patience { until: Instant::now() + LAST_BREATH, check };
        let (file, known) = own_state(place, &name, state, &patience)?;
        let claimed = Self::gather(place, name.clone(), file, known, state, resume, &patience);
        if claimed.is_err() && place.facts(&name).is_ok_and(|part| part.is_none()) {
            forget(place, &name);
        }
        claimed
    }

    fn gather(
        place: &'a Place,
        name: Vec<u8>,
        mut file: File,
        known: Option<State>,
        state: &State,
        resume: bool,
        patience: &Patience<'_>,
    ) -> Result<Self, OperationError> {
        let ours = known.is_some_and(|known| known.same_source(state));
        let mut adopted = ours && place.facts(&name)?.is_some();
        let mut left_over = Vec::new();
        for other in place.parts()?.into_iter().rev().filter(|other| *other != name) {
            let mut claim = look(place, &other)?;
            while let Claim::Busy(theirs) = claim {
                if !resume || !patience.wait()? {
                    return Err(busy(place, theirs));
                }
                claim = look(place, &other)?;
            }
            match claim {
                Claim::Free(_, Some(theirs)) if resume && !adopted && theirs.same_source(state) => {
                    adopted = adopt(place, &other, &name)?;
                }
                _ if place.facts(&other)?.is_some() => left_over.push(other),
                _ => forget(place, &other),
            }
        }
        if !adopted && place.facts(&name)?.is_some() {
            // Of this run, but of another source: a plan cannot ask for that.
            return Err(OperationError::new(
                ErrorKind::Exists,
                format!("`{}` belongs to another source", place.text_of(&name)),
            ));
        }
        write(&mut file, state).map_err(|e| fault::at(place.text_of(&state_name(&name)), e))?;
        Ok(Self { place, name, adopted, left_over, _state: file })
    }

    /// Its path in text form.
    pub(crate) fn text(&self) -> String {
        self.place.text_of(&self.name)
    }

    /// Opens the folder of the part, making it if it is not there. What is
    /// there but is no folder is removed.
    pub(crate) fn open_folder(&self) -> Result<OwnedFd, OperationError> {
        let failed = |e| fault::at(self.text(), e);
        let folder = self.place.folder();
        let there = self.place.facts(&self.name)?;
        if there.is_some_and(|facts| facts.kind != FileType::Directory) {
            unlinkat(folder, &*self.name, AtFlags::empty()).map_err(failed)?;
        }
        // Nobody else may look into it or exchange its members.
        match mkdirat(folder, &*self.name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
        let root = open_private(folder, &self.name).map_err(failed)?;
        Ok(root)
    }

    /// Removes a part that is a folder where a file is wanted.
    pub(crate) fn make_room_for_file(&self) -> Result<(), OperationError> {
        match self.place.facts(&self.name)? {
            Some(facts) if facts.kind != FileType::RegularFile => {
                remove_tree(self.place.folder(), &self.name).map_err(|e| fault::at(self.text(), e))
            }
            _ => Ok(()),
        }
    }

    /// Forgets what was known about the part once it has its final name.
    pub(crate) fn settle(&self) {
        forget(self.place, &self.name);
    }

    /// Removes the part and what was known about it.
    pub(crate) fn discard(&self) -> Result<(), OperationError> {
        remove_tree(self.place.folder(), &self.name).map_err(|e| fault::at(self.text(), e))?;
        self.settle();
        Ok(())
    }
}

/// Opens, makes and locks the state file of this run.
fn own_state(
    place: &Place,
    part: &[u8],
    state: &State,
    patience: &Patience<'_>,
) -> Result<(File, Option<State>), OperationError> {
    let name = state_name(part);
    loop {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(place.folder(), &*name, flags, Mode::from_raw_mode(0o600))
            .map_err(|e| fault::at(place.text_of(&name), e))?;
        let known = match lock(place, &name, file.into())? {
            Claim::Free(file, known) => return Ok((file, known)),
            // An earlier attempt of this run, whose connection was cut.
            Claim::Busy(known) => known,
            // Between opening and locking, another copy ended and removed the file.
            Claim::None => None,
        };
        if !patience.wait()? {
            return Err(busy(place, Some(known.unwrap_or_else(|| state.clone()))));
        }
    }
}

/// How long to wait for a copy that is about to end.
struct Patience<'a> {
    until: Instant,
    check: &'a dyn Fn() -> Result<(), OperationError>,
}

impl Patience<'_> {
    /// Waits a little; answers false when it is over.
    fn wait(&self) -> Result<bool, OperationError> {
        (self.check)()?;
        std::thread::sleep(PAUSE);
        Ok(Instant::now() < self.until)
    }
}

/// Looks at the state file of a part.
pub(crate) fn look(place: &Place, part: &[u8]) -> Result<Claim, OperationError> {
    let name = state_name(part);
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(place.folder(), &*name, flags, Mode::empty()) {
        Ok(file) => lock(place, &name, file.into()),
        // One that belongs to another account is left alone as if it were not there.
        Err(Errno::NOENT | Errno::ACCESS | Errno::LOOP) => Ok(Claim::None),
        Err(error) => Err(fault::at(place.text_of(&name), error)),
    }
}

/// Locks an open state file, if it is still the one of that name.
fn lock(place: &Place, name: &[u8], mut file: File) -> Result<Claim, OperationError> {
    let mut text = Vec::new();
    let mut read = |file: &mut File| {
        text.clear();
        // A short file that this program wrote; anything else is no state.
        let _ = file.take(64 << 10).read_to_end(&mut text);
        serde_json::from_slice(&text).ok()
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(Claim::Busy(read(&mut file))),
        // A file system without locks: the names have to do.
        Err(error) if fault::is_unsupported(error) => {}
        Err(error) => return Err(fault::at(place.text_of(name), error)),
    }
    let same = match (crate::facts::Facts::of(&file), place.facts(name)?) {
        (Ok(open), Some(named)) => (open.device, open.inode) == (named.device, named.inode),
        _ => false,
    };
    if !same {
        return Ok(Claim::None);
    }
    let known = read(&mut file);
    Ok(Claim::Free(file, known))
}

/// Gives the part of an earlier run our name. Answers whether there was one.
fn adopt(place: &Place, from: &[u8], to: &[u8]) -> Result<bool, OperationError> {
    let folder = place.folder();
    let renamed = match renameat(folder, from, folder, to) {
        Ok(()) => true,
        Err(Errno::NOENT) => false,
        Err(error) => return Err(fault::at(place.text_of(from), error)),
    };
    forget(place, from);
    Ok(renamed)
}

/// Removes what is known about a part. Should that fail, the file is a trace
/// without a part, which the next copy or a cleaning removes.
pub(crate) fn forget(place: &Place, part: &[u8]) {
    let _ = unlinkat(place.folder(), &*state_name(part), AtFlags::empty());
}

fn write(file: &mut File, state: &State) -> std::io::Result<()> {
    let text = serde_json::to_vec(state)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}

fn busy(place: &Place, state: Option<State>) -> OperationError {
    let by = state.map(|state| format!(" by run {}", state.run)).unwrap_or_default();
    OperationError::new(
        ErrorKind::Exists,
        format!("`{}` is being written{by} at this moment", place.text()),
    )
    .help("wait until that copy has ended")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn state(run: &str, source: &str) -> State {
        State {
            run: run.to_string(),
            source_node: "a".to_string(),
            source: source.to_string(),
            target: "/t/x.MS".to_string(),
            started: String::new(),
        }
    }

    fn claim<'a>(
        place: &'a Place,
        state: &State,
        resume: bool,
    ) -> Result<Part<'a>, OperationError> {
        Part::claim(place, state, resume, &|| Ok(()))
    }

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::make(&folder.path().join("x.MS")).unwrap();
        (folder, place)
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mark(part: &Part<'_>, folder: &tempfile::TempDir) {
        part.open_folder().unwrap();
        let name = String::from_utf8(part.name.clone()).unwrap();
        std::fs::write(folder.path().join(name).join("mark"), "").unwrap();
    }

    fn has_mark(part: &Part<'_>) -> bool {
        let root = part.open_folder().unwrap();
        crate::facts::Facts::named(&root, c"mark").is_ok()
    }

    #[test]
    fn a_part_is_found_again_by_its_own_run_and_by_a_resumed_one() {
        let (folder, place) = place();
        let first = claim(&place, &state("r1", "/s"), false).unwrap();
        mark(&first, &folder);
        drop(first);
        let again = claim(&place, &state("r1", "/s"), false).unwrap();
        assert!(has_mark(&again));
        drop(again);
        let other = claim(&place, &state("r2", "/s"), false).unwrap();
        assert!(!has_mark(&other));
        assert_eq!(other.left_over, [place.part_name("r1")]);
        other.discard().unwrap();
        drop(other);
        let resumed = claim(&place, &state("r3", "/s"), true).unwrap();
        assert!(has_mark(&resumed) && resumed.left_over.is_empty());
        assert_eq!(names(&folder), [".x.MS.ledama-part-r3", ".x.MS.ledama-part-r3.state"]);
        resumed.discard().unwrap();
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn a_part_of_another_source_is_left_alone() {
        let (folder, place) = place();
        mark(&claim(&place, &state("r1", "/s"), false).unwrap(), &folder);
        let other = claim(&place, &state("r2", "/elsewhere"), true).unwrap();
        assert_eq!(other.left_over, [place.part_name("r1")]);
        assert!(!has_mark(&other));
        let same_run = claim(&place, &state("r1", "/elsewhere"), true);
        assert!(same_run.is_err());
    }

    #[test]
    fn a_part_that_is_being_written_is_not_taken() {
        let (folder, place) = place();
        let writer = claim(&place, &state("r1", "/s"), false).unwrap();
        mark(&writer, &folder);
        for run in ["r1", "r2"] {
            let error = claim(&place, &state(run, "/s"), true).map(|_| ()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Exists);
            assert!(error.message.contains("by run r1"), "{}", error.message);
        }
        assert_eq!(names(&folder), [".x.MS.ledama-part-r1", ".x.MS.ledama-part-r1.state"]);
        let stop = || Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
        let error = Part::claim(&place, &state("r1", "/s"), true, &stop).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| claim(&place, &state("r2", "/s"), true).map(|p| p.adopted));
            std::thread::sleep(PAUSE);
            drop(writer);
            assert!(waits.join().unwrap().unwrap());
        });
    }

    #[test]
    fn what_is_in_the_way_of_a_part_gives_way() {
        let (folder, place) = place();
        let part = claim(&place, &state("r1", "/s"), false).unwrap();
        std::fs::write(folder.path().join(".x.MS.ledama-part-r1"), "").unwrap();
        part.open_folder().unwrap();
        part.make_room_for_file().unwrap();
        assert_eq!(names(&folder), [".x.MS.ledama-part-r1.state"]);
    }
}
