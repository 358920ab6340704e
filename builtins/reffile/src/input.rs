//! How values of scripts and JSON become ours.

use serde::{Deserialize, Deserializer};

/// Options that were not given come as null.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A number of either kind; scripts tell 5 and 5.0 apart, people do not.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Real(f64),
}

/// A number or null.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    Ok(number.map(|number| match number {
        #[allow(clippy::cast_precision_loss)] // frequencies and percents are small
        Number::Whole(number) => number as f64,
        Number::Real(number) => number,
    }))
}

/// A number; null is 0.
pub(crate) fn number_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number(deserializer).map(Option::unwrap_or_default)
}
