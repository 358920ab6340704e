//! The operation `plot.visibilities`: pages of visibilities of sets of its node.

use ledama_analysis::curves::{Abscissa, CurveRequest, Sources};
use ledama_analysis::visibilities::{Choice, Coordinate};
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use ledama_ms::visibility::Visibilities;
use serde::{Deserialize, Serialize};

use super::panels::{Form, Per, Summary, groups, raster_name};
use crate::figures::pages::{Limits, Look, Pages, flagged, grid, legend, polarization};
use crate::figures::picture::{Picture, Written};

/// Plots visibilities.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotVisibilities;

/// What of which sets, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisibilitiesInput {
    /// The sets, in text form.
    pub paths: Vec<String>,
    /// Which visibilities.
    #[serde(default)]
    pub choice: Choice,
    /// Against what.
    #[serde(default)]
    pub x: Abscissa,
    /// What of them.
    pub y: Coordinate,
    /// Missing values that unwrapped phases bridge; phases stay wrapped if absent.
    #[serde(default)]
    pub unwrap: Option<usize>,
    /// Flagged samples as light crosses.
    #[serde(default)]
    pub flagged: bool,
    /// What a panel is about.
    #[serde(default)]
    pub per: Per,
    /// Maps over time and frequency.
    #[serde(default)]
    pub map: bool,
    /// `xmin,xmax,ymin,ymax`.
    #[serde(default)]
    pub limits: String,
    /// Panels across and down.
    pub grid: String,
    /// Most pages.
    pub pages: usize,
    /// Statistics in the panels, of values multiplied by this.
    #[serde(default)]
    pub statistics: Option<f64>,
    /// Unit of amplitudes, if it is known.
    #[serde(default)]
    pub unit: String,
    /// Most memory for values, MiB.
    pub memory_mib: usize,
    /// The look.
    #[serde(default)]
    pub look: Look,
    /// Where it goes.
    pub picture: Picture,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Files and numbers.
    #[serde(flatten)]
    pub written: Written,
    /// Pages.
    pub pages: usize,
    /// Panels.
    pub panels: usize,
    /// Baselines without a valid value.
    pub empty: Vec<String>,
    /// Values drawn.
    pub points: usize,
    /// Statistics of the panels.
    pub statistics: Vec<Summary>,
    /// What was left out, and why.
    pub warnings: Vec<String>,
}

/// Size of a page, pixels.
const SIZE: (u32, u32) = (2400, 1400);

impl Operation for PlotVisibilities {
    const NAME: &'static str = "plot.visibilities";
    const VERB: &'static str = "plot the visibilities of";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = VisibilitiesInput;
    type Output = Drawn;

    fn run(
        &self,
        input: VisibilitiesInput,
        ctx: &dyn OperationContext,
    ) -> Result<Drawn, OperationError> {
        draw(&input, &mut |done, total| {
            ctx.progress(Progress { done, total });
            ctx.check()
        })
    }
}

