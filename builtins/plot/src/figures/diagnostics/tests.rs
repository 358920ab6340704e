//! What is in figures of rows made by hand.

#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::cast_precision_loss)]

use ledama_analysis::diag::Type;
use ledama_analysis::diag::reduce::{Line, Reduced};
use ledama_analysis::diag::row::{Facts, linear};
use num_complex::Complex64;

use super::super::settings::{Given, Settings};
use super::*;
use crate::figure::{Colour, ColourMap, Layer, Place};

const START: f64 = 4_871_282_393.0;

/// Two correlations of a station and sub-band with five times.
fn rows(lds: &str, station: &str, mhz: f64, start: f64) -> Vec<Reduced> {
    let one = |correlation: usize| Reduced {
        facts: Facts {
            lds: lds.to_string(),
            station: Some(station.to_string()),
            centre_mhz: Some(mhz),
            pointing: Some((24.422, 33.1599)),
            start_mjd_s: Some(start),
            correlations: linear(),
            ..Facts::default()
        },
        quantity: Quantity::Gain,
        correlation,
        lines: vec![Line {
            places: (0..5).map(|k| start + 10.0 * f64::from(k)).collect(),
            step: Some(10.0),
            values: (0..5).map(|k| Complex64::new(1.0 + f64::from(k), mhz)).collect(),
            polar: None,
            across: None,
        }],
    };
    vec![one(0), one(3)]
}

fn settings(change: impl FnOnce(&mut Given)) -> Settings {
    let mut given = Given { correlations: vec![0, 3], ..Given::default() };
    change(&mut given);
    Settings::new(Type::Gain, &given).unwrap()
}

#[allow(clippy::unnecessary_wraps)] // as options are given
fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

#[test]
fn one_panel_for_each_axis_shares_the_time() {
    let made = figure(&rows("L1", "CS001HBA0", 134.0, START), &settings(|_| {})).unwrap();
    let panels = &made.figure.panels;
    assert_eq!((panels.len(), made.points, made.masked), (2, 10, 0));
    assert_eq!(
        (panels[0].y.label.as_str(), panels[1].y.label.as_str()),
        ("Amplitude", "Phase [rad]")
    );
    assert!(!panels[0].x.named && panels[1].x.named);
    assert_eq!(panels[0].x.range, panels[1].x.range);
    assert_eq!((&panels[0].x.ticks, &panels[1].y.ticks), (&Ticks::Utc, &Ticks::Phase));
    assert!(matches!(
        panels[0].place,
        Place::Cell { row: 0, rows: 2, columns: 1, joined: true, .. }
    ));
    assert_eq!(made.figure.title, "GAIN of L1, XX YY, CS001HBA0");
    assert!(made.figure.subtitle.starts_with("10 points, 0 missing · complex mean over frequency"));
    assert!(made.figure.legend.is_empty() && made.notes.is_empty());
}

#[test]
fn all_outer_panels_are_labelled() {
    let mut all = Vec::new();
    for station in ["RS106HBA", "CS001HBA0", "DE601HBA"] {
        all.extend(rows("L1", station, 134.0, START));
    }
    let settings = settings(|given| {
        given.subplotkey = text("s");
        given.yrange = text("share");
        given.legend = true;
        given.yoffset = text("0.5,0");
    });
    let made = figure(&all, &settings).unwrap();
    let panels = &made.figure.panels;
    let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles, ["CS001HBA0", "", "RS106HBA", "", "DE601HBA", ""]);
    let named: Vec<(bool, bool)> =
        panels.iter().map(|panel| (panel.x.named, panel.y.named)).collect();
    let expected =
        [(false, true), (true, true), (false, false), (true, false), (false, false), (true, false)];
    assert_eq!(named, expected);
    let names: Vec<&str> = made.figure.legend.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["L1 XX", "L1 YY (+1·0.5)"]);
    let Layer::Series(second) = &panels[0].layers[1] else { panic!() };
    assert_eq!(second.y[0], Complex64::new(1.0, 134.0).norm() + 0.5);
}

