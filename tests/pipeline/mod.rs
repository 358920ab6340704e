//! Modules that let programs of the field work on measurement sets: their
//! plans, and what the real programs do with real sets on the nodes.

mod calibrate;
mod faults;
mod flag;
mod ndppp;
mod quality;
mod scene;
mod story;
