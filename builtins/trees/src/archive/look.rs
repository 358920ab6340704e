//! The operations `trees.look_pack` and `trees.look_unpack`: what stands in
//! the way of packing or unpacking, asked of a node before anything is done.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::format::{Compression, without_hash};
use super::pack::{archive_path, expect_deletable, expect_is_set};
use super::part::target_path;
use super::pour::archive_length;
use super::room::{Room, existing, expect_writable};
use super::tree::Tree;
use super::unpack::{open, set_folder, stem, survey};
use std::os::unix::ffi::OsStrExt;

/// Looks at sets that are to be packed.
#[derive(Debug, Clone, Copy, Default)]
pub struct LookPack;

/// Looks at archives that are to be unpacked.
#[derive(Debug, Clone, Copy, Default)]
pub struct LookUnpack;

/// What is to be done, as for the operations that do it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookInput {
    /// Paths of sets or archives in text form.
    pub paths: Vec<String>,
    /// Folder for what is made; that of each path if absent.
    #[serde(default)]
    pub output: Option<String>,
    /// How archives are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// Other archives are replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// What was packed or unpacked is deleted.
    #[serde(default)]
    pub delete: bool,
    /// Links may lead out of the set.
    #[serde(default)]
    pub outside_links: bool,
    /// How many are done at the same time.
    #[serde(default)]
    pub side_by_side: Option<usize>,
    /// Folders inside which something may be deleted or replaced.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Bytes that are to stay free on each disk.
    #[serde(default)]
    pub margin_bytes: u64,
}

/// One set or archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// As it was given.
    pub path: String,
    /// What is to be made, in text form.
    pub target: String,
    /// Whether something has that name already.
    pub exists: bool,
    /// Whether it was done and deleted before.
    pub gone: bool,
    /// Bytes that will be written, about.
    pub bytes: u64,
}

/// What stands in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOutput {
    /// In the order asked.
    pub sets: Vec<Looked>,
    /// One sentence each.
    pub faults: Vec<String>,
}

impl Operation for LookPack {
    const NAME: &'static str = "trees.look_pack";
    const VERB: &'static str = "look at";
    const EFFECT: Effect = Effect::Reads;
    type Input = LookInput;
    type Output = LookOutput;

    fn run(
        &self,
        input: LookInput,
        ctx: &dyn OperationContext,
    ) -> Result<LookOutput, OperationError> {
        look(&input, ctx, look_pack)
    }
}

impl Operation for LookUnpack {
    const NAME: &'static str = "trees.look_unpack";
    const VERB: &'static str = "look at";
    const EFFECT: Effect = Effect::Reads;
    type Input = LookInput;
    type Output = LookOutput;

    fn run(
        &self,
        input: LookInput,
        ctx: &dyn OperationContext,
    ) -> Result<LookOutput, OperationError> {
        look(&input, ctx, look_unpack)
    }
}

type One = fn(&str, &LookInput, &dyn OperationContext) -> Result<Looked, OperationError>;

fn look(
    input: &LookInput,
    ctx: &dyn OperationContext,
    one: One,
) -> Result<LookOutput, OperationError> {
    let looked: Vec<_> = input.paths.par_iter().map(|path| one(path, input, ctx)).collect();
    ctx.check()?;
    let mut output = LookOutput::default();
    for looked in looked {
        match looked {
            Ok(looked) => output.sets.push(looked),
            Err(error) => output.faults.push(error.message),
        }
    }
    output.faults.extend(disk_faults(input, &output.sets));
    output.faults.dedup();
    Ok(output)
}

