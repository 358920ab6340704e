//! Modules that let programs of the field work on measurement sets: their
//! plans, and what the real programs do with real sets on the nodes.

mod calibrate;
mod describe;
mod faults;
mod fits;
mod flag;
mod imaging;
mod ndppp;
mod pictures;
mod quality;
mod recorders;
mod retired;
mod sagecal;
mod scene;
mod story;
