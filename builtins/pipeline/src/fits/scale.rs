//! Copies a FITS file with scaled pixels.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ledama_base::atomic::{AtomicFile, Existing};
use ledama_base::rawtext::path_text;
use serde::{Deserialize, Serialize};

use super::FitsError;
use super::header::{BLOCK, Header, HeaderError, fill};
use super::pixels::{Pixels, Seen};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// The lengths of the axes, the fastest first.
    pub axes: Vec<u64>,
    /// How many pixels.
    pub pixels: u64,
    /// How many of them have no value (NaN).
    pub blank: u64,
    /// How many became infinite, because 32 bits cannot hold them.
    pub too_large: u64,
    /// The smallest and the largest new value that is finite.
    pub range: Option<(f32, f32)>,
}

/// Pixels worked on at once.
const AT_ONCE: usize = 1 << 20;

/// Writes the image at `input`, each pixel times `factor`, to `output`, which
/// appears complete or not at all. `progress` hears bytes done and bytes in
/// all, and stops the work by answering false.
///
/// # Errors
/// [`FitsError`]: the input is no FITS image, or the output cannot be written.
pub fn rescale(
    input: &Path,
    output: &Path,
    factor: f64,
    existing: Existing,
    mut progress: impl FnMut(u64, u64) -> bool,
) -> Result<Scaled, FitsError> {
    if !factor.is_finite() {
        return Err(FitsError::Factor(factor));
    }
    let mut source = Source::open(input)?;
    let old = source.image_header()?;
    let pixels = source.pixels(&old)?;
    let axes = source.told(old.axes())?;
    let mut left = source.told(old.data_bytes())?;
    let all = left;

    let mut file = AtomicFile::create(output, existing)?;
    let written = |error| FitsError::Io { path: path_text(output), source: error };
    // Written once to have the place, and again when the range is known.
    let mut header = scaled_header(old, factor);
    file.write_all(&header.bytes()).map_err(written)?;

    let mut seen = Seen::default();
    let (mut raw, mut out) = (Vec::new(), Vec::with_capacity(4 * AT_ONCE));
    let mut count = 0;
    while left > 0 {
        let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(AT_ONCE * pixels.width());
        raw.resize(bytes, 0);
        source.exactly(&mut raw)?;
        out.clear();
        pixels.scale(&raw, factor, &mut out, &mut seen);
        file.write_all(&out).map_err(written)?;
        count += (raw.len() / pixels.width()) as u64;
        left -= bytes as u64;
        if !progress(all - left, all) {
            return Err(FitsError::Cancelled);
        }
    }
    source.skip_fill(all)?;
    let end = usize::try_from(4 * count % BLOCK as u64).unwrap_or(0);
    file.write_all(&vec![0; (BLOCK - end) % BLOCK]).map_err(written)?;
    source.copy_tables(&mut file, output)?;

    if let Some((low, high)) = seen.range {
        header.set("DATAMIN", &format!("{:E}", f64::from(low)));
        header.set("DATAMAX", &format!("{:E}", f64::from(high)));
        file.seek(SeekFrom::Start(0)).map_err(written)?;
        file.write_all(&header.bytes()).map_err(written)?;
    }
    file.commit()?;
    Ok(Scaled {
        axes,
        pixels: count,
        blank: seen.blank,
        too_large: seen.too_large,
        range: seen.range,
    })
}

/// The header of the new image: the old one, but for what floats of another
/// size make wrong.
fn scaled_header(mut header: Header, factor: f64) -> Header {
    header.set("BITPIX", "-32");
    header.set("BSCALE", "1.0");
    header.set("BZERO", "0.0");
    header.remove("BLANK");
    // They hold for the old bytes only.
    header.remove("CHECKSUM");
    header.remove("DATASUM");
    header.history(&format!("ledama RescaleFitsImage: pixel values multiplied by {factor}"));
    header
}

/// The file that is read.
struct Source {
    path: String,
    file: BufReader<File>,
}

