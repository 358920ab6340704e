//! What a movie shows, and how its frames become pixels.

use ledama_base::operation::{ErrorKind, OperationError};

use super::Picture;
use crate::figure::{Figure, Layer};
use crate::render::{self, Prepared};

/// What changes from frame to frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// First line.
    pub title: String,
    /// Second line.
    pub subtitle: String,
    /// The layers of every panel.
    pub layers: Vec<Vec<Layer>>,
}

/// A movie: figures that differ only in title and data.
pub trait Scenes: Sync {
    /// How many frames there are.
    fn frames(&self) -> usize;

    /// A whole frame; its axes are those of all frames.
    fn figure(&self, at: usize) -> Figure;

    /// What is shown in frame `at`.
    fn scene(&self, at: usize) -> Scene;
}

/// Draws frames; all that stays is drawn once.
#[derive(Debug)]
pub struct Drawer {
    prepared: Prepared,
    /// Width and height that video needs: both even.
    size: (u32, u32),
    paper: [u8; 3],
}

impl Drawer {
    /// Prepares the frames of a movie. Its sides are made even, as video needs them.
    ///
    /// # Errors
    /// A figure that cannot be drawn: too small for its panels, too large.
    pub fn new(scenes: &dyn Scenes) -> Result<Self, OperationError> {
        let prepared = Prepared::new(&scenes.figure(0)).map_err(|error| failed(&error))?;
        let (width, height) = prepared.size();
        let blank = prepared.frame("", "", &[]);
        let mut paper = [255; 3];
        paper.copy_from_slice(&blank.rgb[..3]);
        Ok(Self { prepared, size: (width.next_multiple_of(2), height.next_multiple_of(2)), paper })
    }

    /// Pixels of every frame.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Draws a frame.
    pub fn draw(&self, scene: &Scene) -> Picture {
        let frame = self.prepared.frame(&scene.title, &scene.subtitle, &scene.layers);
        let (width, height) = self.size;
        if (frame.width, frame.height) == self.size {
            return Picture { width, height, rgb: frame.rgb };
        }
        let (row, from) = (3 * width as usize, 3 * frame.width as usize);
        let mut rgb = self.paper.repeat(width as usize * height as usize);
        for (to, line) in rgb.chunks_exact_mut(row).zip(frame.rgb.chunks_exact(from)) {
            to[..from].copy_from_slice(line);
        }
        Picture { width, height, rgb }
    }
}

fn failed(error: &render::Error) -> OperationError {
    OperationError::new(ErrorKind::Input, error.to_string())
}
