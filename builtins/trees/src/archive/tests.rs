//! Packing and unpacking as a whole.
