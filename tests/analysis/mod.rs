//! Diagnostics and visibilities as pictures and numbers, through the program.

mod plotters;
mod used_stations;
