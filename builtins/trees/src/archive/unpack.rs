//! The operation `trees.unpack`: one file becomes a set again.
//!
//! The set is made under a hidden name, read to the last byte of the archive,
//! flushed and counted, and only then gets its name. The archive is deleted
//! only after everything was read back from the disk.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::{rawtext, units};
use serde::{Deserialize, Serialize};

use super::compare::{Content, Likeness, difference};
use super::extract::Extraction;
use super::format::{Compression, set_name, without_hash};
use super::layout::Layout;
use super::pack::{delete, expect_deletable};
use super::part::{Part, Place, target_path};
use super::pour::Telling;
use super::read::Reader;
use super::room::Room;
use super::tree::Tree;
use super::{State, fault};

/// Unpacks one archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unpack;

/// Which archive, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnpackInput {
    /// Path in text form.
    pub path: String,
    /// Folder for the set; that of the archive if absent.
    #[serde(default)]
    pub output: Option<String>,
    /// Delete the archive when it is unpacked.
    #[serde(default)]
    pub delete: bool,
    /// Folders inside which something may be deleted.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Bytes that are to stay free on the disk.
    #[serde(default)]
    pub margin_bytes: u64,
    /// Keep symbolic links that lead out of the set.
    #[serde(default)]
    pub outside_links: bool,
    /// List the members in the log.
    #[serde(default)]
    pub list: bool,
}

/// What was unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpackOutput {
    /// The archive, as it was given.
    pub path: String,
    /// The set, in text form.
    pub set: String,
    /// What was to do.
    pub state: State,
    /// Length of the archive, bytes.
    pub archive_bytes: u64,
    /// Its blocks on the disk, bytes.
    pub archive_size_bytes: u64,
    /// Lengths of the files of the set, bytes.
    pub bytes: u64,
    /// Blocks of the set on the disk, bytes.
    pub size_bytes: u64,
    /// The same in MiB, rounded up.
    pub size_mb: u64,
    /// Files of the set.
    pub files: u64,
    /// Whether the archive was deleted.
    pub deleted: bool,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Operation for Unpack {
    const NAME: &'static str = "trees.unpack";
    const VERB: &'static str = "unpack";
    const EFFECT: Effect = Effect::Changes;
    type Input = UnpackInput;
    type Output = UnpackOutput;

    fn run(
        &self,
        input: UnpackInput,
        ctx: &dyn OperationContext,
    ) -> Result<UnpackOutput, OperationError> {
        let archive = target_path(&input.path)?;
        let folder = set_folder(&archive, input.output.as_deref())?;
        let stem = stem(&archive)?;
        if input.delete {
            expect_deletable(&archive, &input.roots)?;
        }
        Unpacking { input, archive, folder, stem, ctx }.run()
    }
}

/// Where the set goes.
pub(super) fn set_folder(archive: &Path, output: Option<&str>) -> Result<PathBuf, OperationError> {
    let inside = match output {
        Some(folder) => target_path(&format!("{}/x", folder.trim_end_matches('/')))?,
        None => archive.to_path_buf(),
    };
    Ok(inside.parent().unwrap_or(Path::new("/")).to_path_buf())
}

/// The name of an archive without its extension.
pub(super) fn stem(archive: &Path) -> Result<Vec<u8>, OperationError> {
    let name = archive.file_name().unwrap_or_default().as_bytes();
    if let Some(stem) = set_name(name) {
        return Ok(stem.to_vec());
    }
    let text = rawtext::path_text(archive);
    let bvf = name.len() > 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".bvf");
    let why = if bvf { "is a BVF file" } else { "has no name of an archive" };
    Err(fault::input(format!("`{}` {why}", show(&text)))
        .help("only .tar, .tar.gz and .tar.zst files can be unpacked"))
}

/// What an archive holds, as far as that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Name of the set.
    pub(super) name: Vec<u8>,
    /// Bytes that it takes on a disk, at least.
    pub(super) need: u64,
    /// Files and folders.
    pub(super) count: u64,
}

