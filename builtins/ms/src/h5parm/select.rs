//! Which solutions of a file are meant: `path::solset/soltab,soltab`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{H5Parm, SolSet, SolTab, effect_of};
use crate::read_error::ReadError;

/// A choice of solutions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The solution set; the only one if absent.
    pub solset: Option<String>,
    /// The solution tables; if empty, those of the first solution.
    pub soltabs: Vec<String>,
}

impl Selection {
    /// Divides `path::solset/soltab,soltab` into the path and the choice. A
    /// path that is there as it stands is no choice.
    pub fn split(path: &Path) -> (PathBuf, Self) {
        let bytes = path.as_os_str().as_bytes();
        let Some(at) = bytes.windows(2).rposition(|pair| pair == b"::") else {
            return (path.into(), Self::default());
        };
        if path.exists() {
            return (path.into(), Self::default());
        }
        let file = PathBuf::from(OsStr::from_bytes(&bytes[..at]));
        (file, Self::parse(&String::from_utf8_lossy(&bytes[at + 2..])))
    }

    /// Reads `solset/soltab,soltab`.
    pub fn parse(text: &str) -> Self {
        let (solset, soltabs) = text.split_once('/').unwrap_or((text, ""));
        let words = soltabs.split(',').map(str::trim).filter(|word| !word.is_empty());
        Self {
            solset: Some(solset.trim().to_string()).filter(|name| !name.is_empty()),
            soltabs: words.map(ToString::to_string).collect(),
        }
    }

    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The chosen tables, and what is to be said about the choice.
pub(super) struct Chosen<'a> {
    pub(super) solset: &'a SolSet,
    pub(super) soltabs: Vec<&'a SolTab>,
    pub(super) warnings: Vec<String>,
}

/// The tables that a selection means.
pub(super) fn choose<'a>(file: &'a H5Parm, selection: &Selection) -> Result<Chosen<'a>, ReadError> {
    let solset = match &selection.solset {
        Some(name) => {
            file.solset(name).ok_or_else(|| wrong(file, format!("has no solution set {name}")))?
        }
        None => match file.solsets() {
            [only] => only,
            [] => return Err(ReadError::not_found(file.path(), "has no solution sets")),
            _ => return Err(wrong(file, "has several solution sets".to_string())),
        },
    };
    if selection.soltabs.is_empty() {
        return first(file, solset);
    }
    let mut soltabs: Vec<&SolTab> = Vec::new();
    for name in &selection.soltabs {
        let Some(tab) = solset.soltab(name) else {
            return Err(wrong(file, format!("has no solution table {}/{name}", solset.name)));
        };
        if effect_of(&tab.kind).is_none() {
            return Err(wrong(
                file,
                format!("{}/{name} is of type {}, which is no gain", solset.name, tab.kind),
            ));
        }
        if !soltabs.iter().any(|chosen| chosen.name == tab.name) {
            soltabs.push(tab);
        }
    }
    Ok(Chosen { solset, soltabs, warnings: Vec::new() })
}

/// The tables of the lowest number that one step has written together. Others
/// of the number may have been derived from these (a clock from a phase) and
/// must not be applied twice.
fn first<'a>(file: &'a H5Parm, solset: &'a SolSet) -> Result<Chosen<'a>, ReadError> {
    let usable: Vec<&SolTab> =
        solset.soltabs.iter().filter(|tab| effect_of(&tab.kind).is_some()).collect();
    let number = usable.iter().filter_map(|tab| tab.number()).min();
    let rank = |tab: &SolTab| match tab.kind.as_str() {
        "amplitude" => 0,
        "phase" => 1,
        _ => 2,
    };
    let Some(lead) = usable.iter().filter(|tab| tab.number() == number).min_by_key(|tab| rank(tab))
    else {
        return Err(wrong(file, format!("solution set {} has no gains", solset.name)));
    };
    // A step writes amplitude and phase with the same numbers; the history of
    // the others tells whether they belong to it.
    let belongs = |tab: &SolTab| {
        tab.number() == number
            && tab.number().is_some()
            && (rank(tab) < 2 && rank(lead) < 2 || tab.history.first() == lead.history.first())
    };
    let (mut soltabs, rest): (Vec<&SolTab>, Vec<&SolTab>) =
        usable.iter().partition(|tab| belongs(tab));
    if soltabs.is_empty() {
        soltabs.push(lead);
    }
    let others: Vec<&str> = rest
        .iter()
        .filter(|tab| tab.name != soltabs[0].name)
        .map(|tab| tab.name.as_str())
        .collect();
    let mut warnings = Vec::new();
    if !others.is_empty() {
        let used: Vec<&str> = soltabs.iter().map(|tab| tab.name.as_str()).collect();
        warnings.push(format!("used {}, not {}", used.join(","), others.join(",")));
    }
    Ok(Chosen { solset, soltabs, warnings })
}

fn wrong(file: &H5Parm, what: String) -> ReadError {
    let choices: Vec<String> = file
        .solsets()
        .iter()
        .map(|set| {
            let tabs: Vec<&str> = set.soltabs.iter().map(|tab| tab.name.as_str()).collect();
            format!("{}/{}", set.name, tabs.join(","))
        })
        .collect();
    ReadError::input(
        file.path(),
        what,
        format!("name one as PATH::SET/TABLE,TABLE: there is {}", choices.join("; ")),
    )
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_path_may_end_with_a_choice() {
        let (path, choice) = Selection::split(Path::new("/data/a::b.h5::sol000/phase000, tec000"));
        assert_eq!(path, Path::new("/data/a::b.h5"));
        assert_eq!(choice.solset.as_deref(), Some("sol000"));
        assert_eq!(choice.soltabs, ["phase000", "tec000"]);
        let (path, choice) = Selection::split(Path::new("/data/x.h5"));
        assert!(choice.is_empty() && path == Path::new("/data/x.h5"));
        assert_eq!(Selection::parse("sol001").soltabs, Vec::<String>::new());
        assert_eq!(Selection::parse("/phase000").solset, None);
    }
}
