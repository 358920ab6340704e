#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::cast_possible_truncation
)]

use ndarray::ArrayViewD;
use serde_json::{Value, json};

use super::operation::{Statistics, StatisticsInput};
use super::*;
use crate::testing::{Alone, DataPack};
use ledama_base::operation::{ErrorKind, Operation};

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

/// All numbers of nested lists, in order.
fn flat(value: &Value, out: &mut Vec<f32>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| flat(value, out)),
        other => out.push(float(other) as f32),
    }
}

fn compare(values: ArrayViewD<'_, Complex32>, filling: Filling, expected: &Value, what: &str) {
    let mut numbers = Vec::new();
    flat(&expected["values"], &mut numbers);
    assert_eq!(numbers.len(), values.len() * 2, "{what} {:?}", values.shape());
    let parts = values.iter().flat_map(|value| [value.re, value.im]);
    assert!(parts.zip(&numbers).all(|(a, b)| a == *b || a.is_nan() && b.is_nan()), "{what}");
    assert_eq!(json!(filling.missing_cells), expected["missing_cells"], "{what}");
    assert_eq!(json!(filling.double_cells), expected["double_cells"], "{what}");
    assert_eq!(json!(filling.rows), expected["nrow"], "{what}");
}

fn axis(values: &[f64], expected: &Value) -> bool {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(float).collect();
    values == expected
}

#[test]
fn all_statistics_of_the_data_pack() {
    let Some(pack) = DataPack::find() else { return };
    let (mut filled, mut empty) = (0, 0);
    for archive in ["aoq-collect", "dp3-quality", "tDDECal", "tNDPPP-bda", "tNDPPP-generic"] {
        let folder = pack.unpack(archive);
        for (name, expected) in pack.golden(archive)["quality"].as_object().unwrap() {
            let set = folder.path().join(name);
            let quality = Quality::read(&set).unwrap();
            assert_eq!(quality.warnings, [] as [&str; 0], "{archive}");
            let numbers: Vec<i32> = quality.kinds.iter().map(|kind| kind.number).collect();
            let names: Vec<&str> = quality.kinds.iter().map(|kind| kind.name.as_str()).collect();
            assert_eq!(
                (json!(numbers), json!(names)),
                (expected["kinds"].clone(), expected["kind_names"].clone())
            );
            let (time, frequency) = (quality.time.unwrap(), quality.frequency.unwrap());
            let baseline = quality.baseline.unwrap();
            if expected["qts"]["nrow"] == 0 {
                assert_eq!(time.values.dim(), (7, 0, 0, 0));
                assert_eq!(frequency.values.dim(), (7, 0, 0));
                assert_eq!(baseline.values.dim(), (7, 0, 0, 0));
                assert_eq!((time.time_step_s, baseline.freq_step_hz), (None, None));
                assert!(!Quality::is_in(&set).unwrap() && quality.correlations.is_empty());
                empty += 1;
                continue;
            }
            filled += 1;
            assert!(Quality::is_in(&set).unwrap());
            assert_eq!(quality.correlations, ["XX", "XY", "YX", "YY"]);
            let (qts, qfs, qbs) = (&expected["qts"], &expected["qfs"], &expected["qbs"]);
            compare(time.values.view().into_dyn(), time.filling, qts, archive);
            compare(frequency.values.view().into_dyn(), frequency.filling, qfs, archive);
            compare(baseline.values.view().into_dyn(), baseline.filling, qbs, archive);
            assert!(
                axis(&time.frequency_hz, &qts["frequency_hz"])
                    && axis(&time.time_mjd_s, &qts["time_mjd_s"])
            );
            assert!(axis(&frequency.frequency_hz, &qfs["frequency_hz"]));
            assert!(axis(&baseline.frequency_hz, &qbs["frequency_hz"]));
            assert_eq!(json!(baseline.baselines), qbs["baselines"]);
            assert_eq!(json!(baseline.baseline_names), qbs["baseline_names"]);
            // One frequency: the bandwidth; several times: their distance.
            assert_eq!(
                (time.freq_step_hz, baseline.freq_step_hz),
                (Some(195_312.5), Some(195_312.5))
            );
            assert!((frequency.freq_step_hz.unwrap() - 24_414.062_5).abs() < 1e-6);
            assert!((time.time_step_s.unwrap() - 10.013_901).abs() < 1e-6);
        }
    }
    assert_eq!((filled, empty), (2, 3));
}

#[test]
fn the_operation_gives_arrays_or_a_summary() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("aoq-collect");
    let set = folder.path().join("L114220_SAP000_SB031_uv.MS");
    let path = set.to_str().unwrap().to_string();
    let input = StatisticsInput {
        path: path.clone(),
        tables: vec![Which::Baseline, Which::Time],
        kinds: vec!["Count".into(), "RFICount".into()],
        summary: false,
    };
    let output = Statistics.run(input.clone(), &Alone::default()).unwrap();
    assert_eq!(
        (output.kinds.as_slice(), output.frequency.is_none()),
        (input.kinds.as_slice(), true)
    );
    let quality = Quality::read(&set).unwrap();
    let encoded = output.baseline.as_ref().unwrap().values.clone().unwrap();
    assert_eq!(encoded.shape, [2, 28, 4, 1, 2]);
    let values = encoded.values().unwrap();
    let wanted = quality.baseline.unwrap().values[[1, 3, 2, 0]];
    assert_eq!(values[(3 * 4 + 2) * 2], f64::from(wanted.re));
    let text = serde_json::to_string(&output).unwrap();
    assert_eq!(serde_json::from_str::<super::operation::StatisticsOutput>(&text).unwrap(), output);
    let short = Statistics
        .run(StatisticsInput { summary: true, ..input.clone() }, &Alone::default())
        .unwrap();
    let time = short.time.unwrap();
    assert!(time.values.is_none());
    assert_eq!(
        (time.summary.len(), time.summary[0].kind.as_str(), time.summary[0].count),
        (8, "Count", 6)
    );
    let plane = quality.time.unwrap().values;
    let sum: f32 = (0..6).map(|t| plane[[1, 0, 0, t]].re).sum();
    assert!((time.summary[0].mean.unwrap()[0] - f64::from(sum) / 6.0).abs() < 1e-3);
    let wrong = StatisticsInput { kinds: vec!["Counts".into()], ..input };
    let error = Statistics.run(wrong, &Alone::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(
        error.message.contains("has no statistics Counts; there is RFICount, Count,"),
        "{}",
        error.message
    );
    let nothing = StatisticsInput { path: format!("{path}/ANTENNA"), ..StatisticsInput::default() };
    assert_eq!(Statistics.run(nothing, &Alone::default()).unwrap_err().kind, ErrorKind::NotFound);
}
