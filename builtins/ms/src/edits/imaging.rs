//! The operation `ms.add_imaging_columns`: the columns that imagers of the
//! CASA family expect to find.
//!
//! The result is that of casacore's helper `addImagingColumns`: MODEL_DATA and
//! CORRECTED_DATA are like DATA, in tiles and filled with zeros,
//! IMAGING_WEIGHT has one number for each channel, and the keyword
//! CHANNEL_SELECTION of MODEL_DATA tells the channels of each spectral window.
//! DP3 and `WSClean` need none of this: they make the columns they use.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_tables::edit::{NewColumn, TiledKind, Tiling};
use ledama_tables::ndarray::Array2;
use ledama_tables::{Array, DataType, Table, Value};
use serde::{Deserialize, Serialize};

use super::history::Entry;
use super::session::Session;
use super::{Edited, default_wait, failed};

const DATA: &str = "DATA";
const MODEL: &str = "MODEL_DATA";
const CORRECTED: &str = "CORRECTED_DATA";
const WEIGHT: &str = "IMAGING_WEIGHT";
const SELECTION: &str = "CHANNEL_SELECTION";

/// All of them, in the order in which they are added.
pub const COLUMNS: [&str; 3] = [MODEL, CORRECTED, WEIGHT];

/// Tile of visibilities where DATA is not in tiles: rows, channels,
/// correlations.
const DATA_TILE: [usize; 3] = [128, 32, 4];

/// Tile of the weights: rows, channels.
const WEIGHT_TILE: [usize; 2] = [128, 32];

/// Adds the columns that imagers expect.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddImagingColumns;

/// Which set, and which columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddImagingColumnsInput {
    /// Path in text form.
    pub path: String,
    /// Some of `MODEL_DATA`, `CORRECTED_DATA` and `IMAGING_WEIGHT`; all if absent.
    #[serde(default = "all")]
    pub columns: Vec<String>,
    /// Fill a new CORRECTED_DATA from DATA instead of with zeros.
    #[serde(default)]
    pub init_from_data: bool,
    /// How long to wait for other programs that use the set, s.
    #[serde(default = "default_wait")]
    pub wait_s: u64,
}

fn all() -> Vec<String> {
    COLUMNS.map(str::to_string).to_vec()
}

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddImagingColumnsOutput {
    /// What every edit tells.
    #[serde(flatten)]
    pub edited: Edited,
    /// Columns that were added.
    pub added: Vec<String>,
    /// Columns that were there and are as they were.
    pub present: Vec<String>,
    /// Whether the keyword CHANNEL_SELECTION was set.
    pub channel_selection: bool,
}

impl Operation for AddImagingColumns {
    const NAME: &'static str = "ms.add_imaging_columns";
    const VERB: &'static str = "add columns to";
    const EFFECT: Effect = Effect::Changes;
    type Input = AddImagingColumnsInput;
    type Output = AddImagingColumnsOutput;

    fn run(
        &self,
        input: AddImagingColumnsInput,
        ctx: &dyn OperationContext,
    ) -> Result<AddImagingColumnsOutput, OperationError> {
        check_columns(&input.columns)?;
        let mut session = Session::open(&input.path, input.wait_s, ctx)?;
        let table = session.editor.table().clone();
        let wanted = COLUMNS.into_iter().filter(|name| input.columns.iter().any(|w| w == name));
        let (present, added): (Vec<&str>, Vec<&str>) =
            wanted.partition(|name| table.has_column(name));
        for name in &added {
            let column = new_column(&table, name, &input)?;
            session.editor.add_column(column).map_err(failed)?;
        }
        let channel_selection = if present.contains(&MODEL) {
            select(&mut session, &table)?
        } else {
            added.contains(&MODEL)
        };
        let mut output = AddImagingColumnsOutput {
            added: added.iter().map(ToString::to_string).collect(),
            present: present.iter().map(ToString::to_string).collect(),
            channel_selection,
            ..AddImagingColumnsOutput::default()
        };
        if added.is_empty() && !channel_selection {
            output.edited = session.unchanged();
            return Ok(output);
        }
        let what = if added.is_empty() { SELECTION.to_string() } else { added.join(", ") };
        let entry = Entry::new(format!("added {what}"), Self::NAME)
            .with("columns", added.join(","))
            .with("init_from_data", input.init_from_data && added.contains(&CORRECTED));
        output.edited = session.commit(None, &entry)?;
        Ok(output)
    }
}

fn check_columns(columns: &[String]) -> Result<(), OperationError> {
    let fault = |message: String| {
        Err(OperationError::new(ErrorKind::Input, message)
            .help(format!("the columns that can be added are {}", COLUMNS.join(", "))))
    };
    if columns.is_empty() {
        return fault("no column to add".into());
    }
    match columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        Some(other) => fault(format!("`{other}` is no column of imagers")),
        None => Ok(()),
    }
}

