//! What archives are called, how they are compressed, and the mode letters of
//! `tar` that stand for it.

use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all: `.tar`.
    #[default]
    None,
    /// gzip: `.tar.gz`.
    Gz,
    /// Zstandard: `.tar.zst`.
    Zst,
}

impl Compression {
    /// What is put after the name of a set.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => ".tar",
            Self::Gz => ".tar.gz",
            Self::Zst => ".tar.zst",
        }
    }

    /// By the first bytes of a file; what is neither gzip nor Zstandard is
    /// read as a plain archive.
    pub(super) fn of_content(begin: &[u8]) -> Self {
        if begin.starts_with(&[0x1f, 0x8b]) {
            Self::Gz
        } else if begin.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Self::Zst
        } else {
            Self::None
        }
    }

    /// The level to use, after a look whether there is such a level.
    pub fn level(self, wanted: Option<i32>) -> Result<i32, OperationError> {
        let (usual, most, name) = match self {
            Self::None if wanted.is_some() => {
                return Err(OperationError::new(
                    ErrorKind::Input,
                    "a level without a compression means nothing",
                )
                .help("name the compression as well, or leave the level out"));
            }
            Self::None => return Ok(0),
            Self::Gz => (6, 9, "gz"),
            Self::Zst => (3, 19, "zst"),
        };
        match wanted {
            None => Ok(usual),
            Some(level) if (1..=most).contains(&level) => Ok(level),
            Some(level) => Err(OperationError::new(
                ErrorKind::Input,
                format!("{name} has levels from 1 to {most}, not {level}"),
            )),
        }
    }
}

/// The name of an archive without its extension; nothing if it has another one.
pub(super) fn set_name(archive: &[u8]) -> Option<&[u8]> {
    [Compression::Gz, Compression::Zst, Compression::None].iter().find_map(|compression| {
        let extension = compression.extension().as_bytes();
        let (name, end) = archive.split_at_checked(archive.len().checked_sub(extension.len())?)?;
        (!name.is_empty() && end.eq_ignore_ascii_case(extension)).then_some(name)
    })
}

/// The name without the hash that long-term archives put at its end.
pub(super) fn without_hash(name: &[u8]) -> Option<&[u8]> {
    let at = name.iter().rposition(|&byte| byte == b'_')?;
    let (set, hash) = (&name[..at], &name[at + 1..]);
    let ends = |end: &[u8]| {
        set.len() > end.len() && set[set.len() - end.len()..].eq_ignore_ascii_case(end)
    };
    let hashed = !hash.is_empty() && hash.iter().all(u8::is_ascii_hexdigit);
    (hashed && (ends(b".ms") || ends(b".dppp"))).then_some(set)
}

/// What mode letters of `tar` say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// The compression they name.
    pub compression: Option<Compression>,
    /// Whether the members are listed.
    pub list: bool,
}

/// Reads the letters for packing: `c` and any of `f v z p S`.
pub fn pack_mode(letters: &str) -> Result<Mode, OperationError> {
    mode(
        letters,
        'c',
        "pack",
        "`c` create, `f` into a file, `v` list the members in the log, `z` compress with gzip, \
         `p` keep permissions, `S` keep holes (`f`, `p` and `S` always hold)",
    )
}

/// Reads the letters for unpacking: `x` and any of `f v z p S k`.
pub fn unpack_mode(letters: &str) -> Result<Mode, OperationError> {
    mode(
        letters,
        'x',
        "unpack",
        "`x` extract, `f` from a file, `v` list the members in the log, `z` (the compression \
         is recognised anyway), `p` keep permissions, `S` keep holes, `k` replace nothing \
         (`f`, `p`, `S` and `k` always hold)",
    )
}

fn mode(letters: &str, verb: char, does: &str, known: &str) -> Result<Mode, OperationError> {
    let wrong = |message: String| {
        Err(OperationError::new(ErrorKind::Input, message).help(format!("the letters are {known}")))
    };
    let mut mode = Mode::default();
    let mut found = false;
    for letter in letters.strip_prefix('-').unwrap_or(letters).chars() {
        match letter {
            _ if letter == verb => found = true,
            'f' | 'p' | 'S' => {}
            'k' if verb == 'x' => {}
            'v' => mode.list = true,
            'z' => mode.compression = Some(Compression::Gz),
            _ => return wrong(format!("the mode `{letters}` has the letter `{letter}`")),
        }
    }
    if !found {
        return wrong(format!(
            "the mode `{letters}` does not {does}: it lacks the letter `{verb}`"
        ));
    }
    Ok(mode)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_of_archives() {
        for (archive, name) in [
            ("L1_SB001.MS.tar", Some("L1_SB001.MS")),
            ("L1_SB001.MS.TAR.gz", Some("L1_SB001.MS")),
            ("-x.tar.zst", Some("-x")),
            ("x.tar.tar", Some("x.tar")),
            (".tar", None),
            (".tar.gz", None),
            ("x.bvf", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(set_name(archive.as_bytes()), name.map(str::as_bytes), "{archive}");
        }
        assert_eq!(without_hash(b"a.MS_1a2B"), Some(b"a.MS".as_slice()));
        assert_eq!(without_hash(b"a.MS.dppp_0"), Some(b"a.MS.dppp".as_slice()));
        for none in [b"a.MS".as_slice(), b"a.MS_", b"a_12", b"a.MS_xyz", b".MS_1"] {
            assert_eq!(without_hash(none), None);
        }
    }

    #[test]
    fn letters_are_those_that_mean_something_here() {
        let gz = Some(Compression::Gz);
        assert_eq!(pack_mode("cvf").unwrap(), Mode { compression: None, list: true });
        assert_eq!(pack_mode("-czfpS").unwrap(), Mode { compression: gz, list: false });
        assert_eq!(unpack_mode("xkf").unwrap(), Mode::default());
        for wrong in ["", "vf", "xvf", "cvjf", "cvf --to-command=sh", "ck", "ch", "c\0"] {
            let error = pack_mode(wrong).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Input, "{wrong}");
            assert!(error.help.unwrap().contains("`v` list"));
        }
        assert!(unpack_mode("xPf").is_err() && unpack_mode("cvf").is_err());
    }

    #[test]
    fn levels_are_those_of_the_compression() {
        assert_eq!(Compression::None.level(None).unwrap(), 0);
        assert_eq!(Compression::Gz.level(None).unwrap(), 6);
        assert_eq!(Compression::Zst.level(Some(19)).unwrap(), 19);
        for (compression, level) in
            [(Compression::None, 1), (Compression::Gz, 10), (Compression::Zst, 0)]
        {
            assert!(compression.level(Some(level)).is_err());
        }
        assert_eq!(Compression::of_content(b"\x1f\x8b\x08"), Compression::Gz);
        assert_eq!(Compression::of_content(b"x"), Compression::None);
    }
}
