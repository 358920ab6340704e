//! Quality statistics of a set as rows: one for each kind, or kind and baseline,
//! with four correlations always.

use std::collections::BTreeSet;
use std::path::Path;

use ledama_ms::quality::{Filling, Quality};
use ndarray::{Array, ArrayView, Axis, Dimension, RemoveAxis};
use num_complex::{Complex32, Complex64};

use super::Rows;
use super::axis;
use super::item::{Axes, Item, Packed};
use crate::schema::enumerations;
use crate::values::{FILLER, encode, with_all_correlations};

pub(super) fn rows(set: &Path) -> Rows {
    let quality = Quality::read(set).map_err(|error| error.to_string())?;
    let mut warnings = quality.warnings.clone();
    let planes = planes(&quality.correlations)?;
    let (Some(time), Some(frequency), Some(baseline)) =
        (&quality.time, &quality.frequency, &quality.baseline)
    else {
        return Err("the quality statistics lack one of their three tables".to_string());
    };
    for (name, filling) in [
        ("QUALITY_TIME_STATISTIC", time.filling),
        ("QUALITY_FREQUENCY_STATISTIC", frequency.filling),
        ("QUALITY_BASELINE_STATISTIC", baseline.filling),
    ] {
        check(name, filling, &mut warnings)?;
    }
    let length = |length: usize| u32::try_from(length).map_err(|error| error.to_string());
    let of_frequencies = |hz: &[f64], width: Option<f64>| {
        Ok::<_, String>(Axes {
            channels: length(hz.len())?,
            freq_step: axis::step(hz, width, "frequencies of quality statistics")?,
            freq_start: hz.first().copied().filter(|hz| hz.is_finite()),
            ..Axes::default()
        })
    };
    let mut items = Vec::new();
    // A kind may have a name and no rows.
    let told = |k: usize| time.values.index_axis(Axis(0), k).iter().any(|v| v.is_finite());
    let kinds: Vec<_> = quality.kinds.iter().enumerate().filter(|(k, _)| told(*k)).collect();
    for (k, kind) in kinds.iter().copied() {
        let kind = kind.name.clone();
        let axes = Axes {
            times: Some(length(time.time_mjd_s.len())?),
            time_step: axis::step(
                &time.time_mjd_s,
                time.time_step_s,
                "times of quality statistics",
            )?,
            time_start: time.time_mjd_s.first().copied(),
            ..of_frequencies(&time.frequency_hz, time.freq_step_hz)?
        };
        let bytes = bytes(&time.values.index_axis(Axis(0), k), &planes)?;
        items.push(Item::Qts { kind: kind.clone(), axes, values: Packed::new(&bytes)? });
        let axes = of_frequencies(&frequency.frequency_hz, frequency.freq_step_hz)?;
        let bytes = self::bytes(&frequency.values.index_axis(Axis(0), k), &planes)?;
        items.push(Item::Qfs { kind, axes, values: Packed::new(&bytes)? });
    }
    let baselines = ordered(&baseline.baseline_names)?;
    for (k, kind) in kinds {
        let of_kind = baseline.values.index_axis(Axis(0), k);
        let mut bytes = Vec::new();
        for one in &baselines {
            let values = whole(&of_kind.index_axis(Axis(0), one.from), &planes)?;
            let values = if one.swapped { turned(&values, &kind.name) } else { values };
            bytes.extend(encode(&values.view()).map_err(|error| error.to_string())?.1);
        }
        items.push(Item::Qbs {
            kind: kind.name.clone(),
            baselines: baselines.iter().map(|one| one.names.clone()).collect(),
            axes: of_frequencies(&baseline.frequency_hz, baseline.freq_step_hz)?,
            values: Packed::new(&bytes)?,
        });
    }
    Ok((items, warnings))
}

/// The places of the set's correlations among the four of the database.
fn planes(names: &[String]) -> Result<Vec<usize>, String> {
    names
        .iter()
        .map(|name| {
            enumerations::CORRELATIONS.iter().position(|known| known == name).ok_or_else(|| {
                format!("correlations {} are not those of the database", names.join(", "))
            })
        })
        .collect()
}

fn check(name: &str, filling: Filling, warnings: &mut Vec<String>) -> Result<(), String> {
    if filling.rows == 0 {
        return Err(format!("{name} has no rows"));
    }
    if filling.missing_cells > 0 {
        warnings.push(format!("{name} lacks {} values; they are filled", filling.missing_cells));
    }
    if filling.double_cells > 0 {
        warnings.push(format!("{name} has {} values twice", filling.double_cells));
    }
    Ok(())
}