fn new_column(
    table: &Table,
    name: &str,
    input: &AddImagingColumnsInput,
) -> Result<NewColumn, OperationError> {
    let data = table.column(DATA).map_err(failed)?;
    if name == WEIGHT {
        let tile = WEIGHT_TILE.to_vec();
        let tiling = Tiling { kind: Some(TiledKind::Shape), tile: Some(tile) };
        let channels = channels(table, &input.path)?;
        let column = NewColumn::like(name, DATA, DataType::Float).shaped([channels]);
        return Ok(NewColumn { tiling, ..column });
    }
    if data.data_type() != DataType::Complex {
        let message =
            format!("{}: {DATA} holds {}, not visibilities", show(&input.path), data.data_type());
        return Err(OperationError::new(ErrorKind::Input, message));
    }
    let comment = if name == MODEL { "The model data column" } else { "The corrected data column" };
    let mut keywords = data.keywords().map_err(failed)?.clone();
    if name == MODEL {
        keywords.set(SELECTION, selection(table)?);
    }
    let mut column = NewColumn::like(name, DATA, DataType::Complex)
        .with_comment(comment)
        .with_keywords(keywords);
    if name == CORRECTED && input.init_from_data {
        column = column.copied_from(DATA);
    }
    Ok(NewColumn { tiling: tiling(table), ..column })
}

/// Tiles like those of DATA; where that is not in tiles, those that casacore's
/// helper takes.
fn tiling(table: &Table) -> Tiling {
    let managers = table.managers();
    let manager = managers.iter().find(|manager| manager.columns.iter().any(|c| c == DATA));
    let kind = match manager.map(|manager| manager.kind.as_str()) {
        Some("TiledColumnStMan") => Some(TiledKind::Column),
        _ => Some(TiledKind::Shape),
    };
    let own = manager
        .filter(|manager| manager.kind.starts_with("Tiled"))
        .and_then(|manager| numbers(manager.settings.get("DEFAULTTILESHAPE")?));
    let tile = own.unwrap_or_else(|| {
        let shape = table.column(DATA).ok().and_then(|data| data.desc().shape.clone());
        let mut tile = DATA_TILE.to_vec();
        for (side, axis) in tile.iter_mut().skip(1).zip(shape.into_iter().flatten()) {
            *side = (*side).min(axis.max(1));
        }
        tile
    });
    Tiling { kind, tile: Some(tile) }
}

/// A tile as casacore tells it, the fastest axis first, in C order.
fn numbers(value: &Value) -> Option<Vec<usize>> {
    let Value::Array(Array::Int(axes)) = value else { return None };
    let sides: Option<Vec<usize>> =
        axes.iter().map(|axis| usize::try_from(*axis).ok().filter(|n| *n > 0)).collect();
    let mut sides = sides.filter(|sides| !sides.is_empty())?;
    sides.reverse();
    Some(sides)
}

/// How many channels the cells of DATA have.
fn channels(table: &Table, path: &str) -> Result<usize, OperationError> {
    let data = table.column(DATA).map_err(failed)?;
    let mut found = data.desc().shape.as_ref().and_then(|shape| shape.first().copied());
    if found.is_none() {
        for run in data.runs(0..data.nrow()) {
            let Some(shape) = run.map_err(failed)?.shape else { continue };
            let here = shape.first().copied();
            if found.is_some() && found != here {
                return Err(OperationError::new(
                    ErrorKind::Refused,
                    format!("{}: its rows differ in their channels", show(path)),
                )
                .help(format!("{WEIGHT} cannot be added to it; ask for the other columns")));
            }
            found = here;
        }
    }
    if found.is_none() {
        // Without rows the spectral window tells.
        found = windows(table)?.first().and_then(|n| usize::try_from(*n).ok());
    }
    found.filter(|channels| *channels > 0).ok_or_else(|| {
        let message = format!("{}: the number of channels is unknown", show(path));
        OperationError::new(ErrorKind::Corrupt, message)
    })
}

/// The channels of each spectral window.
fn windows(table: &Table) -> Result<Vec<i32>, OperationError> {
    let windows = table.subtable("SPECTRAL_WINDOW").map_err(failed)?;
    let column = windows.column("NUM_CHAN").map_err(failed)?;
    column.values::<i32>(0..windows.nrow()).map_err(failed)
}

/// CHANNEL_SELECTION: all channels of each spectral window.
fn selection(table: &Table) -> Result<Value, OperationError> {
    let channels = windows(table)?;
    let all =
        Array2::from_shape_fn(
            (channels.len(), 2),
            |(window, which)| {
                if which == 0 { 0 } else { channels[window] }
            },
        );
    Ok(Value::Array(Array::Int(all.into_dyn())))
}

/// Sets CHANNEL_SELECTION of a MODEL_DATA that was there, unless it has it so.
fn select(session: &mut Session<'_>, table: &Table) -> Result<bool, OperationError> {
    let wanted = selection(table)?;
    let model = table.columns().iter().find(|column| column.name == MODEL);
    if let Some(model) = model
        && model.keywords().map_err(failed)?.get(SELECTION) == Some(&wanted)
    {
        return Ok(false);
    }
    session.editor.set_keyword(Some(MODEL), SELECTION, wanted).map_err(failed)?;
    Ok(true)
}
