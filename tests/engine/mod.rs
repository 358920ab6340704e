//! Scripts through the program: what works, and what mistakes are answered.

mod checks;
mod errors;
mod manifest;
mod scripts;
