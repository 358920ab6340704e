//! Reading the tables of a parameter database.

use std::collections::HashMap;
use std::path::Path;

use ledama_tables::{Column, DataType, Table, Value};
use ndarray::Array2;

use super::{DefaultValue, Domain, Funklet, Parm, ParmDb, Range};
use crate::gains::Cells;
use crate::read_error::ReadError;

/// Steps of a table that never had any set.
const NO_STEPS: (f64, f64) = (1000.0, 1.0);

/// How many odd rows are named before they are only counted.
const NAMED: usize = 5;

impl ParmDb {
    /// Opens and reads a parameter table.
    ///
    /// Rows that make no sense are left out with a warning; a table that is
    /// no parameter table at all is an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let main = Table::open(path)?;
        let mut odd = Odd::default();
        let mut parms = names(&sub_table(&main, "NAMES")?, &mut odd)?;
        domains(&main, &mut parms, &mut odd)?;
        let defaults = match sub_table(&main, "DEFAULTVALUES") {
            Ok(table) => defaults(&table, &mut odd)?,
            Err(error) => {
                odd.say(format!("no defaults: {error}"));
                Vec::new()
            }
        };
        let step = |keyword: &str, fallback: f64| {
            let step = main.keywords().get(keyword).and_then(Value::as_f64);
            step.filter(|step| step.is_finite() && *step > 0.0).unwrap_or(fallback)
        };
        let by_name = parms.iter().enumerate().map(|(at, parm)| (parm.name.clone(), at)).collect();
        let default_by_name =
            defaults.iter().enumerate().map(|(at, value)| (value.name.clone(), at)).collect();
        Ok(Self {
            path: path.into(),
            rows: main.nrow(),
            parms,
            defaults,
            freq_step_hz: step("DefaultFreqStep", NO_STEPS.0),
            time_step_s: step("DefaultTimeStep", NO_STEPS.1),
            warnings: odd.warnings(),
            by_name,
            default_by_name,
        })
    }
}

/// What is odd in a table: the first cases in words, then their number.
#[derive(Default)]
struct Odd {
    warnings: Vec<String>,
    rows: usize,
}

impl Odd {
    fn say(&mut self, what: String) {
        self.warnings.push(what);
    }

    fn row(&mut self, table: &str, row: usize, what: &str) {
        self.rows += 1;
        if self.rows <= NAMED {
            self.say(format!("row {row} of {table} is left out: {what}"));
        }
    }

    fn warnings(mut self) -> Vec<String> {
        if self.rows > NAMED {
            self.warnings.push(format!("{} more rows are left out", self.rows - NAMED));
        }
        self.warnings
    }
}

/// A sub-table by its keyword, or the folder of that name.
fn sub_table(main: &Table, name: &str) -> Result<Table, ReadError> {
    match main.subtable(name) {
        Ok(table) => Ok(table),
        // The keyword may hold the absolute path of where the table was made.
        Err(_) => Ok(Table::open(main.path().join(name))?),
    }
}

fn all<T: ledama_tables::Element>(table: &Table, column: &str) -> Result<Vec<T>, ReadError> {
    Ok(table.column(column)?.values(0..table.nrow())?)
}

/// Integers of any width.
fn integers(table: &Table, name: &str) -> Result<Vec<i64>, ReadError> {
    let column = table.column(name)?;
    let rows = 0..table.nrow();
    Ok(match column.data_type() {
        DataType::UInt => column.values::<u32>(rows)?.into_iter().map(i64::from).collect(),
        DataType::Int64 => column.values(rows)?,
        _ => column.values::<i32>(rows)?.into_iter().map(i64::from).collect(),
    })
}

fn funklet(kind: i64) -> Option<Funklet> {
    Some(match kind {
        0 => Funklet::Scalar,
        1 => Funklet::Polynomial,
        2 => Funklet::PolynomialLog,
        _ => return None,
    })
}

fn names(table: &Table, odd: &mut Odd) -> Result<Vec<Parm>, ReadError> {
    let names: Vec<String> = all(table, "NAME")?;
    let kinds = integers(table, "FUNKLETTYPE")?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut parms = Vec::with_capacity(names.len());
    for (row, (name, kind)) in names.iter().zip(kinds).enumerate() {
        if let Some(first) = seen.insert(name, row) {
            odd.say(format!("parameter {name} stands in rows {first} and {row} of NAMES"));
        }
        let funklet = funklet(kind).unwrap_or_else(|| {
            odd.say(format!("parameter {name} has the unknown type {kind}, taken as scalar"));
            Funklet::Scalar
        });
        parms.push(Parm { name: name.clone(), funklet, domains: Vec::new() });
    }
    Ok(parms)
}

