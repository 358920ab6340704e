//! The operations `plot.gain_movie` and `plot.gain_movie_plan`.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use ledama_analysis::gains::estimate;
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext::{path_text, text_path};
use ledama_base::units;
use ledama_leddb::movies::{Found, MovieInfo};
use serde::{Deserialize, Serialize};

use super::{GainMovieInput, Loaded, Turned, info, load};
use crate::figures::gain_frame::{Film, FrameStyle};
use crate::movie::layout::Layout;
use crate::movie::{Estimate, Format, Job, Rate, Written};

/// Makes a movie of gains.
#[derive(Debug, Clone, Copy, Default)]
pub struct GainMovie;

/// Tells what a movie of gains would be.
#[derive(Debug, Clone, Copy, Default)]
pub struct GainMoviePlan;

/// A movie that was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GainMovieOutput {
    /// What was written.
    pub written: Written,
    /// As the database takes it; none for single pictures.
    pub found: Option<Found>,
    /// Stations that are shown.
    pub stations: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A movie that would be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GainMoviePlanOutput {
    /// Frames, size, memory.
    pub estimate: Estimate,
    /// Where it would be, in text form.
    pub path: String,
    /// Stations that would be shown.
    pub stations: Vec<String>,
    /// Sub-bands or files.
    pub sources: usize,
    /// Limits of the panels.
    pub yrange: [f64; 4],
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Most stations whose panels can be read.
const MOST_STATIONS: usize = 150;

fn loaded(input: &GainMovieInput, ctx: &dyn OperationContext) -> Result<Loaded, OperationError> {
    let how = (input.times, input.order, input.movie.max_memory_mb);
    let turned = Turned {
        reference: input.reference.as_deref(),
        delays: input.delays.as_deref(),
        mask: None,
    };
    let mut loaded = load(&input.sources, &input.wanted, how, turned, ctx)?;
    let stations = loaded.cube.stations.len();
    if stations > MOST_STATIONS {
        let told = format!(
            "{stations} stations in one picture are hard to read; choose some, or a larger --size"
        );
        loaded.cube.warnings.push(told);
    }
    Ok(loaded)
}

fn film<'a>(input: &GainMovieInput, loaded: &'a Loaded) -> Result<Film<'a>, OperationError> {
    let cube = &loaded.cube;
    let origins = &cube.origins;
    let observation = origins.iter().find_map(|origin| origin.observation.clone());
    let legacy = input.order == ledama_analysis::stations::Order::Legacy;
    let style = FrameStyle {
        across: input.xaxis,
        cartesian: input.cartesian,
        limits: input.yrange,
        object: input.object.clone().or(observation).unwrap_or_default(),
        reference: loaded.reference.clone(),
        delays: loaded.delayed,
        pointing: origins.iter().find_map(|origin| origin.pointing),
        layout: Layout { from_below: legacy, ..Layout::NEW },
        size: input.size.unwrap_or((1200, 700)),
        scale: input.scale.unwrap_or(1.0),
        theme: input.theme,
    };
    if let Some(limits) = input.yrange {
        let right = |low: f64, high: f64| low < high && low.is_finite() && high.is_finite();
        if !right(limits[0], limits[1]) || !right(limits[2], limits[3]) {
            let message = format!("the limits {limits:?} do not ascend");
            return Err(OperationError::new(ErrorKind::Input, message)
                .help("`--yrange` is the lower and upper limit of the lower panels, then of the upper ones"));
        }
    }
    Film::new(cube, loaded.direction, style)
        .map_err(|message| OperationError::new(ErrorKind::Input, message))
}

fn job<'a>(
    input: &'a GainMovieInput,
    loaded: &Loaded,
    film: &'a Film<'_>,
) -> Result<Job<'a>, OperationError> {
    let rate = Rate::new(input.frames_per_second(), 1).unwrap_or_default();
    Job::new(film, &input.movie, &text_path(&input.output), rate, estimate(loaded.cube.shape()))
}

impl Operation for GainMoviePlan {
    const NAME: &'static str = "plot.gain_movie_plan";
    const VERB: &'static str = "look at the gains for";
    const EFFECT: Effect = Effect::Reads;
    type Input = GainMovieInput;
    type Output = GainMoviePlanOutput;

    fn run(
        &self,
        input: GainMovieInput,
        ctx: &dyn OperationContext,
    ) -> Result<GainMoviePlanOutput, OperationError> {
        let loaded = loaded(&input, ctx)?;
        let film = film(&input, &loaded)?;
        let job = job(&input, &loaded, &film)?;
        Ok(GainMoviePlanOutput {
            estimate: job.estimate(),
            path: path_text(job.path()),
            stations: loaded.cube.stations.clone(),
            sources: loaded.cube.origins.len(),
            yrange: film.limits(),
            warnings: loaded.cube.warnings.clone(),
        })
    }
}

impl Operation for GainMovie {
    const NAME: &'static str = "plot.gain_movie";
    const VERB: &'static str = "make a movie";
    const EFFECT: Effect = Effect::Changes;
    type Input = GainMovieInput;
    type Output = GainMovieOutput;

    fn run(
        &self,
        input: GainMovieInput,
        ctx: &dyn OperationContext,
    ) -> Result<GainMovieOutput, OperationError> {
        let loaded = loaded(&input, ctx)?;
        for warning in &loaded.cube.warnings {
            ctx.log(warning);
        }
        let film = film(&input, &loaded)?;
        let job = job(&input, &loaded, &film)?;
        let path = job.path().to_path_buf();
        let stills = job.estimate().format == Format::Frames.name();
        let folder = match path.parent() {
            _ if stills => path.clone(),
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => Path::new(".").to_path_buf(),
        };
        std::fs::create_dir_all(&folder)
            .map_err(|error| OperationError::io(folder.display(), &error))?;
        let written = job.write(&info::digest(&input, &loaded), ctx)?;
        let told = info::described(&input, &loaded, film.limits(), Some(&written));
        // A folder of frames has nothing but frames in it.
        let beside = if stills { folder.parent().unwrap_or(&folder) } else { &folder };
        info::save(beside, &told, input.legacy_info)?;
        Ok(GainMovieOutput {
            found: (!stills).then(|| found(&path, &written, told)),
            written,
            stations: loaded.cube.stations,
            warnings: loaded.cube.warnings,
        })
    }
}

fn found(path: &Path, written: &Written, info: MovieInfo) -> Found {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    Found {
        size_mb: i64::try_from(units::mib(written.bytes)).unwrap_or(i64::MAX),
        modified: std::fs::metadata(&path).map_or(0, |facts| facts.mtime()),
        path: path_text(&path),
        info,
    }
}
