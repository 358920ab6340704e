//! Closure: what is left when the errors of single stations cancel.
//!
//! The closure phase of a triangle is the argument of its bispectrum
//! V(ab)·V(bc)·conj(V(ac)) (R. C. Jennison, MNRAS 118, 276, 1958); it is in
//! (−π, π]. The closure amplitude of four stations is
//! |V(ab)|·|V(cd)| / (|V(ac)|·|V(bd)|) (R. Q. Twiss et al., 1960).

mod compute;
mod shapes;
#[cfg(test)]
mod tests;

pub use compute::{Closure, ClosureRequest, Joint, closures};
pub use shapes::{Shape, all_triangles, parse_quads, parse_triangles};
