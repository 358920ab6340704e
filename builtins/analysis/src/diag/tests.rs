//! Axes, keys, averages and series of rows made by hand.

#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::cast_precision_loss)]

use ndarray::Array3;
use num_complex::Complex64;

use super::axis::{UNIX_MJD_S, Wrap, daily, hour_angle};
use super::columns::Columns;
use super::keys::Attribute::{
    Baseline, Corr, Dec, Freq, Kind, Lds, Sb, Station, Station1, Station2,
};
use super::keys::{Attribute, Key, KeyValue, KeyValues, text};
use super::kinds::Quantity;
use super::reduce::{Averaging, Reduced, Resolution, reduce};
use super::row::{Facts, Row, linear};
use super::series::{Coordinate, Wanted, series};
use super::*;
use crate::math::{MISSING, missing};

/// One day, MJD in s.
const DAY: f64 = 56_000.0 * 86_400.0;

fn row(lds: &str, start: f64, quantity: Quantity, channels: usize, times: usize) -> Row {
    let values = Array3::from_shape_fn((4, channels, times), |(c, f, t)| {
        Complex64::new((100 * c + 10 * f + t) as f64, 1.0)
    });
    Row {
        facts: Facts {
            lds: lds.to_string(),
            kind: quantity.kind().map(str::to_string),
            centre_mhz: Some(134.375),
            pointing: Some((123.400_25, 48.217_389)),
            start_mjd_s: Some(start),
            correlations: linear(),
            ..Facts::default()
        },
        quantity,
        parts: vec![values],
        freq_mhz: (0..channels).map(|k| 134.0 + k as f64 * 0.1).collect(),
        time_mjd_s: (0..times).map(|k| start + 5.0 + k as f64 * 10.0).collect(),
        freq_step_mhz: Some(0.1),
        time_step_s: Some(10.0),
    }
}

fn wanted(xaxis: XAxis) -> Wanted {
    Wanted {
        correlations: vec![0, 3],
        panels: Key::default(),
        colours: Key(vec![Attribute::Lds, Attribute::Corr]),
        automatic: true,
        xaxis,
        yaxes: vec![Coordinate::Real],
        resolution: Resolution::default(),
        averaging: Averaging::Vector,
    }
}

