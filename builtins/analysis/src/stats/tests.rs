//! Against statistics computed with casacore and numpy.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use ledama_base::operation::Keep;
use ledama_ms::visibility::Flags;
use serde_json::{Value, json};

use super::wanted::parse_wanted;
use super::*;
use crate::visibilities::{Choice, Mode, Operated};
use ledama_ms::testing::unpack;

const EVERY: [&str; 42] = [
    "amp_mean",
    "amp_median",
    "amp_std",
    "amp_min",
    "amp_max",
    "amp_mad",
    "amp_rms",
    "amp_count",
    "phase_mean",
    "phase_median",
    "phase_std",
    "phase_min",
    "phase_max",
    "phase_mad",
    "phase_rms",
    "phase_count",
    "phase_circmean",
    "phase_circstd",
    "real_mean",
    "real_median",
    "real_std",
    "real_min",
    "real_max",
    "real_mad",
    "real_rms",
    "real_count",
    "imag_mean",
    "imag_median",
    "imag_std",
    "imag_min",
    "imag_max",
    "imag_mad",
    "imag_rms",
    "imag_count",
    "phaserate_mean",
    "phaserate_median",
    "phaserate_std",
    "phaserate_min",
    "phaserate_max",
    "phaserate_mad",
    "phaserate_rms",
    "phaserate_count",
];

fn stats(folder: &Path, choice: &Choice, names: &[&str], summary: bool) -> SetStats {
    let wanted = parse_wanted(names).unwrap();
    let request = Request { choice, wanted: &wanted, unwrap: None, summary, memory: 1 << 30 };
    // A trailing slash does no harm.
    let path = format!("{}/tNDPPP-generic.MS/", folder.display());
    compute(&path, &request, &mut |_, _| Ok(())).unwrap()
}

fn near(found: Option<f64>, expected: &Value, what: &str) {
    match (found, expected.as_f64()) {
        (None, None) => {}
        (Some(found), Some(expected)) => {
            let scale = expected.abs().max(1e-12);
            assert!(
                (found - expected).abs() <= 1e-9 * scale,
                "{what}: {found:e}, not {expected:e}"
            );
        }
        (found, expected) => panic!("{what}: {found:?}, not {expected:?}"),
    }
}

fn compare(found: &SetStats, expected: &Value) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.rows.len(), expected.len());
    for (row, known) in found.rows.iter().zip(expected) {
        let what = format!("{:?} {}", row.antennas, row.polarization);
        assert_eq!(json!(row.antennas), json!([known["ant1"], known["ant2"]]));
        assert_eq!(json!(row.polarization), known["pol"]);
        assert_eq!(
            (json!(row.num), json!(row.flagged)),
            (known["num"].clone(), known["numflag"].clone())
        );
        for (name, value) in found.statistics.iter().zip(&row.values) {
            near(*value, &known[name], &format!("{what} {name}"));
        }
    }
}

fn numpy() -> Value {
    serde_json::from_str(include_str!("../../tests/data/stats.json")).unwrap()
}

#[test]
fn all_statistics_are_those_of_numpy() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let numpy = numpy();
    let found = stats(folder.path(), &Choice::default(), &EVERY, false);
    assert_eq!((found.set.as_str(), found.freq_mhz), ("tNDPPP-generic.MS", Some(134.375)));
    compare(&found, &numpy["default"]);
    let weighted = Choice { weights: true, ..Choice::default() };
    compare(&stats(folder.path(), &weighted, &EVERY, false), &numpy["weighted"]);
    let stokes = Choice { stokes: true, ..Choice::default() };
    compare(&stats(folder.path(), &stokes, &EVERY, false), &numpy["stokes"]);
    let cut = Choice {
        timeslots: Some("2,-2".into()),
        channels: Some("1,3".into()),
        ..Choice::default()
    };
    compare(&stats(folder.path(), &cut, &EVERY, false), &numpy["cut"]);
}

