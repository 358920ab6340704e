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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

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