fn reduced(rows: &[Row], wanted: &Wanted) -> Vec<Reduced> {
    let one = |row: &Row, correlation: usize| {
        reduce(row, correlation, wanted.xaxis.is_time(), wanted.averaging, wanted.resolution)
    };
    rows.iter()
        .flat_map(|row| wanted.correlations.iter().map(|c| one(row, *c)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_wrapped_axis_leaves_out_empty_time() {
    let mut wrap = Wrap::default();
    assert_eq!(wrap.add(1000.0, 1500.0).unwrap(), 0.0);
    // A shorter set of the same night does not bring the next night nearer.
    assert_eq!(wrap.add(1000.0, 1100.0).unwrap(), 0.0);
    let shift = wrap.add(90_000.0, 90_500.0).unwrap();
    assert_eq!(90_000.0 + shift, 1700.0);
    // Up to a minute before the last one belongs to it, earlier is out of order.
    assert_eq!(wrap.add(89_940.0, 90_100.0).unwrap(), shift);
    assert!(wrap.add(89_939.0, 90_100.0).unwrap_err().message.contains("not sorted"));
    assert_eq!(wrap.pieces(), [(1000.0, 1000.0), (1700.0, 90_000.0)]);
    // Places tell the true time.
    assert_eq!((wrap.time(1200.0), wrap.time(1750.0)), (1200.0, 90_050.0));
    assert_eq!(wrap.time(1699.0), 1699.0);
}

#[test]
fn nights_follow_each_other_on_a_wrapped_axis() {
    // The second set of the first night is shorter and comes last.
    let rows = [
        row("L1", DAY, Quantity::Gain, 1, 6),
        row("L2", DAY + 86_400.0, Quantity::Gain, 1, 2),
        row("L1", DAY, Quantity::Gain, 1, 2),
    ];
    let wanted = wanted(XAxis::Wrapped);
    let plotted = series(&reduced(&rows, &wanted), &wanted).unwrap();
    let second = &plotted.series[&(0, 2)];
    let start = DAY - UNIX_MJD_S;
    // The last sample of the first night is 55 s after its start.
    assert_eq!(second.x, [start + 55.0 + 200.0 + 5.0, start + 55.0 + 200.0 + 15.0]);
    assert_eq!(plotted.wrap.time(second.x[0]), start + 86_400.0 + 5.0);
}

#[test]
fn days_and_hour_angles_wrap() {
    assert_eq!(daily(DAY + 86_399.0), 86_399.0);
    assert_eq!(daily(DAY + 86_401.0), 1.0);
    let facts = row("L1", DAY, Quantity::Gain, 1, 1).facts;
    let samples: Vec<f64> =
        (0..200).map(|k| hour_angle(&facts, DAY + f64::from(k) * 600.0).unwrap()).collect();
    assert!(samples.iter().all(|angle| *angle > -43_200.0 && *angle <= 43_200.0));
    let falls = samples.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!((1..=2).contains(&falls));
    let nowhere = Facts { pointing: None, lds: "L7".to_string(), ..facts };
    assert!(hour_angle(&nowhere, DAY).unwrap_err().message.contains("L7"));
}

#[test]
fn the_other_axis_is_averaged_or_added() {
    let mut gain = row("L1", DAY, Quantity::Gain, 4, 5);
    gain.parts[0][[0, 1, 2]] = MISSING;
    for f in 0..4 {
        gain.parts[0][[0, f, 4]] = MISSING;
    }
    let all = |row: &Row, averaging| reduce(row, 0, true, averaging, Resolution::default());
    let line = &all(&gain, Averaging::Vector).lines[0];
    // Of 0, 10, 20, 30 and the time; the third without its second channel.
    assert_eq!(line.values[0], Complex64::new(15.0, 1.0));
    assert!((line.values[2].re - (2.0 + 22.0 + 32.0) / 3.0).abs() < 1e-12);
    assert!(missing(line.values[4]));
    assert_eq!(all(&gain, Averaging::None).lines.len(), 4);
    let mut count = gain.clone();
    count.quantity = Quantity::stored("Count");
    assert_eq!(all(&count, Averaging::Vector).lines[0].values[0], Complex64::new(60.0, 4.0));
    assert_eq!(all(&count, Averaging::Scalar).lines[0].values[0], Complex64::new(60.0, 4.0));
}

#[test]
fn scalar_averages_keep_the_modulus_of_turning_phases() {
    let mut gain = row("L1", DAY, Quantity::Gain, 2, 1);
    gain.parts[0][[0, 0, 0]] = Complex64::from_polar(2.0, 3.0);
    gain.parts[0][[0, 1, 0]] = Complex64::from_polar(2.0, -3.0);
    let vector = reduce(&gain, 0, true, Averaging::Vector, Resolution::default());
    assert!((Coordinate::Amp.of(&vector.lines[0])[0] - 2.0 * 3.0_f64.cos().abs()).abs() < 1e-12);
    let scalar = reduce(&gain, 0, true, Averaging::Scalar, Resolution::default());
    assert!((Coordinate::Amp.of(&scalar.lines[0])[0] - 2.0).abs() < 1e-12);
    let phase = Coordinate::Phase.of(&scalar.lines[0])[0];
    assert!((phase.abs() - std::f64::consts::PI).abs() < 1e-12);
}

#[test]
fn a_coarser_axis_uses_every_sample() {
    let mut gain = row("L1", DAY, Quantity::Gain, 1, 5);
    gain.parts[0][[0, 0, 1]] = MISSING;
    let coarse = |decimate| Resolution { width: Some(20.0), decimate };
    let bins = &reduce(&gain, 0, true, Averaging::Vector, coarse(false)).lines[0];
    assert_eq!(bins.places, [DAY + 10.0, DAY + 30.0, DAY + 45.0]);
    let real: Vec<f64> = bins.values.iter().map(|value| value.re).collect();
    assert_eq!(real, [0.0, 2.5, 4.0]);
    assert_eq!(bins.step, Some(20.0));
    let kept = &reduce(&gain, 0, true, Averaging::Vector, coarse(true)).lines[0];
    assert_eq!(kept.places, [DAY + 5.0, DAY + 25.0, DAY + 45.0]);
    // Not coarser than it is.
    let fine = Resolution { width: Some(9.0), decimate: false };
    assert_eq!(reduce(&gain, 0, true, Averaging::Vector, fine).lines[0].places.len(), 5);
    // Five steps of a tenth are five.
    let frequency = row("L1", DAY, Quantity::stored("Count"), 10, 1);
    let half = Resolution { width: Some(0.5), decimate: false };
    let bins = &reduce(&frequency, 0, false, Averaging::Vector, half).lines[0];
    assert_eq!((bins.places.len(), bins.values[0].re), (2, 100.0));
}

#[test]
fn phases_are_unwrapped_within_rows_and_short_gaps() {
    let mut gain = row("L1", DAY, Quantity::Gain, 1, 4);
    for (t, phase) in [2.0, 3.0, -2.5, -1.0].into_iter().enumerate() {
        gain.parts[0][[0, 0, t]] = Complex64::from_polar(1.0, phase);
    }
    let turn = std::f64::consts::TAU;
    let phases = |row: &Row| {
        let line = reduce(row, 0, true, Averaging::Vector, Resolution::default());
        Coordinate::PhaseUnwrap.of(&line.lines[0])
    };
    let near = |found: &[f64], known: [f64; 4]| {
        found.iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-12)
    };
    assert!(near(&phases(&gain), [2.0, 3.0, turn - 2.5, turn - 1.0]));
    gain.time_mjd_s[2] += 1000.0;
    gain.time_mjd_s[3] += 1000.0;
    assert!(near(&phases(&gain), [2.0, 3.0, -2.5, -1.0]));
}

#[test]
fn keys_are_letters_or_names() {
    let key = |text: &str, of| Key::parse(text, of).map(|key| key.0);
    assert_eq!(key("cl", Type::Gain).unwrap(), [Lds, Corr], "in the order of attributes");
    assert_eq!(key("lp", Type::Qts).unwrap(), [Lds, Corr]);
    assert_eq!(key("sf", Type::Gain).unwrap(), [Freq, Station]);
    assert_eq!(key("lds", Type::Gain).unwrap(), [Lds]);
    assert_eq!(key("l,d,s", Type::Gain).unwrap(), [Lds, Station, Dec]);
    assert_eq!(key("sb", Type::Qbs).unwrap(), [Sb]);
    assert_eq!(key("station1,b,q", Type::Qbs).unwrap(), [Kind, Station2, Station1]);
    assert_eq!(key("baseline", Type::Qbs).unwrap(), [Baseline]);
    assert_eq!(key("", Type::Qbs).unwrap(), []);
    for (text, of, part) in [
        ("lx", Type::Gain, "`x` no letter"),
        ("q", Type::Gain, "GAIN have no kind"),
        ("s", Type::Qts, "QTS have no station"),
        ("b", Type::Qfs, "QFS have no second station"),
        ("r", Type::Qbs, "QBS have no right ascension"),
    ] {
        let error = key(text, of).unwrap_err();
        assert!(error.message.contains(part), "{error}");
        assert!(error.help.unwrap().contains("corr"));
    }
    let both = key("l", Type::Gain).map(Key).unwrap();
    assert!(both.apart(&both).is_err() && both.apart(&Key::default()).is_ok());
}

#[test]
fn values_are_sorted_as_what_they_are() {
    let mut all = vec![
        KeyValue::Mhz(134.375),
        KeyValue::Mhz(58.5),
        KeyValue::Text("RS106HBA".into()),
        KeyValue::Text("CS302HBA0".into()),
        KeyValue::Text("DE601HBA".into()),
        KeyValue::None,
    ];
    all.sort();
    assert_eq!(text(&all), "- 58.500 134.375 CS302HBA0 RS106HBA DE601HBA");
}

#[test]
fn colours_are_chosen_so_that_everything_can_be_told_apart() {
    let mut rows = Vec::new();
    for (station, centre) in [("CS001HBA0", 120.0), ("CS002HBA0", 120.0), ("CS001HBA0", 121.0)] {
        let mut one = row("L1", DAY, Quantity::Gain, 1, 2);
        one.facts.station = Some(station.to_string());
        one.facts.centre_mhz = Some(centre);
        rows.push(one);
    }
    let mut wanted = wanted(XAxis::Utc);
    let plotted = series(&reduced(&rows, &wanted), &wanted).unwrap();
    assert!(plotted.automatic);
    assert_eq!(plotted.colour_key.0, [Attribute::Freq, Attribute::Station]);
    assert_eq!(plotted.hidden, [Attribute::Corr]);
    assert_eq!((plotted.points, plotted.colours.len()), (12, 3));
    // What the user insists on stays.
    wanted.automatic = false;
    let plotted = series(&reduced(&rows, &wanted), &wanted).unwrap();
    assert_eq!(plotted.hidden, [Attribute::Freq, Attribute::Station]);
    // The given key is enough for one row.
    wanted.automatic = true;
    let plotted = series(&reduced(&rows[..1], &wanted), &wanted).unwrap();
    assert!(!plotted.automatic && plotted.colours.len() == 2);
    let places: Vec<_> = rows.iter().map(|row| (&row.facts, 0)).collect();
    let columns = Columns::new(&places);
    assert_eq!(columns.hidden(&Key(vec![Attribute::Station]), &Key(vec![Attribute::Freq])), []);
    let groups = columns.groups(&Key(vec![Attribute::Freq, Attribute::Station]));
    let names: Vec<String> = groups.values.iter().map(|values| text(values)).collect();
    assert_eq!(names, ["120.000 CS001HBA0", "120.000 CS002HBA0", "121.000 CS001HBA0"]);
    assert_eq!(groups.of_row, [0, 1, 2]);
    assert_eq!(columns.groups(&Key::default()).values, [KeyValues::new()]);
    assert!(Columns::new(&[]).groups(&Key::default()).values.is_empty());
}

#[test]
fn one_sample_or_many_fill_all_vertical_axes() {
    let rows = [row("L1", DAY, Quantity::stored("Count"), 3, 1)];
    let wanted = Wanted { yaxes: vec![Coordinate::Amp, Coordinate::Phase], ..wanted(XAxis::Utc) };
    let plotted = series(&reduced(&rows, &wanted), &wanted).unwrap();
    let one = &plotted.series[&(0, 0)];
    assert_eq!((one.x.len(), one.y[0].len(), one.y[1].len()), (1, 1, 1));
    assert_eq!((plotted.points, plotted.masked), (2, 0));
}

#[test]
fn rows_travel_whole() {
    let mut one = row("L1", DAY, Quantity::Gain, 2, 3);
    one.parts[0][[1, 1, 1]] = MISSING;
    let text = serde_json::to_string(&one.packed()).unwrap();
    let back: row::Packed = serde_json::from_str(&text).unwrap();
    let back = back.unpack().unwrap();
    assert!(missing(back.parts[0][[1, 1, 1]]));
    assert_eq!((back.facts, back.time_mjd_s), (one.facts, one.time_mjd_s));
    assert_eq!(back.parts[0][[3, 1, 2]], Complex64::new(312.0, 1.0));
}

#[test]
fn derived_kinds_come_from_the_rows_of_a_set() {
    let of_kind = |kind: &str| row("L1", DAY, Quantity::stored(kind), 2, 2);
    let rows = vec![of_kind("Count"), of_kind("RFICount"), of_kind("Sum")];
    let names = |kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        let made = derive::derive(rows.clone(), &kinds);
        made.iter().filter_map(|row| row.facts.kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["Count", "RFICount", "Sum"]);
    assert_eq!(names(&["rfipercentage", "Count"]), ["RFIPercentage", "Count"]);
    assert_eq!(names(&["StandardDeviation"]), [""; 0], "there are no squares");
    let made = derive::derive(rows, &["Mean".to_string()]);
    let line = &reduce(&made[0], 0, true, Averaging::Vector, Resolution::default()).lines[0];
    // Added before they are divided: (0 + 10) / (0 + 10).
    assert_eq!(line.values[0].re, 1.0);
}
