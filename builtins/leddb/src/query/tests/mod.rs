//! The same questions to both back ends, with the same answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arrays;
mod conditions;
mod model;
mod paging;
mod parents;
mod plans;
mod random;
mod scene;
mod selections;
