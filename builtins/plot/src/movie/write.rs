//! A movie from its scenes to its file.

use std::path::{Path, PathBuf};

use ledama_base::atomic::Existing;
use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::draw::{Drawer, Scenes};
use super::encode::stills::Stills;
use super::encode::{Cook, Encoder, Ffmpeg, Format, Palette, Settings};
use super::{Rate, roll};

/// Frames whose colours make the palette of a GIF.
const SAMPLES: usize = 9;

/// Bytes of a frame of an MP4, a GIF and a picture, for each pixel: measured.
const BYTES_PER_PIXEL: [f64; 3] = [0.03, 0.06, 0.07];

/// How a movie is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// The format; `None`: MP4 if ffmpeg is there, else GIF.
    pub format: Option<Format>,
    /// Frames a second, such as `20`, `12.5` or `25/2`; `None`: that of the movie.
    pub fps: Option<String>,
    /// Quality of H.264: 0 is lossless, 18 looks so, 51 is the worst.
    pub crf: u8,
    /// Also keep the frames as pictures, in the folder `NAME_frames` beside the movie.
    pub keep_frames: bool,
    /// The same bytes in every run.
    pub reproducible: bool,
    /// Replace a movie that is there.
    pub force: bool,
    /// Threads; 0: as many as there are processors.
    pub workers: usize,
    /// Most memory, MiB; 0: no limit.
    pub max_memory_mb: u64,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            format: None,
            fps: None,
            crf: 18,
            keep_frames: false,
            reproducible: false,
            force: false,
            workers: 0,
            max_memory_mb: 0,
        }
    }
}

/// What a movie will be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Frames.
    pub frames: usize,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Frames a second.
    pub fps: String,
    /// How long it lasts, s.
    pub seconds: f64,
    /// The format.
    pub format: String,
    /// About how large the movie will be, bytes.
    pub bytes: u64,
    /// About how much memory is needed, bytes.
    pub memory: u64,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The movie, or the folder of frames, in text form.
    pub path: String,
    /// What it is.
    pub estimate: Estimate,
    /// Its size, bytes.
    pub bytes: u64,
    /// Frames that were there already.
    pub kept: usize,
    /// What wrote it.
    pub encoder: String,
}

/// A movie about to be written: all that can be wrong without drawing is found by then.
pub struct Job<'a> {
    scenes: &'a dyn Scenes,
    drawer: Drawer,
    output: &'a Output,
    format: Format,
    ffmpeg: Option<Ffmpeg>,
    rate: Rate,
    path: PathBuf,
    workers: usize,
    window: usize,
    /// Memory that is used for the numbers, bytes.
    numbers: u64,
}

