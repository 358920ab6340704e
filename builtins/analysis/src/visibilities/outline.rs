//! Sets as people name them, and what they have in a few lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_ms::info::kind_of;
use ledama_ms::visibility::Visibilities;

use super::choice::{Choice, Outline};
use super::moment::utc_text;

/// The paths of the sets of this host that a list of paths and patterns names,
/// from the root; each once, patterns sorted.
pub fn find_sets(text: &str) -> Result<Vec<String>, OperationError> {
    // A path may hold a comma of its own.
    if let Ok(one) = find_set(text) {
        return Ok(vec![one]);
    }
    let mut found: Vec<String> = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let mut here = Vec::new();
        if item.contains(['*', '?', '[']) && !rawtext::text_path(item).exists() {
            let places = glob::glob(item).map_err(|error| {
                OperationError::new(ErrorKind::Input, format!("`{item}` is not a pattern: {error}"))
            })?;
            let sets = places.flatten().filter(|path| kind_of(path) == "set");
            for path in sets {
                here.push(find_set(&rawtext::path_text(&path))?);
            }
            if here.is_empty() {
                let what = format!("no measurement set is like {item}");
                return Err(OperationError::new(ErrorKind::NotFound, what));
            }
        } else {
            here.push(find_set(item)?);
        }
        for path in here {
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(OperationError::new(ErrorKind::Input, "no measurement set is named"));
    }
    Ok(found)
}

/// The path of one set of this host from the root, without a slash at its end.
pub fn find_set(text: &str) -> Result<String, OperationError> {
    let path = rawtext::text_path(text.trim());
    match kind_of(&path) {
        "set" | "packed" => {}
        "file" => {
            let what = format!("{text} is a file and no measurement set");
            return Err(OperationError::new(ErrorKind::Input, what));
        }
        _ => {
            let what = format!("{text} is not there, or is no measurement set");
            return Err(OperationError::new(ErrorKind::NotFound, what));
        }
    }
    let whole = std::path::absolute(&path).map_err(|error| OperationError::io(text, &error))?;
    let clean: std::path::PathBuf = whole.components().collect();
    Ok(rawtext::path_text(&clean))
}

/// What a set has, and what a choice takes of it.
pub fn outline(path: &str, choice: &Choice) -> Result<String, OperationError> {
    let set = Outline::read(path)?;
    let windows = Visibilities::each(&rawtext::text_path(path), &choice.resolve(&set)?)?;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name}: {value}");
    };
    line("Set", path.to_string());
    let interval = set.info.rows.integration_time_s;
    line("Integration time [s]", interval.map_or_else(|| "?".into(), |s| format!("{s:.3}")));
    for open in &windows {
        if windows.len() > 1 {
            line("Spectral window", open.window().to_string());
        }
        let span = match open.times() {
            [] => String::new(),
            [one] => format!(" ({})", utc_text(*one)),
            [first, .., last] => format!(" ({} to {})", utc_text(*first), utc_text(*last)),
        };
        line("Time slots", format!("{}{span}", open.times().len()));
        let channels = open.channels();
        let range = format!("{} to {}", channels.start, channels.end.saturating_sub(1));
        line("Channels", format!("{} ({range})", channels.len()));
        let reference = open.reference_hz();
        line(
            "Reference frequency [MHz]",
            reference.map_or("?".into(), |hz| format!("{:.3}", hz / 1e6)),
        );
        line("Polarizations", open.polarizations().join(","));
        line("Baselines", format!("{} ({} rows)", open.baselines().len(), open.nrow()));
    }
    let baselines = windows.iter().flat_map(Visibilities::baselines);
    let used: BTreeSet<i32> = baselines.flat_map(|one| [one.antenna1, one.antenna2]).collect();
    text.push_str("Stations (* is used):\n");
    for (at, name) in (0..).zip(set.stations()) {
        let mark = if used.contains(&at) { '*' } else { ' ' };
        let _ = writeln!(text, "  {mark} {at:>3} {name}");
    }
    Ok(text)
}
