#![allow(clippy::unwrap_used, clippy::float_cmp)]

use super::*;

fn one(station: &str, observation: &str, start: f64, hours: Option<f64>) -> Participation {
    let start = 56_000.0 * 86_400.0 + start * 3600.0;
    Participation {
        station: station.to_string(),
        observation: observation.to_string(),
        antenna_type: "HBA".to_string(),
        beams: 2,
        start: Some(start),
        end: hours.map(|hours| start + hours * 3600.0),
    }
}

fn known() -> (Vec<Participation>, Vec<String>, Vec<String>) {
    let rows = vec![
        one("CS001HBA0", "L1", 20.0, Some(6.0)),
        one("DE601HBA", "L1", 20.0, Some(6.0)),
        one("RS106HBA", "L2", 44.0, None),
        one("CS001HBA0", "L2", 44.0, None),
    ];
    let names = ["RS106HBA", "DE601HBA", "CS010HBA0", "CS001HBA0"].map(String::from).to_vec();
    (rows, names, vec!["L1".to_string(), "L2".to_string()])
}

fn usage(wanted: &Wanted) -> Result<Usage, OperationError> {
    let (rows, stations, observations) = known();
    Usage::select(rows, &stations, &observations, wanted)
}

fn bars(figure: &Figure) -> Vec<[f64; 4]> {
    let of = |layer: &Layer| match layer {
        Layer::Bars(bars) => bars.edges.clone(),
        _ => Vec::new(),
    };
    figure.panels[0].layers.iter().flat_map(of).collect()
}

#[test]
fn stations_go_from_the_core_outwards() {
    let all = usage(&Wanted::default()).unwrap();
    assert_eq!(all.stations, ["CS001HBA0", "CS010HBA0", "RS106HBA", "DE601HBA"]);
    let used = usage(&Wanted { used: true, ..Wanted::default() }).unwrap();
    assert_eq!(used.stations, ["CS001HBA0", "RS106HBA", "DE601HBA"]);
    assert_eq!((used.count(), used.hours()), (2, 6.0));
    let figure = figure(&used, &Wanted::default()).unwrap();
    assert_eq!(figure.title, "2 observations, 6.0 hours, 3 stations");
    // Without an end it is a moment.
    let bars = bars(&figure);
    assert_eq!(bars.len(), 4);
    assert!(bars.iter().filter(|bar| bar[0] == bar[1]).count() == 2);
    let row_of_de601 = bars.iter().find(|bar| bar[2] > 4.0).unwrap();
    assert_eq!(row_of_de601[1] - row_of_de601[0], 6.0 * 3600.0);
}

#[test]
fn a_selection_is_of_what_there_is() {
    let wanted = |ldss: &[&str], stations: &[&str]| Wanted {
        ldss: ldss.iter().map(ToString::to_string).collect(),
        stations: stations.iter().map(ToString::to_string).collect(),
        ..Wanted::default()
    };
    let some = usage(&wanted(&["L2"], &["CS001HBA0", "CS001HBA0"])).unwrap();
    assert_eq!((some.rows.len(), some.stations.len()), (1, 1));
    let error = usage(&wanted(&["L3"], &[])).unwrap_err();
    assert!(error.message.contains("no observation L3"));
    // Even a list as long as that of all stations is checked.
    let error = usage(&wanted(&[], &["CS001HBA0", "CS001HBA0", "CS001HBA0", "CS001HBA1"]));
    assert!(error.unwrap_err().message.contains("no station CS001HBA1"));
    let none = usage(&wanted(&["L2"], &["DE601HBA"])).unwrap();
    assert_eq!(figure(&none, &Wanted::default()).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn empty_time_can_be_left_out() {
    let wanted = Wanted { compress: true, ..Wanted::default() };
    let figure = figure(&usage(&wanted).unwrap(), &wanted).unwrap();
    let bars = bars(&figure);
    let starts: BTreeSet<u64> = bars.iter().map(|bar| bar[0].to_bits()).collect();
    let starts: Vec<f64> = starts.into_iter().map(f64::from_bits).collect();
    assert_eq!(starts[1] - starts[0], 6.0 * 3600.0 + 200.0);
}

#[test]
fn a_night_goes_from_noon_to_noon() {
    let wanted = Wanted { nights: true, ..Wanted::default() };
    let figure = figure(&usage(&wanted).unwrap(), &wanted).unwrap();
    let Ticks::Named(names) = &figure.panels[0].y.ticks else { panic!() };
    let dates: Vec<&str> = names.iter().map(|name| name.1.as_str()).collect();
    assert_eq!(dates, ["2012-03-14", "2012-03-15"]);
    let bars = bars(&figure);
    // From 20:00 to 02:00, in one piece.
    assert!(bars.contains(&[72_000.0, 72_000.0 + 21_600.0, 0.2, 1.8]), "{bars:?}");
}

#[test]
fn colours_mean_bands_or_beams() {
    for (colour, name) in [(ColourBy::Antennas, "HBA"), (ColourBy::Beams, "2 beams")] {
        let wanted = Wanted { colour, ..Wanted::default() };
        let figure = figure(&usage(&wanted).unwrap(), &wanted).unwrap();
        assert_eq!(figure.legend.len(), 1);
        assert_eq!(figure.legend[0].name, name);
    }
}

#[test]
fn the_table_tells_hours() {
    let table = usage(&Wanted::default()).unwrap().table();
    assert_eq!(table[0][..2], ["CS001HBA0", "L1"]);
    assert_eq!(table[0][4], "6.0000");
    assert_eq!((table[1][3].as_str(), table[1][4].as_str()), ("", "0.0000"));
    assert_eq!(table[3][0], "DE601HBA");
}