impl<'a> Job<'a> {
    /// Prepares a movie at `stem`, to which the ending of the format is added unless it
    /// has one of a movie. `numbers`: bytes of memory that hold what is shown.
    ///
    /// # Errors
    /// Options that do not fit together, a program that is not there, a movie that is
    /// there, figures that cannot be drawn.
    pub fn new(
        scenes: &'a dyn Scenes,
        output: &'a Output,
        stem: &Path,
        rate: Rate,
        numbers: u64,
    ) -> Result<Self, OperationError> {
        let input = |message: String| OperationError::new(ErrorKind::Input, message);
        let rate = output.fps.as_deref().map_or(Ok(rate), str::parse).map_err(input)?;
        if output.crf > 51 {
            return Err(input(format!("a crf of {} is more than 51", output.crf)));
        }
        let ending = ending(stem)?;
        let format = match (ending, output.format) {
            (Some(ending), Some(format)) if ending != format => {
                return Err(input(format!(
                    "{} is no file for the format {}",
                    stem.display(),
                    format.name()
                )));
            }
            (ending, format) => ending.or(format),
        };
        let ffmpeg = Ffmpeg::find();
        let format = format.unwrap_or(if ffmpeg.is_some() { Format::Mp4 } else { Format::Gif });
        if format == Format::Mp4 && ffmpeg.is_none() {
            return Err(OperationError::new(
                ErrorKind::NotFound,
                "MP4 needs the program ffmpeg, which is not in $PATH",
            )
            .help("install it, or choose `--format gif` or `--format apng`"));
        }
        if scenes.frames() == 0 {
            return Err(input("there are no frames: nothing of what is chosen is there".into()));
        }
        let path = match (format, ending) {
            (Format::Frames, _) | (_, Some(_)) => stem.to_path_buf(),
            _ => {
                let mut name = stem.as_os_str().to_owned();
                name.push(".");
                name.push(format.extension());
                PathBuf::from(name)
            }
        };
        if format != Format::Frames && !output.force && path.symlink_metadata().is_ok() {
            let message = format!("{} is there already", path.display());
            return Err(
                OperationError::new(ErrorKind::Exists, message).help("`--force` replaces it")
            );
        }
        let drawer = Drawer::new(scenes)?;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if output.workers == 0 { processors } else { output.workers };
        let mut job = Self {
            scenes,
            drawer,
            output,
            format,
            ffmpeg,
            rate,
            path,
            workers,
            window: 2 * workers,
            numbers,
        };
        job.fit()?;
        Ok(job)
    }

    /// Bytes of a frame in memory: its pixels, and what is made of them.
    fn frame_bytes(&self) -> u64 {
        let (width, height) = self.drawer.size();
        2 * 3 * u64::from(width) * u64::from(height)
    }

    fn memory(&self) -> u64 {
        self.numbers + 2 * self.window as u64 * self.frame_bytes()
    }

    /// Holds fewer frames at a time if memory is short.
    fn fit(&mut self) -> Result<(), OperationError> {
        let most = self.output.max_memory_mb << 20;
        while most > 0 && self.memory() > most {
            if self.window == 1 {
                let message = format!(
                    "the movie needs {} MiB of memory, more than the {} MiB that are allowed",
                    self.memory() >> 20,
                    self.output.max_memory_mb
                );
                return Err(OperationError::new(ErrorKind::Input, message)
                    .help("choose fewer times, channels or stations, or raise `--max-memory`"));
            }
            self.window = (self.window / 2).max(1);
            self.workers = self.workers.min(self.window);
        }
        Ok(())
    }

