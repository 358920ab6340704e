//! The paths of all sub-bands, from that of one.

use ledama_base::path::{DataPath, join, sub_band_name};

use crate::error::{LeddbError, Result};

/// The path with each of the sub-bands in place of its own. Only the name is changed,
/// and only its first `SB` with digits.
///
/// # Errors
/// The name has no sub-band.
pub fn sub_band_paths(path: &str, sub_bands: &[u16]) -> Result<Vec<String>> {
    let parsed = DataPath::parse(path);
    let Some((before, after)) = around(parsed.name) else {
        return Err(LeddbError::Input {
            message: format!("{path}: the name has no sub-band"),
            help: Some("give the path of one file with `SB` and three digits in its name".into()),
        });
    };
    let name = |index: &u16| format!("{before}{}{after}", sub_band_name(*index));
    Ok(sub_bands.iter().map(|index| join(parsed.parent, &name(index)).into_owned()).collect())
}

/// What is before and after the first `SB` with three digits or more.
fn around(name: &str) -> Option<(&str, &str)> {
    name.match_indices("SB").find_map(|(at, _)| {
        let rest = &name[at + 2..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        (digits >= 3).then(|| (&name[..at], &rest[digits..]))
    })
}
