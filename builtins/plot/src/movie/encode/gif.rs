//! GIF, with one palette for the whole movie.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ledama_base::atomic::{AtomicFile, Existing};
use ledama_base::operation::{ErrorKind, OperationError};

use super::{Cooked, Palette, Picture, Settings, failed};
use crate::movie::Rate;

fn side(pixels: u32) -> Result<u16, OperationError> {
    u16::try_from(pixels).map_err(|_| {
        OperationError::new(ErrorKind::Input, format!("{pixels} pixels are too many for a GIF"))
    })
}

/// A frame, compressed.
pub(super) fn frame(
    palette: &Palette,
    rate: Rate,
    at: usize,
    picture: &Picture,
) -> Result<Cooked, OperationError> {
    let mut frame = gif::Frame {
        width: side(picture.width)?,
        height: side(picture.height)?,
        delay: rate.hundredths(at),
        buffer: palette.indexed(picture).into(),
        ..gif::Frame::default()
    };
    frame.make_lzw_pre_encoded();
    Ok(Cooked::Gif(frame))
}

/// A GIF that is being written.
pub struct Writer {
    encoder: gif::Encoder<BufWriter<AtomicFile>>,
    path: PathBuf,
}

impl Writer {
    pub(super) fn begin(
        path: &Path,
        existing: Existing,
        settings: &Settings,
        palette: &Palette,
    ) -> Result<Self, OperationError> {
        let file = BufWriter::new(AtomicFile::create(path, existing)?);
        let (width, height) = (side(settings.size.0)?, side(settings.size.1)?);
        let error = |error| failed(path, error);
        let mut encoder =
            gif::Encoder::new(file, width, height, &palette.bytes()).map_err(error)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(error)?;
        Ok(Self { encoder, path: path.into() })
    }

    pub(super) fn write(&mut self, frame: &gif::Frame<'_>) -> Result<(), OperationError> {
        self.encoder.write_lzw_pre_encoded_frame(frame).map_err(|error| failed(&self.path, error))
    }

    pub(super) fn finish(self) -> Result<(), OperationError> {
        let path = self.path;
        let mut file = self.encoder.into_inner().map_err(|error| failed(&path, error))?;
        file.flush().map_err(|error| failed(&path, error))?;
        let file = file.into_inner().map_err(|error| failed(&path, error.error()))?;
        Ok(file.commit()?)
    }
}
