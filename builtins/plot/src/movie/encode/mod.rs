//! Movies as files.
//!
//! A frame is first cooked, by many threads at once: left as it is for ffmpeg
//! and APNG, turned into numbers of a palette for GIF, compressed for single
//! pictures. What is cooked is then written in order.

mod apng;
mod ffmpeg;
mod gif;
pub mod palette;
pub mod stills;
#[cfg(test)]
mod tests;

use std::path::Path;

use ledama_base::atomic::Existing;
use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

pub use ffmpeg::Ffmpeg;
pub use palette::Palette;

use super::Rate;

/// Pixels of a frame: red, green and blue, row after row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `[row][column]` of three bytes.
    pub rgb: Vec<u8>,
}

/// What a movie is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// H.264 or MPEG-4, by ffmpeg.
    Mp4,
    /// GIF, one palette for all frames.
    Gif,
    /// Animated PNG.
    Apng,
    /// A folder of pictures.
    Frames,
}

impl Format {
    /// As options name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            other => other.extension(),
        }
    }

    /// The ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Frames => "",
        }
    }
}

/// How a movie is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Frames a second.
    pub rate: Rate,
    /// Quality of H.264: 0 is lossless, 18 looks so, 51 is the worst.
    pub crf: u8,
    /// The same bytes in every run.
    pub reproducible: bool,
    /// How many frames there are.
    pub frames: usize,
    /// Their width and height.
    pub size: (u32, u32),
}

/// What becomes of frames before they are written.
#[derive(Debug)]
pub enum Cook {
    /// Nothing.
    Raw,
    /// Numbers of colours.
    Indexed(Palette, Rate),
}

/// A frame that is ready to be written.
#[derive(Debug)]
pub enum Cooked {
    /// As it was drawn.
    Raw(Picture),
    /// Compressed for a GIF.
    Gif(::gif::Frame<'static>),
}

impl Cook {
    /// Makes frame `at` ready. Costly; for many threads.
    ///
    /// # Errors
    /// A picture that is too large for the format.
    pub fn cook(&self, at: usize, picture: Picture) -> Result<Cooked, OperationError> {
        match self {
            Self::Raw => Ok(Cooked::Raw(picture)),
            Self::Indexed(palette, rate) => gif::frame(palette, *rate, at, &picture),
        }
    }
}

/// A movie that is being written. Dropped before it is finished, nothing of it
/// remains.
pub enum Encoder<'a> {
    /// By ffmpeg.
    Ffmpeg(Box<ffmpeg::Pipe<'a>>),
    /// GIF.
    Gif(Box<gif::Writer>),
    /// Animated PNG.
    Apng(Box<apng::Writer>),
}

impl<'a> Encoder<'a> {
    /// Begins a movie. `ffmpeg` is needed for MP4, `palette` for GIF.
    ///
    /// # Errors
    /// A file that is there, a folder that cannot be written, a program that cannot
    /// be started.
    pub fn begin(
        path: &Path,
        format: Format,
        existing: Existing,
        settings: &Settings,
        (ffmpeg, palette): (Option<&Ffmpeg>, Option<&Palette>),
        ctx: &'a dyn OperationContext,
    ) -> Result<Self, OperationError> {
        let missing = |what: &str| OperationError::new(ErrorKind::Internal, what);
        Ok(match format {
            Format::Mp4 => {
                let ffmpeg = ffmpeg.ok_or_else(|| missing("no ffmpeg to write MP4"))?;
                Self::Ffmpeg(Box::new(ffmpeg.begin(path, existing, settings, ctx)?))
            }
            Format::Gif => {
                let palette = palette.ok_or_else(|| missing("no palette to write GIF"))?;
                Self::Gif(Box::new(gif::Writer::begin(path, existing, settings, palette)?))
            }
            Format::Apng => Self::Apng(Box::new(apng::Writer::begin(path, existing, settings)?)),
            Format::Frames => return Err(missing("single pictures are no movie")),
        })
    }

    /// Writes the next frame.
    ///
    /// # Errors
    /// A full disk, a program that has ended.
    pub fn write(&mut self, frame: Cooked) -> Result<(), OperationError> {
        match (self, frame) {
            (Self::Ffmpeg(pipe), Cooked::Raw(picture)) => pipe.write(&picture),
            (Self::Gif(writer), Cooked::Gif(frame)) => writer.write(&frame),
            (Self::Apng(writer), Cooked::Raw(picture)) => writer.write(&picture),
            _ => Err(OperationError::new(ErrorKind::Internal, "a frame of another format")),
        }
    }

    /// Ends the movie and gives it its name; what made it, for people.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(self) -> Result<String, OperationError> {
        match self {
            Self::Ffmpeg(pipe) => pipe.finish(),
            Self::Gif(writer) => writer.finish().map(|()| "GIF".to_string()),
            Self::Apng(writer) => writer.finish().map(|()| "animated PNG".to_string()),
        }
    }
}

/// A failure while `path` was written.
fn failed(path: &Path, error: impl std::fmt::Display) -> OperationError {
    OperationError::new(ErrorKind::Io, format!("{}: {error}", path.display()))
}
