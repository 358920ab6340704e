//! Which station took part in which observation: a bar for each observation in
//! the row of each of its stations, or a row for each night.

pub mod operation;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use ledama_analysis::diag::axis::{UNIX_MJD_S, Wrap};
use ledama_analysis::stations;
use ledama_base::clock;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_leddb::query::Participation;
use serde::{Deserialize, Serialize};

use crate::figure::{
    Axis, Bars, Colour, ColourBar, ColourMap, Figure, Layer, LegendEntry, Panel, Range, Style,
    Ticks,
};

/// What colours mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourBy {
    /// Nothing.
    #[default]
    None,
    /// The antenna band.
    Antennas,
    /// The number of beams.
    Beams,
}

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// Observations; all if empty.
    pub ldss: Vec<String>,
    /// Stations; all if empty.
    pub stations: Vec<String>,
    /// Only stations that took part in any.
    pub used: bool,
    /// Without the empty time between observations.
    pub compress: bool,
    /// A row for each night instead of each station.
    pub nights: bool,
    /// What colours mean.
    pub colour: ColourBy,
}

/// What the database knows, and what of it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// In the order of rows.
    pub stations: Vec<String>,
    /// Of these stations, in the order of time.
    pub rows: Vec<Participation>,
}

fn unknown(what: &str, names: &[String], known: &[String]) -> Result<(), OperationError> {
    let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    match names.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!("the database has no {what} {name}");
            let error = OperationError::new(ErrorKind::Input, message);
            Err(match ledama_base::suggest::did_you_mean(name, known.iter().copied()) {
                Some(help) => error.help(help),
                None => error,
            })
        }
    }
}

impl Wanted {
    /// Fails on observations and stations that are not known.
    pub fn check(
        &self,
        stations: &[String],
        observations: &[String],
    ) -> Result<(), OperationError> {
        unknown("observation", &self.ldss, observations)?;
        unknown("station", &self.stations, stations)
    }
}

impl Usage {
    /// Selects. Fails on observations and stations that are not known.
    pub fn select(
        all: Vec<Participation>,
        known_stations: &[String],
        known_observations: &[String],
        wanted: &Wanted,
    ) -> Result<Self, OperationError> {
        wanted.check(known_stations, known_observations)?;
        let chosen = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        let rows: Vec<Participation> = all
            .into_iter()
            .filter(|row| chosen(&wanted.ldss, &row.observation))
            .filter(|row| chosen(&wanted.stations, &row.station))
            .collect();
        let used: BTreeSet<&str> = rows.iter().map(|row| row.station.as_str()).collect();
        let mut names: Vec<String> = known_stations
            .iter()
            .filter(|name| chosen(&wanted.stations, name))
            .filter(|name| !wanted.used || used.contains(name.as_str()))
            .cloned()
            .collect();
        names.dedup();
        stations::sort(&mut names);
        Ok(Self { stations: names, rows })
    }

    /// Start and end of each observation, seconds since 1970.
    fn observations(&self) -> BTreeMap<&str, (f64, f64)> {
        let span = |row: &Participation| Some((row.start? - UNIX_MJD_S, end(row)? - UNIX_MJD_S));
        self.rows.iter().filter_map(|row| Some((row.observation.as_str(), span(row)?))).collect()
    }

    /// How many observations.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.iter().map(|row| &row.observation).collect::<BTreeSet<_>>().len()
    }

    /// Their total length, hours.
    #[must_use]
    pub fn hours(&self) -> f64 {
        self.observations().values().map(|(start, end)| (end - start) / 3600.0).sum()
    }

    /// Observations without a start.
    #[must_use]
    pub fn undated(&self) -> usize {
        let dated = self.observations();
        let all: BTreeSet<&str> = self.rows.iter().map(|row| row.observation.as_str()).collect();
        all.iter().filter(|name| !dated.contains_key(*name)).count()
    }

    /// A table: station, observation, start, end, hours.
    #[must_use]
    pub fn table(&self) -> Vec<[String; 5]> {
        let utc = |time: Option<f64>| {
            time.and_then(clock::from_mjd_s).map(clock::utc_text).unwrap_or_default()
        };
        let mut rows: Vec<&Participation> = self.rows.iter().collect();
        rows.sort_by(|a, b| stations::compare(&a.station, &b.station));
        rows.into_iter()
            .map(|row| {
                let hours = row.start.zip(end(row)).map(|(start, end)| (end - start) / 3600.0);
                [
                    row.station.clone(),
                    row.observation.clone(),
                    utc(row.start),
                    utc(row.end),
                    hours.map(|hours| format!("{hours:.4}")).unwrap_or_default(),
                ]
            })
            .collect()
    }
}

