//! What a name says, and whether a folder has a table inside.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ledama_base::operation::OperationError;
use ledama_base::path::{Packed, is_loose_name, is_measurement_set_name, is_packed_name};

use crate::discover::Kind;

/// What the name of a folder says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FolderName {
    /// A measurement set by the convention; without a table it is a damaged one.
    Set,
    /// A measurement set if there is a table inside, otherwise any folder.
    Possible,
    /// Half of a copy or of a removal, by the name that rsync, this program or
    /// a person gives to what is not finished.
    Unfinished,
    /// Any folder.
    Other,
}

/// What the name of a folder says. `loose` takes names without a sub-band, too.
pub(crate) fn folder_name(name: &str, loose: bool) -> FolderName {
    if is_measurement_set_name(name) {
        return FolderName::Set;
    }
    let possible = |name: &str| is_loose_name(name) || (loose && has_set_extension(name));
    if let Some(visible) = name.strip_prefix('.') {
        let unfinished = possible(visible) || name.contains(".ledama-");
        return if unfinished { FolderName::Unfinished } else { FolderName::Other };
    }
    if possible(name) {
        return FolderName::Possible;
    }
    match name.strip_suffix(".part") {
        Some(whole) if possible(whole) => FolderName::Unfinished,
        _ => FolderName::Other,
    }
}

/// Which form of packed set a file of this name is: the name of a set and
/// `.tar`, `.tar.gz`, `.tar.zst` or `.bvf`.
pub(crate) fn packed_name(name: &str, loose: bool) -> Option<Kind> {
    let packed = Packed::of(name)?;
    let whole = &name[..name.len() - packed.extension().len() - 1];
    let set = is_packed_name(name)
        || matches!(folder_name(whole, loose), FolderName::Set | FolderName::Possible);
    set.then_some(match packed {
        Packed::Tar | Packed::TarGz | Packed::TarZst => Kind::Tar,
        Packed::Bvf => Kind::Bvf,
    })
}

