//! FITS images: every pixel times a factor, the header as it was.
//!
//! A FITS file is made of parts, each a header of cards of 80 characters and
//! then data, both filled up to 2880 bytes (FITS standard 4.0, sections 3 and
//! 4). Only the first part, the image, is changed: its pixels become 32-bit
//! floats. Tables behind it, such as the beams of a cube, are copied.

mod error;
mod header;
pub mod operation;
mod pixels;
mod scale;
#[cfg(test)]
mod tests;

pub use error::FitsError;
pub use scale::{Scaled, rescale};
