//! Recipes: what they print must not change by accident; what they run stops,
//! goes on and refuses as promised.

mod faults;
mod generators;
mod nodes;
mod print;
mod resume;
mod run;
mod stage;
