//! Names of the vertical axes of diagnostics, with their units.

use ledama_analysis::diag::kinds::Quantity;
use ledama_analysis::diag::series::Coordinate;

/// Quantity and unit of a coordinate of these quantities.
#[must_use]
pub fn vertical(coordinate: Coordinate, quantities: &[&Quantity], degrees: bool) -> String {
    let unit = if degrees { "deg" } else { "rad" };
    let kind = match quantities {
        [one] => one.kind(),
        _ => None,
    };
    let counted = match quantities {
        [one] => one.real_label(),
        _ => None,
    };
    let of = |what: &str| match kind {
        Some(kind) => format!("{kind}, {}", what.to_lowercase()),
        None => what.to_string(),
    };
    match coordinate {
        Coordinate::Amp | Coordinate::Real if counted.is_some() => {
            counted.unwrap_or_default().to_string()
        }
        Coordinate::Amp => of("Amplitude"),
        Coordinate::Phase => of(&format!("Phase [{unit}]")),
        Coordinate::PhaseUnwrap => of(&format!("Unwrapped phase [{unit}]")),
        Coordinate::Real => of("Real part"),
        Coordinate::Imag => of("Imaginary part"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_counted_and_others_measured() {
        let (count, sum) = (Quantity::stored("Count"), Quantity::stored("Sum"));
        let label = |coordinate, quantities: &[&Quantity]| vertical(coordinate, quantities, false);
        assert_eq!(label(Coordinate::Real, &[&count]), "Unflagged samples");
        assert_eq!(label(Coordinate::Real, &[&count, &sum]), "Real part");
        assert_eq!(label(Coordinate::Imag, &[&sum]), "Sum, imaginary part");
        assert_eq!(label(Coordinate::PhaseUnwrap, &[&Quantity::Gain]), "Unwrapped phase [rad]");
        assert_eq!(vertical(Coordinate::Phase, &[&Quantity::Gain], true), "Phase [deg]");
    }
}
