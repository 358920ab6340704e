//! Selections of a real set against numbers computed with numpy.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_tables::Complex64;

use super::*;
use crate::testing::DataPack;

fn with(selection: &Selection, check: impl FnOnce(Result<Visibilities, crate::ReadError>)) {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("tNDPPP-generic");
    check(Visibilities::open(&folder.path().join("tNDPPP-generic.MS"), selection));
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    #[allow(clippy::cast_precision_loss)]
    let count = values.len() as f64;
    values.iter().sum::<f64>() / count
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 6e-5 * expected.abs(), "{found:e}, not {expected:e}");
}

/// Series of one baseline and polarization.
fn values<'a>(
    all: &'a [Series],
    open: &Visibilities,
    pair: (i32, i32),
    polarization: usize,
) -> (Vec<Complex64>, &'a Counts) {
    let at = open.baselines().iter().position(|b| (b.antenna1, b.antenna2) == pair).unwrap();
    let series = &all[at];
    let values = (0..series.shape[0]).filter_map(|time| series.at(time, 0, polarization)).collect();
    (values, &series.counts[polarization])
}

#[test]
fn channel_averages_are_those_of_numpy() {
    with(&Selection::default(), |open| {
        let open = open.unwrap();
        assert_eq!((open.nrow(), open.times().len(), open.baselines().len()), (168, 6, 28));
        assert_eq!(open.polarizations(), ["XX", "XY", "YX", "YY"]);
        let all = open.series(Average::Channels).unwrap();
        for (pair, polarization, valid, invalid, amp, phase, re, im) in [
            ((0, 1), 0, 48, 0, 1.3982e-4, 3.0798e-1, 1.3303e-4, 4.2674e-5),
            ((0, 4), 1, 48, 0, 1.0545e-5, -1.7859e-1, -4.2865e-6, 8.0302e-9),
            ((0, 4), 2, 48, 0, 6.5714e-6, 4.7871e-1, 1.6004e-6, -9.3210e-8),
            ((4, 5), 0, 32, 16, 2.1585e-4, -6.3171e-1, 1.7546e-4, -1.2259e-4),
            ((4, 5), 3, 32, 16, 2.4962e-4, -3.9223e-1, 2.3081e-4, -9.0848e-5),
        ] {
            let (values, counts) = values(&all, &open, pair, polarization);
            assert_eq!(*counts, Counts { valid, invalid });
            near(mean(values.iter().map(|v| v.norm())), amp);
            near(mean(values.iter().map(|v| v.arg())), phase);
            near(mean(values.iter().map(|v| v.re)), re);
            near(mean(values.iter().map(|v| v.im)), im);
        }
    });
}

#[test]
fn stokes_parameters_follow_casacore() {
    let stokes = |scale| Selection {
        polarizations: Polarizations::Stokes { parameters: vec![0, 1, 2, 3], scale },
        ..Selection::default()
    };
    with(&stokes(StokesScale::Sky), |open| {
        let open = open.unwrap();
        let all = open.series(Average::Channels).unwrap();
        for (parameter, amp, re, im) in [
            (0, 2.1486e-4, 1.8917e-4, 9.9317e-5),
            (1, 3.6896e-5, -2.7201e-5, 2.4448e-5),
            (2, 5.2040e-6, -1.3431e-6, -4.2590e-8),
            (3, 6.0842e-6, 5.0620e-8, 2.9434e-6),
        ] {
            let (values, _) = values(&all, &open, (0, 4), parameter);
            near(mean(values.iter().map(|v| v.norm())), amp);
            near(mean(values.iter().map(|v| v.re)), re);
            near(mean(values.iter().map(|v| v.im)), im);
        }
    });
    with(&stokes(StokesScale::Sum), |open| {
        let all = open.unwrap().series(Average::None).unwrap();
        let (i, v) = (all[0].at(0, 0, 0).unwrap(), all[0].at(0, 0, 3).unwrap());
        near(i.re, 3.04475e-4);
        near(i.im, 1.31686e-4);
        near(v.re, -3.51024e-5);
        near(v.im, -2.19240e-5);
    });
}

#[test]
fn operations_join_averaged_correlations() {
    for (polarizations, name, amp, re, im) in [
        (Polarizations::DifferenceOfParallel, "XX-YY", 7.3793e-5, -5.4402e-5, 4.8897e-5),
        (Polarizations::ProductOfCross, "XY.YX*", 7.6200e-11, -4.3255e-12, 1.4246e-11),
    ] {
        with(&Selection { polarizations, ..Selection::default() }, |open| {
            let open = open.unwrap();
            assert_eq!(open.polarizations(), [name]);
            let all = open.series(Average::Channels).unwrap();
            let (values, counts) = values(&all, &open, (0, 4), 0);
            assert_eq!(*counts, Counts { valid: 96, invalid: 0 });
            near(mean(values.iter().map(|v| v.norm())), amp);
            near(mean(values.iter().map(|v| v.re)), re);
            near(mean(values.iter().map(|v| v.im)), im);
        });
    }
}