fn has_set_extension(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["ms", "dppp"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Why a folder is no table, from one look at its `table.dat`.
pub(crate) fn table_problem(folder: &Path) -> Option<String> {
    match std::fs::metadata(folder.join("table.dat")) {
        Ok(meta) if !meta.is_file() => Some("no table: table.dat is no file".to_string()),
        Ok(meta) if meta.len() == 0 => Some("no table: table.dat is empty".to_string()),
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some("no table: table.dat is missing".to_string())
        }
        Err(error) => Some(OperationError::io("table.dat", &error).message),
    }
}

/// The file that describes a measurement set.
pub(crate) const MAIN: &str = "table.dat";

/// The one that describes the table of its frequencies.
pub(crate) const WINDOWS: &str = "SPECTRAL_WINDOW/table.dat";

/// What is wrong with the head of a table that every measurement set has:
/// its own, or the one that tells its frequencies.
pub(crate) fn head_problem(folder: &Path, file: &str) -> Option<String> {
    let fault = match head_fault(&folder.join(file)) {
        Ok(fault) => fault?.to_string(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "missing".to_string(),
        Err(error) => return Some(OperationError::io(file, &error).message),
    };
    Some(format!("no table: {file} is {fault}"))
}

/// A `table.dat` is one casacore AipsIO object: the magic number 0xbebebebe,
/// the length of the object (all that follows the magic number) and its type,
/// a string with its length in front; all numbers are big-endian.
fn head_fault(file: &Path) -> io::Result<Option<&'static str>> {
    // A pipe in the place of a file must not make the search wait.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(file)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Ok(Some("no file"));
    }
    if meta.len() == 0 {
        return Ok(Some("empty"));
    }
    let mut head = [0; 17];
    if let Err(error) = file.read_exact(&mut head) {
        return if error.kind() == io::ErrorKind::UnexpectedEof {
            Ok(Some("cut off"))
        } else {
            Err(error)
        };
    }
    let [m0, m1, m2, m3, l0, l1, l2, l3, kind @ ..] = head;
    if [m0, m1, m2, m3] != [0xbe; 4] || kind != *b"\0\0\0\x05Table" {
        return Ok(Some("none of casacore's"));
    }
    let length = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
    Ok((meta.len() < 4 + length).then_some("cut off"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn names_of_folders() {
        for (name, strict, loose) in [
            ("L44833_SAP000_SB001_uv.MS", FolderName::Set, FolderName::Set),
            ("L44833_SAP000_SB001_uv.MS.dppp.dppp", FolderName::Set, FolderName::Set),
            ("L44833_SAP000_SB001 copy.MS", FolderName::Possible, FolderName::Possible),
            ("l44833_sap001_sb210_uv.ms", FolderName::Possible, FolderName::Possible),
            ("calibrator_3C196.MS", FolderName::Other, FolderName::Possible),
            ("L44833_SAP000_SB001_uv.MS.part", FolderName::Unfinished, FolderName::Unfinished),
            (".L44833_SAP000_SB001_uv.MS.Xa81b2", FolderName::Other, FolderName::Other),
            (".L1_SB001.MS.ledama-part-r", FolderName::Unfinished, FolderName::Unfinished),
            (".L44833_SB001.MS", FolderName::Unfinished, FolderName::Unfinished),
            (".snapshot", FolderName::Other, FolderName::Other),
            ("SB_params", FolderName::Other, FolderName::Other),
            ("lisbon_ms", FolderName::Other, FolderName::Other),
            ("L44833_SB001.MS.tar", FolderName::Other, FolderName::Other),
        ] {
            assert_eq!(
                (folder_name(name, false), folder_name(name, true)),
                (strict, loose),
                "{name}"
            );
        }
    }

    #[test]
    fn names_of_packed_files() {
        for (name, kind) in [
            ("L44833_SAP000_SB001_uv.MS.tar", Some(Kind::Tar)),
            ("L44833_SAP000_SB001_uv.MS_1a2b3c.tar", Some(Kind::Tar)),
            ("L44833_SAP000_SB001_uv.MS.tar.gz", Some(Kind::Tar)),
            ("L44833_SAP000_SB001_uv.MS.dppp.tar.zst", Some(Kind::Tar)),
            ("l_sb001.ms.BVF", Some(Kind::Bvf)),
            ("solutions_SB001.tar", None),
            ("pipe_SB413.tar", None),
            (".L44833_SAP000_SB001_uv.MS.tar", None),
            ("README sb.tar.gz", None),
            (".tar", None),
        ] {
            assert_eq!(packed_name(name, false), kind, "{name}");
        }
        assert_eq!(packed_name("cal.ms.tar", true), Some(Kind::Tar));
    }

    #[test]
    fn heads_of_tables() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path();
        std::fs::create_dir(set.join("SPECTRAL_WINDOW")).unwrap();
        let whole = [b"\xbe\xbe\xbe\xbe\0\0\0\x1e\0\0\0\x05Table".as_slice(), &[0; 17]].concat();
        let window = set.join("SPECTRAL_WINDOW/table.dat");
        std::fs::write(&window, &whole).unwrap();
        let table = set.join("table.dat");
        let set_problem =
            |set: &Path| head_problem(set, MAIN).or_else(|| head_problem(set, WINDOWS));
        assert_eq!(set_problem(set).unwrap(), "no table: table.dat is missing");
        for (content, problem) in [
            (whole.as_slice(), None),
            (&whole[..33], Some("no table: table.dat is cut off")),
            (&whole[..9], Some("no table: table.dat is cut off")),
            (b"", Some("no table: table.dat is empty")),
            (&[7; 4096], Some("no table: table.dat is none of casacore's")),
        ] {
            std::fs::write(&table, content).unwrap();
            assert_eq!(set_problem(set).as_deref(), problem);
        }
        std::fs::write(&table, &whole).unwrap();
        std::fs::remove_file(&window).unwrap();
        std::fs::create_dir(&window).unwrap();
        assert_eq!(set_problem(set).unwrap(), "no table: SPECTRAL_WINDOW/table.dat is no file");
        std::fs::remove_dir_all(set.join("SPECTRAL_WINDOW")).unwrap();
        assert_eq!(set_problem(set).unwrap(), "no table: SPECTRAL_WINDOW/table.dat is missing");
    }
}
