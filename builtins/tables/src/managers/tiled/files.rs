//! The data files of a tiled manager and the hypercubes in them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::storage::{Folder, Source};

use super::cube::Cube;
use super::rows::{Found, Rows};

/// A data file, once it is open.
pub(super) type DataFile = OnceLock<Result<Arc<dyn Source>>>;

/// What the columns of a manager share.
pub(super) struct Shared {
    pub(super) folder: Arc<dyn Folder>,
    /// The header, for messages.
    pub(super) path: PathBuf,
    /// Name of the header, with which the names of the data files begin.
    pub(super) prefix: String,
    /// The data files, opened when they are needed.
    pub(super) files: Vec<Option<DataFile>>,
    /// The hypercubes; `None` while the shape of one is not known.
    pub(super) cubes: Vec<Option<Cube>>,
    pub(super) rows: Rows,
}

/// Rows that follow each other in a hypercube and are all in its file.
pub(super) struct Located<'a> {
    pub(super) cube: &'a Cube,
    /// The number of the hypercube.
    pub(super) index: usize,
    /// The position of the first row.
    pub(super) at: u64,
    /// How many rows; at least 1.
    pub(super) count: u64,
}

/// Where a row is.
pub(super) enum Location<'a> {
    Rows(Located<'a>),
    /// So many rows from here on have no value.
    Nothing(u64),
}

impl Shared {
    /// Where a row is.
    pub(super) fn locate(&self, row: u64) -> Result<Location<'_>> {
        let place = match self.rows.find(row) {
            Found::Place(place) => place,
            Found::Nothing { count } => return Ok(Location::Nothing(count)),
            Found::Wrong => return Err(self.corrupt(row, "is at no place of its hypercube")),
        };
        let cube = match self.cubes.get(place.cube) {
            Some(Some(cube)) => cube,
            Some(None) => return Ok(Location::Nothing(place.count)),
            None => return Err(self.corrupt(row, "is in a hypercube that does not exist")),
        };
        let left = cube.nrow.saturating_sub(place.at);
        if left == 0 {
            return Err(self.corrupt(row, "is beyond the end of its hypercube"));
        }
        let mut count = place.count.min(left);
        if cube.cell_len() > 0 {
            let source = self.source(cube)?;
            let present = cube.present(source.len()).saturating_sub(place.at);
            if present == 0 {
                let length = source.len();
                let what = format!("ends at byte {length}, before the tiles of row {row}");
                return Err(Error::corrupt(source.path(), what));
            }
            count = count.min(present);
        }
        Ok(Location::Rows(Located { cube, index: place.cube, at: place.at, count }))
    }

    /// The file of a hypercube.
    pub(super) fn source(&self, cube: &Cube) -> Result<&Arc<dyn Source>> {
        let file = cube.file.and_then(|at| Some((at, self.files.get(at)?.as_ref()?)));
        let Some((at, file)) = file else {
            return Err(Error::corrupt(&self.path, "a hypercube has no file"));
        };
        let opened = file.get_or_init(|| self.folder.open(&format!("{}_TSM{at}", self.prefix)));
        opened.as_ref().map_err(Clone::clone)
    }

    fn corrupt(&self, row: u64, what: &str) -> Error {
        Error::corrupt(&self.path, format!("row {row} {what}"))
    }
}
