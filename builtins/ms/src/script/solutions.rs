//! Gains and quality statistics as scripts see them: handles with small
//! facts, single values and means, never whole arrays.

use std::sync::Arc;

use ledama_base::operation::OperationError;
use ledama_base::rawtext::path_text;
use ledama_base::script::{At, ScriptResult};
use num_complex::Complex64;
use rhai::plugin::*;
use rhai::{Array, Dynamic, INT, ImmutableString, Map};

use crate::gains::operation::GainsInput;
use crate::quality::{self, View, Which};

/// Gain solutions.
pub type Gains = Arc<crate::gains::Gains>;
/// Quality statistics of a measurement set.
pub type Quality = Arc<quality::Quality>;
/// The statistics of one table.
#[derive(Debug, Clone)]
pub struct Statistics {
    quality: Quality,
    which: Which,
}

impl Statistics {
    /// A table of a set; `()` if the set does not have it.
    fn handle(quality: &Quality, which: Which) -> Dynamic {
        match quality.view(which) {
            Some(_) => Dynamic::from(Self { quality: Arc::clone(quality), which }),
            None => Dynamic::UNIT,
        }
    }

    /// Something of the table, which is there or there would be no handle.
    fn look<T: Default>(&self, at: impl FnOnce(View<'_>) -> T) -> T {
        self.quality.view(self.which).map(at).unwrap_or_default()
    }
}

fn floats(values: &[f64]) -> Array {
    values.iter().map(|value| Dynamic::from_float(*value)).collect()
}

fn texts<'a>(values: impl IntoIterator<Item = &'a String>) -> Array {
    values.into_iter().map(|text| text.clone().into()).collect()
}

fn count(number: usize) -> INT {
    INT::try_from(number).unwrap_or(INT::MAX)
}

fn lengths(axes: &[usize]) -> Array {
    axes.iter().map(|axis| Dynamic::from_int(count(*axis))).collect()
}

fn complex(value: Option<Complex64>) -> Dynamic {
    let Some(value) = value else { return Dynamic::UNIT };
    Map::from([("re".into(), value.re.into()), ("im".into(), value.im.into())]).into()
}

/// The places of an array of integers; what is no place is beyond all axes.
fn places(list: Array) -> Vec<usize> {
    let place = |value: Dynamic| value.as_int().ok().and_then(|at| usize::try_from(at).ok());
    list.into_iter().map(|value| place(value).unwrap_or(usize::MAX)).collect()
}

fn gains_input(path: &str, mut options: Map) -> Result<GainsInput, OperationError> {
    options.insert("path".into(), path.into());
    rhai::serde::from_dynamic(&options.into())
        .map_err(|error| super::input(format!("options of the gains: {error}")))
}

/// A place in the gains, or what is wrong with it.
fn gain(gains: &crate::gains::Gains, list: Array) -> Result<Dynamic, OperationError> {
    let shape = gains.shape();
    let place = <[usize; 5]>::try_from(places(list)).ok();
    match place.filter(|place| place.iter().zip(shape).all(|(at, axis)| *at < axis)) {
        Some(place) => Ok(complex(gains.value(place))),
        None => Err(super::input(format!(
            "a place in the gains is [time, freq, station, direction, jones], each below {shape:?}"
        ))),
    }
}

/// A place in the statistics, or what is wrong with it.
fn value(view: &View<'_>, list: Array) -> Result<Dynamic, OperationError> {
    match view.values.get(places(list).as_slice()) {
        Some(value) if value.is_nan() => Ok(Dynamic::UNIT),
        Some(value) => Ok(complex(Some(Complex64::new(value.re.into(), value.im.into())))),
        None => Err(super::input(format!(
            "a place in the statistics is {:?}, each below {:?}",
            view.axes,
            view.values.shape()
        ))),
    }
}

fn mean_gain(gains: &crate::gains::Gains, station: &str, jones: &str) -> Option<Complex64> {
    let station = gains.stations.iter().position(|name| name == station)?;
    let element = gains.jones.iter().find(|known| known.label == jones)?.element;
    gains.mean(station, element)
}

