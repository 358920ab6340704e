//! The operation `trees.pack`: a set becomes one file.
//!
//! The archive is made under a hidden name, flushed, read again and compared,
//! and only then gets its name. The original is deleted only after every byte
//! of the archive was read back from the disk, and only if nothing has touched
//! the original since it was listed.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use ledama_base::guard::{Guard, Reason};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::{rawtext, units};
use ledama_ms::remove::{Remove, RemoveInput};
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use super::compare::{Content, Likeness, difference, difference_in_order};
use super::format::Compression;
use super::layout::Layout;
use super::lock::{self, Strictness};
use super::part::{Part, Place, target_path};
use super::pour::{Telling, archive_length, pour};
use super::read::{Reader, forget};
use super::room::{Room, existing};
use super::sink::Sink;
use super::tree::Tree;
use super::{State, fault, threads};

/// What whoever unpacks the set must know.
const LINKS_OUT: &str =
    "links in it lead out of the set; UnPackData keeps such links only with --outside-links";

/// Packs one set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pack;

/// Which set, and how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackInput {
    /// Path in text form.
    pub path: String,
    /// Folder for the archive; that of the set if absent.
    #[serde(default)]
    pub output: Option<String>,
    /// How it is compressed.
    #[serde(default)]
    pub compression: Compression,
    /// Level of the compression; its usual one if absent.
    #[serde(default)]
    pub level: Option<i32>,
    /// How many sets are packed on the node at the same time.
    #[serde(default)]
    pub side_by_side: Option<usize>,
    /// Replace another archive of that name.
    #[serde(default)]
    pub overwrite: bool,
    /// Also pack a set that another program uses.
    #[serde(default)]
    pub allow_locked: bool,
    /// Read the whole archive back and compare it.
    #[serde(default)]
    pub reread: bool,
    /// Delete the set when it is packed and was read back.
    #[serde(default)]
    pub delete: bool,
    /// Folders inside which something may be deleted or replaced.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Bytes that are to stay free on the disk.
    #[serde(default)]
    pub margin_bytes: u64,
    /// List the members in the log.
    #[serde(default)]
    pub list: bool,
}

/// What was packed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackOutput {
    /// The set, as it was given.
    pub path: String,
    /// The archive, in text form.
    pub archive: String,
    /// What was to do.
    pub state: State,
    /// Length of the archive, bytes.
    pub bytes: u64,
    /// Its blocks on the disk, bytes.
    pub size_bytes: u64,
    /// The same in MiB, rounded up.
    pub size_mb: u64,
    /// Lengths of the files of the set, bytes.
    pub set_bytes: u64,
    /// Blocks of the set on the disk, bytes.
    pub set_size_bytes: u64,
    /// Files of the set.
    pub files: u64,
    /// Whether the set was deleted.
    pub deleted: bool,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Path of the archive of a set: in the folder `output`, or beside the set.
pub fn archive_path(
    path: &str,
    output: Option<&str>,
    compression: Compression,
) -> Result<PathBuf, OperationError> {
    let set = target_path(path)?;
    let mut name = set.file_name().unwrap_or_default().to_os_string();
    name.push(compression.extension());
    Ok(match output {
        Some(folder) => target_path(&format!("{}/x", folder.trim_end_matches('/')))?,
        None => set,
    }
    .with_file_name(name))
}

