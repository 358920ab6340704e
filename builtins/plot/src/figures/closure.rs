//! Closures as pictures and as tables; the operation `plot.closure`.

use std::fmt::Write as _;

use ledama_analysis::closure::{Closure, ClosureRequest, Joint, closures};
use ledama_analysis::visibilities::{Choice, to_unix_s, utc_text};
use ledama_base::atomic::{self, Existing};
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::pages::{Look, Pages, axis, grid, legend, points, polarization, radius};
use super::picture::{Picture, Written};
use crate::figure::{Axis, Layer, Panel, Range, Style, Ticks};

/// Plots closures.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotClosure;

/// What of which set, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureInput {
    /// The set, in text form.
    pub path: String,
    /// Which visibilities.
    #[serde(default)]
    pub choice: Choice,
    /// Triangles, with `/` between them; or `all`.
    #[serde(default)]
    pub triangles: String,
    /// Only those of `all` with this station.
    #[serde(default)]
    pub reference: Option<String>,
    /// Closure amplitudes of these instead.
    #[serde(default)]
    pub quads: Option<String>,
    /// What of the bispectrum is averaged.
    #[serde(default)]
    pub joint: Joint,
    /// Missing values that unwrapped phases bridge; phases stay wrapped if absent.
    #[serde(default)]
    pub unwrap: Option<usize>,
    /// Panels across and down.
    pub grid: String,
    /// Most pages.
    pub pages: usize,
    /// Where the table goes, in text form; nowhere if absent.
    #[serde(default)]
    pub table: Option<String>,
    /// The look.
    #[serde(default)]
    pub look: Look,
    /// Where the picture goes.
    pub picture: Picture,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClosureOutput {
    /// Files and numbers.
    #[serde(flatten)]
    pub written: Written,
    /// Pages.
    pub pages: usize,
    /// Triangles or quadrangles.
    pub shapes: usize,
    /// Values drawn.
    pub points: usize,
    /// Times without a valid value on every side.
    pub flagged: usize,
}

/// Size of a page, pixels.
const SIZE: (u32, u32) = (2400, 1400);

impl Operation for PlotClosure {
    const NAME: &'static str = "plot.closure";
    const VERB: &'static str = "plot closures of";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = ClosureInput;
    type Output = ClosureOutput;

    fn run(
        &self,
        input: ClosureInput,
        ctx: &dyn OperationContext,
    ) -> Result<ClosureOutput, OperationError> {
        draw(&input, &mut |done, total| {
            ctx.progress(Progress { done, total });
            ctx.check()
        })
    }
}

