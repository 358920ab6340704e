//! Axes as the database has them: a start and a step. What is not even is refused,
//! because it would come out at the wrong times and frequencies.

/// Step of an axis by the places of its samples; `width` where there is one alone.
pub(super) fn step(places: &[f64], width: Option<f64>, what: &str) -> Result<Option<f64>, String> {
    let [first, second, ..] = places else {
        return Ok(width.filter(|width| width.is_finite() && *width > 0.0));
    };
    let step = second - first;
    #[allow(clippy::cast_precision_loss)] // as many as an array has
    let even = places
        .iter()
        .enumerate()
        .all(|(k, place)| (place - (first + k as f64 * step)).abs() <= step / 2.0);
    if step > 0.0 && even { Ok(Some(step)) } else { Err(format!("the {what} are not even")) }
}

/// An axis and where its samples are on it: gaps are left between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// Step, if there is one.
    pub(super) step: Option<f64>,
    /// The number of each sample, from 0.
    pub(super) at: Vec<usize>,
    /// How many there are, gaps included.
    pub(super) length: usize,
}

/// Gaps may make an axis so many times longer, but not more.
const LONGER: usize = 4;

/// The axis of samples of which some may be missing, as solutions of times without
/// data are. Fails where they are on no common grid.
#[allow(clippy::cast_precision_loss)] // as many as an array has
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
pub(super) fn grid(places: &[f64], width: Option<f64>, what: &str) -> Result<Grid, String> {
    let uneven = match step(places, width, what) {
        Ok(step) => {
            let at = (0..places.len()).collect();
            return Ok(Grid { step, at, length: places.len() });
        }
        Err(uneven) => uneven,
    };
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Err(uneven) };
    let least = places.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min);
    let steps = ((last - first) / least).round();
    let most = (places.len() * LONGER) as f64;
    // Also false of what is no number.
    if !(least > 0.0 && steps < most) {
        return Err(uneven);
    }
    let step = (last - first) / steps;
    let at: Vec<usize> =
        places.iter().map(|place| ((place - first) / step).round() as usize).collect();
    let near =
        |(place, k): (&f64, &usize)| (place - (first + *k as f64 * step)).abs() <= step / 4.0;
    let rising = at.windows(2).all(|two| two[0] < two[1]);
    if rising && places.iter().zip(&at).all(near) {
        Ok(Grid { step: Some(step), length: steps as usize + 1, at })
    } else {
        Err(uneven)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn gaps_are_left_on_the_grid_that_samples_share() {
        let gaps = grid(&[10.0, 20.0, 50.0, 60.5], None, "times").unwrap();
        assert_eq!((gaps.at, gaps.length), (vec![0, 1, 4, 5], 6));
        assert!((gaps.step.unwrap() - 10.1).abs() < 1e-9);
        let even = grid(&[1.0, 3.0], None, "times").unwrap();
        assert_eq!(even, Grid { step: Some(2.0), at: vec![0, 1], length: 2 });
        assert_eq!(grid(&[5.0], Some(4.0), "times").unwrap().step, Some(4.0));
        for uneven in [
            &[0.0, 1.0, 2.5, 4.0][..],
            &[0.0, 1.0, 1000.0],
            &[0.0, 2.0, 1.0],
            &[0.0, 0.0, 1.0],
            &[0.0, 1.0, f64::NAN],
            &[0.0, f64::INFINITY, 3.0],
        ] {
            assert_eq!(grid(uneven, None, "times").unwrap_err(), "the times are not even");
        }
    }

    #[test]
    fn even_axes_have_a_step_and_others_are_refused() {
        assert_eq!(step(&[1.0, 3.0, 5.0], None, "times").unwrap(), Some(2.0));
        assert_eq!(step(&[1.0, 3.0, 5.0, 6.5], None, "times").unwrap(), Some(2.0));
        assert_eq!(step(&[7.0], Some(4.0), "times").unwrap(), Some(4.0));
        assert_eq!(step(&[7.0], Some(f64::NAN), "times").unwrap(), None);
        assert_eq!(step(&[], None, "times").unwrap(), None);
        assert_eq!(step(&[1.0, 2.0, 4.0], None, "times").unwrap_err(), "the times are not even");
        assert!(step(&[1.0, 1.0], None, "times").is_err());
        assert!(step(&[f64::NAN, 1.0], None, "times").is_err());
        assert!(step(&[1.0, 2.0, f64::NAN], None, "times").is_err());
    }
}
