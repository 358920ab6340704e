//! Reads VDS and GDS files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use jiff::tz::TimeZone;
use ledama_base::clock;
use ledama_base::rawtext;

use super::keys::Keys;
use super::{Description, Gds, GdsError};

/// Reads the file of that name.
///
/// # Errors
/// [`GdsError`]: the file cannot be read, a line is no `key = value`, a part
/// does not say where its set is, or only some parts say on which disk.
pub fn read(path: &Path) -> Result<Gds, GdsError> {
    let name = rawtext::path_text(path);
    let content =
        std::fs::read(path).map_err(|source| GdsError::Read { path: name.clone(), source })?;
    parse(&rawtext::encode(&OsString::from_vec(content)), &name)
}

/// Reads the content of a file; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str, path: &str) -> Result<Gds, GdsError> {
    let keys = Keys::parse(text, path)?;
    let head = description(&keys, "")?;
    let count = match keys.value::<usize>("NParts", "count")? {
        Some(count) => count,
        None => (0..keys.len()).take_while(|k| names_a_set(&keys, *k)).count(),
    };
    let group = count > 0 || keys.has("NParts");
    let parts = if group {
        if let Some(missing) = (0..count).find(|k| !names_a_set(&keys, *k)) {
            let reason = format!("`NParts` is {count}, but `Part{missing}.FileName` is missing");
            return Err(keys.content(reason));
        }
        (0..count).map(|k| description(&keys, &format!("Part{k}."))).collect::<Result<_, _>>()?
    } else {
        if head.path().is_empty() {
            return Err(keys.content("no key `FileName` tells of a set".to_string()));
        }
        vec![head.clone()]
    };
    let gds = Gds { head, parts, group };
    check_disks(&gds, &keys)?;
    Ok(gds)
}

fn names_a_set(keys: &Keys<'_>, k: usize) -> bool {
    keys.has(&format!("Part{k}.FileName")) || keys.has(&format!("Part{k}.Name"))
}

/// Either all sets say on which disk they are, or all are on this host.
fn check_disks(gds: &Gds, keys: &Keys<'_>) -> Result<(), GdsError> {
    let told = gds.parts.iter().filter(|part| part.file_sys.is_some()).count();
    if told == 0 || told == gds.parts.len() {
        return Ok(());
    }
    let reason = format!("{told} of {} parts have the key `FileSys`", gds.parts.len());
    Err(keys.content(reason))
}

fn description(keys: &Keys<'_>, prefix: &str) -> Result<Description, GdsError> {
    let key = |name: &str| format!("{prefix}{name}");
    let text = |name: &str| keys.text(&key(name)).filter(|text| !text.is_empty());
    Ok(Description {
        name: text("Name").unwrap_or_default(),
        file_name: text("FileName"),
        file_sys: text("FileSys"),
        cluster_desc: text("ClusterDesc"),
        start_mjd_s: time(keys, &key("StartTime"))?,
        end_mjd_s: time(keys, &key("EndTime"))?,
        step_s: keys.value(&key("StepTime"), "number")?,
        start_diffs_s: keys.list(&key("StartTimesDiff"), "number")?,
        end_diffs_s: keys.list(&key("EndTimesDiff"), "number")?,
        channels: keys.list(&key("NChan"), "count")?,
        start_freqs_hz: keys.list(&key("StartFreqs"), "number")?,
        end_freqs_hz: keys.list(&key("EndFreqs"), "number")?,
        extra: keys.below(&key("Extra.")),
    })
}

/// `2013/03/29/13:59:48.000` (UTC) as MJD s.
fn time(keys: &Keys<'_>, key: &str) -> Result<Option<f64>, GdsError> {
    let Some(text) = keys.text(key) else { return Ok(None) };
    let time = clock::parse(&text, &TimeZone::UTC);
    let time = time.map_err(|_| keys.bad(key, &text, "time such as 2013/03/29/13:59:48.000"))?;
    Ok(Some(clock::to_mjd_s(time)))
}
