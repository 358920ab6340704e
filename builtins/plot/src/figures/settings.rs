//! What is to be plotted of diagnostics: from the options of a module to
//! checked settings.

use ledama_analysis::diag::input::Input;
use ledama_analysis::diag::keys::Key;
use ledama_analysis::diag::kinds::Derived;
use ledama_analysis::diag::map::Across;
use ledama_analysis::diag::reduce::{Averaging, Resolution};
use ledama_analysis::diag::row::CORRELATIONS;
use ledama_analysis::diag::series::{Coordinate, Wanted};
use ledama_analysis::diag::{Type, XAxis};
use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};

use super::clock::TopAxis;
use crate::figure::Theme;

/// The options of a plotter, as they are given.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    /// Correlations.
    pub correlations: Vec<usize>,
    /// Key of the panels.
    pub subplotkey: Option<String>,
    /// Key of the colours.
    pub colorkey: Option<String>,
    /// Horizontal axis.
    pub xaxis: Option<XAxis>,
    /// `min,max`.
    pub xrange: Option<String>,
    /// Seconds or MHz.
    pub resolution: Option<String>,
    /// Comma list of coordinates.
    pub yaxis: Option<String>,
    /// Two numbers for each, or `share`.
    pub yrange: Option<String>,
    /// A number for each.
    pub yoffset: Option<String>,
    /// Whether there is a legend.
    pub legend: bool,
    /// Comma list of kinds.
    pub kinds: Vec<String>,
    /// How samples are put together.
    pub average: Averaging,
    /// Samples are left out instead.
    pub decimate: bool,
    /// Phases in degrees.
    pub degrees: bool,
    /// Colours instead of points.
    pub map: bool,
    /// What the rows of a map are.
    #[serde(rename = "map_rows")]
    pub across: Option<Across>,
    /// A second scale.
    pub top_axis: Option<TopAxis>,
    /// `WxH`.
    pub size: Option<String>,
    /// Everything so many times larger.
    pub scale: Option<f64>,
    /// Colours of paper and ink.
    pub theme: Theme,
}

/// Limits of the vertical axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YRange {
    /// Each panel for itself.
    Auto,
    /// All panels of an axis alike.
    Share,
    /// Exactly these.
    Fixed(Vec<(f64, f64)>),
}

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the rows are about.
    pub of: Type,
    /// What is plotted.
    pub wanted: Wanted,
    /// Limits of the horizontal axis.
    pub xrange: Option<(f64, f64)>,
    /// Limits of the vertical axes.
    pub yrange: YRange,
    /// How far the colours are apart, for each vertical axis.
    pub offsets: Vec<f64>,
    /// Whether there is a legend.
    pub legend: bool,
    /// Phases in degrees.
    pub degrees: bool,
    /// A map instead of points.
    pub map: bool,
    /// What its rows are; the usual ones if absent.
    pub across: Option<Across>,
    /// A second scale above the panels.
    pub top: Option<TopAxis>,
    /// Pixels at scale 1.
    pub size: (u32, u32),
    /// Everything so many times larger.
    pub scale: f64,
    /// Colours of paper and ink.
    pub theme: Theme,
}

/// Size of the pictures of plotters, pixels.
pub const SIZE: (u32, u32) = (2500, 1000);

/// The colour key if none is given; it may be replaced by what differs.
const USUAL_COLOURS: &str = "lc";

fn wrong(message: impl Into<String>, help: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Input, message).help(help)
}

fn numbers(text: &str, option: &str) -> Result<Vec<f64>, OperationError> {
    let number = |item: &str| item.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    text.split(',')
        .map(|item| {
            number(item).ok_or_else(|| {
                wrong(
                    format!("--{option}: `{}` is no number", item.trim()),
                    "numbers with commas between them are needed",
                )
            })
        })
        .collect()
}

