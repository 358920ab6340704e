//! The operation `plot.solutions`: pictures and statistics of gain solutions.

use std::path::{Path, PathBuf};

use globset::Glob;
use ledama_analysis::gains::{EffectTable, GainCube, Wanted, effects};
use ledama_analysis::math::{mean, median, std};
use ledama_analysis::stations::Order;
use ledama_base::atomic::{AtomicError, Existing, write};
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use ledama_base::rawtext::{path_text, text_path};
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Theme};
use crate::figures::solutions::{SolutionStyle, curve, map, page, quicklook};
use crate::movie::gains::{Sources, Turned, load};
use crate::output::{self, OutputOptions};

/// Draws gain solutions.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotSolutions;

/// What to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolutionsInput {
    /// The gains.
    pub sources: Sources,
    /// Directions, elements, channels; stations are chosen by `stations`, because the
    /// reference may be another one.
    #[serde(default)]
    pub wanted: Wanted,
    /// Patterns of stations to show; all if empty.
    #[serde(default)]
    pub stations: Vec<String>,
    /// Station that phases are relative to; none: the first; `none`: as they are.
    #[serde(default)]
    pub reference: Option<String>,
    /// What file names begin with, in text form.
    pub output: String,
    /// Ending of the pictures.
    pub extension: String,
    /// First line; the path if none.
    #[serde(default)]
    pub title: Option<String>,
    /// All stations on a page.
    #[serde(default)]
    pub quicklook: bool,
    /// Maps over time and frequency.
    #[serde(default)]
    pub heatmap: bool,
    /// Limits of amplitudes.
    #[serde(default)]
    pub amplitudes: (Option<f64>, Option<f64>),
    /// A line at the median amplitude.
    #[serde(default)]
    pub median: bool,
    /// Keep the last time, which is often cut short.
    #[serde(default)]
    pub last: bool,
    /// File for statistics, in text form.
    #[serde(default)]
    pub statistics: Option<String>,
    /// Width and height at scale 1.
    #[serde(default)]
    pub size: Option<(u32, u32)>,
    /// Everything is so many times larger.
    #[serde(default)]
    pub scale: Option<f64>,
    /// Colours of paper and ink.
    #[serde(default)]
    pub theme: Theme,
    /// Replace pictures that are there.
    #[serde(default)]
    pub force: bool,
    /// Text about the making of the pictures.
    #[serde(default)]
    pub stamp: Option<String>,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SolutionsOutput {
    /// Files, in text form.
    pub files: Vec<String>,
    /// Stations.
    pub stations: Vec<String>,
    /// One for each station and kind.
    pub statistics: Vec<Statistic>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// The statistics of one station and element, or of another kind of solution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistic {
    /// The station.
    pub station: String,
    /// What, such as `Gain:XX` (amplitudes) or `TEC`.
    pub kind: String,
    /// Valid values.
    pub count: usize,
    /// Their mean; none of no values.
    pub mean: Option<f64>,
    /// Their median.
    pub median: Option<f64>,
    /// Their population standard deviation.
    pub std: Option<f64>,
    /// Missing or flagged values.
    pub missing: usize,
}

fn statistic(station: &str, kind: String, values: &[f64]) -> Statistic {
    let count = values.iter().filter(|value| value.is_finite()).count();
    let known = |value: f64| Some(value).filter(|value| value.is_finite());
    Statistic {
        station: station.to_string(),
        kind,
        count,
        mean: known(mean(values)),
        median: known(median(values)),
        std: known(std(values)),
        missing: values.len() - count,
    }
}

fn statistics(
    gains: Option<&GainCube>,
    effects: &[EffectTable],
    names: &[String],
) -> Vec<Statistic> {
    let mut all = Vec::new();
    for name in names {
        if let Some((cube, s)) = gains.and_then(|cube| Some((cube, cube.station(name)?))) {
            for (j, jones) in cube.jones.iter().enumerate() {
                let values: Vec<f64> = curve(cube, s, j).into_iter().map(Complex64::norm).collect();
                all.push(statistic(name, format!("Gain:{}", jones.label), &values));
            }
        }
        for table in effects {
            let Some(s) = table.stations.iter().position(|one| one == name) else { continue };
            for (l, lane) in table.lanes.iter().enumerate() {
                let kind = if lane.is_empty() {
                    table.name.to_string()
                } else {
                    format!("{}:{lane}", table.name)
                };
                let values = table.values.slice(ndarray::s![.., s, l]).to_vec();
                all.push(statistic(name, kind, &values));
            }
        }
    }
    all
}

