//! Pages of a real set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_analysis::curves::Abscissa;
use ledama_analysis::visibilities::{Choice, Coordinate};

use super::operation::{VisibilitiesInput, draw};
use super::*;
use crate::figures::picture::{Dump, Picture};
use ledama_ms::testing::unpack;

fn input(folder: &std::path::Path) -> VisibilitiesInput {
    VisibilitiesInput {
        paths: vec![format!("{}/tNDPPP-generic.MS", folder.display())],
        choice: Choice::default(),
        x: Abscissa::Time,
        y: Coordinate::Amp,
        unwrap: None,
        flagged: false,
        per: Per::Baseline,
        map: false,
        limits: String::new(),
        grid: "3,2".into(),
        pages: 50,
        statistics: None,
        unit: String::new(),
        memory_mib: 64,
        look: crate::figures::pages::Look { scale: Some(0.25), ..Default::default() },
        picture: Picture { path: format!("{}/out.png", folder.display()), ..Picture::default() },
    }
}

#[test]
fn each_baseline_has_a_panel_and_pages_are_numbered() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let drawn = draw(&input(folder.path()), &mut |_, _| Ok(())).unwrap();
    assert_eq!((drawn.pages, drawn.panels, drawn.written.files.len()), (4, 21, 4));
    assert_eq!(drawn.empty.len(), 7);
    assert!(drawn.written.files[3].ends_with("/out-p004.png"));
    let few = VisibilitiesInput { pages: 4, ..input(folder.path()) };
    let error = draw(&few, &mut |_, _| Ok(())).unwrap_err();
    assert!(error.to_string().contains("need 5 pages"), "{error}");
    // Nothing is replaced unasked.
    assert!(draw(&input(folder.path()), &mut |_, _| Ok(())).is_err());
}

#[test]
fn numbers_are_given_back_and_statistics_told() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let picture = Picture {
        path: format!("{}/numbers.png", folder.path().display()),
        dump: Some(Dump::Json),
        ..Picture::default()
    };
    let choice = Choice {
        baselines: Some("0-4".into()),
        correlations: Some("XX".into()),
        ..Choice::default()
    };
    let one =
        VisibilitiesInput { picture, choice, statistics: Some(1000.0), ..input(folder.path()) };
    let drawn = draw(&one, &mut |_, _| Ok(())).unwrap();
    let mean = drawn.statistics[0].mean.unwrap();
    assert!((mean - 0.204_93).abs() < 1e-5, "{mean}");
    assert!(drawn.written.numbers.unwrap().contains("Amplitude"));
    assert_eq!((drawn.pages, drawn.points), (1, 6));
}

#[test]
fn stations_maps_and_every_axis_can_be_drawn() {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let base = input(folder.path());
    let out = |name: &str| Picture {
        path: format!("{}/{name}.svg", folder.path().display()),
        ..Picture::default()
    };
    let stations = VisibilitiesInput { per: Per::Station, picture: out("s"), ..base.clone() };
    assert_eq!(draw(&stations, &mut |_, _| Ok(())).unwrap().panels, 7);
    let all = VisibilitiesInput { per: Per::All, flagged: true, picture: out("a"), ..base.clone() };
    assert_eq!(draw(&all, &mut |_, _| Ok(())).unwrap().panels, 1);
    let choice = Choice { baselines: Some("4-5".into()), ..Choice::default() };
    let map =
        VisibilitiesInput { map: true, choice: choice.clone(), picture: out("m"), ..base.clone() };
    assert_eq!(draw(&map, &mut |_, _| Ok(())).unwrap().panels, 4);
    for (x, y) in [
        (Abscissa::Ha, Coordinate::PhaseRate),
        (Abscissa::Chan, Coordinate::Phase),
        (Abscissa::Freq, Coordinate::Real),
    ] {
        let one = VisibilitiesInput {
            x,
            y,
            choice: choice.clone(),
            picture: out(&format!("{x:?}")),
            ..base.clone()
        };
        assert_eq!(draw(&one, &mut |_, _| Ok(())).unwrap().panels, 1);
    }
    let rate = VisibilitiesInput {
        x: Abscissa::Freq,
        y: Coordinate::PhaseRate,
        picture: out("r"),
        ..base
    };
    assert!(draw(&rate, &mut |_, _| Ok(())).unwrap_err().to_string().contains("along time"));
}