impl Settings {
    /// Checks options.
    pub fn new(of: Type, given: &Given) -> Result<Self, OperationError> {
        let yaxes = coordinates(given.yaxis.as_deref().unwrap_or("amp,phase"))?;
        let xaxis = given.xaxis.unwrap_or(XAxis::Utc);
        let panels = Key::parse(given.subplotkey.as_deref().unwrap_or_default(), of)?;
        let text = given.colorkey.as_deref().unwrap_or(USUAL_COLOURS);
        let mut colours = Key::parse(text, of)?;
        let automatic = text == USUAL_COLOURS;
        if automatic {
            // The usual key makes way for that of the panels.
            colours.0.retain(|one| !panels.0.contains(one));
        } else if colours.0.is_empty() {
            return Err(wrong(
                "the colour key is empty",
                "`--colorkey l` tells observations apart",
            ));
        }
        colours.apart(&panels)?;
        let resolution = Resolution {
            width: given.resolution.as_deref().map(width).transpose()?,
            decimate: given.decimate,
        };
        Ok(Self {
            of,
            xrange: xrange(given, xaxis)?,
            yrange: yrange(given.yrange.as_deref(), yaxes.len())?,
            offsets: offsets(given.yoffset.as_deref(), yaxes.len())?,
            legend: given.legend,
            degrees: given.degrees,
            map: given.map,
            across: given.across,
            top: top(given, xaxis)?,
            size: given.size.as_deref().map_or(Ok(SIZE), size)?,
            scale: given.scale.unwrap_or(1.0),
            theme: given.theme,
            wanted: Wanted {
                correlations: correlations(&given.correlations)?,
                panels,
                colours,
                automatic,
                xaxis,
                yaxes,
                resolution,
                averaging: given.average,
            },
        })
    }

    /// Checks kinds of statistics against what they are for.
    pub fn check(&self, input: &Input) -> Result<(), OperationError> {
        if self.of == Type::Gain && !input.kinds.is_empty() {
            return Err(wrong("gains have no kinds", "leave out --kinds"));
        }
        if input.kinds.iter().any(String::is_empty) {
            let names: Vec<&str> = Derived::ALL.into_iter().map(Derived::name).collect();
            return Err(wrong(
                "--kinds: a name is empty",
                format!("besides stored kinds such as Count there are {}", names.join(", ")),
            ));
        }
        Ok(())
    }
}

fn correlations(given: &[usize]) -> Result<Vec<usize>, OperationError> {
    let mut all = given.to_vec();
    all.sort_unstable();
    all.dedup();
    match all.iter().find(|one| **one >= CORRELATIONS) {
        Some(one) => Err(wrong(
            format!("--correlations: there is no correlation {one}"),
            "0 is XX, 1 XY, 2 YX, 3 YY",
        )),
        None if all.is_empty() => Err(wrong("--correlations: none are given", "0,3 are XX and YY")),
        None => Ok(all),
    }
}

fn coordinates(text: &str) -> Result<Vec<Coordinate>, OperationError> {
    let mut all = Vec::new();
    for name in text.split(',').map(str::trim) {
        let one = Coordinate::named(name).ok_or_else(|| {
            wrong(
                format!("--yaxis: `{name}` is no axis"),
                "there are amp, phase, phaseunwrap (phasewrap), real, imag",
            )
        })?;
        if all.contains(&one) {
            return Err(wrong(format!("--yaxis: `{name}` is there twice"), "name it once"));
        }
        all.push(one);
    }
    Ok(all)
}

fn width(text: &str) -> Result<f64, OperationError> {
    match numbers(text, "resolution")?.as_slice() {
        [width] if *width > 0.0 => Ok(*width),
        _ => Err(wrong(
            format!("--resolution: `{text}` is no width"),
            "a positive number of seconds, or of MHz on the axis of frequency",
        )),
    }
}

fn xrange(given: &Given, xaxis: XAxis) -> Result<Option<(f64, f64)>, OperationError> {
    let Some(text) = given.xrange.as_deref() else { return Ok(None) };
    if !xaxis.takes_range() {
        return Err(wrong(
            "--xrange is for TIME_UTC_DAILY, TIME_HOUR_ANGLE and FREQ_NORMAL",
            "select observations instead, or leave it out",
        ));
    }
    match numbers(text, "xrange")?.as_slice() {
        [low, high] if low < high => Ok(Some((*low, *high))),
        _ => Err(wrong(
            format!("--xrange: `{text}` is no range"),
            "`min,max` is needed, such as `0,86400`",
        )),
    }
}

fn yrange(text: Option<&str>, axes: usize) -> Result<YRange, OperationError> {
    let Some(text) = text else { return Ok(YRange::Auto) };
    if text.trim() == "share" {
        return Ok(YRange::Share);
    }
    let all = numbers(text, "yrange")?;
    let (pairs, rest) = all.as_chunks::<2>();
    if pairs.len() != axes || !rest.is_empty() {
        return Err(wrong(
            format!("--yrange: {} numbers for {axes} axes", all.len()),
            "`min,max` for each vertical axis in their order, or `share`",
        ));
    }
    if let Some([low, high]) = pairs.iter().find(|[low, high]| low >= high) {
        return Err(wrong(
            format!("--yrange: {low} is not below {high}"),
            "the smaller one comes first",
        ));
    }
    Ok(YRange::Fixed(pairs.iter().map(|[low, high]| (*low, *high)).collect()))
}