fn draw(
    input: &ClosureInput,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<ClosureOutput, OperationError> {
    let existing = if input.picture.force { Existing::Replace } else { Existing::Keep };
    if let Some(table) = &input.table
        && existing == Existing::Keep
        && rawtext::text_path(table).exists()
    {
        return Err(OperationError::new(ErrorKind::Exists, format!("{table} exists"))
            .help("`--force` replaces it"));
    }
    let request = ClosureRequest {
        choice: &input.choice,
        triangles: &input.triangles,
        reference: input.reference.as_deref(),
        quads: input.quads.as_deref(),
        joint: input.joint,
    };
    let (outline, mut found) = closures(&input.path, &request, watch)?;
    if let Some(gap) = input.unwrap
        && input.quads.is_none()
    {
        for one in &mut found {
            one.values = ledama_analysis::math::unwrap(&one.values, gap);
        }
    }
    let shapes: Vec<&[Closure]> = found.chunk_by(|a, b| a.shape == b.shape).collect();
    let mut blank = input.look.figure(SIZE)?;
    let what = if input.quads.is_some() { "closure amplitude" } else { "closure phase" };
    blank.title = format!("ClosurePhase · {} · {} · {what}", outline.name, input.choice.column());
    blank.subtitle = subtitle(input, &found);
    let names: Vec<&String> =
        shapes.first().map_or(Vec::new(), |one| one.iter().map(|c| &c.polarization).collect());
    blank.legend = legend(names.into_iter().map(|name| (name.clone(), polarization(name))));
    let mut output = ClosureOutput { shapes: shapes.len(), ..ClosureOutput::default() };
    let mut pages =
        Pages::new(grid(&input.grid)?, blank, &input.picture, shapes.len(), input.pages)?;
    for shape in shapes {
        pages.add(panel(shape, input.quads.is_some(), input.unwrap.is_none()))?;
    }
    for one in &found {
        let valid = one.values.iter().filter(|value| !value.is_nan()).count();
        output.points += valid;
        output.flagged += one.values.len() - valid;
    }
    output.pages = pages.finish()?;
    output.written = pages.written;
    if let Some(path) = &input.table {
        atomic::write(
            &rawtext::text_path(path),
            table(&found, input.quads.is_some()).as_bytes(),
            existing,
        )?;
        output.written.files.push(path.clone());
    }
    Ok(output)
}

fn panel(shape: &[Closure], amplitude: bool, wrapped: bool) -> Panel {
    use std::f64::consts::PI;
    let title = shape.first().map_or(String::new(), |one| one.names.join(" – "));
    let y = if amplitude {
        axis("Closure amplitude", Ticks::Numbers, Range::Auto)
    } else {
        let wide = shape.iter().flat_map(|one| &one.values).any(|value| value.abs() > 1.5);
        let range = if wide && wrapped { Range::Fixed(-PI, PI) } else { Range::Auto };
        axis("Closure phase [rad]", Ticks::Phase, range)
    };
    let count: usize = shape.iter().map(|one| one.values.len()).sum();
    let all = shape.first().map_or(&[][..], |one| one.times.as_slice());
    let series = shape.iter().map(|one| {
        let x = one.times.iter().map(|time| to_unix_s(*time)).collect();
        let style = Style { radius: radius(count), ..polarization(&one.polarization) };
        Layer::Series(points(&one.polarization, style, x, one.values.clone()))
    });
    let empty = shape.iter().all(|one| one.values.iter().all(|value| value.is_nan()));
    // All panels have the times of the set, also those without a value.
    let times: Vec<f64> = all.iter().map(|time| to_unix_s(*time)).collect();
    let ends = match times.as_slice() {
        [first, .., last] if first < last => {
            let margin = (last - first) * 0.02;
            Range::Fixed(first - margin, last + margin)
        }
        _ => Range::Auto,
    };
    let y = if empty { Axis { ticks: Ticks::None, ..y } } else { y };
    Panel {
        title,
        x: axis("Time [UTC]", Ticks::Utc, ends),
        y,
        layers: series.collect(),
        note: if empty { "all flagged".into() } else { String::new() },
        ..Panel::default()
    }
}

fn subtitle(input: &ClosureInput, found: &[Closure]) -> String {
    let averaged = match input.joint {
        Joint::None => "visibilities averaged over channels",
        Joint::Channels => "bispectra averaged over channels",
        Joint::Times => "bispectra averaged over time",
        Joint::Both => "bispectra averaged over channels and time",
    };
    let missing = found.iter().flat_map(|one| &one.values).filter(|value| value.is_nan()).count();
    let all: usize = found.iter().map(|one| one.values.len()).sum();
    format!(
        "{} points drawn, {missing} without a value · {averaged} · ledama {}",
        all - missing,
        env!("CARGO_PKG_VERSION")
    )
}

/// Lines of time, stations, polarization, value and flag, with commas.
fn table(found: &[Closure], amplitude: bool) -> String {
    let (shape, value) = if amplitude { ("quad", "amplitude") } else { ("triangle", "phase_rad") };
    let mut text = format!("time_utc,{shape},pol,{value},flag\n");
    for one in found {
        for (time, value) in one.times.iter().zip(&one.values) {
            let flag = u8::from(value.is_nan());
            let value = if value.is_nan() { String::new() } else { format!("{value:.9}") };
            let names = one.names.join("-");
            let _ =
                writeln!(text, "{},{names},{},{value},{flag}", utc_text(*time), one.polarization);
        }
    }
    text
}
