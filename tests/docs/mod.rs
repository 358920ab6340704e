//! What the documents say is done as they say it.

pub(crate) mod readme;
mod reference;