/// Tab-separated, one line for each.
fn table(statistics: &[Statistic]) -> String {
    let mut text = "#station\ttype:corr\tnum\tmean\tmedian\tstd\tflagged\n".to_string();
    let number = |value: Option<f64>| value.map_or("nan".to_string(), printed);
    for one in statistics {
        let numbers = [one.mean, one.median, one.std].map(number).join("\t");
        let line = format!(
            "{}\t{}\t{}\t{numbers}\t{}\n",
            one.station,
            one.kind.replace(' ', "_"),
            one.count,
            one.missing
        );
        text.push_str(&line);
    }
    text
}

/// As `%.6e` of C.
fn printed(value: f64) -> String {
    let text = format!("{value:.6e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

/// The same gains without the last time, and of some stations.
fn cut(mut cube: GainCube, last: bool, keep: impl Fn(&str) -> bool) -> GainCube {
    if !last && cube.time.len() > 1 {
        let places: Vec<usize> = (0..cube.time.len() - 1).collect();
        cube = cube.at_times(&places);
    }
    let places: Vec<usize> =
        (0..cube.stations.len()).filter(|s| keep(&cube.stations[*s])).collect();
    cube.values = cube.values.select(ndarray::Axis(2), &places);
    cube.stations = places.iter().map(|s| cube.stations[*s].clone()).collect();
    cube
}

impl Operation for PlotSolutions {
    const NAME: &'static str = "plot.solutions";
    const VERB: &'static str = "draw the solutions of";
    const EFFECT: Effect = Effect::Changes;
    type Input = SolutionsInput;
    type Output = SolutionsOutput;

    fn run(
        &self,
        input: SolutionsInput,
        ctx: &dyn OperationContext,
    ) -> Result<SolutionsOutput, OperationError> {
        let wrong = |message: String| OperationError::new(ErrorKind::Input, message);
        if let Some(file) = input.statistics.as_deref().map(text_path).filter(|file| file.exists())
        {
            return Err(AtomicError::Exists { path: file.display().to_string() }.into());
        }
        let patterns = input
            .stations
            .iter()
            .map(|text| Glob::new(text).map(|glob| glob.compile_matcher()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| wrong(error.to_string()))?;
        let keep =
            |name: &str| patterns.is_empty() || patterns.iter().any(|one| one.is_match(name));
        let mut tables: Vec<EffectTable> = Vec::new();
        for place in input.sources.files.iter().filter(|place| place.node.is_none()) {
            tables.extend(effects(&text_path(&place.path)).map_err(OperationError::from)?);
        }
        let turned = Turned { reference: input.reference.as_deref(), ..Turned::default() };
        let read = load(&input.sources, &input.wanted, (None, Order::Kind, 0), turned, ctx);
        let mut warnings = Vec::new();
        let (gains, reference) = match read {
            Ok(loaded) => {
                warnings.extend(loaded.cube.warnings.clone());
                (Some(cut(loaded.cube, input.last, keep)), loaded.reference)
            }
            // Tables of TEC or clocks alone name no frequency: they have axes of their own.
            Err(error) if !tables.is_empty() => {
                warnings.push(format!("no gains are shown: {}", error.message));
                (None, None)
            }
            Err(error) => return Err(error),
        };
        let mut names: Vec<String> =
            gains.as_ref().map(|cube| cube.stations.clone()).unwrap_or_default();
        for name in tables.iter().flat_map(|table| &table.stations) {
            if !names.contains(name) && keep(name) {
                names.push(name.clone());
            }
        }
        ledama_analysis::stations::sort(&mut names);
        if names.is_empty() {
            return Err(wrong(format!("no station fits {}", input.stations.join(", "))));
        }
        let first = input.sources.files.first().map(|place| place.path.clone());
        let style = SolutionStyle {
            title: input.title.clone().or(first).unwrap_or_default(),
            reference,
            amplitudes: input.amplitudes,
            median: input.median,
            size: input.size,
            scale: input.scale.unwrap_or(1.0),
            theme: input.theme,
        };
        let pictures = pictures(&input, gains.as_ref(), &tables, &names, &style);
        let total = pictures.len() as u64;
        let mut made =
            SolutionsOutput { stations: names.clone(), warnings, ..SolutionsOutput::default() };
        if let Some(folder) =
            text_path(&input.output).parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder)
                .map_err(|error| OperationError::io(folder.display(), &error))?;
        }
        let options = OutputOptions { force: input.force, stamp: input.stamp.clone() };
        for (done, (path, figure)) in (1..).zip(pictures) {
            ctx.check()?;
            let path = output::write(&figure, &path, &options).map_err(|error| match error {
                output::Error::File(error) => error.into(),
                other => wrong(other.to_string()),
            })?;
            made.files.push(path_text(&path));
            ctx.progress(Progress { done, total });
        }
        made.statistics = statistics(gains.as_ref(), &tables, &names);
        if let Some(file) = &input.statistics {
            write(&text_path(file), table(&made.statistics).as_bytes(), Existing::Keep)?;
            made.files.push(file.clone());
        }
        Ok(made)
    }
}

/// The figures, with their files.
fn pictures(
    input: &SolutionsInput,
    gains: Option<&GainCube>,
    effects: &[EffectTable],
    names: &[String],
    style: &SolutionStyle,
) -> Vec<(PathBuf, Figure)> {
    let file = |what: &str| {
        Path::new(&text_path(&format!("{}-{what}.{}", input.output, input.extension))).to_path_buf()
    };
    let mut all = Vec::new();
    if let (true, Some(cube)) = (input.quicklook, gains) {
        all.push((file("amp"), quicklook(cube, false, style)));
        all.push((file("phs"), quicklook(cube, true, style)));
        return all;
    }
    for name in names {
        let own = gains.and_then(|cube| Some((cube, cube.station(name)?)));
        let title = format!("{} · {name}", style.title);
        let style = SolutionStyle { title, ..style.clone() };
        all.push(match own {
            Some((cube, s)) if input.heatmap => (file(name), map(cube, s, &style)),
            own => (file(name), page(name, own, effects, &style)),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ledama_ms::testing::Alone;

    fn input(file: &str, output: &Path) -> SolutionsInput {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ms/tests/data");
        let path = format!("{}/{file}", path.display());
        serde_json::from_value(serde_json::json!({
            "sources": { "files": [{ "path": path }] },
            "wanted": { "directions": ["CygA"] },
            "output": output.join("x").to_str().unwrap(),
            "extension": "png",
            "title": "solutions",
            "size": [600, 400],
            "statistics": output.join("stats.txt").to_str().unwrap(),
        }))
        .unwrap()
    }

    #[test]
    fn each_way_to_show_solutions_makes_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = Alone::default();
        let wanted = input("small.h5::sol000", folder.path());
        let made = PlotSolutions.run(wanted.clone(), &ctx).unwrap();
        assert_eq!(made.files.len(), made.stations.len() + 1);
        assert!(made.files.iter().all(|file| Path::new(file).is_file()));
        let text = std::fs::read_to_string(folder.path().join("stats.txt")).unwrap();
        assert!(text.starts_with("#station\ttype:corr\tnum\tmean\tmedian\tstd\tflagged\n"));
        assert_eq!(text.lines().count(), made.statistics.len() + 1);
        assert!(made.statistics[0].kind == "Gain:XX" && made.statistics[0].mean.is_some());
        // An older file of statistics is not touched, and that is an error.
        let error = PlotSolutions.run(wanted.clone(), &ctx).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Exists);
        let mut quick = SolutionsInput { quicklook: true, statistics: None, ..wanted.clone() };
        quick.stations = vec!["RS*".into()];
        quick.reference = Some("CS001HBA0".into());
        quick.wanted.directions = vec!["CygA".into()];
        let made = PlotSolutions.run(quick, &ctx).unwrap();
        assert!(made.files[0].ends_with("x-amp.png") && made.files[1].ends_with("x-phs.png"));
        assert!(made.stations.iter().all(|name| name.starts_with("RS")));
        let maps =
            SolutionsInput { heatmap: true, statistics: None, force: true, ..wanted.clone() };
        assert_eq!(PlotSolutions.run(maps, &ctx).unwrap().files.len(), 3);
        let none = SolutionsInput { statistics: None, stations: vec!["XX*".into()], ..wanted };
        assert!(PlotSolutions.run(none, &ctx).unwrap_err().message.contains("no station fits XX*"));
    }

    #[test]
    fn numbers_are_printed_with_six_digits() {
        assert_eq!(printed(0.002_345_678_9), "2.345679e-03");
        assert_eq!(printed(-1.5e12), "-1.500000e+12");
        assert_eq!(printed(0.0), "0.000000e+00");
        let one = statistic("CS001", "Gain:XX".into(), &[1.0, f64::NAN, 3.0, 5.0]);
        assert_eq!((one.count, one.missing, one.mean, one.median), (3, 1, Some(3.0), Some(3.0)));
        assert_eq!(
            table(&[one]).lines().nth(1).unwrap(),
            "CS001\tGain:XX\t3\t3.000000e+00\t3.000000e+00\t1.632993e+00\t1"
        );
        let none = statistic("CS001", "TEC".into(), &[f64::NAN]);
        assert!(table(&[none]).contains("TEC\t0\tnan\tnan\tnan\t1"));
    }
}