#[test]
fn sets_averaged_by_baseline_have_the_numbers_of_numpy() {
    let Some(folder) = unpack("tNDPPP-bda") else { return };
    let numpy: Value = serde_json::from_str(include_str!("../../tests/data/bda.json")).unwrap();
    let wanted = parse_wanted(&["amp_mean", "amp_std", "phase_median"]).unwrap();
    let path = format!("{}/tNDPPP-bda.MS", folder.path().display());
    let found = |choice: &Choice, memory| {
        let request =
            Request { choice, wanted: &wanted, unwrap: None, summary: memory > 1, memory };
        compute(&path, &request, &mut |_, _| Ok(())).unwrap()
    };
    let all = found(&Choice::default(), 1);
    compare(&all, &numpy["rows"]);
    assert!(all.rows.iter().zip(numpy["rows"].as_array().unwrap()).all(|(row, known)| {
        json!(row.window) == known["spw"] && row.freq_mhz.is_some_and(|mhz| mhz > 134.0)
    }));
    // Windows of one frequency have their summary together.
    let summed = found(&Choice::default(), 1 << 30);
    let whole: Vec<&Row> =
        summed.rows.iter().filter(|row| row.names == ["*", "*"].map(String::from)).collect();
    assert_eq!(whole.len(), 4);
    for (row, known) in whole.iter().zip(numpy["amp_mean"].as_array().unwrap()) {
        near(row.values[0], known, &row.polarization);
    }
    let one = found(&Choice { window: Some(1), ..Choice::default() }, 1);
    assert!(one.rows.len() < all.rows.len() && one.rows.iter().all(|row| row.window == Some(1)));
}

#[test]
fn the_vectors_of_older_programs_hold() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let check = |choice: &Choice, pol: &str, names: &[&str], known: &[f64]| {
        let found = stats(folder.path(), choice, names, false);
        let row = found.rows.iter().find(|row| row.antennas == [0, 4] && row.polarization == pol);
        for (value, known) in row.unwrap().values.iter().zip(known) {
            assert!(
                (value.unwrap() - known).abs() <= 6e-5 * known.abs(),
                "{pol} {value:?} {known}"
            );
        }
    };
    let operation = |operation| Choice { operation: Some(operation), ..Choice::default() };
    let names = ["amp_mean", "phase_mean", "real_mean", "imag_mean"];
    let difference = [7.3793e-5, 2.4057, -5.4402e-5, 4.8897e-5];
    check(&operation(Operated::Difference), "XX-YY", &names, &difference);
    let product = [7.6200e-11, 1.4371, -4.3255e-12, 1.4246e-11];
    check(&operation(Operated::Product), "XY.YX*", &names, &product);
    let names = ["amp_mean", "amp_median", "amp_std", "phase_mean", "phase_median", "phase_std"];
    let xy = [1.0545e-5, 1.1735e-5, 3.9085e-6, -1.7859e-1, -5.8767e-2, 2.2242];
    check(&Choice::default(), "XY", &names, &xy);
}

#[test]
fn summaries_pool_all_values() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let names = ["amp_mean", "amp_median", "amp_std"];
    let found = stats(folder.path(), &Choice::default(), &names, true);
    assert_eq!(found.rows.len(), (28 + 8 + 1) * 4);
    for row in &found.rows[36 * 4..] {
        assert_eq!((row.antennas, row.names[1].as_str()), ([ALL, ALL], "*"));
        for (name, value) in names.iter().zip(&row.values) {
            near(*value, &numpy()["pooled"][&row.polarization][name], name);
        }
    }
}

#[test]
fn flags_and_averages_can_be_chosen() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let count = |choice: &Choice| {
        let found = stats(folder.path(), choice, &["amp_count"], false);
        let all = found.rows.iter();
        all.fold((0, 0, 0.0), |sum, row| {
            (sum.0 + row.num, sum.1 + row.flagged, sum.2 + row.values[0].unwrap_or_default())
        })
    };
    let flags = |flags| Choice { flags: Some(flags), ..Choice::default() };
    let (apply, ignore, only) =
        (count(&flags(Flags::Apply)), count(&flags(Flags::Ignore)), count(&flags(Flags::Only)));
    assert_eq!((ignore.0, ignore.1), (28 * 6 * 8 * 4, 0));
    assert_eq!((apply.0, apply.1), (only.1, only.0));
    let single = count(&Choice { average: Some(Mode::None), ..Choice::default() });
    #[allow(clippy::cast_precision_loss)]
    let all = apply.0 as f64;
    assert!((single.2 - all).abs() < 0.5);
}

#[test]
fn little_memory_gives_the_same_numbers() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let path = format!("{}/tNDPPP-generic.MS", folder.path().display());
    let wanted = default_wanted();
    let choice = Choice::default();
    let with = |memory, summary| {
        let request = Request { choice: &choice, wanted: &wanted, unwrap: None, summary, memory };
        compute(&path, &request, &mut |_, _| Ok(()))
    };
    assert_eq!(with(1 << 30, false).unwrap(), with(2000, false).unwrap());
    assert!(with(2000, true).unwrap_err().to_string().contains("summary"));
}

