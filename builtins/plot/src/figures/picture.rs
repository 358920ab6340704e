//! Where a picture goes: a file, a page beside it, its numbers.

use std::path::{Path, PathBuf};

use ledama_base::atomic::AtomicError;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use crate::dump::{self, Format};
use crate::figure::Figure;
use crate::output::{self, OutputOptions};

/// Where a picture goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Picture {
    /// The file, whose extension is the format; in text form.
    pub path: String,
    /// Replace a file that is there.
    pub force: bool,
    /// Also a page for a browser beside it.
    pub page: bool,
    /// Give the numbers back, as `csv` or `json`.
    pub dump: Option<Dump>,
    /// When and by whom it was made, to be told in the picture.
    pub stamp: Option<String>,
}

/// How numbers are given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dump {
    /// One line a number.
    Csv,
    /// One document.
    Json,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Written {
    /// Files, the picture first, in text form.
    pub files: Vec<String>,
    /// The numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<String>,
}

impl Picture {
    /// Refuses what could not be written, before any work is done.
    pub fn check(&self) -> Result<(), OperationError> {
        let path = rawtext::text_path(&self.path);
        output::Format::of(&path).map_err(|error| failed(&error))?;
        for file in [Some(named(&path)), self.page.then(|| path.with_extension("html"))]
            .into_iter()
            .flatten()
        {
            if !self.force && file.exists() {
                return Err(there(&file));
            }
        }
        Ok(())
    }

    /// Writes a figure.
    pub fn write(&self, figure: &Figure) -> Result<Written, OperationError> {
        let path = rawtext::text_path(&self.path);
        let options = OutputOptions { force: self.force, stamp: self.stamp.clone() };
        let write =
            |path: &Path| output::write(figure, path, &options).map_err(|error| failed(&error));
        let mut files = vec![write(&path)?];
        if self.page && files[0].extension().is_none_or(|end| end != "html") {
            files.push(write(&path.with_extension("html"))?);
        }
        let format = self.dump.map(|dump| match dump {
            Dump::Csv => Format::Csv,
            Dump::Json => Format::Json,
        });
        let numbers = format.map(|format| dump::dump(figure, format)).transpose();
        Ok(Written {
            files: files.iter().map(|file| rawtext::path_text(file)).collect(),
            numbers: numbers.map_err(|error| failed(&error))?,
        })
    }
}

fn named(path: &Path) -> PathBuf {
    if path.extension().is_none() { path.with_extension("png") } else { path.to_path_buf() }
}

fn there(path: &Path) -> OperationError {
    OperationError::new(ErrorKind::Exists, format!("{} exists", path.display()))
        .help("`--force` replaces it, `--output` names another file")
}

fn failed(error: &output::Error) -> OperationError {
    let kind = match error {
        output::Error::Render(_) | output::Error::Format { .. } => ErrorKind::Input,
        output::Error::File(AtomicError::Exists { .. }) => ErrorKind::Exists,
        _ => ErrorKind::Io,
    };
    OperationError::new(kind, error.to_string())
}
