//! What a VDS file tells about a set, read from its tables.

use std::path::Path;

use ledama_base::rawtext;
use ledama_ms::info::{MsInfo, Wanted};
use ledama_reffile::gds::cluster::{Disk, disk_of};
use ledama_reffile::gds::{Description, GdsError};
use ledama_tables::{Array, Result, Table, Value};

/// Why a set has no description.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] ledama_tables::Error),
    /// A name in it cannot be written.
    #[error(transparent)]
    Gds(#[from] GdsError),
}

/// Reads a set. Of the disks of its node the one that holds the set is named;
/// without one the disk is `unknown`.
///
/// # Errors
/// [`DescribeError`]; a set without rows has no times, which is none.
pub fn describe(
    path: &Path,
    disks: &[Disk],
    cluster_desc: Option<&str>,
) -> std::result::Result<Description, DescribeError> {
    let table = Table::open(path)?;
    let text = rawtext::path_text(path);
    let mut found = Description {
        name: text.clone(),
        file_name: Some(text.clone()),
        file_sys: Some(disk_of(disks, &text).map_or("unknown", |disk| &disk.name).to_string()),
        cluster_desc: cluster_desc.map(str::to_string),
        ..Description::default()
    };
    times(&table, &mut found)?;
    bands(&table, &mut found)?;
    let facts = MsInfo::of(&table, Wanted::default())?;
    found.set_extra_list("CorrNames", &facts.spectral.correlations)?;
    found.set_extra_list("StationNames", &facts.stations.stations)?;
    directions(&table, &mut found)?;
    storage(&table, &mut found)?;
    table.verify()?;
    Ok(found)
}

/// Deviations from a regular grid that are told, s: times are told to the
/// millisecond.
const REGULAR_S: f64 = 0.001;

/// Begin, end and step; the deviations of all slots where there are any.
fn times(table: &Table, found: &mut Description) -> Result<()> {
    let rows = table.nrow();
    if rows == 0 {
        return Ok(());
    }
    let number = |name, row: u64| {
        Ok::<_, ledama_tables::Error>(table.column(name)?.values::<f64>(row..row + 1)?[0])
    };
    let begin = number("TIME", 0)? - number("EXPOSURE", 0)? / 2.0;
    let step = number("EXPOSURE", rows / 2)?;
    found.start_mjd_s = Some(begin);
    found.end_mjd_s = Some(number("TIME", rows - 1)? + number("EXPOSURE", rows - 1)? / 2.0);
    found.step_s = Some(step);
    let slots = slots(table)?;
    let grid = (0u32..).map(|k| begin + f64::from(k) * step);
    let diffs: Vec<(f64, f64)> = slots
        .iter()
        .zip(grid)
        .map(|((time, length), at)| (time - length / 2.0 - at, time + length / 2.0 - at - step))
        .collect();
    if diffs.iter().any(|(start, end)| start.abs().max(end.abs()) > REGULAR_S) {
        (found.start_diffs_s, found.end_diffs_s) = diffs.into_iter().unzip();
    }
    Ok(())
}

/// Rows read at once.
const CHUNK: u64 = 1 << 18;

/// The different times, ascending, each with the length of its slot, s.
fn slots(table: &Table) -> Result<Vec<(f64, f64)>> {
    let (time, interval) = (table.column("TIME")?, table.column("INTERVAL")?);
    let mut slots: Vec<(f64, f64)> = Vec::new();
    let mut row = 0;
    while row < table.nrow() {
        let end = (row + CHUNK).min(table.nrow());
        let (times, lengths) = (time.values::<f64>(row..end)?, interval.values::<f64>(row..end)?);
        for slot in times.into_iter().zip(lengths) {
            // Rows of one time mostly follow each other.
            if slots.last().is_none_or(|last| last.0.total_cmp(&slot.0).is_ne()) {
                slots.push(slot);
            }
        }
        row = end;
    }
    slots.sort_by(|one, other| one.0.total_cmp(&other.0));
    slots.dedup_by(|one, other| one.0.total_cmp(&other.0).is_eq());
    Ok(slots)
}