/// The end of an observation; its start if the end is not known.
fn end(row: &Participation) -> Option<f64> {
    let start = row.start?;
    Some(row.end.filter(|end| *end >= start).unwrap_or(start))
}

/// Makes the figure. Fails if there is nothing to be seen.
pub fn figure(usage: &Usage, wanted: &Wanted) -> Result<Figure, OperationError> {
    if usage.observations().is_empty() {
        let what =
            "no data: no station of the selection took part in an observation with a known start";
        return Err(OperationError::new(ErrorKind::NotFound, what));
    }
    let mut figure = if wanted.nights { nights(usage) } else { by_station(usage, wanted)? };
    let hours = usage.hours();
    let stations = usage.rows.iter().map(|row| &row.station).collect::<BTreeSet<_>>().len();
    figure.title = format!(
        "{}, {hours:.*} hours, {}",
        counted(usage.count(), "observation"),
        // A test of a minute is no nothing.
        if hours < 1.0 { 3 } else { 1 },
        counted(stations, "station"),
    );
    let mut parts = Vec::new();
    if usage.undated() > 0 {
        parts.push(format!("{} observations without a start are left out", usage.undated()));
    }
    if wanted.compress && !wanted.nights {
        parts.push("empty time left out".to_string());
    }
    parts.push(concat!("ledama ", env!("CARGO_PKG_VERSION")).to_string());
    figure.subtitle = parts.join(" · ");
    figure.size = SIZE;
    Ok(figure)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Size of the picture, pixels.
pub const SIZE: (u32, u32) = (1800, 1000);

fn by_station(usage: &Usage, wanted: &Wanted) -> Result<Figure, OperationError> {
    let observations = usage.observations();
    let mut wrap = Wrap::default();
    let mut shifts: BTreeMap<&str, f64> = BTreeMap::new();
    if wanted.compress {
        let mut sorted: Vec<(&str, (f64, f64))> =
            observations.iter().map(|(name, span)| (*name, *span)).collect();
        sorted.sort_by(|a, b| a.1.0.total_cmp(&b.1.0));
        for (name, (start, end)) in sorted {
            shifts.insert(name, wrap.add(start, end)?);
        }
    }
    let mut bars: BTreeMap<String, Vec<[f64; 4]>> = BTreeMap::new();
    for row in &usage.rows {
        let Some((start, end)) = observations.get(row.observation.as_str()) else { continue };
        let Some(line) = usage.stations.iter().position(|name| *name == row.station) else {
            continue;
        };
        let shift = shifts.get(row.observation.as_str()).copied().unwrap_or(0.0);
        let group = match wanted.colour {
            ColourBy::None => String::new(),
            ColourBy::Antennas => row.antenna_type.clone(),
            ColourBy::Beams if row.beams == 1 => "1 beam".to_string(),
            ColourBy::Beams => format!("{} beams", row.beams),
        };
        #[allow(clippy::cast_precision_loss)] // a number of stations
        let low = 2.0 * line as f64;
        bars.entry(group).or_default().push([start + shift, end + shift, low + 0.2, low + 1.8]);
    }
    let coloured = wanted.colour != ColourBy::None;
    let mut groups: Vec<(String, Vec<[f64; 4]>)> = bars.into_iter().collect();
    groups.sort_by(|a, b| stations::natural(&a.0, &b.0));
    let colour = |at: usize| if coloured { Colour::Category(at) } else { Colour::Ink };
    let entry = |(at, (name, _)): (usize, &(String, Vec<[f64; 4]>))| LegendEntry {
        name: name.clone(),
        style: Style { colour: colour(at), ..Style::default() },
    };
    let legend = groups.iter().enumerate().map(entry).filter(|_| coloured).collect();
    #[allow(clippy::cast_precision_loss)]
    let names =
        usage.stations.iter().enumerate().map(|(k, name)| (2.0 * k as f64 + 1.0, name.clone()));
    #[allow(clippy::cast_precision_loss)]
    let top = 2.0 * usage.stations.len() as f64;
    let ticks = if wanted.compress { Ticks::UtcPieces(wrap.pieces().to_vec()) } else { Ticks::Utc };
    let layers = groups
        .into_iter()
        .enumerate()
        .map(|(at, (name, edges))| Layer::Bars(Bars { name, colour: colour(at), edges }))
        .collect();
    Ok(Figure {
        panels: vec![Panel {
            x: Axis { label: "Time [UTC]".to_string(), ticks, ..Axis::default() },
            y: Axis {
                label: "Station".to_string(),
                range: Range::Fixed(0.0, top.max(2.0)),
                ticks: Ticks::Named(names.collect()),
                ..Axis::default()
            },
            layers,
            ..Panel::default()
        }],
        legend,
        ..Figure::default()
    })
}

const HALF_DAY: f64 = 43_200.0;

/// A row for each night, from noon to noon; the colour is the number of stations.
fn nights(usage: &Usage) -> Figure {
    let observations = usage.observations();
    let mut stations: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &usage.rows {
        *stations.entry(&row.observation).or_default() += 1;
    }
    // Noon before each moment.
    let night = |time: f64| ((time - HALF_DAY) / 86_400.0).floor();
    let mut found: BTreeSet<i64> = BTreeSet::new();
    #[allow(clippy::cast_possible_truncation)] // a number of days
    for (start, end) in observations.values() {
        found.extend(night(*start) as i64..=night(*end) as i64);
    }
    let found: Vec<i64> = found.into_iter().collect();
    let most = stations.values().copied().max().unwrap_or(1).max(2);
    let mut groups: BTreeMap<usize, Vec<[f64; 4]>> = BTreeMap::new();
    #[allow(clippy::cast_precision_loss)] // a number of days
    for (name, (start, end)) in &observations {
        for (line, day) in found.iter().enumerate() {
            let noon = *day as f64 * 86_400.0 + HALF_DAY;
            let (from, to) = (start.max(noon), end.min(noon + 86_400.0));
            let count = stations.get(name).copied().unwrap_or(0);
            if from < to || (start >= &noon && *start < noon + 86_400.0 && start >= end) {
                let row = 2.0 * line as f64;
                groups.entry(count).or_default().push([
                    from - noon + HALF_DAY,
                    to.max(from) - noon + HALF_DAY,
                    row + 0.2,
                    row + 1.8,
                ]);
            }
        }
    }
    #[allow(clippy::cast_precision_loss)] // a number of stations
    let scale_end = 1.0 + (most as f64 - 1.0) * 1.15;
    #[allow(clippy::cast_precision_loss)]
    let place = |count: usize| (count as f64 - 1.0) / (scale_end - 1.0);
    #[allow(clippy::cast_precision_loss)]
    let every = found.len().div_ceil(40).max(1);
    #[allow(clippy::cast_precision_loss)]
    let names = found
        .iter()
        .enumerate()
        .step_by(every)
        .map(|(line, day)| (2.0 * line as f64 + 1.0, date(*day as f64 * 86_400.0)));
    let hours = (0..=12).map(|step| {
        let hour = 12 + 2 * step;
        (f64::from(hour) * 3600.0, format!("{:02}:00", hour % 24))
    });
    #[allow(clippy::cast_precision_loss)]
    let top = 2.0 * found.len() as f64;
    Figure {
        panels: vec![Panel {
            x: Axis {
                label: "Time of day [UTC]".to_string(),
                range: Range::Fixed(HALF_DAY, HALF_DAY + 86_400.0),
                ticks: Ticks::Named(hours.collect()),
                ..Axis::default()
            },
            y: Axis {
                label: "Night that begins on".to_string(),
                range: Range::Fixed(0.0, top),
                ticks: Ticks::Named(names.collect()),
                ..Axis::default()
            },
            layers: groups
                .into_iter()
                .map(|(count, edges)| {
                    Layer::Bars(Bars {
                        name: format!("{count} stations"),
                        colour: Colour::Mapped(ColourMap::Sequential, place(count)),
                        edges,
                    })
                })
                .collect(),
            ..Panel::default()
        }],
        colour_bar: Some(ColourBar {
            label: "Stations".to_string(),
            colours: ColourMap::Sequential,
            // The last colours are too light on white.
            range: (1.0, scale_end),
            ticks: Ticks::Numbers,
            logarithm: false,
        }),
        ..Figure::default()
    }
}

/// `2013-03-29`.
fn date(unix: f64) -> String {
    let time = clock::from_mjd_s(unix + UNIX_MJD_S).map(clock::utc_text).unwrap_or_default();
    time.chars().take(10).collect()
}
