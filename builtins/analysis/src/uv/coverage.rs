//! Points of the uv plane of one set or several.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use ledama_ms::ReadError;
use ledama_ms::info::open;

use super::slots::Slots;
use crate::stations::Kind;
use crate::visibilities::{Antennas, Outline};

/// m/s.
pub const SPEED_OF_LIGHT: f64 = 299_792_458.0;

/// What points are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cover {
    /// Nothing.
    #[default]
    None,
    /// The kinds of both stations.
    Stations,
    /// The frequency.
    Frequency,
}

/// What coverage is wanted.
#[derive(Debug, Clone, Default)]
pub struct CoverageRequest {
    /// Which time slots, of each set by itself.
    pub slots: Slots,
    /// Only baselines of two of these stations, see [`Antennas`]; by name for
    /// all sets after the first.
    pub antennas: String,
    /// In thousands of wavelengths instead of m.
    pub kilolambda: bool,
    /// A point for each channel, not one for the reference frequency.
    pub wideband: bool,
    /// All sets have the metres of the first.
    pub same_uv: bool,
    /// What points are told apart by.
    pub by: Cover,
}

/// Points of one kind, each with its negative.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Points {
    /// What they have in common.
    pub name: String,
    /// In m or kλ.
    pub u: Vec<f64>,
    /// In m or kλ.
    pub v: Vec<f64>,
}

/// A coverage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coverage {
    /// By kind.
    pub points: Vec<Points>,
    /// Rows that gave points.
    pub rows: usize,
    /// Baselines that gave points, over all sets.
    pub baselines: usize,
    /// kλ of a metre at the mean of the frequencies used.
    pub kilolambda_of_m: f64,
    /// Names of the sets.
    pub sets: Vec<String>,
}

/// Metres of one row.
struct Metres {
    pair: (i32, i32),
    /// The row of DATA_DESCRIPTION.
    description: i32,
    uv: [f64; 2],
}

