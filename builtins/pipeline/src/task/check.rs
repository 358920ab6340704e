//! Whether inputs can be used, and whether products are what they must be.

use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::units;
use ledama_ms::ReadError;
use ledama_tables::{Table, Value};
use serde::{Deserialize, Serialize};

use super::space::disk_bytes;
use super::{Check, Kind, Product, Source};

/// What is known about a product or a changed set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Path in text form.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes on the disk.
    pub size_bytes: u64,
    /// The same in MiB, rounded up.
    pub size_mb: u64,
    /// Rows of a set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Channels of the first spectral window of a set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u64>,
    /// Middle of its band, MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freq_mhz: Option<f64>,
}

/// Checks an input; the channels of a set.
pub(super) fn input(source: &Source) -> Result<Option<u64>, OperationError> {
    let path = text_path(&source.path);
    let meta = path.metadata().map_err(|e| OperationError::io(show(&source.path), &e))?;
    match source.kind {
        Kind::File if meta.is_dir() => Err(wrong(&source.path, "is a folder")),
        Kind::File => std::fs::File::open(&path)
            .map(|_| None)
            .map_err(|e| OperationError::io(show(&source.path), &e)),
        Kind::Folder if !meta.is_dir() => Err(wrong(&source.path, "is no folder")),
        Kind::Folder | Kind::Prefix => Ok(None),
        Kind::Set => {
            let table = open(&path)?;
            if table.nrow() == 0 {
                return Err(wrong(&source.path, "has no rows"));
            }
            let missing = source.columns.iter().find(|name| !table.has_column(name));
            if let Some(name) = missing {
                return Err(wrong(&source.path, &format!("has no column {name}")));
            }
            Ok(band(&table).map(|(channels, _)| channels))
        }
    }
}

/// Checks a product that stands at `path` and is to be called `product.path`.
/// `channels`: those of the first input.
pub(super) fn product(
    product: &Product,
    path: &Path,
    channels: Option<u64>,
    ctx: &dyn OperationContext,
) -> Result<Vec<Facts>, OperationError> {
    let bad = |why: &str| {
        OperationError::new(ErrorKind::Corrupt, format!("product {}: {why}", show(&product.path)))
    };
    if product.kind == Kind::Prefix {
        let files = super::place::of_prefix(path)
            .map_err(|e| OperationError::io(show(&product.path), &e))?;
        let front = path_text(path);
        let ends =
            |file: &Path| path_text(file).strip_prefix(&front).unwrap_or_default().to_string();
        let missing = product.expect.iter().find(|end| !files.iter().any(|f| ends(f) == **end));
        if let Some(end) = missing {
            return Err(bad(&format!("`{end}` is missing")));
        }
        let mut facts = Vec::new();
        for file in files {
            let final_path = format!("{}{}", product.path, ends(&file));
            facts.push(size(&final_path, Kind::File, &file, ctx)?);
        }
        return if facts.is_empty() { Err(bad("there are no files")) } else { Ok(facts) };
    }
    let meta = path.metadata().map_err(|_| bad("the program has not made it"))?;
    let mut facts = size(&product.path, product.kind, path, ctx)?;
    match product.kind {
        Kind::File if !meta.is_file() || meta.len() == 0 => return Err(bad("it is empty")),
        Kind::Folder if !meta.is_dir() => return Err(bad("it is no folder")),
        Kind::Set => {
            let table = open(path).map_err(|error| bad(&error.message))?;
            describe(&table, &mut facts);
            if table.nrow() == 0 {
                return Err(bad("it has no rows"));
            }
            let wanted = product.channels.as_ref().zip(channels);
            let wanted = wanted.and_then(|(rule, input)| rule.channels(input));
            if let (Some(wanted), Some(found)) = (wanted, facts.channels)
                && wanted != found
            {
                return Err(bad(&format!("it has {found} channels, not {wanted}")));
            }
        }
        _ => {}
    }
    Ok(vec![facts])
}

/// Facts about a changed set.
pub(super) fn edited(path: &str, ctx: &dyn OperationContext) -> Result<Facts, OperationError> {
    let place = text_path(path);
    let mut facts = size(path, Kind::Set, &place, ctx)?;
    describe(&open(&place)?, &mut facts);
    Ok(facts)
}

/// Whether what must be true of a changed set is true.
pub(super) fn holds(path: &str, check: &Check) -> Result<(), OperationError> {
    let table = open(&text_path(path))?;
    let bad = |why: String| {
        Err(OperationError::new(ErrorKind::Corrupt, format!("{}: {why}", show(path))))
    };
    match check {
        Check::Tables(names) => {
            for name in names {
                let rows = if matches!(table.keywords().get(name), Some(Value::Table(_))) {
                    table.subtable(name).map(|table| table.nrow())
                } else {
                    Table::open(text_path(path).join(name)).map(|table| table.nrow())
                };
                match rows {
                    Ok(0) => return bad(format!("its table {name} has no rows")),
                    Ok(_) => {}
                    Err(error) => return bad(format!("its table {name} cannot be read: {error}")),
                }
            }
        }
        Check::Columns(names) => {
            if let Some(name) = names.iter().find(|name| !table.has_column(name)) {
                return bad(format!("it has no column {name}"));
            }
        }
        Check::Without(names) => {
            if let Some(name) = names.iter().find(|name| text_path(path).join(name).exists()) {
                return bad(format!("its table {name} is still there"));
            }
        }
        Check::History(application) => {
            let history = table.subtable("HISTORY").and_then(|history| {
                let rows = history.nrow();
                history.column("APPLICATION")?.values::<String>(0..rows)
            });
            if !history
                .is_ok_and(|rows| rows.iter().any(|row| row.eq_ignore_ascii_case(application)))
            {
                return bad(format!("its HISTORY tells nothing of {application}"));
            }
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Table, OperationError> {
    Table::open(path).map_err(|error| ReadError::from(error).into())
}

fn size(
    name: &str,
    kind: Kind,
    path: &Path,
    ctx: &dyn OperationContext,
) -> Result<Facts, OperationError> {
    let size_bytes = disk_bytes(path, ctx)?;
    let size_mb = units::mib(size_bytes);
    Ok(Facts { path: name.to_string(), kind, size_bytes, size_mb, ..Facts::default() })
}

fn describe(table: &Table, facts: &mut Facts) {
    facts.rows = Some(table.nrow());
    if let Some((channels, freq_mhz)) = band(table) {
        facts.channels = Some(channels);
        facts.freq_mhz = freq_mhz;
    }
}

/// Channels and middle (MHz) of the first spectral window; none for a table without any.
fn band(table: &Table) -> Option<(u64, Option<f64>)> {
    let window = table.subtable("SPECTRAL_WINDOW").ok()?;
    let channels = *window.column("NUM_CHAN").ok()?.values::<i32>(0..1).ok()?.first()?;
    let middle = window.column("REF_FREQUENCY").ok().and_then(|c| c.values::<f64>(0..1).ok());
    let middle = middle.and_then(|values| values.first().map(|hz| hz / 1e6));
    Some((u64::try_from(channels).ok()?, middle))
}

fn wrong(path: &str, why: &str) -> OperationError {
    OperationError::new(ErrorKind::Input, format!("{} {why}", show(path)))
}