fn look_pack(
    path: &str,
    input: &LookInput,
    ctx: &dyn OperationContext,
) -> Result<Looked, OperationError> {
    let set = target_path(path)?;
    let target = archive_path(path, input.output.as_deref(), input.compression)?;
    let exists = fs::symlink_metadata(&target).is_ok();
    let mut looked = Looked {
        path: path.into(),
        target: rawtext::path_text(&target),
        exists,
        ..Looked::default()
    };
    if input.delete {
        expect_deletable(&set, &input.roots)?;
        looked.gone = exists && fs::symlink_metadata(&set).is_err();
    }
    if exists && input.overwrite {
        expect_deletable(&target, &input.roots)?;
    }
    if !looked.gone {
        expect_is_set(&set, path)?;
        let tree = Tree::list(&set, ctx)?;
        looked.bytes = archive_length(&tree, set.file_name().unwrap_or_default().as_bytes());
    }
    Ok(looked)
}

fn look_unpack(
    path: &str,
    input: &LookInput,
    ctx: &dyn OperationContext,
) -> Result<Looked, OperationError> {
    let archive = target_path(path)?;
    let folder = set_folder(&archive, input.output.as_deref())?;
    let stem = stem(&archive)?;
    let at = |name: &[u8]| folder.join(std::ffi::OsStr::from_bytes(name));
    let mut looked = Looked { path: path.into(), ..Looked::default() };
    if input.delete {
        expect_deletable(&archive, &input.roots)?;
        let names = [Some(&*stem), without_hash(&stem)].into_iter().flatten();
        let set = names.map(at).find(|set| set.join("table.dat").is_file());
        if let Some(set) = set.filter(|_| fs::symlink_metadata(&archive).is_err()) {
            let target = rawtext::path_text(&set);
            return Ok(Looked { target, exists: true, gone: true, ..looked });
        }
    }
    let survey = survey(open(&archive, path)?, path, &stem, input.outside_links, ctx)?;
    let target = at(&survey.name);
    looked.bytes = survey.need;
    looked.exists = fs::symlink_metadata(&target).is_ok();
    looked.target = rawtext::path_text(&target);
    Ok(looked)
}

/// What is to be written to one disk.
#[derive(Default)]
struct Disk {
    /// A folder there.
    folder: String,
    nearest: std::path::PathBuf,
    /// Bytes of each that frees no space here when it is done.
    sum: u64,
    /// Bytes of each that does.
    passing: Vec<u64>,
}

/// Disks that would run full, and folders that cannot be written.
fn disk_faults(input: &LookInput, sets: &[Looked]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut disks: BTreeMap<u64, Disk> = BTreeMap::new();
    for set in sets.iter().filter(|set| !set.gone && (!set.exists || input.overwrite)) {
        let target = rawtext::text_path(&set.target);
        let folder = target.parent().unwrap_or(Path::new("/"));
        let device = existing(folder).and_then(|nearest| {
            expect_writable(&nearest)?;
            let facts = fs::metadata(&nearest)
                .map_err(|e| super::fault::at(rawtext::path_text(&nearest), e))?;
            Ok((facts.dev(), nearest))
        });
        let (device, nearest) = match device {
            Ok(found) => found,
            Err(error) => {
                faults.push(error.message);
                continue;
            }
        };
        let disk = disks.entry(device).or_insert_with(|| Disk {
            folder: rawtext::path_text(folder),
            nearest,
            ..Disk::default()
        });
        // What is deleted on the same disk makes room for the next one.
        let source = fs::symlink_metadata(rawtext::text_path(&set.path));
        let frees = input.delete && source.is_ok_and(|f| f.dev() == device && !f.is_symlink());
        if frees {
            disk.passing.push(set.bytes);
        } else {
            disk.sum = disk.sum.saturating_add(set.bytes);
        }
    }
    for disk in disks.into_values() {
        let mut passing = disk.passing;
        passing.sort_unstable_by(|a, b| b.cmp(a));
        let at_once = passing.iter().take(input.side_by_side.unwrap_or(1).max(1));
        let need = at_once.fold(disk.sum, |sum, bytes| sum.saturating_add(*bytes));
        let room = Room::at(&disk.nearest).map_err(|e| super::fault::at(&disk.folder, e));
        if let Err(error) = room.and_then(|r| r.check(&disk.folder, need, 0, input.margin_bytes)) {
            faults.push(error.message);
        }
    }
    faults
}