impl Source {
    fn open(path: &Path) -> Result<Self, FitsError> {
        let text = path_text(path);
        let failed = |source| FitsError::Io { path: text.clone(), source };
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(FitsError::NoImage {
                path: text,
                reason: "it is a folder".into(),
                help: "casacore images are folders; write them as FITS first",
            });
        }
        let mut magic = [0; 3];
        let have = fill(&mut file, &mut magic).map_err(failed)?;
        if magic[..have].starts_with(&[0x1f, 0x8b]) || magic[..have].starts_with(b"BZh") {
            return Err(FitsError::NoImage {
                path: text,
                reason: "it is compressed".into(),
                help: "unpack it with gunzip or bunzip2 first",
            });
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Self { path: text, file: BufReader::with_capacity(1 << 20, file) })
    }

    fn malformed(&self, reason: impl Into<String>) -> FitsError {
        FitsError::Malformed { path: self.path.clone(), reason: reason.into() }
    }

    fn told<T>(&self, value: Result<T, String>) -> Result<T, FitsError> {
        value.map_err(|reason| self.malformed(reason))
    }

    fn io(&self, source: std::io::Error) -> FitsError {
        FitsError::Io { path: self.path.clone(), source }
    }

    fn header(&mut self, first: &str) -> Result<Option<Header>, FitsError> {
        Header::read(&mut self.file, first).map_err(|error| match error {
            HeaderError::Io(source) => self.io(source),
            HeaderError::Content(reason) => self.malformed(reason),
        })
    }

    /// The header of the first part, which has to be an image.
    fn image_header(&mut self) -> Result<Header, FitsError> {
        let Some(header) = self.header("SIMPLE")? else {
            return Err(self.malformed("it is no FITS file"));
        };
        let path = self.path.clone();
        let no_image = |reason: &str, help| {
            Err(FitsError::NoImage { path: path.clone(), reason: reason.into(), help })
        };
        if header.text("SIMPLE").as_deref() != Some("T") {
            return no_image("it does not keep to the standard (SIMPLE is not T)", "convert it");
        }
        if header.text("GROUPS").as_deref() == Some("T") {
            return no_image("it holds random groups, no image", "only images can be scaled");
        }
        if self.told(header.data_bytes())? > 0 {
            return Ok(header);
        }
        // Tell what there is instead.
        let Some(next) = self.header("XTENSION")? else {
            return no_image("it has no pixels", "only images can be scaled");
        };
        if next.text("ZIMAGE").as_deref() == Some("T") {
            return no_image("its image is compressed", "unpack it with funpack first");
        }
        match next.text("XTENSION").as_deref() {
            Some("IMAGE") => {
                no_image("its image is not in the first part", "copy that image out first")
            }
            _ => no_image("it holds a table, no image", "only images can be scaled"),
        }
    }

    fn pixels(&self, header: &Header) -> Result<Pixels, FitsError> {
        let bits = self.told(header.needed("BITPIX"))?;
        let scale = self.told(header.number("BSCALE"))?.unwrap_or(1.0);
        let zero = self.told(header.number("BZERO"))?.unwrap_or(0.0);
        let blank = self.told(header.integer("BLANK"))?;
        Pixels::new(bits, scale, zero, blank)
            .ok_or_else(|| self.malformed(format!("BITPIX is {bits}")))
    }

    fn exactly(&mut self, buffer: &mut [u8]) -> Result<(), FitsError> {
        match fill(&mut self.file, buffer) {
            Ok(have) if have == buffer.len() => Ok(()),
            Ok(_) => Err(self.malformed("the file ends within the pixels")),
            Err(error) => Err(self.io(error)),
        }
    }

    /// Reads over what fills the last block; a file may end without it.
    fn skip_fill(&mut self, data: u64) -> Result<(), FitsError> {
        let rest = (BLOCK as u64 - data % BLOCK as u64) % BLOCK as u64;
        let mut bytes = vec![0; usize::try_from(rest).unwrap_or(0)];
        fill(&mut self.file, &mut bytes).map(drop).map_err(|error| self.io(error))
    }

    /// Copies the tables behind the image. More images would have to be
    /// scaled, or not: nobody can tell.
    fn copy_tables(&mut self, out: &mut AtomicFile, output: &Path) -> Result<(), FitsError> {
        let written = |error| FitsError::Io { path: path_text(output), source: error };
        while let Some(header) = self.header("XTENSION")? {
            let kind = header.text("XTENSION").unwrap_or_default();
            let compressed = header.text("ZIMAGE").as_deref() == Some("T");
            let bytes = self.told(header.data_bytes())?;
            if compressed || (kind == "IMAGE" && bytes > 0) {
                return Err(FitsError::NoImage {
                    path: self.path.clone(),
                    reason: "it holds several images".into(),
                    help: "copy the one to scale into a file of its own",
                });
            }
            out.write_all(&header.bytes()).map_err(written)?;
            let whole = bytes.div_ceil(BLOCK as u64) * BLOCK as u64;
            let copied = std::io::copy(&mut (&mut self.file).take(whole), out).map_err(written)?;
            if copied < bytes {
                return Err(self.malformed("the file ends within a table"));
            }
            let fill = vec![0; usize::try_from(whole - copied).unwrap_or(0)];
            out.write_all(&fill).map_err(written)?;
        }
        Ok(())
    }
}