#[export_module]
pub mod functions {
    /// Reads the gains of a measurement set, parameter table or H5parm file
    /// (the last with `::SET/TABLE,TABLE` after it where there is a choice).
    /// Fails with kind `not-found`, `corrupt`, `input`.
    #[rhai_fn(return_raw)]
    pub fn gains(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Gains> {
        gains_with(ctx, path, Map::new())
    }

    /// The same with options: `stations` and `directions` (patterns),
    /// `freq_hz` and `time_mjd_s` (where to evaluate), as for the operation `ms.gains`.
    #[rhai_fn(name = "gains", return_raw)]
    pub fn gains_with(ctx: NativeCallContext<'_>, path: &str, options: Map) -> ScriptResult<Gains> {
        let input = super::gains_input(path, options).at(&ctx)?;
        let gains = crate::gains::operation::gains(&input).map_err(OperationError::from);
        gains.map(Arc::new).at(&ctx)
    }

    /// What a file of solutions holds, as text: solution sets and tables with their axes,
    /// how much is flagged and what was done, or the kinds of parameters. The path may end
    /// with `::SET/TABLE,TABLE`. Fails with kind `not-found`, `corrupt`, `input`.
    #[rhai_fn(return_raw)]
    pub fn solutions(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<String> {
        let path = ledama_base::rawtext::text_path(path);
        crate::gains::list(&path).map_err(OperationError::from).at(&ctx)
    }

    /// Reads the quality statistics of a measurement set. Fails with kind
    /// `not-found` if it has none, `corrupt`, `io`.
    #[rhai_fn(return_raw)]
    pub fn statistics(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Quality> {
        let set = ledama_base::rawtext::text_path(path);
        quality::Quality::read(set).map(Arc::new).map_err(OperationError::from).at(&ctx)
    }
}

#[export_module]
pub mod methods {
    /// The file or table that the gains come from.
    #[rhai_fn(global, get = "path", pure)]
    pub fn gains_path(gains: &mut Gains) -> ImmutableString {
        path_text(&gains.path).into()
    }

    /// The lengths of the axes time, freq, station, direction, jones.
    #[rhai_fn(global, get = "shape", pure)]
    pub fn gains_shape(gains: &mut Gains) -> Array {
        super::lengths(&gains.shape())
    }

    /// Centres in time, s of MJD; NaN where the gains hold at all times.
    #[rhai_fn(global, get = "time_mjd_s", pure)]
    pub fn gains_time(gains: &mut Gains) -> Array {
        super::floats(&gains.time.centres)
    }

    /// Widths in time, s; NaN where they are not known.
    #[rhai_fn(global, get = "time_width_s", pure)]
    pub fn gains_time_width(gains: &mut Gains) -> Array {
        super::floats(&gains.time.widths)
    }

    /// Centres in frequency, Hz; NaN where the gains hold at all frequencies.
    #[rhai_fn(global, get = "freq_hz", pure)]
    pub fn gains_freq(gains: &mut Gains) -> Array {
        super::floats(&gains.freq.centres)
    }

    /// Widths in frequency, Hz; NaN where they are not known.
    #[rhai_fn(global, get = "freq_width_hz", pure)]
    pub fn gains_freq_width(gains: &mut Gains) -> Array {
        super::floats(&gains.freq.widths)
    }

    /// Names of the stations.
    #[rhai_fn(global, get = "stations", pure)]
    pub fn gains_stations(gains: &mut Gains) -> Array {
        super::texts(&gains.stations)
    }

    /// Names of the directions; one empty name where there is no such axis.
    #[rhai_fn(global, get = "directions", pure)]
    pub fn gains_directions(gains: &mut Gains) -> Array {
        super::texts(gains.directions.iter().map(|direction| &direction.name))
    }

    /// Labels of the elements of the Jones matrices, such as "XX".
    #[rhai_fn(global, get = "jones", pure)]
    pub fn gains_jones(gains: &mut Gains) -> Array {
        super::texts(gains.jones.iter().map(|jones| &jones.label))
    }

    /// How many values are valid.
    #[rhai_fn(global, get = "valid", pure)]
    pub fn gains_valid(gains: &mut Gains) -> INT {
        super::count(gains.valid())
    }

    /// What was odd in the source.
    #[rhai_fn(global, get = "warnings", pure)]
    pub fn gains_warnings(gains: &mut Gains) -> Array {
        super::texts(&gains.warnings)
    }

    /// The value at `[time, freq, station, direction, jones]`: a map with `re`
    /// and `im`, `()` if it is missing. Fails with kind `input` beyond the axes.
    #[rhai_fn(global, name = "value", return_raw, pure)]
    pub fn gains_value(
        ctx: NativeCallContext<'_>,
        gains: &mut Gains,
        place: Array,
    ) -> ScriptResult<Dynamic> {
        super::gain(gains, place).at(&ctx)
    }

    /// The mean of the valid values of a station and element, such as
    /// `gains.mean("CS001HBA0", "XX")`: a map with `re` and `im`, `()` if there are none.
    #[rhai_fn(global, name = "mean", pure)]
    pub fn gains_mean(gains: &mut Gains, station: &str, jones: &str) -> Dynamic {
        super::complex(super::mean_gain(gains, station, jones))
    }

    /// Where it is and how large, in one line.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn gains_text(gains: &mut Gains) -> String {
        format!("gains of {} {:?}", path_text(&gains.path), gains.shape())
    }

    /// Names of the kinds, such as "RFICount".
    #[rhai_fn(global, get = "kinds", pure)]
    pub fn quality_kinds(quality: &mut Quality) -> Array {
        super::texts(quality.kinds.iter().map(|kind| &kind.name))
    }

    /// Names of the polarizations.
    #[rhai_fn(global, get = "correlations", pure)]
    pub fn quality_correlations(quality: &mut Quality) -> Array {
        super::texts(&quality.correlations)
    }

    /// What was odd in the tables.
    #[rhai_fn(global, get = "warnings", pure)]
    pub fn quality_warnings(quality: &mut Quality) -> Array {
        super::texts(&quality.warnings)
    }

    /// Statistics over baselines, `[kind, polarization, freq, time]`; `()` without such a table.
    #[rhai_fn(global, get = "time", pure)]
    pub fn quality_time(quality: &mut Quality) -> Dynamic {
        Statistics::handle(quality, Which::Time)
    }

    /// Statistics over baselines and times, `[kind, polarization, freq]`; `()` without such a table.
    #[rhai_fn(global, get = "frequency", pure)]
    pub fn quality_frequency(quality: &mut Quality) -> Dynamic {
        Statistics::handle(quality, Which::Frequency)
    }

    /// Statistics over times, `[kind, baseline, polarization, freq]`; `()` without such a table.
    #[rhai_fn(global, get = "baseline", pure)]
    pub fn quality_baseline(quality: &mut Quality) -> Dynamic {
        Statistics::handle(quality, Which::Baseline)
    }

    /// Where it is and how large, in one line.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn quality_text(quality: &mut Quality) -> String {
        format!("quality statistics of {}", path_text(&quality.path))
    }

    /// The names of the axes, slowest first.
    #[rhai_fn(global, get = "axes", pure)]
    pub fn table_axes(table: &mut Statistics) -> Array {
        table.look(|view| view.axes.iter().map(|axis| (*axis).into()).collect())
    }

    /// The lengths of the axes.
    #[rhai_fn(global, get = "shape", pure)]
    pub fn table_shape(table: &mut Statistics) -> Array {
        table.look(|view| super::lengths(view.values.shape()))
    }

    /// Frequencies, ascending, Hz.
    #[rhai_fn(global, get = "freq_hz", pure)]
    pub fn table_freq(table: &mut Statistics) -> Array {
        table.look(|view| super::floats(view.frequency_hz))
    }

    /// Times, ascending, s of MJD; empty for tables without.
    #[rhai_fn(global, get = "time_mjd_s", pure)]
    pub fn table_time(table: &mut Statistics) -> Array {
        table.look(|view| super::floats(view.time_mjd_s))
    }

    /// Pairs of antenna names; empty for tables without.
    #[rhai_fn(global, get = "baselines", pure)]
    pub fn table_baselines(table: &mut Statistics) -> Array {
        table.look(|view| view.baselines.iter().map(|pair| super::texts(pair).into()).collect())
    }

    /// How many places no row fills.
    #[rhai_fn(global, get = "missing_cells", pure)]
    pub fn table_missing(table: &mut Statistics) -> INT {
        table.look(|view| super::count(view.filling.missing_cells))
    }

    /// How many places more than one row fills.
    #[rhai_fn(global, get = "double_cells", pure)]
    pub fn table_double(table: &mut Statistics) -> INT {
        table.look(|view| super::count(view.filling.double_cells))
    }

    /// The value at a place on the axes: a map with `re` and `im`, `()` if it
    /// is missing. Fails with kind `input` beyond the axes.
    #[rhai_fn(global, name = "value", return_raw, pure)]
    pub fn table_value(
        ctx: NativeCallContext<'_>,
        table: &mut Statistics,
        place: Array,
    ) -> ScriptResult<Dynamic> {
        table.look(|view| Some(super::value(&view, place))).unwrap_or(Ok(Dynamic::UNIT)).at(&ctx)
    }

    /// The mean of all values of a kind and polarization (by their places): a
    /// map with `re` and `im`, `()` if there are none.
    #[rhai_fn(global, name = "mean", pure)]
    pub fn table_mean(table: &mut Statistics, kind: INT, polarization: INT) -> Dynamic {
        let place = |at: INT| usize::try_from(at).unwrap_or(usize::MAX);
        let spread = table.look(|view| view.spread(place(kind), place(polarization)));
        super::complex(spread.map(|spread| spread.mean))
    }

    /// Where it is and how large, in one line.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn table_text(table: &mut Statistics) -> String {
        table.look(|view| format!("statistics {:?} {:?}", view.axes, view.values.shape()))
    }
}

#[cfg(test)]
mod tests;
