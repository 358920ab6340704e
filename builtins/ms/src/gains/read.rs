//! Gains of a path, whatever it is.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ledama_tables::Table;
use serde::Serialize;

use super::{Gains, Request};
use crate::h5parm::{H5Parm, Selection};
use crate::info::{MsInfo, Wanted};
use crate::parmdb::ParmDb;
use crate::read_error::ReadError;

/// What holds gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A table of parameters, as BBS and DP3 write them.
    Parmdb,
    /// An HDF5 file, as DP3 and LoSoTo write them.
    H5parm,
}

/// The first bytes of an HDF5 file.
const HDF5: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// Reads the gains of a parameter table, an H5parm file, or a measurement set
/// with a table `instrument` inside or a file `instrument.h5` in it or `NAME.h5`
/// beside it. A table without values counts only where there is no such file.
///
/// `path` may end with a selection, `path::solset/soltab,soltab`, for H5parm.
pub fn read(path: &Path, request: &Request) -> Result<Gains, ReadError> {
    let (path, selection) = Selection::split(path);
    let (source, place) = find(&path)?;
    match source {
        Source::H5parm => H5Parm::open(&place)?.gains(&selection, request),
        Source::Parmdb if selection.is_empty() => ParmDb::open(&place)?.gains(request),
        Source::Parmdb => Err(ReadError::input(
            &place,
            "a parameter table has no solution sets to choose from",
            "leave away what follows `::`",
        )),
    }
}

/// Where the gains of a path are.
pub fn find(path: &Path) -> Result<(Source, PathBuf), ReadError> {
    let meta = std::fs::metadata(path).map_err(|error| ReadError::io(path, error))?;
    if meta.is_file() {
        let mut head = [0; 8];
        let mut file = File::open(path).map_err(|error| ReadError::io(path, error))?;
        return match file.read_exact(&mut head) {
            Ok(()) if head == HDF5 => Ok((Source::H5parm, path.into())),
            Ok(()) => Err(ReadError::corrupt(path, "is no HDF5 file")),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(ReadError::corrupt(path, "is no HDF5 file"))
            }
            Err(error) => Err(ReadError::io(path, error)),
        };
    }
    if path.join("NAMES/table.dat").is_file() {
        return Ok((Source::Parmdb, path.into()));
    }
    let instrument = path.join("instrument");
    let table = instrument.join("table.dat").is_file();
    // One without values came with the set; what was solved for is elsewhere.
    if table && !Table::open(&instrument).is_ok_and(|table| table.nrow() == 0) {
        return Ok((Source::Parmdb, instrument));
    }
    let beside = path.file_name().map(|name| {
        let mut name = name.to_os_string();
        name.push(".h5");
        path.with_file_name(name)
    });
    let inside = Some(path.join("instrument.h5"));
    let also = Some(path.with_extension("h5"));
    match [inside, beside, also].into_iter().flatten().find(|file| file.is_file()) {
        Some(file) => Ok((Source::H5parm, file)),
        None if table => Ok((Source::Parmdb, instrument)),
        None => Err(ReadError::not_found(path, "has no table `instrument` and no H5parm file")),
    }
}

/// Right ascension and declination of the phase centre, J2000, rad, of the set that a
/// path of gains is, lies in, or lies beside as `NAME.h5`; `None` where there is none.
pub fn pointing(path: &Path) -> Option<[f64; 2]> {
    let (path, _) = Selection::split(path);
    let bare = path.with_extension("");
    let sets = [Some(path.as_path()), path.parent(), Some(bare.as_path())];
    let set = sets.into_iter().flatten().find(|set| set.join("FIELD/table.dat").is_file())?;
    let field = MsInfo::read(set, Wanted::default()).ok()?.field;
    let direction = field.phase_dir.or(field.delay_dir)?;
    Some([direction.ra_rad, direction.dec_rad])
}
