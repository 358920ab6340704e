//! Which statistics of which coordinates.

use crate::math;
use crate::visibilities::Coordinate;

/// A number that says something about many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// The middle value.
    Median,
    /// Standard deviation of a population.
    Std,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Median of the distances from the median.
    Mad,
    /// Root of the mean square.
    Rms,
    /// How many values there are.
    Count,
    /// Mean direction of angles.
    CircMean,
    /// Standard deviation of angles.
    CircStd,
}

const STATISTICS: [(&str, Statistic); 10] = [
    ("mean", Statistic::Mean),
    ("median", Statistic::Median),
    ("std", Statistic::Std),
    ("min", Statistic::Min),
    ("max", Statistic::Max),
    ("mad", Statistic::Mad),
    ("rms", Statistic::Rms),
    ("count", Statistic::Count),
    ("circmean", Statistic::CircMean),
    ("circstd", Statistic::CircStd),
];

impl Statistic {
    /// That of these values; NaN if there is none.
    #[allow(clippy::cast_precision_loss)] // fewer than 2^53 values
    pub fn of(self, values: &[f64]) -> f64 {
        match self {
            Self::Mean => math::mean(values),
            Self::Median => math::median(values),
            Self::Std => math::std(values),
            Self::Min => math::min(values),
            Self::Max => math::max(values),
            Self::Mad => math::mad(values),
            Self::Rms => math::rms(values),
            Self::Count => math::count(values) as f64,
            Self::CircMean => math::circular_mean(values),
            Self::CircStd => math::circular_std(values),
        }
    }
}

/// A statistic of a coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub coordinate: Coordinate,
    /// Which.
    pub statistic: Statistic,
}

impl Wanted {
    /// `amp_mean`, as options and headers have it.
    pub fn name(self) -> String {
        let (name, _) = STATISTICS
            .into_iter()
            .find(|(_, statistic)| *statistic == self.statistic)
            .unwrap_or(STATISTICS[0]);
        format!("{}_{name}", self.coordinate.name())
    }
}

/// What is computed unless something else is asked for.
pub fn default_wanted() -> Vec<Wanted> {
    let coordinates = [Coordinate::Amp, Coordinate::Phase, Coordinate::Real, Coordinate::Imag];
    let statistics = [Statistic::Mean, Statistic::Median, Statistic::Std];
    coordinates
        .into_iter()
        .flat_map(|coordinate| statistics.map(|statistic| Wanted { coordinate, statistic }))
        .collect()
}

/// Reads a list of names such as `amp_mean,phase_circstd`; all faults are told at once.
pub fn parse_wanted<S: AsRef<str>>(names: &[S]) -> Result<Vec<Wanted>, String> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for name in names {
        match parse(name.as_ref().trim()) {
            Ok(wanted) => found.push(wanted),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    Ok(if found.is_empty() { default_wanted() } else { found })
}

fn parse(name: &str) -> Result<Wanted, String> {
    let Some((coordinate, statistic)) = name.split_once('_') else {
        return Err(format!("`{name}` is not `coordinate_statistic`, such as `amp_mean`"));
    };
    let coordinate: Coordinate = coordinate.parse()?;
    let found = STATISTICS.into_iter().find(|(known, _)| *known == statistic);
    let Some((_, statistic)) = found else {
        let known: Vec<&str> = STATISTICS.iter().map(|(known, _)| *known).collect();
        return Err(format!("there is no statistic `{statistic}`; there are {}", known.join(", ")));
    };
    let circular = matches!(statistic, Statistic::CircMean | Statistic::CircStd);
    if circular && coordinate != Coordinate::Phase {
        return Err(format!("`{name}`: only phases have circular statistics"));
    }
    Ok(Wanted { coordinate, statistic })
}