    /// What it will be.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn estimate(&self) -> Estimate {
        let (width, height) = self.drawer.size();
        let frames = self.scenes.frames();
        let each = match self.format {
            Format::Mp4 => BYTES_PER_PIXEL[0],
            Format::Gif => BYTES_PER_PIXEL[1],
            Format::Apng | Format::Frames => BYTES_PER_PIXEL[2],
        };
        Estimate {
            frames,
            size: [width, height],
            fps: self.rate.to_string(),
            seconds: self.rate.seconds(frames),
            format: self.format.name().to_string(),
            bytes: (frames as f64 * f64::from(width) * f64::from(height) * each) as u64,
            memory: self.memory(),
        }
    }

    /// The movie, or the folder of frames.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it. `digest` stands for all that the frames depend on.
    ///
    /// # Errors
    /// A full disk, a failure of ffmpeg, an interruption; nothing half done remains
    /// but frames, which a later run takes up.
    pub fn write(
        self,
        digest: &str,
        ctx: &dyn OperationContext,
    ) -> Result<Written, OperationError> {
        let estimate = self.estimate();
        let folder = match self.format {
            Format::Frames => Some(self.path.clone()),
            _ if self.output.keep_frames => {
                let mut name = self.path.file_stem().unwrap_or_default().to_os_string();
                name.push("_frames");
                Some(self.path.with_file_name(name))
            }
            _ => None,
        };
        let (width, height) = self.drawer.size();
        let digest = blake3::hash(format!("{digest} {width}x{height}").as_bytes()).to_hex();
        let stills = folder.map(|folder| Stills::begin(&folder, &digest)).transpose()?;
        let (encoder, kept) = match (&self.format, &stills) {
            (Format::Frames, Some(stills)) => self.stills(stills, ctx)?,
            _ => (self.film(stills.as_ref(), ctx)?, 0),
        };
        if let Some(stills) = stills {
            stills.finish(self.scenes.frames())?;
        }
        let bytes = match self.format {
            Format::Frames => 0,
            _ => std::fs::metadata(&self.path).map_or(0, |facts| facts.len()),
        };
        let path = ledama_base::rawtext::path_text(&self.path);
        Ok(Written { path, estimate, bytes, kept, encoder })
    }

    /// Only pictures; those that are there are kept.
    fn stills(
        &self,
        stills: &Stills,
        ctx: &dyn OperationContext,
    ) -> Result<(String, usize), OperationError> {
        let missing: Vec<usize> = (0..self.scenes.frames()).filter(|at| !stills.has(*at)).collect();
        let kept = self.scenes.frames() - missing.len();
        let make = |k: usize| {
            let at = missing[k];
            Ok((at, stills.encode(at, &self.drawer.draw(&self.scenes.scene(at)))?))
        };
        let take = |_, (at, bytes): (usize, Vec<u8>)| stills.write(at, &bytes);
        roll(missing.len(), self.workers, self.window, ctx, make, take)?;
        Ok(("PNG".to_string(), kept))
    }

    fn film(
        &self,
        stills: Option<&Stills>,
        ctx: &dyn OperationContext,
    ) -> Result<String, OperationError> {
        let frames = self.scenes.frames();
        let settings = Settings {
            rate: self.rate,
            crf: self.output.crf,
            reproducible: self.output.reproducible,
            frames,
            size: self.drawer.size(),
        };
        let palette = (self.format == Format::Gif).then(|| self.palette());
        let cook = match &palette {
            Some(palette) => Cook::Indexed(palette.clone(), self.rate),
            None => Cook::Raw,
        };
        let existing = if self.output.force { Existing::Replace } else { Existing::Keep };
        let tools = (self.ffmpeg.as_ref(), palette.as_ref());
        let mut encoder = Encoder::begin(&self.path, self.format, existing, &settings, tools, ctx)?;
        let make = |at: usize| {
            let picture = self.drawer.draw(&self.scenes.scene(at));
            let still = stills.map(|stills| stills.encode(at, &picture)).transpose()?;
            Ok((cook.cook(at, picture)?, still))
        };
        roll(frames, self.workers, self.window, ctx, make, |at, (frame, still)| {
            if let (Some(stills), Some(bytes)) = (stills, still) {
                stills.write(at, &bytes)?;
            }
            encoder.write(frame)
        })?;
        encoder.finish()
    }

    /// The colours of some frames all over the movie.
    fn palette(&self) -> Palette {
        let last = self.scenes.frames() - 1;
        let count = SAMPLES.min(last + 1);
        let places = (0..count).map(|k| if count == 1 { 0 } else { k * last / (count - 1) });
        let pictures: Vec<_> = places.map(|at| self.drawer.draw(&self.scenes.scene(at))).collect();
        Palette::of(&pictures)
    }
}

/// The format that the ending of a file tells.
fn ending(path: &Path) -> Result<Option<Format>, OperationError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    Ok(match ending.as_deref() {
        Some("mp4") => Some(Format::Mp4),
        Some("gif") => Some(Format::Gif),
        Some("apng") => Some(Format::Apng),
        Some(other @ ("avi" | "mov" | "mkv" | "webm" | "mpg" | "png")) => {
            let message = format!("no movie is written as `.{other}`");
            return Err(OperationError::new(ErrorKind::Input, message)
                .help("formats are mp4, gif, apng, and frames (a folder of pictures)"));
        }
        _ => None,
    })
}
