//! The operation `archive.list`: what an archive has, as its lists tell.

use std::time::SystemTime;

use jiff::Timestamp;
use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::fetch::fetch;
use super::{Entry, Names, Source, file_list, parse, root_list};
use crate::error::ArchiveError;

/// Reads lists; runs on a host that reaches the archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct List;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListInput {
    /// Where the lists come from.
    pub source: Source,
    /// What they are called.
    pub names: Names,
    /// A dataset folder; the root of the archive if absent.
    #[serde(default)]
    pub folder: Option<String>,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListOutput {
    /// Files and measurement sets of the folder, in the order of the list.
    pub entries: Vec<Entry>,
    /// Dataset folders of the root.
    pub folders: Vec<String>,
    /// Free space, bytes, if the root list tells it.
    pub free_bytes: Option<u64>,
    /// When the list was made, UTC, as far as its file tells.
    pub made: Option<String>,
    /// How long ago that was, s.
    pub age_s: Option<u64>,
}

impl Operation for List {
    const NAME: &'static str = "archive.list";
    const VERB: &'static str = "list";
    const EFFECT: Effect = Effect::Reads;
    type Input = ListInput;
    type Output = ListOutput;

    fn run(
        &self,
        input: ListInput,
        ctx: &dyn OperationContext,
    ) -> Result<ListOutput, OperationError> {
        let Some(folder) = input.folder else {
            let fetched = fetch(&input.source, &input.names.root, ctx)?;
            let root = root_list(&fetched.text, &input.names.root)?;
            let output = ListOutput {
                folders: root.folders,
                free_bytes: root.free_bytes,
                ..ListOutput::default()
            };
            return Ok(output.made(fetched.made));
        };
        if !parse::is_folder_name(&folder) {
            return Err(ArchiveError::Name(folder).into());
        }
        let fetched = fetch(&input.source, &format!("{folder}/{}", input.names.files), ctx)?;
        let entries = file_list(&fetched.text, &folder, &input.names.files)?;
        Ok(ListOutput { entries, ..ListOutput::default() }.made(fetched.made))
    }
}

impl ListOutput {
    fn made(mut self, made: Option<SystemTime>) -> Self {
        if let Some(made) = made {
            self.made = Timestamp::try_from(made).ok().map(|t| t.strftime("%FT%TZ").to_string());
            self.age_s = SystemTime::now().duration_since(made).ok().map(|age| age.as_secs());
        }
        self
    }
}
