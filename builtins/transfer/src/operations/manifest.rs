//! `transfer.manifest`: what sets consist of, without reading their content.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::entry::{Kind, Time};
use crate::place::target_path;
use crate::walk::{Walk, member_text, newest, walk};

/// Special files named in the answer.
const SHOWN: usize = 20;

/// Counts files and bytes of sets, several at the same time.
pub struct Manifest;

/// Which sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestInput {
    /// Folders or files, text form.
    pub paths: Vec<String>,
}

/// Facts in the order of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestOutput {
    /// One for each path.
    pub sets: Vec<SetFacts>,
}

/// What one set consists of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SetFacts {
    /// As it was asked for.
    pub path: String,
    /// Content of all files, bytes; a file with several names counts once.
    #[serde(default)]
    pub bytes: u64,
    /// Bytes on the disk: less where files have holes.
    #[serde(default)]
    pub disk_bytes: u64,
    /// Names of files.
    #[serde(default)]
    pub files: u64,
    /// Folders, the set itself included.
    #[serde(default)]
    pub folders: u64,
    /// Symbolic links.
    #[serde(default)]
    pub links: u64,
    /// Last change of any member, UTC, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// Pipes, sockets and devices, which cannot be copied; at most 20 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special: Vec<String>,
    /// Why nothing can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
}

impl Operation for Manifest {
    const NAME: &'static str = "transfer.manifest";
    const EFFECT: Effect = Effect::Reads;
    type Input = ManifestInput;
    type Output = ManifestOutput;

    fn run(
        &self,
        input: ManifestInput,
        ctx: &dyn OperationContext,
    ) -> Result<ManifestOutput, OperationError> {
        let sets = input.paths.into_par_iter().map(|path| look(path, ctx)).collect();
        ctx.check()?;
        Ok(ManifestOutput { sets })
    }
}

fn look(path: String, ctx: &dyn OperationContext) -> SetFacts {
    let found = target_path(&path).and_then(|path| walk(&path, &|| ctx.check()));
    match found {
        Ok(found) => count(path, &found),
        Err(error) => SetFacts { path, error: Some(error), ..SetFacts::default() },
    }
}

fn count(path: String, found: &Walk) -> SetFacts {
    let totals = found.listing.totals();
    let kinds = |wanted: fn(&Kind) -> bool| {
        found.listing.entries.iter().filter(|e| wanted(&e.kind)).count() as u64
    };
    let special = found.special.iter().take(SHOWN);
    SetFacts {
        bytes: totals.bytes,
        disk_bytes: totals.allocated,
        files: totals.files,
        folders: kinds(|kind| matches!(kind, Kind::Folder)),
        links: kinds(|kind| matches!(kind, Kind::Link(_))),
        newest: newest(found).and_then(time_text),
        special: special.map(|(relative, _)| member_text(&path, relative)).collect(),
        error: None,
        path,
    }
}

fn time_text(time: Time) -> Option<String> {
    let nanos = i32::try_from(time.nanos).ok()?;
    jiff::Timestamp::new(time.seconds, nanos).ok().map(|t| t.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::FakeContext;
    use ledama_base::operation::ErrorKind;
    use ledama_base::rawtext;

    #[test]
    fn sets_are_counted_and_missing_ones_are_told() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/x"), "12345").unwrap();
        std::fs::hard_link(root.join("a/x"), root.join("a/b/y")).unwrap();
        std::os::unix::fs::symlink("x", root.join("a/z")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join("a/p"), rustix::fs::Mode::RUSR).unwrap();
        let paths = ["a", "none"].map(|n| rawtext::path_text(&root.join(n))).to_vec();
        let output =
            Manifest.run(ManifestInput { paths: paths.clone() }, &FakeContext::new("n")).unwrap();
        let [set, none] = &output.sets[..] else { panic!() };
        assert_eq!((set.bytes, set.files, set.folders, set.links), (5, 2, 2, 1));
        assert_eq!(set.special, [format!("{}/p", paths[0])]);
        assert!(set.newest.as_ref().unwrap().ends_with('Z') && set.error.is_none());
        assert_eq!(none.error.as_ref().unwrap().kind, ErrorKind::NotFound);
    }
}
