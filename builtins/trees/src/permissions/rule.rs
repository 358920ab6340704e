//! Which mode the folders and the files of a tree get.
//!
//! Folders and files need different bits: a folder without execute permission
//! cannot be entered, a data file with it is a nuisance. One octal mode for
//! both is therefore read as the mode of folders; files get its read and write
//! bits, and its execute bits only if somebody may execute them already.

use super::mode::{EXECUTE, Form, ModeChange};
use super::parse::ModeError;

/// What to do in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    folders: Option<ModeChange>,
    files: Option<ModeChange>,
    /// Files get an octal mode as it is.
    exact: bool,
    umask: u32,
}

impl Rule {
    /// `mode` is for all, `folders` and `files` instead of it for one kind. A
    /// kind without any is left alone.
    pub fn new(
        mode: Option<&str>,
        folders: Option<&str>,
        files: Option<&str>,
        umask: u32,
    ) -> Result<Self, ModeError> {
        let read = |own: Option<&str>| own.or(mode).map(str::parse).transpose();
        Ok(Self { folders: read(folders)?, files: read(files)?, exact: files.is_some(), umask })
    }

    /// The mode that an entry should have.
    #[must_use]
    pub fn wanted(&self, mode: u32, folder: bool) -> u32 {
        let change = if folder { &self.folders } else { &self.files };
        match change {
            None => mode,
            Some(ModeChange(Form::Octal(bits))) if !folder && !self.exact => {
                bits & if mode & EXECUTE == 0 { 0o666 } else { 0o777 }
            }
            Some(change) => change.apply(mode, folder, self.umask),
        }
    }
}
