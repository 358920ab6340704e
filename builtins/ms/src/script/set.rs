//! Measurement sets, their columns and their facts as scripts see them.

use ledama_base::operation::OperationError;
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_tables::Table;
use ledama_tables::summary::Summary;
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};

use super::value;
use crate::info::{self, MsInfo, Wanted};
use crate::read_error::ReadError;

/// A measurement set or any other casacore table, open for reading.
pub type MeasurementSet = Table;
/// A column of a table.
pub type Column = ledama_tables::Column;

/// An error of a table as one of an operation.
fn told<T>(result: ledama_tables::Result<T>) -> Result<T, OperationError> {
    result.map_err(|error| ReadError::from(error).into())
}

fn rows(count: u64) -> INT {
    INT::try_from(count).unwrap_or(INT::MAX)
}

fn row(number: INT) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn shape(axes: &[usize]) -> Array {
    axes.iter().map(|axis| Dynamic::from_int(INT::try_from(*axis).unwrap_or(INT::MAX))).collect()
}

fn facts(map: Map) -> Result<MsInfo, OperationError> {
    rhai::serde::from_dynamic(&map.into())
        .map_err(|error| super::input(format!("facts of a set: {error}")))
}

fn lines(lines: Vec<(&'static str, String)>) -> Array {
    lines.into_iter().map(|(label, text)| format!("{label}: {text}").into()).collect()
}

#[export_module]
pub mod functions {
    /// Opens a measurement set, any other casacore table, or a set in a `.tar`
    /// file; takes no lock. Fails with kind `not-found`, `corrupt`, `io`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<MeasurementSet> {
        told(info::open(&text_path(path))).at(&ctx)
    }

    /// What a path is: "set" (a folder with a table), "packed" (a `.tar`
    /// file), "file" (any other file) or "nothing".
    pub fn kind_of(path: &str) -> ImmutableString {
        info::kind_of(&text_path(path)).into()
    }

    /// Facts that the sets of an observation share, as lines for people. The
    /// facts are those of `set.info` or of the operation `ms.info`.
    #[rhai_fn(return_raw)]
    pub fn observation_lines(ctx: NativeCallContext<'_>, info: Map) -> ScriptResult<Array> {
        super::facts(info).map(|info| super::lines(info.observation_lines())).at(&ctx)
    }

    /// Beam, field and direction as lines for people.
    #[rhai_fn(return_raw)]
    pub fn beam_lines(ctx: NativeCallContext<'_>, info: Map) -> ScriptResult<Array> {
        super::facts(info).map(|info| super::lines(info.beam_lines())).at(&ctx)
    }

    /// The state of the data as lines for people.
    #[rhai_fn(return_raw)]
    pub fn state_lines(ctx: NativeCallContext<'_>, info: Map) -> ScriptResult<Array> {
        super::facts(info).map(|info| super::lines(info.state_lines())).at(&ctx)
    }

    /// Facts in which sets that belong together differ: maps with `fact`,
    /// `usual`, `count` and `others` (pairs of path and value).
    #[rhai_fn(return_raw)]
    pub fn deviations(ctx: NativeCallContext<'_>, infos: Array) -> ScriptResult<Dynamic> {
        let sets: Result<Vec<_>, _> =
            infos.into_iter().map(|info| super::facts(info.cast())).collect();
        sets.map(|sets| to_dynamic(&info::deviations(&sets))).at(&ctx)
    }

    /// The text of a file of corrections of this host, for the operation
    /// `ms.info`. Fails with kind `not-found`, `io`.
    #[rhai_fn(return_raw)]
    pub fn corrections(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<ImmutableString> {
        let read = std::fs::read_to_string(text_path(path));
        read.map(Into::into).map_err(|error| OperationError::io(path, &error)).at(&ctx)
    }
}

#[export_module]
pub mod methods {
    /// Where it is.
    #[rhai_fn(global, get = "path", pure)]
    pub fn path(set: &mut MeasurementSet) -> ImmutableString {
        path_text(set.path()).into()
    }

    /// How many rows it has.
    #[rhai_fn(global, get = "nrow", pure)]
    pub fn nrow(set: &mut MeasurementSet) -> INT {
        super::rows(set.nrow())
    }

    /// The names of its columns, in table order.
    #[rhai_fn(global, get = "columns", pure)]
    pub fn columns(set: &mut MeasurementSet) -> Array {
        set.columns().iter().map(|column| column.name.clone().into()).collect()
    }

    /// The names of its sub-tables.
    #[rhai_fn(global, get = "subtables", pure)]
    pub fn subtables(set: &mut MeasurementSet) -> Array {
        set.subtables().into_iter().map(Into::into).collect()
    }

    /// Its keywords; long arrays are cut.
    #[rhai_fn(global, get = "keywords", pure)]
    pub fn keywords(set: &mut MeasurementSet) -> Map {
        value::record(set.keywords())
    }

    /// Its facts: stations, times, frequencies, history; unknown ones are `()`.
    /// Fails with kind `changed` if the set is being written.
    #[rhai_fn(global, get = "info", return_raw, pure)]
    pub fn info(ctx: NativeCallContext<'_>, set: &mut MeasurementSet) -> ScriptResult<Dynamic> {
        told(MsInfo::of(set, Wanted::default())).map(|info| to_dynamic(&info)).at(&ctx)
    }

    /// Opens a sub-table. Fails with kind `not-found`, `corrupt`, `io`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn table(
        ctx: NativeCallContext<'_>,
        set: &mut MeasurementSet,
        name: &str,
    ) -> ScriptResult<MeasurementSet> {
        told(set.subtable(name)).at(&ctx)
    }

    /// A column. Fails with kind `corrupt` where there is none, or it cannot be read.
    #[rhai_fn(global, return_raw, pure)]
    pub fn column(
        ctx: NativeCallContext<'_>,
        set: &mut MeasurementSet,
        name: &str,
    ) -> ScriptResult<Column> {
        told(set.column(name)).at(&ctx)
    }

    /// Where it is and how large, in one line.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn set_text(set: &mut MeasurementSet) -> String {
        format!("{} ({} rows)", set.path().display(), set.nrow())
    }

    /// Its name.
    #[rhai_fn(global, get = "name", pure)]
    pub fn name(column: &mut Column) -> ImmutableString {
        column.name().into()
    }

    /// The type of its values, such as "double".
    #[rhai_fn(global, get = "type", pure)]
    pub fn kind(column: &mut Column) -> ImmutableString {
        column.data_type().to_string().into()
    }

    /// How many rows it has.
    #[rhai_fn(global, get = "nrow", pure)]
    pub fn column_rows(column: &mut Column) -> INT {
        super::rows(column.nrow())
    }

    /// Its keywords, such as units.
    #[rhai_fn(global, get = "keywords", return_raw, pure)]
    pub fn column_keywords(ctx: NativeCallContext<'_>, column: &mut Column) -> ScriptResult<Map> {
        told(column.keywords()).map(value::record).at(&ctx)
    }

    /// The shape of a cell, slowest axis first; `()` where it has no value.
    #[rhai_fn(global, return_raw, pure)]
    pub fn shape(
        ctx: NativeCallContext<'_>,
        column: &mut Column,
        row: INT,
    ) -> ScriptResult<Dynamic> {
        let found = told(column.shape(super::row(row))).at(&ctx)?;
        Ok(found.map_or(Dynamic::UNIT, |axes| super::shape(&axes).into()))
    }

    /// The value of a cell: a number, text, or an array (of arrays); complex
    /// values are maps with `re` and `im`; `()` where it has no value. An
    /// array longer than 65536 values fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn cell(
        ctx: NativeCallContext<'_>,
        column: &mut Column,
        row: INT,
    ) -> ScriptResult<Dynamic> {
        let cell = told(column.cell(super::row(row))).at(&ctx)?;
        cell.map_or(Ok(Dynamic::UNIT), |cell| value::checked(&cell)).at(&ctx)
    }

    /// What its values are like: a map with `values`, `undefined`, `nan`,
    /// `min`, `max`, `mean`, `std`, `set`; reads the whole column once.
    #[rhai_fn(global, get = "summary", return_raw, pure)]
    pub fn summary(ctx: NativeCallContext<'_>, column: &mut Column) -> ScriptResult<Map> {
        told(Summary::of(column)).map(|summary| value::summary(&summary)).at(&ctx)
    }

    /// The SHA-256 of its contents, the same whatever stores them.
    #[rhai_fn(global, get = "digest", return_raw, pure)]
    pub fn digest(
        ctx: NativeCallContext<'_>,
        column: &mut Column,
    ) -> ScriptResult<ImmutableString> {
        told(column.digest()).map(|digest| digest.sha256.into()).at(&ctx)
    }

    /// Where it is and how large, in one line.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn column_text(column: &mut Column) -> String {
        format!("{} ({}, {} rows)", column.name(), column.data_type(), column.nrow())
    }
}
