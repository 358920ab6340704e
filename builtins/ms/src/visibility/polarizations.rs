//! How the polarizations wanted are made of the correlations of a set.

use super::selection::Polarizations;
use super::stokes::{self, Product};

/// What becomes of the two averaged values of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// Every polarization for itself.
    No,
    /// The first minus the second.
    Difference,
    /// The first times the conjugate of the second.
    Product,
}

type Resolved = (Vec<Product>, Vec<String>, Joined);

/// Finds what is wanted among `count` correlations of these names, or tells
/// what is wrong.
pub(super) fn resolve(
    wanted: &Polarizations,
    known: &[String],
    count: usize,
) -> Result<Resolved, String> {
    let name = |at: usize| known.get(at).cloned().unwrap_or_else(|| at.to_string());
    let pair = |one: [&str; 2], joined, form: &dyn Fn(&str, &str) -> String| {
        let at = |name: &str| known.iter().position(|found| found == name);
        let [Some(a), Some(b)] = one.map(at) else {
            return Err(format!(
                "needs the correlations {} and {}, there are {}",
                one[0],
                one[1],
                known.join(",")
            ));
        };
        Ok((vec![Product::one(a), Product::one(b)], vec![form(one[0], one[1])], joined))
    };
    let circular = known.iter().any(|name| name == "RR");
    match wanted {
        Polarizations::Correlations(places) => {
            // Sets with fewer correlations are common; what is not there is left out
            // only where nobody named it.
            let all = *wanted == Polarizations::default();
            let places: Vec<usize> =
                places.iter().copied().filter(|at| !all || *at < count).collect();
            if let Some(beyond) = places.iter().find(|at| **at >= count) {
                return Err(format!(
                    "there is no correlation {beyond}, only 0 to {}",
                    count.saturating_sub(1)
                ));
            }
            let products = places.iter().map(|at| Product::one(*at)).collect();
            Ok((products, places.iter().map(|at| name(*at)).collect(), Joined::No))
        }
        Polarizations::Stokes { parameters, scale } => {
            let products: Result<Vec<_>, _> =
                parameters.iter().map(|which| stokes::product(*which, known, *scale)).collect();
            let names =
                parameters.iter().filter_map(|at| stokes::NAMES.get(*at)).map(ToString::to_string);
            Ok((products?, names.collect(), Joined::No))
        }
        Polarizations::DifferenceOfParallel => {
            let feeds = if circular { ["RR", "LL"] } else { ["XX", "YY"] };
            pair(feeds, Joined::Difference, &|a, b| format!("{a}-{b}"))
        }
        Polarizations::ProductOfCross => {
            let feeds = if circular { ["RL", "LR"] } else { ["XY", "YX"] };
            pair(feeds, Joined::Product, &|a, b| format!("{a}.{b}*"))
        }
    }
}
