//! Movies: frames drawn by many threads in memory and written as they come.
//!
//! [`layout`] places the panels, [`crate::figures`] makes the figures,
//! [`roll`] makes many frames at once and keeps their order, [`encode`] writes
//! them: MP4 through ffmpeg, GIF, animated PNG, or single pictures.

mod draw;
pub mod encode;
pub mod gains;
pub mod layout;
mod rate;
mod roll;
mod write;

pub use draw::{Drawer, Scene, Scenes};
pub use encode::{Format, Picture};
pub use rate::Rate;
pub use roll::roll;
pub use write::{Estimate, Job, Output, Written};
