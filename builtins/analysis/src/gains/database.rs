//! Gains of the database: rows of one measurement set and station each, as parts.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use ledama_leddb::query::{ArrayRow, Limits, Plan, Query};
use ledama_leddb::schema::pseudo::{Pseudo, PseudoColumn};
use ledama_leddb::store::Value;
use ledama_leddb::values::is_filler;
use ledama_leddb::{Database, LeddbError};
use ledama_ms::gains::{Direction, Jones};
use ndarray::{Array5, Ix3};
use num_complex::Complex64;

use super::{Cells, JONES_LABELS, Origin, Part, Wanted};

/// Bytes of arrays that are held besides the parts.
const BATCH: usize = 32 << 20;

const MISSING: Complex64 = Complex64::new(f64::NAN, f64::NAN);

/// Reads the gains of a query, and gives them as parts: one for each measurement set
/// (more, if its rows have different axes). One streamed query; values that fill
/// places of what is not there are missing. `patterns` of stations are applied here.
///
/// # Errors
/// Those of the database; a query of other rows, or patterns that are none.
pub fn parts(
    database: &Database,
    query: &Query,
    wanted: &Wanted,
    mut take: impl FnMut(Part) -> Result<(), String>,
) -> Result<(), LeddbError> {
    if query.table != Pseudo::Gain {
        return Err(input(format!("gains are needed, not {}", query.table.name())));
    }
    let plan = Plan::new(query, Limits::batch(database.options()))?;
    let columns = plan.value_columns();
    let glob = Patterns::new(&wanted.stations).map_err(input)?;
    database.read(|tx| {
        let mut set: Option<Set> = None;
        let mut stop = None;
        plan.values(tx, BATCH, |rows| {
            for row in rows {
                if !glob.takes(&text(&row, &columns, "station").unwrap_or_default()) {
                    continue;
                }
                if set.as_ref().is_none_or(|set| set.id != row.set)
                    && let Some(done) = set.replace(Set::new(row.set))
                    && let Err(error) = done.give(wanted, &mut take)
                {
                    stop = Some(error);
                    return Ok(ControlFlow::Break(()));
                }
                if let Some(set) = &mut set {
                    set.rows.push(Row::of(row, &columns));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if let (None, Some(set)) = (&stop, set) {
            stop = set.give(wanted, &mut take).err();
        }
        stop.map_or(Ok(()), |error| Err(input(error)))
    })
}

fn input(message: String) -> LeddbError {
    LeddbError::Input { message, help: None }
}

fn fact<'a>(row: &'a ArrayRow, columns: &[&PseudoColumn], header: &str) -> Option<&'a Value> {
    columns.iter().position(|column| column.is_called(header)).map(|at| &row.facts[at])
}

fn number(row: &ArrayRow, columns: &[&PseudoColumn], header: &str) -> Option<f64> {
    match fact(row, columns, header)? {
        Value::Float(number) => Some(*number),
        #[allow(clippy::cast_precision_loss)] // counts and degrees
        Value::Int(number) => Some(*number as f64),
        _ => None,
    }
}

fn text(row: &ArrayRow, columns: &[&PseudoColumn], header: &str) -> Option<String> {
    match fact(row, columns, header)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// One station and direction.
struct Row {
    station: String,
    direction: Direction,
    array: ArrayRow,
    widths: [f64; 2],
    origin: Origin,
}

impl Row {
    fn of(row: ArrayRow, columns: &[&PseudoColumn]) -> Self {
        let number = |header| number(&row, columns, header);
        // -1 marks what does not depend on direction.
        let place = match (number("dirRA"), number("dirDec")) {
            (Some(ra), Some(dec)) if ra >= 0.0 => Some([ra.to_radians(), dec.to_radians()]),
            _ => None,
        };
        let name =
            place.map(|[ra, dec]| format!("[{:.4},{:.4}]", ra.to_degrees(), dec.to_degrees()));
        let pointing = match (number("phaseDirRA"), number("phaseDirDec")) {
            (Some(ra), Some(dec)) => Some([ra.to_radians(), dec.to_radians()]),
            _ => None,
        };
        #[allow(clippy::cast_possible_truncation)] // a small whole number
        let sub_band = number("sbIndex").map(|index| index as i64);
        Self {
            station: text(&row, columns, "station").unwrap_or_default(),
            direction: Direction { name: name.unwrap_or_default(), ra_dec: place },
            widths: ["freqStep", "timeStep"].map(|header| number(header).unwrap_or(f64::NAN)),
            origin: Origin {
                set: Some(row.set),
                sub_band,
                observation: text(&row, columns, "LDS"),
                pointing,
                ..Origin::default()
            },
            array: row,
        }
    }

    /// Axes that rows of one part share.
    fn axes(&self) -> (Vec<u64>, Vec<u64>) {
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect();
        (bits(&self.array.frequencies), bits(self.array.times.as_deref().unwrap_or_default()))
    }
}

/// The rows of one measurement set.
struct Set {
    id: i64,
    rows: Vec<Row>,
}

impl Set {
    fn new(id: i64) -> Self {
        Self { id, rows: Vec::new() }
    }

    fn give(
        self,
        wanted: &Wanted,
        take: &mut impl FnMut(Part) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut groups: BTreeMap<_, Vec<Row>> = BTreeMap::new();
        for row in self.rows {
            groups.entry(row.axes()).or_default().push(row);
        }
        for rows in groups.into_values() {
            take(wanted.of(part(rows)?)?)?;
        }
        Ok(())
    }
}

fn part(rows: Vec<Row>) -> Result<Part, String> {
    let Some(first) = rows.first() else { return Err("no rows".to_string()) };
    let origin = first.origin.clone();
    let Some(times) = first.array.times.clone() else {
        return Err(format!("{}: neither the database nor the row tells its times", origin.name()));
    };
    let freq: Vec<f64> = first.array.frequencies.iter().map(|mhz| mhz * 1e6).collect();
    if freq.is_empty() {
        return Err(format!("{}: the database does not know its frequency", origin.name()));
    }
    let cells = |centres: Vec<f64>, width: f64| {
        if width > 0.0 {
            Cells { widths: vec![width; centres.len()], centres }
        } else {
            Cells::from_centres(centres)
        }
    };
    let (mut stations, mut directions) = (Vec::new(), Vec::<Direction>::new());
    for row in &rows {
        if !stations.contains(&row.station) {
            stations.push(row.station.clone());
        }
        if !directions.contains(&row.direction) {
            directions.push(row.direction.clone());
        }
    }
    let shape = [times.len(), freq.len(), stations.len(), directions.len(), JONES_LABELS.len()];
    let mut values = Array5::from_elem(shape, MISSING);
    for row in &rows {
        let station = stations.iter().position(|name| *name == row.station);
        let direction = directions.iter().position(|one| *one == row.direction);
        let array = row.array.array.view().into_dimensionality::<Ix3>();
        let (Some(s), Some(d), Ok(array)) = (station, direction, array) else { continue };
        for ((j, f, t), value) in array.indexed_iter() {
            if !is_filler(*value) && value.is_finite() {
                values[[t, f, s, d, j]] = *value;
            }
        }
    }
    let jones = |(element, label): (usize, &&str)| Jones { label: (*label).to_string(), element };
    Ok(Part {
        channels: (0..freq.len()).collect(),
        time: cells(times, first.widths[1]),
        freq: cells(freq, first.widths[0]),
        stations,
        directions,
        jones: JONES_LABELS.iter().enumerate().map(jones).collect(),
        values,
        origin,
        warnings: Vec::new(),
    })
}

/// Patterns of names; none take all.
struct Patterns(Vec<globset::GlobMatcher>);

impl Patterns {
    fn new(patterns: &[String]) -> Result<Self, String> {
        let one = |text: &String| {
            globset::Glob::new(text).map(|glob| glob.compile_matcher()).map_err(|e| e.to_string())
        };
        patterns.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    fn takes(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.is_match(name))
    }
}