#[test]
fn correlations_have_their_colours_and_many_frequencies_a_scale() {
    let by_corr = settings(|given| given.colorkey = text("c"));
    let one = rows("L1", "CS001HBA0", 134.0, START);
    let colours = |made: &Made| -> Vec<Colour> {
        let of = |layer: &Layer| match layer {
            Layer::Series(series) => series.style.colour,
            _ => Colour::Ink,
        };
        made.figure.panels[0].layers.iter().map(of).collect()
    };
    let made = figure(&one, &by_corr).unwrap();
    assert_eq!(colours(&made), [Colour::Category(0), Colour::Category(1)]);
    let mut many = Vec::new();
    for sb in 0..13 {
        many.extend(rows("L1", "CS001HBA0", 99.0 + f64::from(sb) * 0.2, START));
    }
    let by_freq = settings(|given| {
        given.colorkey = text("f");
        given.correlations = vec![0, 3];
    });
    let made = figure(&many, &by_freq).unwrap();
    let bar = made.figure.colour_bar.as_ref().unwrap();
    assert_eq!((bar.label.as_str(), bar.range.0), ("Frequency [MHz]", 99.0));
    // The last colour is too light for points on white.
    assert!(bar.range.1 > 101.4 + 0.3 && bar.range.1 < 101.4 + 0.5);
    assert_eq!(colours(&made)[0], Colour::Mapped(ColourMap::Sequential, 0.0));
    assert!(made.notes[0].contains("differ in correlation"));
    // The same colours, whatever came first.
    let mut turned = many.clone();
    turned.reverse();
    assert_eq!(colours(&figure(&turned, &by_freq).unwrap()), colours(&made));
}

#[test]
fn maps_have_stations_as_rows_and_phases_in_a_circle() {
    let mut all = Vec::new();
    for station in ["RS106HBA", "CS001HBA0"] {
        all.extend(rows("L1", station, 134.0, START));
    }
    let map = settings(|given| {
        given.map = true;
        given.yaxis = text("phase");
    });
    let made = figure(&all, &map).unwrap();
    let panels = &made.figure.panels;
    assert_eq!((panels.len(), panels[0].title.as_str(), panels[1].title.as_str()), (2, "XX", "YY"));
    let Ticks::Named(names) = &panels[0].y.ticks else { panic!() };
    assert_eq!(names[0], (0.5, "CS001HBA0".to_string()));
    let Layer::Map(map) = &panels[0].layers[0] else { panic!() };
    assert_eq!((map.values.dim(), map.x.len(), map.colours), ((2, 5), 6, ColourMap::Cyclic));
    assert_eq!(map.range, (-std::f64::consts::PI, std::f64::consts::PI));
    assert!((map.x[1] - map.x[0] - 10.0).abs() < 1e-6);
}

#[test]
fn nothing_is_an_error_and_so_are_several_hour_angles() {
    let error = figure(&[], &settings(|_| {})).unwrap_err();
    assert!(error.kind == ErrorKind::NotFound && error.message.starts_with("no data"));
    let mut two = rows("L1", "CS001HBA0", 134.0, START);
    two[1].facts.pointing = Some((1.0, 2.0));
    let angle = settings(|given| given.top_axis = Some(super::super::clock::TopAxis::Ha));
    assert!(figure(&two, &angle).unwrap_err().message.contains("2 directions"));
    two.truncate(1);
    let made = figure(&two, &angle).unwrap();
    assert!(made.figure.panels[0].top.is_some() && made.figure.panels[1].top.is_none());
    // All missing is no data, too.
    two[0].lines[0].values.fill(Complex64::new(f64::NAN, f64::NAN));
    let error = figure(&two, &settings(|_| {})).unwrap_err();
    assert!(error.help.unwrap().contains("every sample"));
}