/// The edges of all channels of each band.
fn bands(table: &Table, found: &mut Description) -> Result<()> {
    let windows = table.subtable("SPECTRAL_WINDOW")?;
    let of: Vec<i32> = match table.subtable("DATA_DESCRIPTION") {
        Ok(kinds) => kinds.column("SPECTRAL_WINDOW_ID")?.values(0..kinds.nrow())?,
        Err(_) => (0..i32::try_from(windows.nrow()).unwrap_or(0)).collect(),
    };
    let (centre, width) = (windows.column("CHAN_FREQ")?, windows.column("CHAN_WIDTH")?);
    for window in of {
        let row = u64::try_from(window).unwrap_or(u64::MAX);
        let row = row..row.saturating_add(1);
        let centres: Vec<f64> = centre.array(row.clone())?.into_iter().collect();
        let widths: Vec<f64> = width.array(row)?.into_iter().collect();
        found.channels.push(u32::try_from(centres.len()).unwrap_or(u32::MAX));
        let pairs = || centres.iter().zip(&widths);
        found.start_freqs_hz.extend(pairs().map(|(at, width)| at - width / 2.0));
        found.end_freqs_hz.extend(pairs().map(|(at, width)| at + width / 2.0));
    }
    Ok(())
}

/// The reference direction of each field.
fn directions(table: &Table, found: &mut Description) -> std::result::Result<(), DescribeError> {
    let fields = table.subtable("FIELD")?;
    let column = fields.column("REFERENCE_DIR")?;
    let measure = column.keywords()?.get("MEASINFO").and_then(Value::as_record);
    let frame = measure.and_then(|measure| measure.get("Ref")?.as_str());
    let frame = frame.unwrap_or("J2000").to_string();
    let (mut ra, mut dec) = (Vec::new(), Vec::new());
    for row in 0..fields.nrow() {
        let terms: Vec<f64> = column.array(row..row + 1)?.into_iter().collect();
        ra.push(hours_text(terms.first().copied().unwrap_or(f64::NAN)));
        dec.push(degrees_text(terms.get(1).copied().unwrap_or(f64::NAN)));
    }
    found.set_extra_list("FieldDirectionRa", &ra)?;
    found.set_extra_list("FieldDirectionDec", &dec)?;
    found.set_extra_list("FieldDirectionType", &vec![frame; ra.len()])?;
    Ok(())
}

/// `01:37:41.299440` of an angle, rad.
pub(crate) fn hours_text(rad: f64) -> String {
    let turns = rad / std::f64::consts::TAU;
    let [hours, minutes, seconds, fraction] = parts(turns.rem_euclid(1.0) * 24.0, 24);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}")
}

/// `+033.09.35.132400` of an angle, rad.
pub(crate) fn degrees_text(rad: f64) -> String {
    let sign = if rad < 0.0 { '-' } else { '+' };
    let [degrees, minutes, seconds, fraction] = parts(rad.abs().to_degrees(), u64::MAX);
    format!("{sign}{degrees:03}.{minutes:02}.{seconds:02}.{fraction:06}")
}

/// Units, minutes, seconds and millionths of them, rounded once; a full turn
/// is none.
fn parts(units: f64, turn: u64) -> [u64; 4] {
    // Not negative, and far below the limit for any angle.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let all = (units * 3600e6).round() as u64;
    let (rest, fraction) = (all / 1_000_000, all % 1_000_000);
    [rest / 3600 % turn, rest / 60 % 60, rest % 60, fraction]
}

/// In which file DATA lies, and how.
fn storage(table: &Table, found: &mut Description) -> std::result::Result<(), DescribeError> {
    let managers = table.managers();
    let manager = managers.iter().find(|manager| manager.columns.iter().any(|name| name == "DATA"));
    let (mut file, mut regular) = (String::new(), false);
    let (mut tile, mut cube) = (Vec::new(), Vec::new());
    if let Some(manager) = manager
        && let Some(cubes) = manager.settings.get("HYPERCUBES").and_then(Value::as_record)
    {
        let mut cubes = cubes.iter();
        if let (Some(only), None) = (cubes.next(), cubes.next())
            && let Some(only) = only.1.as_record()
        {
            regular = manager.columns.len() == 1;
            tile = only.get("TileShape").map(integers).unwrap_or_default();
            cube = only.get("CubeShape").map(integers).unwrap_or_default();
            let place = |k| table.path().join(format!("table.f{}_TSM{k}", manager.seqnr));
            let place = if place(1).is_file() { place(1) } else { place(0) };
            regular &= place.is_file();
            file = rawtext::path_text(&place);
        }
    }
    found.set_extra("DataFileName", &file)?;
    found.extra.insert("DataFileIsRegular".into(), u8::from(regular).to_string());
    found.set_extra_list("DataTileShape", &tile)?;
    found.set_extra_list("DataCubeShape", &cube)?;
    Ok(())
}

fn integers(value: &Value) -> Vec<String> {
    match value {
        Value::Array(Array::Int(values)) => values.iter().map(ToString::to_string).collect(),
        Value::Array(Array::UInt(values)) => values.iter().map(ToString::to_string).collect(),
        Value::Array(Array::Int64(values)) => values.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