/// Looks at the members of an archive, without their content; of a compressed
/// one only at the first, because all before a member must be read to see it.
pub(super) fn survey(
    file: File,
    text: &str,
    stem: &[u8],
    outside_links: bool,
    ctx: &dyn OperationContext,
) -> Result<Survey, OperationError> {
    let length = file.metadata().map_err(|e| fault::at(text, e))?.len();
    let mut reader = Reader::new(file, text)?;
    let mut layout = Layout::new(text, stem, outside_links);
    let mut need = 0_u64;
    while let Some(member) = reader.next()? {
        ctx.check()?;
        layout.accept(&member)?;
        // The least that any file system takes for it.
        let data: u64 = member.data().iter().map(|(_, length)| length.div_ceil(4096) * 4096).sum();
        need = need.saturating_add(data);
        if reader.compression != Compression::None && layout.top().is_some() {
            need = length;
            break;
        }
    }
    let Some(name) = layout.top() else {
        return Err(fault::damaged(text, "it holds no measurement set"));
    };
    Ok(Survey { name: name.to_vec(), need, count: layout.count() as u64 })
}

/// Opens an archive; what is no file is not waited for.
pub(super) fn open(archive: &Path, text: &str) -> Result<File, OperationError> {
    let failed = |e: std::io::Error| fault::at(text, e);
    if !fs::metadata(archive).map_err(failed)?.is_file() {
        return Err(fault::input(format!("`{}` is no file", show(text))));
    }
    File::open(archive).map_err(failed)
}

struct Unpacking<'a> {
    input: UnpackInput,
    archive: PathBuf,
    folder: PathBuf,
    stem: Vec<u8>,
    ctx: &'a dyn OperationContext,
}