/// The coverage of sets at paths in text form. `watch` is told how many sets of
/// how many are done.
pub fn coverage(
    paths: &[String],
    request: &CoverageRequest,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<Coverage, OperationError> {
    let mut found = Coverage::default();
    let mut kinds: BTreeMap<String, Points> = BTreeMap::new();
    let mut names: Option<Vec<String>> = None;
    let mut first: Option<Vec<Metres>> = None;
    let (mut factors, mut factor_count) = (0.0, 0.0);
    for (at, path) in (0u64..).zip(paths) {
        watch(at, paths.len() as u64)?;
        let outline = Outline::read(path)?;
        let wanted = wanted(&outline, request, &mut names)?;
        let own;
        let metres: &[Metres] = match &first {
            Some(metres) if request.same_uv => metres,
            _ => {
                own = metres_of(path, &outline, request, wanted.as_deref())?;
                &own
            }
        };
        found.rows += metres.len();
        let pairs: BTreeSet<_> = metres.iter().map(|one| one.pair).collect();
        found.baselines += pairs.len();
        let waves = Wavelengths::read(path, request)?;
        for one in metres {
            // Without wavelengths all frequencies have one point.
            for (factor, mhz) in waves.of(one.description) {
                factors += factor;
                factor_count += 1.0;
                let scale = if request.kilolambda { *factor } else { 1.0 };
                let name = kind(&outline, one.pair, *mhz, request.by);
                let points = kinds
                    .entry(name.clone())
                    .or_insert_with(|| Points { name, ..Points::default() });
                let [u, v] = one.uv.map(|metres| metres * scale);
                points.u.extend([u, -u]);
                points.v.extend([v, -v]);
            }
        }
        found.sets.push(outline.name.clone());
        if first.is_none() && request.same_uv {
            first = Some(metres_of(path, &outline, request, wanted.as_deref())?);
        }
    }
    watch(paths.len() as u64, paths.len() as u64)?;
    found.points = kinds.into_values().collect();
    found.kilolambda_of_m = factors / factor_count;
    if found.rows == 0 {
        return Err(OperationError::new(
            ErrorKind::NotFound,
            "no baseline has a point in the selection",
        ));
    }
    Ok(found)
}

/// kλ of a metre and MHz of each frequency that gives points.
struct Wavelengths {
    /// By the rows of DATA_DESCRIPTION.
    by_description: Vec<Vec<(f64, f64)>>,
}

impl Wavelengths {
    /// Those of the spectral window of each description: its channels in wide bands,
    /// else its reference frequency.
    fn read(path: &str, request: &CoverageRequest) -> Result<Self, OperationError> {
        let wide = request.wideband && request.kilolambda;
        let read = || -> Result<Vec<Vec<f64>>, ReadError> {
            let set = open(&rawtext::text_path(path))?;
            let windows = set.subtable("SPECTRAL_WINDOW")?;
            let column = windows.column(if wide { "CHAN_FREQ" } else { "REF_FREQUENCY" })?;
            let of = |window: i64| {
                let row = u64::try_from(window).unwrap_or_default();
                Ok(column.as_f64(row..row + 1)?)
            };
            let Ok(descriptions) = set.subtable("DATA_DESCRIPTION") else {
                return Ok(vec![of(0)?]);
            };
            let numbers =
                descriptions.column("SPECTRAL_WINDOW_ID")?.as_i64(0..descriptions.nrow())?;
            numbers.into_iter().map(of).collect()
        };
        let all = match read() {
            Ok(all) if all.iter().any(|own| !own.is_empty()) => all,
            _ if !request.kilolambda => vec![vec![f64::NAN]],
            Ok(_) => {
                let what = format!("{path}: tells no frequency, so there are no wavelengths");
                return Err(OperationError::new(ErrorKind::Input, what));
            }
            Err(error) => return Err(error.into()),
        };
        let pair = |hz: f64| (hz / SPEED_OF_LIGHT / 1000.0, hz / 1e6);
        let by_description = all.into_iter().map(|own| own.into_iter().map(pair).collect());
        Ok(Self { by_description: by_description.collect() })
    }

    fn of(&self, description: i32) -> &[(f64, f64)] {
        let at = usize::try_from(description).unwrap_or_default();
        self.by_description.get(at).or(self.by_description.first()).map_or(&[], Vec::as_slice)
    }
}

/// The numbers of the stations wanted of a set: those of the first by any
/// name for them, of the others by the names of the first.
fn wanted(
    outline: &Outline,
    request: &CoverageRequest,
    names: &mut Option<Vec<String>>,
) -> Result<Option<Vec<i32>>, OperationError> {
    let stations = outline.stations();
    if let Some(names) = names {
        let place = |name: &String| stations.iter().position(|known| known == name);
        let numbers = names.iter().filter_map(place);
        return Ok(Some(numbers.filter_map(|at| i32::try_from(at).ok()).collect()));
    }
    let list = Antennas(stations).list(&request.antennas).map_err(|what| {
        OperationError::new(ErrorKind::Input, format!("{}: {what}", outline.info.path))
    })?;
    if let Some(list) = &list {
        let name = |at: &i32| usize::try_from(*at).ok().and_then(|at| stations.get(at)).cloned();
        *names = Some(list.iter().filter_map(name).collect());
    }
    Ok(list)
}

fn metres_of(
    path: &str,
    outline: &Outline,
    request: &CoverageRequest,
    wanted: Option<&[i32]>,
) -> Result<Vec<Metres>, OperationError> {
    let read = || -> Result<_, ReadError> {
        let table = open(&rawtext::text_path(path))?;
        let all = 0..table.nrow();
        let times: Vec<f64> = table.column("TIME")?.values(all.clone())?;
        let first: Vec<i32> = table.column("ANTENNA1")?.values(all.clone())?;
        let second: Vec<i32> = table.column("ANTENNA2")?.values(all.clone())?;
        let described = match table.column("DATA_DESC_ID") {
            Ok(column) => column.values(all.clone())?,
            Err(_) => vec![0; first.len()],
        };
        let uvw: Vec<f64> = table.column("UVW")?.values(all)?;
        Ok((times, [first, second, described], uvw))
    };
    let (times, [first, second, described], uvw) = read()?;
    let mut distinct = times.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let places = request.slots.places(distinct.len()).map_err(|what| {
        OperationError::new(ErrorKind::Input, format!("{}: {what}", outline.info.path))
    })?;
    let mut taken = vec![false; distinct.len()];
    for place in places {
        taken[place] = true;
    }
    let listed = |at: &i32| wanted.is_none_or(|list| list.contains(at));
    let pairs = first.iter().zip(&second).zip(&described);
    let rows = times.iter().zip(pairs).zip(uvw.chunks_exact(3));
    let mut found: Vec<Metres> = Vec::new();
    // In metres the rows of several spectral windows are one point.
    let mut seen = HashSet::new();
    let once = !request.kilolambda && described.iter().any(|other| *other != described[0]);
    for ((time, ((one, two), description)), uvw) in rows {
        let slot = distinct.partition_point(|known| known < time);
        let uv = [uvw[0], uvw[1]];
        // Exactly the origin is a row without coordinates.
        let nowhere = uv.iter().all(|part| part.abs() <= 0.0);
        if one != two && taken[slot] && listed(one) && listed(two) && !nowhere {
            if once && !seen.insert((slot, *one, *two, uv.map(f64::to_bits))) {
                continue;
            }
            found.push(Metres { pair: (*one, *two), description: *description, uv });
        }
    }
    Ok(found)
}

/// What a point is told apart by.
fn kind(outline: &Outline, pair: (i32, i32), mhz: f64, by: Cover) -> String {
    match by {
        Cover::None => String::new(),
        Cover::Frequency => format!("{mhz:>8.3} MHz"),
        Cover::Stations => {
            let word = |at: i32| {
                let name = usize::try_from(at).ok().and_then(|at| outline.stations().get(at));
                name.map_or(Kind::Other, |name| Kind::of(name)).word()
            };
            let mut words = [word(pair.0), word(pair.1)];
            words.sort_unstable();
            format!("{} – {}", words[0], words[1])
        }
    }
}