#[test]
fn rows_channels_and_baselines_are_chosen() {
    let slots = |start, end| Selection { times: SlotRange { start, end }, ..Selection::default() };
    for (start, end, rows) in [(0, 0, 28), (0, -1, 168), (2, 3, 56), (-2, -1, 56)] {
        with(&slots(start, end), |open| assert_eq!(open.unwrap().nrow(), rows));
    }
    with(&slots(0, 6), |open| assert!(open.err().unwrap().to_string().contains("time slots 0,6")));
    let some = Selection {
        channels: SlotRange { start: 2, end: 4 },
        antennas: Some(vec![0, 4, 5]),
        polarizations: Polarizations::Correlations(vec![3]),
        ..Selection::default()
    };
    with(&some, |open| {
        let open = open.unwrap();
        assert_eq!(
            (open.baselines().len(), open.channels(), open.frequencies().len()),
            (3, 2..5, 3)
        );
        let series = open.series(Average::None).unwrap();
        assert_eq!(series[0].shape, [6, 3, 1]);
        let times = open.series(Average::Times).unwrap();
        assert_eq!(times[0].shape, [1, 3, 1]);
    });
    let named = Selection { baselines: Some(vec![(5, 4)]), ..Selection::default() };
    with(&named, |open| assert_eq!(open.unwrap().baselines().len(), 1));
    let absent = Selection {
        baselines: Some(vec![(5, 4), (5, 99)]),
        required: vec![(5, 99)],
        ..Selection::default()
    };
    with(&absent, |open| assert!(open.err().unwrap().to_string().contains("5-99")));
}

#[test]
fn flagged_samples_count_when_asked_and_columns_can_be_joined() {
    with(&Selection { flags: Flags::Ignore, ..Selection::default() }, |open| {
        let open = open.unwrap();
        let all = open.series(Average::Channels).unwrap();
        let invalid: u64 = all.iter().flat_map(|s| &s.counts).map(|c| c.invalid).sum();
        assert_eq!(invalid, 0);
    });
    with(&Selection { column: "DATA-DATA".into(), ..Selection::default() }, |open| {
        let all = open.unwrap().series(Average::Channels).unwrap();
        assert!(all[0].values.iter().all(|v| v.norm() == 0.0));
    });
    with(&Selection { column: "DATUM".into(), ..Selection::default() }, |open| {
        assert!(open.err().unwrap().to_string().contains("CORRECTED_DATA"));
    });
}

#[test]
fn sets_averaged_by_baseline_have_a_part_for_each_window() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("tNDPPP-bda");
    let set = folder.path().join("tNDPPP-bda.MS");
    let error = Visibilities::open(&set, &Selection::default()).err().unwrap();
    assert!(error.to_string().contains("spectral windows"), "{error}");
    let table = crate::info::open(&set).unwrap();
    let parts = Visibilities::each(&set, &Selection::default()).unwrap();
    assert_eq!(parts.iter().map(Visibilities::window).collect::<Vec<_>>(), [0, 1, 2, 3]);
    // Each row is of one part, and no baseline has times of another.
    let rows: usize = parts.iter().map(Visibilities::nrow).sum();
    assert!(rows > 0 && rows as u64 <= table.nrow());
    for part in &parts {
        let mut seen = 0;
        for series in part.series(Average::None).unwrap() {
            let before = series.shape;
            let (series, times) = part.own_times(series);
            assert_eq!(
                (series.shape[0], series.shape[1..].to_vec()),
                (times.len(), before[1..].to_vec())
            );
            assert_eq!(series.values.len(), series.shape.iter().product::<usize>());
            assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
            seen += times.len();
        }
        assert_eq!(seen, part.nrow());
    }
    // Asking for what one window has takes that one alone; a wrong question names its window.
    let channels = Selection { channels: "0,7".parse().unwrap(), ..Selection::default() };
    let error = Visibilities::each(&set, &channels).err().unwrap().to_string();
    assert!(error.contains("spectral window") && error.contains("channels 0,7"), "{error}");
    let one = &parts[1];
    let pair = (one.baselines()[0].antenna1, one.baselines()[0].antenna2);
    let required =
        Selection { baselines: Some(vec![pair]), required: vec![pair], ..Selection::default() };
    assert_eq!(Visibilities::each(&set, &required).unwrap().len(), 1);
}

#[test]
fn expressions_and_ranges_are_read() {
    let read = |text: &str| text.parse::<ColumnExpression>();
    let two = read("DATA,-,MODEL_DATA").unwrap();
    assert_eq!(two, read("DATA - MODEL_DATA").unwrap());
    assert_eq!(two.second, Some((Sign::Minus, "MODEL_DATA".into())));
    assert_eq!(read("DATA").unwrap().second, None);
    for text in ["", "-B", "A+", "A*B", "A,B;C"] {
        assert!(read(text).is_err(), "{text}");
    }
    assert_eq!("0,-1".parse::<SlotRange>().unwrap(), SlotRange::default());
    assert!("0".parse::<SlotRange>().is_err());
    assert!(SlotRange::default().places(0, "channels").is_err());
}