impl Unpacking<'_> {
    fn run(&self) -> Result<UnpackOutput, OperationError> {
        let mut output = UnpackOutput { path: self.input.path.clone(), ..UnpackOutput::default() };
        if let Some(set) = self.was_deleted_before()? {
            output.state = State::Already;
            measure(&mut output, &set, self.ctx)?;
            return Ok(output);
        }
        let text = &self.input.path;
        let file = open(&self.archive, text)?;
        let facts = facts(&file, text)?;
        output.archive_bytes = facts.length;
        let blocks = file.metadata().map_err(|e| fault::at(text, e))?.blocks();
        output.archive_size_bytes = blocks * 512;
        let survey = survey(
            file.try_clone().map_err(|e| fault::at(text, e))?,
            text,
            &self.stem,
            self.input.outside_links,
            self.ctx,
        )?;
        let set = self.folder.join(std::ffi::OsStr::from_bytes(&survey.name));
        let place = Place::make(&set)?;
        if self.is_there(&place, &set, &file)? {
            output.state = State::Already;
        } else {
            self.make(&place, &survey, &file)?;
        }
        measure(&mut output, &set, self.ctx)?;
        if self.input.delete {
            self.delete_archive(&facts, &mut output)?;
        }
        Ok(output)
    }

    /// The set, if an earlier run has unpacked it and deleted the archive.
    /// What it may have left of the archive goes.
    fn was_deleted_before(&self) -> Result<Option<PathBuf>, OperationError> {
        if !self.input.delete || fs::symlink_metadata(&self.archive).is_ok() {
            return Ok(None);
        }
        let names = [Some(&*self.stem), without_hash(&self.stem)];
        let sets =
            names.into_iter().flatten().map(|n| self.folder.join(std::ffi::OsStr::from_bytes(n)));
        let Some(set) = sets.into_iter().find(|set| set.join("table.dat").is_file()) else {
            return Ok(None);
        };
        delete(&self.input.path, &self.input.roots, self.ctx)?;
        Ok(Some(set))
    }

    fn telling(&self, before: u64, total: u64) -> Telling<'_> {
        Telling { ctx: self.ctx, archive: &self.input.path, list: false, before, total }
    }

    fn reader(&self, file: &File) -> Result<Reader, OperationError> {
        let file = file.try_clone().map_err(|e| fault::at(&self.input.path, e))?;
        Reader::new(file, &self.input.path)
    }

    fn layout(&self) -> Layout<'_> {
        Layout::new(&self.input.path, &self.stem, self.input.outside_links)
    }

    /// Whether exactly this archive was unpacked there before. Fails if
    /// anything else is there.
    fn is_there(&self, place: &Place, set: &Path, file: &File) -> Result<bool, OperationError> {
        if place.there()?.is_none() {
            return Ok(false);
        }
        let text = place.text();
        let taken = |what: &str| {
            fault::exists(&text, format!(" and is not what the archive holds{what}")).help(
                "nothing was replaced; move it away, or choose another folder with `--output`",
            )
        };
        if !fs::symlink_metadata(set).is_ok_and(|facts| facts.is_dir()) {
            return Err(taken(""));
        }
        let tree = Tree::list(set, self.ctx)?;
        let likeness = Likeness { content: Content::Read, facts: false };
        let telling = self.telling(0, tree.bytes());
        match difference(&mut self.reader(file)?, self.layout(), &tree, likeness, &telling)? {
            None => Ok(true),
            Some(what) => Err(taken(&format!(": {what}"))),
        }
    }

    fn make(&self, place: &Place, survey: &Survey, file: &File) -> Result<(), OperationError> {
        let text = place.text();
        let room = Room::of(place.folder()).map_err(|e| fault::at(&text, e))?;
        room.check(&text, survey.need, survey.count, self.input.margin_bytes)?;
        let before = facts(file, &self.input.path)?;
        let (part, root) = Part::folder(place, self.ctx)?;
        let total = survey.need.max(before.length) * if self.input.delete { 2 } else { 1 };
        let telling = Telling { list: self.input.list, ..self.telling(0, total) };
        let mut layout = self.layout();
        let mut extraction =
            Extraction::new(root, &text, &telling, self.input.margin_bytes, self.input.delete);
        extraction.all(&mut self.reader(file)?, &mut layout)?;
        if !part.path().join("table.dat").is_file() {
            let what = "what it holds is no measurement set: no table.dat in it";
            return Err(fault::damaged(&self.input.path, what));
        }
        extraction.finish()?;
        let tree = Tree::list(&part.path(), self.ctx)?;
        let held = (layout.count(), layout.files, layout.bytes);
        let made = (tree.entries.len(), tree.files(), tree.bytes());
        if held != made {
            return Err(wrong(
                &text,
                &format!("{made:?} instead of {held:?} members, files and bytes"),
            ));
        }
        if self.input.delete
            && let Some(member) = extraction.reread(total / 2)?
        {
            return Err(wrong(
                &text,
                &format!("`{}` reads otherwise than it was written", show(&member)),
            ));
        }
        if facts(file, &self.input.path)? != before {
            let message = format!("`{}` changed while it was unpacked", show(&self.input.path));
            return Err(OperationError::new(ErrorKind::Changed, message));
        }
        part.publish(false)
    }

    /// The set is complete and has its name. A last look, and the archive goes.
    fn delete_archive(
        &self,
        before: &Facts,
        output: &mut UnpackOutput,
    ) -> Result<(), OperationError> {
        let text = &self.input.path;
        let kept = |error: OperationError| OperationError {
            message: format!(
                "unpacked as `{}`, but the archive was not deleted: {}",
                show(&output.set),
                error.message
            ),
            ..error
        };
        let now = open(&self.archive, text).and_then(|file| facts(&file, text)).map_err(kept)?;
        if now != *before {
            let message = format!("`{}` changed meanwhile", show(text));
            return Err(kept(OperationError::new(ErrorKind::Changed, message)));
        }
        let link = fs::symlink_metadata(&self.archive).is_ok_and(|facts| facts.is_symlink());
        output.deleted = delete(text, &self.input.roots, self.ctx).map_err(kept)?;
        if link {
            let note = "links to archives were deleted, what they lead to was not";
            output.notes.push(note.to_string());
        }
        Ok(())
    }
}

fn wrong(set: &str, what: &str) -> OperationError {
    let message =
        format!("what was written as `{}` is not what the archive holds: {what}", show(set));
    OperationError::new(ErrorKind::Corrupt, message)
        .help("the archive was not deleted; check the disk of the set")
}

fn measure(
    output: &mut UnpackOutput,
    set: &Path,
    ctx: &dyn OperationContext,
) -> Result<(), OperationError> {
    let tree = Tree::list(set, ctx)?;
    output.set = rawtext::path_text(set);
    output.bytes = tree.bytes();
    output.files = tree.files();
    output.size_bytes = tree.disk_bytes();
    output.size_mb = units::mib(output.size_bytes);
    Ok(())
}

/// What tells one state of an archive from another. Not its blocks: their
/// number changes by itself while the system writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    length: u64,
    file: (u64, u64),
    times: (i64, i64, i64, i64),
}

fn facts(file: &File, text: &str) -> Result<Facts, OperationError> {
    let facts = file.metadata().map_err(|e| fault::at(text, e))?;
    Ok(Facts {
        length: facts.len(),
        file: (facts.dev(), facts.ino()),
        times: (facts.mtime(), facts.mtime_nsec(), facts.ctime(), facts.ctime_nsec()),
    })
}