fn offsets(text: Option<&str>, axes: usize) -> Result<Vec<f64>, OperationError> {
    let Some(text) = text else { return Ok(vec![0.0; axes]) };
    let all = numbers(text, "yoffset")?;
    if all.len() == axes {
        return Ok(all);
    }
    Err(wrong(
        format!("--yoffset: {} numbers for {axes} axes", all.len()),
        "one number for each vertical axis in their order",
    ))
}

fn top(given: &Given, xaxis: XAxis) -> Result<Option<TopAxis>, OperationError> {
    match (given.top_axis, xaxis) {
        (Some(_), XAxis::Daily | XAxis::HourAngle | XAxis::Frequency) => Err(wrong(
            "--top-axis is for the axes of UTC",
            "choose TIME_UTC_NORMAL or TIME_UTC_WRAP_BLANK, or leave it out",
        )),
        (other, _) => Ok(other),
    }
}

/// `WxH` as pixels.
pub fn size(text: &str) -> Result<(u32, u32), OperationError> {
    let parsed = text.split_once(['x', 'X', ',']).and_then(|(width, height)| {
        Some((width.trim().parse::<u32>().ok()?, height.trim().parse::<u32>().ok()?))
    });
    parsed.filter(|(width, height)| *width > 0 && *height > 0).ok_or_else(|| {
        wrong(
            format!("--size: `{text}` is no size"),
            "width and height in pixels, such as `2500x1000`",
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn given(change: impl FnOnce(&mut Given)) -> Given {
        let mut given = Given { correlations: vec![0, 3], ..Given::default() };
        change(&mut given);
        given
    }

    #[test]
    fn the_usual_settings_are_those_of_always() {
        let settings = Settings::new(Type::Gain, &given(|_| {})).unwrap();
        assert_eq!(settings.wanted.yaxes, [Coordinate::Amp, Coordinate::Phase]);
        assert_eq!((settings.wanted.xaxis, settings.size), (XAxis::Utc, (2500, 1000)));
        assert!(settings.wanted.automatic && settings.yrange == YRange::Auto);
        // A sub-plot by correlation takes it from the usual colours.
        let by_corr = Settings::new(Type::Qfs, &given(|one| one.subplotkey = Some("c".into())));
        assert_eq!(by_corr.unwrap().wanted.colours.words(), "observation");
    }

    #[test]
    fn wrong_options_are_told_before_anything_is_read() {
        type Change = fn(&mut Given);
        let cases: [(Change, &str); 14] = [
            (|one| one.xrange = Some("0,5".into()), "--xrange is for"),
            (|one| (one.xaxis, one.xrange) = (Some(XAxis::Daily), Some("5".into())), "no range"),
            (|one| (one.xaxis, one.xrange) = (Some(XAxis::Daily), Some("a,b".into())), "`a` is no"),
            (|one| one.yrange = Some("0,1".into()), "2 numbers for 2 axes"),
            (|one| one.yrange = Some("0,1,3,2".into()), "3 is not below 2"),
            (|one| one.yoffset = Some("1".into()), "1 numbers for 2"),
            (|one| one.yaxis = Some("amp,size".into()), "`size` is no axis"),
            (|one| one.yaxis = Some("amp,amp".into()), "twice"),
            (|one| one.resolution = Some("-3".into()), "no width"),
            (|one| one.correlations = vec![4], "no correlation 4"),
            (|one| one.colorkey = Some(String::new()), "key is empty"),
            (
                |one| (one.colorkey, one.subplotkey) = (Some("cf".into()), Some("c".into())),
                "corr is in",
            ),
            (|one| one.size = Some("2500".into()), "no size"),
            (
                |one| (one.xaxis, one.top_axis) = (Some(XAxis::Frequency), Some(TopAxis::Ha)),
                "--top-axis is for",
            ),
        ];
        for (change, part) in cases {
            let error = Settings::new(Type::Gain, &given(change)).unwrap_err();
            assert!(error.message.contains(part), "{error}");
            assert!(error.kind == ErrorKind::Input && error.help.is_some());
        }
    }

    #[test]
    fn negative_limits_are_limits() {
        let hour_angle = given(|one| {
            one.xaxis = Some(XAxis::HourAngle);
            one.xrange = Some("-43200,43200".into());
            one.yrange = Some("-1e-3,1,-3.5,3.5".into());
        });
        let settings = Settings::new(Type::Gain, &hour_angle).unwrap();
        assert_eq!(settings.xrange, Some((-43_200.0, 43_200.0)));
        assert_eq!(settings.yrange, YRange::Fixed(vec![(-1e-3, 1.0), (-3.5, 3.5)]));
    }
}