#[test]
fn each_of_600_slots_is_found_by_its_place() {
    let folder = crate::testing::slots();
    let path = folder.path().join("L12345/slots.MS");
    let values = |times: &str| -> Vec<f64> {
        let selection = Selection { times: times.parse().unwrap(), ..Selection::default() };
        let open = Visibilities::open(&path, &selection).unwrap();
        assert_eq!(open.nrow(), open.times().len());
        let all = open.series(Average::Channels).unwrap();
        all[0].times(0, 0).iter().map(|value| value.re).collect()
    };
    // The value of each is its place; rounded to 6 decimals a fifth of these times would be lost.
    for at in (0..600_i32).step_by(7).chain([1, 598, 599]) {
        assert_eq!(values(&format!("{at},{at}")), [f64::from(at)]);
    }
    let expected = |range: std::ops::Range<i32>| range.map(f64::from).collect::<Vec<f64>>();
    assert_eq!(values("0,-1"), expected(0..600));
    assert_eq!(values("17,-2"), expected(17..599));
    assert_eq!(values("-3,-1"), expected(597..600));
}

#[test]
fn windows_lengths_and_frequencies_are_chosen() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("syn-ms");
    let set = folder.path().join("syn-ms/L99999_SAP002_SB007_uv.MS");
    let open = |selection: &Selection| Visibilities::open(&set, selection);
    let error = open(&Selection::default()).err().unwrap().to_string();
    assert!(error.contains("2 spectral windows"), "{error}");
    for window in [0, 1] {
        let one = Selection { window: Some(window), ..Selection::default() };
        let found = open(&one).unwrap();
        assert_eq!(found.frequencies().len(), found.channels().len());
        assert!(found.nrow() > 0 && !found.series(Average::Times).unwrap().is_empty());
    }
    let near = Selection { lengths_m: Some((0.0, 2000.0)), ..Selection::default() };
    with(&near, |open| {
        let found = open.unwrap().baselines().len();
        assert!(found > 0 && found < 28, "{found}");
    });
    let narrow =
        Selection { frequency_hz: Some((134_312_000.0, 134_362_000.0)), ..Selection::default() };
    with(&narrow, |open| assert_eq!(open.unwrap().channels(), 1..3 + 1));
    let nowhere = Selection { frequency_hz: Some((1.0, 2.0)), ..Selection::default() };
    with(&nowhere, |open| assert!(open.err().unwrap().to_string().contains("no channel lies")));
}

#[test]
fn flags_can_be_turned_round_and_weights_used() {
    let all = |flags| Selection { flags, ..Selection::default() };
    let counts = |selection: &Selection| {
        let mut found = Counts::default();
        with(selection, |open| {
            for series in open.unwrap().series(Average::Channels).unwrap() {
                for count in series.counts {
                    found.valid += count.valid;
                    found.invalid += count.invalid;
                }
            }
        });
        found
    };
    let (apply, only) = (counts(&all(Flags::Apply)), counts(&all(Flags::Only)));
    assert_eq!((apply.valid, apply.invalid), (only.invalid, only.valid));
    // All weights of this set are positive.
    let weighted = Selection { weights: true, ..Selection::default() };
    assert_eq!(counts(&weighted), apply);
}

#[test]
fn parts_of_the_baselines_give_the_same_numbers() {
    with(&Selection::default(), |open| {
        let open = open.unwrap();
        for average in [Average::Channels, Average::Times, Average::None] {
            let whole = open.series(average).unwrap();
            let mut parts = Vec::new();
            for batch in open.batches(average, 5 * open.memory(average)) {
                assert!(batch.len() <= 5);
                let mut last = (0, 1);
                let watch = &mut |done, total| {
                    last = (done, total);
                    Ok::<(), crate::ReadError>(())
                };
                parts.extend(open.series_of(average, batch, watch).unwrap());
                assert_eq!(last.0, last.1);
            }
            assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
        }
    });
}

#[test]
fn scalar_averages_keep_amplitudes_that_vectors_lose() {
    let scalar = Selection { averaging: Averaging::Scalar, ..Selection::default() };
    let amplitude = |selection: &Selection, average| {
        let mut found = 0.0;
        with(selection, |open| {
            found = open.unwrap().series(average).unwrap()[0].at(0, 0, 0).unwrap().norm();
        });
        found
    };
    let samples = |selection: &Selection| {
        let mut found = Vec::new();
        with(selection, |open| {
            let all = open.unwrap().series(Average::None).unwrap();
            found = all[0].channels(0, 0).iter().map(|v| v.norm()).collect();
        });
        found
    };
    let wanted = mean(samples(&Selection::default()).into_iter());
    assert!((amplitude(&scalar, Average::Channels) - wanted).abs() < 1e-15);
    assert!(amplitude(&Selection::default(), Average::Channels) < wanted);
}