/// Draws; `watch` is told how much of all is read.
pub(super) fn draw(
    input: &VisibilitiesInput,
    watch: &mut dyn FnMut(u64, u64) -> Result<(), OperationError>,
) -> Result<Drawn, OperationError> {
    let request = CurveRequest {
        choice: &input.choice,
        x: input.x,
        y: input.y,
        unwrap: input.unwrap,
        flagged: input.flagged && !input.map,
    };
    let sources = Sources::open(&input.paths, request)?;
    let form = Form {
        x: input.x,
        y: input.y,
        unwrapped: input.unwrap.is_some(),
        unit: input.unit.clone(),
        limits: if input.limits.is_empty() {
            Limits::default()
        } else {
            Limits::parse(&input.limits)?
        },
        statistics: input.statistics,
    };
    if input.map && input.y == Coordinate::PhaseRate {
        return Err(OperationError::new(ErrorKind::Input, "there are no maps of rates of phases"));
    }
    let mut blank = input.look.figure(SIZE)?;
    blank.title = title(input, &sources, &form);
    blank.subtitle = subtitle(input, &sources);
    if input.map {
        blank.colour_bar = form.colour_bar();
    } else {
        let names = sources.polarizations();
        let mut all: Vec<_> =
            names.into_iter().map(|name| (name.clone(), polarization(&name))).collect();
        if input.flagged {
            all.push(("flagged".into(), flagged()));
        }
        blank.legend = legend(all);
    }
    let expected = match input.per {
        _ if input.map => sources
            .selections()
            .map(|open| open.baselines().len() * open.polarizations().len())
            .sum(),
        Per::Baseline => sources.pairs().len(),
        Per::Station => stations(&sources),
        Per::All => 1,
    };
    let mut pages = Pages::new(grid(&input.grid)?, blank, &input.picture, expected, input.pages)?;
    let batches = sources.batches(input.memory_mib.max(1) << 20);
    if input.per != Per::Baseline && batches.len() > 1 && !input.map {
        return Err(OperationError::new(
            ErrorKind::Input,
            "the values of all baselines do not fit",
        )
        .help("allow more memory by `--max-memory`, select less, or draw each baseline"));
    }
    let mut drawn = Drawn {
        warnings: sources.selections().flat_map(|open| open.warnings().to_vec()).collect(),
        ..Drawn::default()
    };
    let parts = batches.len() as u64;
    for (part, batch) in (0..).zip(batches) {
        let mut told = |done: u64, total: u64| watch(part * total + done, parts * total);
        if input.map {
            for raster in sources.rasters(batch, &mut told)? {
                let pair = &sources.pairs()[raster.pair];
                let what = raster_name(pair, &raster.polarization, raster.window);
                drawn.points += raster.values.iter().filter(|value| !value.is_nan()).count();
                match form.raster(pair, raster) {
                    Some(panel) => {
                        drawn.panels += 1;
                        pages.add(panel)?;
                    }
                    None => drawn.empty.push(what),
                }
            }
            continue;
        }
        let curves = sources.curves(batch, &mut told)?;
        for (title, members) in groups(input.per, sources.pairs(), &curves) {
            let Some((panel, summaries)) = form.panel(&title, &members) else {
                drawn.empty.push(title);
                continue;
            };
            drawn.panels += 1;
            drawn.points += summaries.iter().map(|one| one.count).sum::<usize>();
            drawn.statistics.extend(summaries);
            pages.add(panel)?;
        }
    }
    drawn.pages = pages.finish()?;
    drawn.written = pages.written;
    if drawn.panels == 0 {
        return Err(OperationError::new(ErrorKind::NotFound, "nothing in the selection is valid")
            .help("`--flags ignore` also draws flagged samples"));
    }
    Ok(drawn)
}

fn title(input: &VisibilitiesInput, sources: &Sources<'_>, form: &Form) -> String {
    let sets: Vec<&str> = sources.outlines().map(|set| set.name.as_str()).collect();
    let sets = match sets.as_slice() {
        [one] => (*one).to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => String::new(),
    };
    let quantity = form.y_label();
    let quantity = quantity.split(" [").next().unwrap_or_default().to_lowercase();
    format!("UVPlot · {sets} · {} · {quantity}", input.choice.column())
}

fn subtitle(input: &VisibilitiesInput, sources: &Sources<'_>) -> String {
    let mut times: Vec<f64> = sources.selections().flat_map(|open| open.times().to_vec()).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut channels: Vec<_> = sources.selections().map(Visibilities::channels).collect();
    channels.dedup();
    let averaged = match (input.choice.mode(), input.x.is_time()) {
        _ if input.map => "not averaged",
        (ledama_analysis::visibilities::Mode::None, _) => "not averaged",
        (_, true) => "averaged over channels",
        (_, false) => "averaged over time",
    };
    let mut parts = vec![
        format!("{} time slots", times.len()),
        match channels.as_slice() {
            [one] => format!("channels {} to {}", one.start, one.end.saturating_sub(1)),
            several => format!("{} spectral windows", several.len()),
        },
        averaged.to_string(),
    ];
    match input.choice.flags.unwrap_or_default() {
        ledama_ms::visibility::Flags::Apply => {}
        ledama_ms::visibility::Flags::Ignore => parts.push("flags ignored".into()),
        ledama_ms::visibility::Flags::Only => parts.push("flagged samples only".into()),
    }
    if let Some(scale) = input.statistics {
        parts.push(format!("mean ± deviation × {scale}"));
    }
    parts.push(format!("ledama {}", env!("CARGO_PKG_VERSION")));
    parts.join(" · ")
}

fn stations(sources: &Sources<'_>) -> usize {
    let names: std::collections::BTreeSet<&String> =
        sources.pairs().iter().flat_map(|pair| &pair.names).collect();
    names.len()
}
