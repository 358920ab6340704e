//! Animated PNG: exact colours and exact times.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use ledama_base::atomic::{AtomicFile, Existing};
use ledama_base::operation::OperationError;

use super::{Picture, Settings, failed};

/// An animated PNG that is being written.
pub struct Writer {
    image: png::Writer<Shared>,
    // Needed after the other is gone.
    file: Shared,
    path: PathBuf,
}

impl Writer {
    pub(super) fn begin(
        path: &Path,
        existing: Existing,
        settings: &Settings,
    ) -> Result<Self, OperationError> {
        let file = Shared::new(AtomicFile::create(path, existing)?);
        let (width, height) = settings.size;
        let mut encoder = png::Encoder::new(file.clone(), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let error = |error| failed(path, error);
        let frames = u32::try_from(settings.frames).unwrap_or(u32::MAX);
        encoder.set_animated(frames, 0).map_err(error)?;
        let (delay, over) = settings.rate.delay();
        encoder.set_frame_delay(delay, over).map_err(error)?;
        Ok(Self { image: encoder.write_header().map_err(error)?, file, path: path.into() })
    }

    pub(super) fn write(&mut self, picture: &Picture) -> Result<(), OperationError> {
        self.image.write_image_data(&picture.rgb).map_err(|error| failed(&self.path, error))
    }

    pub(super) fn finish(self) -> Result<(), OperationError> {
        let path = self.path;
        self.image.finish().map_err(|error| failed(&path, error))?;
        self.file.commit(&path)
    }
}

/// A file that two hold: the PNG writer does not give back what it writes to.
#[derive(Clone)]
struct Shared(std::sync::Arc<std::sync::Mutex<Option<BufWriter<AtomicFile>>>>);

impl Shared {
    fn new(file: AtomicFile) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(BufWriter::new(file)))))
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut BufWriter<AtomicFile>) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let gone = || std::io::Error::other("the file is closed");
        let mut file = self.0.lock().map_err(|_| gone())?;
        work(file.as_mut().ok_or_else(gone)?)
    }

    fn commit(self, path: &Path) -> Result<(), OperationError> {
        let file = self.0.lock().ok().and_then(|mut file| file.take());
        let Some(file) = file else { return Err(failed(path, "the file is closed")) };
        let file = file.into_inner().map_err(|error| failed(path, error.error()))?;
        Ok(file.commit()?)
    }
}

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.with(|file| file.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.with(std::io::Write::flush)
    }
}
