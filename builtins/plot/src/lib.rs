//! Pictures and movies.
//!
//! A [`Figure`] says what is to be seen, without a pixel or a font: panels,
//! axes, series, maps. It is drawn as PNG, as SVG, as a page for a browser,
//! or into a frame of a movie.

pub mod figure;
#[cfg(feature = "script")]
pub mod script;

use ledama_base::operation::Registry;

pub use figure::Figure;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
}