/// Fails unless the guard lets this path be deleted or replaced. What is not
/// there is no matter.
pub(super) fn expect_deletable(path: &Path, roots: &[String]) -> Result<(), OperationError> {
    match Guard::new(roots)?.check(&rawtext::path_text(path)) {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.reason == Reason::Missing => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Deletes what was packed or unpacked, by the same way as the operation
/// `ms.remove`. Answers whether anything was there.
pub(super) fn delete(
    path: &str,
    roots: &[String],
    ctx: &dyn OperationContext,
) -> Result<bool, OperationError> {
    let input = RemoveInput { path: path.to_string(), roots: roots.to_vec() };
    Ok(Remove.run(input, ctx)?.removed)
}

impl Operation for Pack {
    const NAME: &'static str = "trees.pack";
    const VERB: &'static str = "pack";
    const EFFECT: Effect = Effect::Changes;
    type Input = PackInput;
    type Output = PackOutput;

    fn run(
        &self,
        input: PackInput,
        ctx: &dyn OperationContext,
    ) -> Result<PackOutput, OperationError> {
        let set = target_path(&input.path)?;
        let archive = archive_path(&input.path, input.output.as_deref(), input.compression)?;
        let level = input.compression.level(input.level)?;
        if input.delete {
            expect_deletable(&set, &input.roots)?;
        }
        Packing { archive_text: rawtext::path_text(&archive), input, set, archive, level, ctx }
            .run()
    }
}

struct Packing<'a> {
    input: PackInput,
    set: PathBuf,
    archive: PathBuf,
    archive_text: String,
    level: i32,
    ctx: &'a dyn OperationContext,
}

impl Packing<'_> {
    fn run(&self) -> Result<PackOutput, OperationError> {
        let mut output = PackOutput {
            path: self.input.path.clone(),
            archive: self.archive_text.clone(),
            ..PackOutput::default()
        };
        if self.was_deleted_before()? {
            output.state = State::Already;
            self.measure(&mut output)?;
            return Ok(output);
        }
        self.expect_apart()?;
        expect_is_set(&self.set, &self.input.path)?;
        let tree = Tree::list_settled(&self.set, self.ctx)?;
        self.expect_free(&tree)?;
        output.set_bytes = tree.bytes();
        output.set_size_bytes = tree.disk_bytes();
        output.files = tree.files();
        let place = Place::make(&self.archive)?;
        if self.is_there(&place, &tree)? {
            output.state = State::Already;
        } else {
            self.make(&place, &tree)?;
        }
        self.measure(&mut output)?;
        if tree.has_links_out() {
            output.notes.push(LINKS_OUT.to_string());
        }
        if self.input.delete {
            self.delete_set(&tree, &mut output)?;
        }
        Ok(output)
    }

    /// Whether an earlier run has packed and deleted the set. What it may have
    /// left of the set goes.
    fn was_deleted_before(&self) -> Result<bool, OperationError> {
        if !self.input.delete || fs::symlink_metadata(&self.set).is_ok() {
            return Ok(false);
        }
        if !fs::metadata(&self.archive).is_ok_and(|facts| facts.is_file()) {
            return Ok(false);
        }
        delete(&self.input.path, &self.input.roots, self.ctx)?;
        Ok(true)
    }

    /// The archive must not lie in the set.
    fn expect_apart(&self) -> Result<(), OperationError> {
        let folder = existing(self.archive.parent().unwrap_or(Path::new("/")))?;
        let inside = fs::canonicalize(&self.set).is_ok_and(|set| folder.starts_with(set));
        if !inside {
            return Ok(());
        }
        let (set, archive) = (show(&self.input.path), show(&self.archive_text));
        Err(fault::input(format!("the archive `{archive}` would lie in the set `{set}` itself"))
            .help("choose another folder with `--output`"))
    }

    fn expect_free(&self, tree: &Tree) -> Result<(), OperationError> {
        if self.input.allow_locked {
            return Ok(());
        }
        let strictness = if self.input.delete { Strictness::NoUser } else { Strictness::NoWriter };
        lock::expect_free(&self.set, tree, strictness)
    }

    fn telling(&self, before: u64, total: u64) -> Telling<'_> {
        Telling { ctx: self.ctx, archive: &self.archive_text, list: false, before, total }
    }

    /// Whether exactly this set was packed there before. Fails if something
    /// else is there that may not be replaced.
    fn is_there(&self, place: &Place, tree: &Tree) -> Result<bool, OperationError> {
        let Some(stat) = place.there()? else { return Ok(false) };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(fault::exists(&self.archive_text, " and is no archive"));
        }
        if self.input.overwrite {
            expect_deletable(&self.archive, &self.input.roots)?;
            return Ok(false);
        }
        let file = File::open(&self.archive).map_err(|e| fault::at(&self.archive_text, e))?;
        let likeness = Likeness { content: Content::Read, facts: true };
        let telling = self.telling(0, tree.bytes());
        let layout = Layout::new(&self.archive_text, self.name(), true);
        let found = Reader::new(file, &self.archive_text)
            .and_then(|mut reader| difference(&mut reader, layout, tree, likeness, &telling));
        let different = match found {
            Ok(None) => {
                tree.expect_unchanged(&self.set, self.ctx)?;
                return Ok(true);
            }
            Ok(Some(what)) => what,
            Err(error) if matches!(error.kind, ErrorKind::Corrupt | ErrorKind::Refused) => {
                "it is damaged, or not of this set".to_string()
            }
            Err(error) => return Err(error),
        };
        Err(fault::exists(
            &self.archive_text,
            format!(" and is no archive of this set: {different}"),
        )
        .help("move it away, or add `--overwrite`"))
    }

    /// Name of the set, under which its members stand in the archive.
    fn name(&self) -> &[u8] {
        self.set.file_name().unwrap_or_default().as_bytes()
    }

    fn make(&self, place: &Place, tree: &Tree) -> Result<(), OperationError> {
        let failed = |e: std::io::Error| fault::at(&self.archive_text, e);
        let need = archive_length(tree, self.name());
        let room = Room::of(place.folder()).map_err(|e| failed(e.into()))?;
        room.check(&self.archive_text, need, 1, self.input.margin_bytes)?;
        let (part, file) = Part::file(place, self.ctx)?;
        let reread = self.input.reread || self.input.delete;
        let total = if reread { 2 * tree.bytes() } else { tree.bytes() };
        let telling = Telling { list: self.input.list, ..self.telling(0, total) };
        let threads = threads(self.input.side_by_side);
        let mut sink =
            Sink::new(file, self.input.compression, self.level, threads).map_err(failed)?;
        let hashes = pour(tree, self.name(), &mut sink, reread, &telling)?;
        let file = sink.finish().map_err(failed)?;
        adopt(&file, tree).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        self.verify(&part, tree, &hashes, &self.telling(tree.bytes(), total))?;
        tree.expect_unchanged(&self.set, self.ctx)?;
        part.publish(self.input.overwrite)
    }

    /// Reads the archive again: all of it if that is asked for, the set is to be
    /// deleted or it is compressed, else what it says about its members.
    fn verify(
        &self,
        part: &Part<'_>,
        tree: &Tree,
        hashes: &[Option<super::pour::Hash>],
        telling: &Telling<'_>,
    ) -> Result<(), OperationError> {
        let file = File::open(part.path()).map_err(|e| fault::at(&self.archive_text, e))?;
        let content = if self.input.reread || self.input.delete {
            forget(&file);
            Content::Hashes(hashes)
        } else {
            Content::Lengths
        };
        let found = Reader::new(file, &self.archive_text).and_then(|mut reader| {
            difference_in_order(&mut reader, self.name(), tree, content, telling)
        });
        let what = match found {
            Ok(None) => return Ok(()),
            Ok(Some(what)) => what,
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(error) => error.message,
        };
        let message =
            format!("what was written as `{}` is not the set: {what}", show(&self.archive_text));
        Err(OperationError::new(ErrorKind::Corrupt, message)
            .help("nothing was deleted; check the disk of the archive"))
    }

    fn measure(&self, output: &mut PackOutput) -> Result<(), OperationError> {
        let facts = fs::metadata(&self.archive).map_err(|e| fault::at(&self.archive_text, e))?;
        output.bytes = facts.len();
        output.size_bytes = facts.blocks() * 512;
        output.size_mb = units::mib(output.size_bytes);
        Ok(())
    }

    /// The archive is complete and has its name. A last look, and the set goes.
    fn delete_set(&self, tree: &Tree, output: &mut PackOutput) -> Result<(), OperationError> {
        let kept = |error: OperationError| OperationError {
            message: format!(
                "packed as `{}`, but the set was not deleted: {}",
                show(&self.archive_text),
                error.message
            ),
            ..error
        };
        self.expect_free(tree).map_err(kept)?;
        tree.expect_unchanged(&self.set, self.ctx).map_err(kept)?;
        let link = fs::symlink_metadata(&self.set).is_ok_and(|facts| facts.is_symlink());
        output.deleted = delete(&self.input.path, &self.input.roots, self.ctx).map_err(kept)?;
        if link {
            output.notes.push("links to sets were deleted, what they lead to was not".to_string());
        }
        Ok(())
    }
}

/// Gives the archive the owner and the permissions of the set, as far as
/// this account may: nobody reads or writes it who could not the set.
fn adopt(file: &File, tree: &Tree) -> std::io::Result<()> {
    let set = &tree.entries[0];
    // Only the superuser can give files away; the group may be possible.
    let _ =
        fchown(file, Some(set.uid), Some(set.gid)).or_else(|_| fchown(file, None, Some(set.gid)));
    let same_group = file.metadata()?.gid() == set.gid;
    let allowed = if same_group { 0o664 } else { 0o604 };
    file.set_permissions(fs::Permissions::from_mode(0o600 | (set.mode & allowed)))
}

/// Fails if a path leads to no set.
pub(super) fn expect_is_set(set: &Path, text: &str) -> Result<(), OperationError> {
    let no_set =
        |why: &str| Err(fault::input(format!("`{}` is no measurement set: {why}", show(text))));
    match fs::metadata(set) {
        Err(error) => Err(fault::at(text, error)),
        Ok(facts) if !facts.is_dir() => no_set("it is no folder"),
        Ok(_) if !set.join("table.dat").is_file() => no_set("no table.dat in it"),
        Ok(_) => Ok(()),
    }
}
