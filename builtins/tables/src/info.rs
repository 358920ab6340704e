//! `table.info`: a small text file with the type of a table and a description
//! for people.

use crate::aipsio::text;
use crate::storage::Folder;

/// What `table.info` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableInfo {
    /// Such as `Measurement Set`.
    pub kind: String,
    /// Mostly empty.
    pub subtype: String,
    /// Text for people, its lines ended by newlines.
    pub readme: String,
}

impl TableInfo {
    /// Reads the file; a table without one has empty texts.
    pub(crate) fn read(folder: &dyn Folder) -> Self {
        let Ok(bytes) = folder.open("table.info").and_then(|file| file.all()) else {
            return Self::default();
        };
        let all = text(&bytes);
        let mut lines = all.splitn(4, '\n');
        let kind = lines.next().and_then(|line| line.get(7..)).unwrap_or_default();
        let subtype = lines.next().and_then(|line| line.get(10..)).unwrap_or_default();
        let readme = lines.nth(1).unwrap_or_default();
        Self { kind: kind.into(), subtype: subtype.into(), readme: readme.into() }
    }
}
