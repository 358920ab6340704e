//! Frames as single pictures `img000000.png` in a folder of their own.
//!
//! Each picture carries a digest of everything that it was made of, so a run
//! that goes on where another stopped keeps the pictures that are the same and
//! no others. Pictures that are not ours are never touched.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ledama_base::atomic::{Existing, write};
use ledama_base::operation::{ErrorKind, OperationError};

use super::{Picture, failed};

/// The name of the note with the digest.
const NOTE: &str = "ledama-parameters";

/// The folder of the pictures of one movie.
#[derive(Debug)]
pub struct Stills {
    folder: PathBuf,
    digest: String,
}

impl Stills {
    /// Makes the folder, or takes one that is there and has nothing of others in it.
    /// `digest` stands for all that the frames depend on besides their numbers.
    ///
    /// # Errors
    /// A folder that cannot be made, or has other files in it.
    pub fn begin(folder: &Path, digest: &str) -> Result<Self, OperationError> {
        fs::create_dir_all(folder).map_err(|error| OperationError::io(folder.display(), &error))?;
        let stills = Self { folder: folder.into(), digest: digest.into() };
        for (path, number) in stills.files()? {
            if number.is_none() || note(&path).is_none() {
                let what = format!("{} is no frame of a movie made here", path.display());
                return Err(OperationError::new(ErrorKind::Exists, what).help(
                    "frames go into a folder of their own: choose another output, or move the file",
                ));
            }
        }
        Ok(stills)
    }

    fn files(&self) -> Result<Vec<(PathBuf, Option<usize>)>, OperationError> {
        let error = |error| OperationError::io(self.folder.display(), &error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if name.starts_with(".ledama-") {
                continue;
            }
            let digits = name.strip_prefix("img").and_then(|rest| rest.strip_suffix(".png"));
            let number = digits.filter(|digits| digits.len() >= 6).and_then(|d| d.parse().ok());
            found.push((path, number));
        }
        Ok(found)
    }

    /// Where frame `at` is.
    pub fn path(&self, at: usize) -> PathBuf {
        self.folder.join(format!("img{at:06}.png"))
    }

    fn mark(&self, at: usize) -> String {
        format!("{} {at}", self.digest)
    }

    /// Whether the frame is there already, made of the same.
    pub fn has(&self, at: usize) -> bool {
        note(&self.path(at)).is_some_and(|note| note == self.mark(at))
    }

    /// The frame as a file.
    ///
    /// # Errors
    /// None that can happen but a lack of memory.
    pub fn encode(&self, at: usize, picture: &Picture) -> Result<Vec<u8>, OperationError> {
        let error = |error| failed(&self.path(at), error);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.add_text_chunk(NOTE.into(), self.mark(at)).map_err(error)?;
        let mut writer = encoder.write_header().map_err(error)?;
        writer.write_image_data(&picture.rgb).map_err(error)?;
        writer.finish().map_err(error)?;
        Ok(bytes)
    }

    /// Writes an encoded frame.
    ///
    /// # Errors
    /// A full disk and the like.
    pub fn write(&self, at: usize, bytes: &[u8]) -> Result<(), OperationError> {
        Ok(write(&self.path(at), bytes, Existing::Replace)?)
    }

    /// Removes frames of an older, longer movie.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn finish(self, frames: usize) -> Result<(), OperationError> {
        for (path, number) in self.files()? {
            if number.is_some_and(|number| number >= frames) {
                fs::remove_file(&path)
                    .map_err(|error| OperationError::io(path.display(), &error))?;
            }
        }
        Ok(())
    }
}

/// The note of one of our pictures.
fn note(path: &Path) -> Option<String> {
    let file = fs::File::open(path).ok()?;
    let reader = png::Decoder::new(BufReader::new(file)).read_info().ok()?;
    let notes = &reader.info().uncompressed_latin1_text;
    notes.iter().find(|note| note.keyword == NOTE).map(|note| note.text.clone())
}
