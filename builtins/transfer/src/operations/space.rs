//! `transfer.space`: how much room there is in folders of a node.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::fault;
use crate::place::target_path;
use crate::space::{Room, existing_ancestor, may_write, read_only};

/// Tells how much may be written to folders, which need not exist yet.
pub struct Space;

/// Which folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceInput {
    /// Absolute paths, text form.
    pub folders: Vec<String>,
}

/// Facts in the order of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceOutput {
    /// One for each folder.
    pub folders: Vec<SpaceFacts>,
}

/// Where a folder is, and what may be written there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceFacts {
    /// As it was asked for.
    pub folder: String,
    /// Names the file system on this node; folders with the same name share its room.
    #[serde(default)]
    pub file_system: String,
    /// Bytes that this account may write.
    #[serde(default)]
    pub free_bytes: u64,
    /// Size of the file system, bytes.
    #[serde(default)]
    pub total_bytes: u64,
    /// Files that may be made; absent if there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_files: Option<u64>,
    /// Whether the folder exists.
    #[serde(default)]
    pub exists: bool,
    /// The nearest folder at or above it that exists, links resolved; text form.
    #[serde(default)]
    pub nearest: String,
    /// Why nothing can be written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
}

impl Operation for Space {
    const NAME: &'static str = "transfer.space";
    const EFFECT: Effect = Effect::Reads;
    type Input = SpaceInput;
    type Output = SpaceOutput;

    fn run(
        &self,
        input: SpaceInput,
        ctx: &dyn OperationContext,
    ) -> Result<SpaceOutput, OperationError> {
        let mut folders = Vec::with_capacity(input.folders.len());
        for folder in input.folders {
            ctx.check()?;
            folders.push(look(folder));
        }
        Ok(SpaceOutput { folders })
    }
}

fn look(folder: String) -> SpaceFacts {
    let mut facts = SpaceFacts {
        folder,
        file_system: String::new(),
        free_bytes: 0,
        total_bytes: 0,
        free_files: None,
        exists: false,
        nearest: String::new(),
        error: None,
    };
    facts.error = fill(&mut facts).err();
    facts
}

fn fill(facts: &mut SpaceFacts) -> Result<(), OperationError> {
    let path = target_path(&facts.folder)?;
    let nearest = existing_ancestor(&path)?;
    facts.exists = path.exists();
    facts.nearest = rawtext::path_text(&nearest);
    let stat = rustix::fs::stat(&nearest).map_err(|e| fault::at(&facts.nearest, e))?;
    let device = Facts::from(&stat);
    facts.file_system = format!("{:x}", device.device);
    let room = Room::at(&nearest).map_err(|e| fault::at(&facts.nearest, e))?;
    facts.free_bytes = room.free;
    facts.total_bytes = room.total;
    facts.free_files = room.free_files;
    if device.kind != rustix::fs::FileType::Directory {
        return Err(fault::at(&facts.nearest, rustix::io::Errno::NOTDIR));
    }
    if room.read_only {
        return Err(read_only(&facts.folder));
    }
    if !may_write(&nearest) {
        return Err(fault::at(&facts.nearest, rustix::io::Errno::ACCESS));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::FakeContext;
    use ledama_base::operation::ErrorKind;

    #[test]
    fn folders_of_one_disk_have_one_name() {
        let place = tempfile::tempdir().unwrap();
        let text = |below: &str| rawtext::path_text(&place.path().join(below));
        std::fs::write(place.path().join("file"), "").unwrap();
        let folders =
            vec![text("."), text("a/b"), text("file/x"), "/proc/x".into(), "relative".into()];
        let folders = folders.into_iter().map(|f| f.trim_end_matches("/.").to_string()).collect();
        let output = Space.run(SpaceInput { folders }, &FakeContext::new("n")).unwrap();
        let [here, below, file, proc, relative] = &output.folders[..] else { panic!() };
        assert!(here.exists && !below.exists && here.error.is_none());
        assert_eq!((&here.file_system, &here.nearest), (&below.file_system, &below.nearest));
        assert!(here.free_bytes > 0 && here.total_bytes >= here.free_bytes);
        assert!(file.error.is_some());
        assert_ne!(proc.file_system, here.file_system);
        assert_eq!(relative.error.as_ref().unwrap().kind, ErrorKind::Input);
    }
}