#[test]
fn names_of_statistics_are_checked_all_at_once() {
    assert_eq!(parse_wanted::<&str>(&[]).unwrap(), default_wanted());
    let error = parse_wanted(&["amp_mode", "amp", "ampl_mean", "real_circmean"]).unwrap_err();
    for part in ["`mode`", "`amp` is not", "`ampl`", "only phases"] {
        assert!(error.contains(part), "{error}");
    }
}

fn small(freq_mhz: f64) -> SetStats {
    let row = |pol: &str, value| Row {
        freq_mhz: Some(freq_mhz),
        window: Some(0),
        antennas: [0, 12],
        names: ["CS001HBA0".into(), "RS 2".into()],
        polarization: pol.into(),
        num: 48,
        flagged: 0,
        values: vec![value, Some(-1.234_56e-12)],
    };
    SetStats {
        path: "/data/a.MS".into(),
        set: "a.MS".into(),
        freq_mhz: Some(freq_mhz),
        remarks: vec!["column: DATA".into()],
        statistics: vec!["amp_mean".into(), "real_std".into()],
        rows: vec![row("XX", Some(123.456)), row("YY", None)],
        warnings: Vec::new(),
    }
}

#[test]
fn text_has_centred_columns() {
    let text = render(&small(134.375), Format::Text, 4);
    assert_eq!(
        text,
        "# column: DATA\n\
        \x20#sbfreq  ant1  ant2  ant1Name   ant2Name  pol  num  numflag   amp_mean    real_std   \n\
        \x20134.375   0     12   CS001HBA0    RS_2    XX   48      0     1.2346e+02  -1.2346e-12 \n\
        \x20134.375   0     12   CS001HBA0    RS_2    YY   48      0        nan      -1.2346e-12 \n"
    );
    let csv = render(&small(134.375), Format::Csv, 2);
    assert!(csv.contains("\nsbfreq,ant1,ant2,ant1Name"));
    assert!(csv.contains("\n134.375,0,12,CS001HBA0,RS_2,YY,48,0,nan,-1.23e-12\n"));
    let json: Value = serde_json::from_str(&render(&small(134.375), Format::Json, 4)).unwrap();
    assert_eq!(json["rows"][0]["amp_mean"], json!(123.456));
    assert_eq!(json["rows"][1]["amp_mean"], Value::Null);
}

fn member(node: &str, path: &str) -> Member {
    Member { node: node.into(), path: path.into() }
}

fn keep(folder: &Folder, node: &str, path: &str, freq_mhz: f64) {
    let stats = SetStats { path: path.into(), ..small(freq_mhz) };
    let mut value = serde_json::to_value(stats).unwrap();
    folder.keep(node, &mut value, &mut Vec::new()).unwrap();
    assert_eq!(value["rows"], json!(2));
}

#[test]
fn a_folder_holds_each_set_and_all_of_them() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("out");
    for format in [Format::Text, Format::Csv, Format::Json] {
        let members = [
            member("node011", "/data1/v1/a.MS"),
            member("node012", "/data1/v2/a.MS"),
            member("node013", "/data1/b.MS"),
            member("node014", "/data1/b.MS"),
        ];
        let folder = Folder::new(&path, &members, format, 4, false).unwrap();
        for (at, member) in (0u32..).zip(&members) {
            keep(&folder, &member.node, &member.path, 200.0 - f64::from(at));
        }
        let whole = folder.finish().unwrap().unwrap();
        let names: Vec<String> = folder
            .files()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let end = format.ending();
        assert_eq!(
            names,
            ["node014_data1_b.MS", "node013_data1_b.MS", "v2_a.MS", "v1_a.MS"]
                .map(|name| format!("{name}.stats{end}"))
        );
        let text = std::fs::read_to_string(whole).unwrap();
        if format == Format::Json {
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["sets"].as_array().unwrap().len(), 4);
            assert!((value["sets"][0]["freq_mhz"].as_f64().unwrap() - 197.0).abs() < 1e-9);
        } else {
            assert_eq!(text.matches("sbfreq").count(), 1);
            assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1 + 8);
        }
        let again = Folder::new(&path, &members, format, 4, false).unwrap_err();
        assert!(again.to_string().contains("5 of the files"), "{again}");
        assert!(Folder::new(&path, &members, format, 4, true).is_ok());
    }
}
