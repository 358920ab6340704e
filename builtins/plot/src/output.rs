//! Pictures and pages as files.

use std::path::{Path, PathBuf};

use ledama_base::atomic::{self, AtomicError, Existing};

use crate::figure::Figure;
use crate::render;

/// How a picture is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputOptions {
    /// Replace a file that is there.
    pub force: bool,
    /// Text about the making of the picture, stored inside the file and shown
    /// at the end of its second line: when and by whom. None: the same figure
    /// always gives the same bytes.
    pub stamp: Option<String>,
}

/// Why a picture was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The figure cannot be drawn.
    #[error(transparent)]
    Render(#[from] render::Error),
    /// No picture has this extension.
    #[error("{}: there is no format {extension:?}; pictures are png, svg or pdf, pages html", path.display())]
    Format {
        /// As given.
        path: PathBuf,
        /// Its end.
        extension: String,
    },
    /// The file is there, or cannot be written.
    #[error(transparent)]
    File(#[from] AtomicError),
    /// The numbers cannot be written as JSON.
    #[error("the numbers cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Shapes.
    Svg,
    /// A page for a paper.
    Pdf,
    /// A page for a browser.
    Html,
}

impl Format {
    /// The format of a file by its extension; without one: PNG.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let Some(extension) = path.extension() else { return Ok(Self::Png) };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "svg" => Ok(Self::Svg),
            "pdf" => Ok(Self::Pdf),
            "html" | "htm" => Ok(Self::Html),
            other => Err(Error::Format { path: path.to_owned(), extension: other.to_owned() }),
        }
    }
}

/// Writes a picture; the extension says which format, a missing one becomes
/// `.png`. The file appears complete or not at all. Returns its path.
pub fn write(figure: &Figure, path: &Path, options: &OutputOptions) -> Result<PathBuf, Error> {
    let format = Format::of(path)?;
    let path =
        if path.extension().is_none() { path.with_extension("png") } else { path.to_owned() };
    // An hour of drawing for a file that may not be written helps nobody.
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    if !options.force && path.exists() {
        return Err(AtomicError::Exists { path: path.display().to_string() }.into());
    }
    let bytes = bytes(figure, format, options.stamp.as_deref())?;
    atomic::write(&path, &bytes, existing)?;
    Ok(path)
}

/// A picture as the bytes of a file.
pub fn bytes(
    figure: &Figure,
    format: Format,
    stamp: Option<&str>,
) -> Result<Vec<u8>, render::Error> {
    let stamped = stamp.map(|stamp| {
        let mut figure = figure.clone();
        let gap = if figure.subtitle.is_empty() { "" } else { " · " };
        figure.subtitle = format!("{}{gap}{stamp}", figure.subtitle);
        figure
    });
    let figure = stamped.as_ref().unwrap_or(figure);
    match format {
        Format::Png => {
            let notes: Vec<(&str, &str)> =
                stamp.map(|stamp| ("Comment", stamp)).into_iter().collect();
            crate::png::rgb(&render::rgb(figure)?, &notes)
        }
        Format::Svg => render::svg(figure).map(String::into_bytes),
        Format::Pdf => render::pdf(figure, stamp),
        Format::Html => render::html(figure).map(String::into_bytes),
    }
}

/// The name of a picture for which none was given: `<module>-<object>-<hash>.png`
/// with eight digits of a hash over the parameters, so that the same command
/// always means the same file.
#[must_use]
pub fn default_name(module: &str, object: &str, parameters: &serde_json::Value) -> String {
    let clean = |text: &str| -> String {
        let good = |letter: char| {
            if letter.is_alphanumeric() || "._-".contains(letter) { letter } else { '_' }
        };
        text.chars().map(good).take(80).collect()
    };
    let hash = blake3::hash(format!("{module}\n{object}\n{parameters}").as_bytes()).to_hex();
    let object = clean(object);
    let gap = if object.is_empty() { "" } else { "-" };
    format!("{}{gap}{object}-{}.png", clean(module), &hash[..8])
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::cast_precision_loss
    )]

    use super::*;

    #[test]
    fn the_extension_decides_and_nothing_is_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let figure = Figure { size: (100, 100), ..Figure::default() };
        let options = OutputOptions::default();
        let made = write(&figure, &folder.path().join("a"), &options).unwrap();
        assert!(made.ends_with("a.png"));
        assert!(std::fs::read(&made).unwrap().starts_with(b"\x89PNG"));
        assert!(matches!(write(&figure, &made, &options), Err(Error::File(_))));
        write(&figure, &made, &OutputOptions { force: true, ..OutputOptions::default() }).unwrap();
        let svg = write(&figure, &folder.path().join("a.svg"), &options).unwrap();
        assert!(std::fs::read_to_string(svg).unwrap().starts_with("<?xml"));
        let pdf = write(&figure, &folder.path().join("a.PDF"), &options).unwrap();
        assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF-"));
        let message =
            write(&figure, &folder.path().join("a.gif"), &options).unwrap_err().to_string();
        assert!(message.contains("png, svg or pdf"), "{message}");
    }

    #[test]
    fn a_stamp_is_inside_only_if_asked_for() {
        let figure = Figure { size: (300, 100), ..Figure::default() };
        let plain = bytes(&figure, Format::Png, None).unwrap();
        assert_eq!(plain, bytes(&figure, Format::Png, None).unwrap());
        let stamped = bytes(&figure, Format::Png, Some("made on Monday")).unwrap();
        assert!(stamped.windows(6).any(|part| part == b"Monday"));
        assert!(!plain.windows(4).any(|part| part == b"iTXt"));
    }

    #[test]
    fn names_depend_on_the_parameters_alone() {
        let name =
            |value: i32| default_name("QTSPlotter", "L1 x/y", &serde_json::json!({ "a": value }));
        assert_eq!(name(1), name(1));
        assert_ne!(name(1), name(2));
        assert!(
            name(1).starts_with("QTSPlotter-L1_x_y-") && name(1).strip_suffix(".png").is_some()
        );
    }
}