/// The cells of an array column, row by row; `None` without a value.
fn cells(table: &Table, name: &str) -> Result<Vec<Option<Cell>>, ReadError> {
    if !table.has_column(name) {
        let rows = usize::try_from(table.nrow()).unwrap_or(usize::MAX);
        return Ok(std::iter::repeat_n(None, rows).collect());
    }
    let column: Column = table.column(name)?;
    let mut cells = Vec::new();
    for run in column.runs(0..table.nrow()) {
        let run = run?;
        let count = usize::try_from(run.rows.end - run.rows.start).unwrap_or(usize::MAX);
        let Some(shape) = run.shape else {
            cells.extend(std::iter::repeat_n(None, count));
            continue;
        };
        let values: Vec<f64> = column.values(run.rows)?;
        let length = values.len() / count.max(1);
        let cell = |at: usize| {
            Some(Cell { shape: shape.clone(), values: values[at * length..][..length].to_vec() })
        };
        cells.extend((0..count).map(cell));
    }
    Ok(cells)
}

#[derive(Clone)]
struct Cell {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Cell {
    /// As `[time][frequency]`; an array of one axis is one time.
    fn plane(self) -> Option<Array2<f64>> {
        let shape = match self.shape[..] {
            [freq] => (1, freq),
            [time, freq] => (time, freq),
            _ => return None,
        };
        Array2::from_shape_vec(shape, self.values).ok().filter(|plane| !plane.is_empty())
    }
}

fn domains(table: &Table, parms: &mut [Parm], odd: &mut Odd) -> Result<(), ReadError> {
    if table.nrow() == 0 {
        return Ok(());
    }
    let ids = integers(table, "NAMEID")?;
    let [start_x, end_x, start_y, end_y] =
        ["STARTX", "ENDX", "STARTY", "ENDY"].map(|column| all::<f64>(table, column));
    let (start_x, end_x, start_y, end_y) = (start_x?, end_x?, start_y?, end_y?);
    let mut across = cells(table, "INTERVALSX")?.into_iter();
    let mut along = cells(table, "INTERVALSY")?.into_iter();
    for (row, values) in cells(table, "VALUES")?.into_iter().enumerate() {
        let (x, y) = (across.next().flatten(), along.next().flatten());
        let Some(parm) = usize::try_from(ids[row]).ok().and_then(|id| parms.get_mut(id)) else {
            odd.row("the main table", row, "its name is not in NAMES");
            continue;
        };
        let Some(values) = values.and_then(Cell::plane) else {
            odd.row("the main table", row, "it has no values");
            continue;
        };
        let range = Range {
            start_freq: start_x[row],
            end_freq: end_x[row],
            start_time: start_y[row],
            end_time: end_y[row],
        };
        if !sound(&range) {
            odd.row("the main table", row, "its domain is empty");
            continue;
        }
        let (times, freqs) = match parm.funklet {
            Funklet::Scalar => values.dim(),
            _ => (1, 1),
        };
        let axis = |cells: Option<Cell>, start: f64, end: f64, count: usize| match cells {
            Some(cells) if !cells.values.is_empty() => irregular(&cells, count),
            _ => Some(Cells::equal(start, end, count)),
        };
        let freq = axis(x, range.start_freq, range.end_freq, freqs);
        let time = axis(y, range.start_time, range.end_time, times);
        match (freq, time) {
            (Some(freq), Some(time)) => parm.domains.push(Domain { range, freq, time, values }),
            _ => odd.row("the main table", row, "its intervals do not fit its values"),
        }
    }
    for parm in parms {
        let key = |domain: &Domain| (domain.range.start_time, domain.range.start_freq);
        parm.domains.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
    }
    Ok(())
}

fn sound(range: &Range) -> bool {
    let all = [range.start_freq, range.end_freq, range.start_time, range.end_time];
    all.iter().all(|edge| edge.is_finite())
        && range.start_freq < range.end_freq
        && range.start_time < range.end_time
}

/// Cells written out as centre and width.
fn irregular(cells: &Cell, count: usize) -> Option<Cells> {
    let pairs = cells.values.as_chunks::<2>().0;
    let written = pairs.len() == count && cells.values.len() == count * 2;
    written.then(|| Cells {
        centres: pairs.iter().map(|pair| pair[0]).collect(),
        widths: pairs.iter().map(|pair| pair[1]).collect(),
    })
}

fn defaults(table: &Table, odd: &mut Odd) -> Result<Vec<DefaultValue>, ReadError> {
    let names: Vec<String> = all(table, "NAME")?;
    let kinds = integers(table, "FUNKLETTYPE")?;
    let mut scales = cells(table, "SCALE_DOMAIN")?.into_iter();
    let mut defaults = Vec::with_capacity(names.len());
    for (row, values) in cells(table, "VALUES")?.into_iter().enumerate() {
        let scale = scales.next().flatten().and_then(|cell| match cell.values[..] {
            [start_freq, start_time, end_freq, end_time] => {
                Some(Range { start_freq, end_freq, start_time, end_time }).filter(sound)
            }
            _ => None,
        });
        let Some(values) = values.and_then(Cell::plane) else {
            odd.row("DEFAULTVALUES", row, "it has no values");
            continue;
        };
        let funklet = funklet(kinds[row]).unwrap_or(Funklet::Scalar);
        defaults.push(DefaultValue { name: names[row].clone(), funklet, values, scale });
    }
    Ok(defaults)
}