/// All four correlations in double precision; what is not there is filled.
fn whole<D: RemoveAxis>(
    values: &ArrayView<'_, Complex32, D>,
    planes: &[usize],
) -> Result<Array<Complex64, D>, String> {
    let wide = values.mapv(|value| {
        let value = Complex64::new(f64::from(value.re), f64::from(value.im));
        if value.is_finite() { value } else { FILLER }
    });
    with_all_correlations(&wide.view(), planes).map_err(|error| error.to_string())
}

fn bytes<D: RemoveAxis>(
    values: &ArrayView<'_, Complex32, D>,
    planes: &[usize],
) -> Result<Vec<u8>, String> {
    let whole = whole(values, planes)?;
    encode(&whole.view()).map(|(_, bytes)| bytes).map_err(|error| error.to_string())
}

/// A baseline in the order of names.
struct Baseline {
    names: [String; 2],
    /// Its place in the set.
    from: usize,
    /// Whether the set has its stations the other way round.
    swapped: bool,
}

fn ordered(names: &[[String; 2]]) -> Result<Vec<Baseline>, String> {
    let mut all: Vec<Baseline> = names
        .iter()
        .enumerate()
        .map(|(from, [a, b])| {
            let swapped = a > b;
            let names = if swapped { [b.clone(), a.clone()] } else { [a.clone(), b.clone()] };
            Baseline { names, from, swapped }
        })
        .collect();
    all.sort_by(|a, b| a.names.cmp(&b.names));
    let mut seen = BTreeSet::new();
    for one in &all {
        if one.names.iter().any(|name| name == "?" || name.is_empty()) {
            return Err("a baseline has an antenna without name".to_string());
        }
        if !seen.insert(&one.names) {
            return Err(format!("baseline {} is there twice", one.names.join(" - ")));
        }
    }
    Ok(all)
}

/// The values of a baseline with its stations the other way round: V(b, a) is the
/// conjugate transpose of V(a, b), so that XY and YX change places. Counts have no
/// imaginary part, and sums of even powers hold those of the real and of the
/// imaginary parts side by side; neither is conjugated.
fn turned<D: RemoveAxis + Dimension>(
    values: &Array<Complex64, D>,
    kind: &str,
) -> Array<Complex64, D> {
    let plain = ["Count", "Ratio", "Percentage", "P2", "P4", "Variance", "Deviation"];
    let conjugated = !plain.iter().any(|word| kind.contains(word));
    let mut turned = values.clone();
    for (to, from) in [(1, 2), (2, 1)] {
        turned.index_axis_mut(Axis(0), to).assign(&values.index_axis(Axis(0), from));
    }
    if conjugated {
        turned.mapv_inplace(|value| if value == FILLER { value } else { value.conj() });
    }
    turned
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ndarray::array;

    use super::*;

    #[test]
    fn baselines_go_by_name() {
        let name = |a: &str, b: &str| [a.to_string(), b.to_string()];
        let all =
            ordered(&[name("RS106", "CS001"), name("CS001", "CS001"), name("CS001", "DE601")])
                .unwrap();
        let seen: Vec<_> =
            all.iter().map(|one| (one.names[1].as_str(), one.from, one.swapped)).collect();
        assert_eq!(seen, [("CS001", 1, false), ("DE601", 2, false), ("RS106", 0, true)]);
        assert!(ordered(&[name("A", "B"), name("B", "A")]).is_err());
        assert!(ordered(&[name("A", "?")]).is_err());
    }

    #[test]
    fn a_swapped_baseline_is_the_conjugate_transpose() {
        let value = Complex64::new;
        let values = array![[value(1.0, 2.0)], [value(3.0, 4.0)], [FILLER], [value(7.0, 8.0)]];
        assert_eq!(
            turned(&values, "DSum"),
            array![[value(1.0, -2.0)], [FILLER], [value(3.0, -4.0)], [value(7.0, -8.0)]]
        );
        assert_eq!(
            turned(&values, "DSumP2"),
            array![[value(1.0, 2.0)], [FILLER], [value(3.0, 4.0)], [value(7.0, 8.0)]]
        );
    }

    #[test]
    fn correlations_have_their_places() {
        let names =
            |names: &[&str]| planes(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&["XX", "YY"]).unwrap(), [0, 3]);
        assert!(names(&["RR"]).unwrap_err().contains("RR"));
        let some = array![[Complex32::new(1.0, 0.5)], [Complex32::new(f32::NAN, 0.0)]];
        let all = whole(&some.view(), &[0, 3]).unwrap();
        assert_eq!(all, array![[Complex64::new(1.0, 0.5)], [FILLER], [FILLER], [FILLER]]);
    }
}
