#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::cast_precision_loss)]

use std::f64::consts::TAU;
use std::path::Path;

use ledama_analysis::gains::{
    Cells, Direction, GainCube, Joining, Jones, Origin, Part, Reference, Wanted, join,
};
use ledama_analysis::stations::Order;
use ledama_base::operation::{ErrorKind, Operation as _};
use ledama_leddb::movies::{Used, read_json, read_older};
use ndarray::Array5;
use num_complex::Complex64;

use super::operation::{GainMovie, GainMoviePlan};
use super::station::{StationMovie, StationMovieInput};
use super::*;
use crate::figure::{Layer, Theme, Ticks};
use crate::figures::gain_frame::{Across, Film, FrameStyle};
use crate::movie::layout::Layout;
use crate::movie::{Drawer, Format, Output, Scenes};
use ledama_ms::testing::Alone;

/// 48 core and 13 remote stations of HBA: a hump at 130 MHz, flat phases in the core,
/// steep ones outside, interference, and two stations without gains.
pub(crate) fn hba(times: usize, freqs: usize) -> GainCube {
    let mut names: Vec<String> =
        (1..=24_u32).flat_map(|k| [format!("CS{k:03}HBA0"), format!("CS{k:03}HBA1")]).collect();
    let remote = [106, 205, 208, 210, 305, 306, 307, 310, 406, 407, 409, 503, 508];
    names.extend(remote.iter().map(|k| format!("RS{k}HBA")));
    let freq: Vec<f64> =
        (0..freqs).map(|f| 115e6 + 72.3e6 * f as f64 / (freqs.max(2) - 1) as f64).collect();
    let time: Vec<f64> = (0..times).map(|t| 4_871_282_398.0 + 10.0 * t as f64).collect();
    let shape = [times, freqs, names.len(), 1, 2];
    let values = Array5::from_shape_fn(shape, |(t, f, s, _, j)| {
        let nothing = s == 24 || s == 25;
        let broken = (60..64).contains(&(f * 100 / freqs)) && (f * 31 + s * 17 + t) % 3 == 0;
        if nothing || (f + s + t) % 41 == 0 {
            return Complex64::new(f64::NAN, f64::NAN);
        }
        let x = (freq[f] / 1e6 - 130.0) / 22.0;
        let mut amplitude = 0.0019 * (-x * x / 2.0).exp() * (1.0 + 0.06 * j as f64);
        if broken {
            amplitude *= 0.3 + ((f * 7 + s * 3) % 11) as f64 / 6.0;
        }
        let delay = if s < 48 { 2e-10 * (s % 7) as f64 } else { 4e-8 * (s - 46) as f64 / 6.0 };
        let sky = if s < 48 { 0.05 } else { 1.2 } * (t as f64 / 9.0 + s as f64).sin();
        Complex64::from_polar(amplitude, TAU * freq[f] * delay + sky + 0.2 * j as f64)
    });
    let part = Part {
        origin: Origin {
            observation: Some("L80897".into()),
            path: Some("/data1/L80897_SAP000_SB000_uv.MS".into()),
            node: Some("node011".into()),
            pointing: Some([2.15, 0.84]),
            ..Origin::default()
        },
        channels: (0..freqs).collect(),
        time: Cells { widths: vec![10.0; times], centres: time },
        freq: Cells { widths: vec![1.9e6; freqs], centres: freq },
        stations: names,
        directions: vec![Direction { name: String::new(), ra_dec: None }],
        jones: [(0, "XX"), (3, "YY")].map(|(element, l)| Jones { label: l.into(), element }).into(),
        values,
        warnings: Vec::new(),
    };
    let mut cube = join(vec![part], &Joining::default()).unwrap();
    Reference::new(&cube.stations, Some("CS001HBA0"), None).unwrap().apply(&mut cube);
    cube
}

fn style(across: Across) -> FrameStyle {
    FrameStyle {
        across,
        cartesian: false,
        limits: None,
        object: "L80897".into(),
        reference: Some("CS001HBA0".into()),
        delays: false,
        pointing: Some([2.15, 0.84]),
        layout: Layout::NEW,
        size: (1200, 700),
        scale: 1.0,
        theme: Theme::Light,
    }
}

/// Saves a picture to look at, if somebody wants to.
fn show(name: &str, drawer: &Drawer, film: &dyn Scenes, at: usize) {
    let Ok(folder) = std::env::var("LEDAMA_LOOK") else { return };
    let picture = drawer.draw(&film.scene(at));
    let stills = crate::movie::encode::stills::Stills::begin(&Path::new(&folder).join(name), "x");
    let stills = stills.unwrap();
    stills.write(at, &stills.encode(at, &picture).unwrap()).unwrap();
}

#[test]
fn frames_show_every_station_on_the_same_axes() {
    let cube = hba(20, 38);
    let film = Film::new(&cube, 0, style(Across::Freq)).unwrap();
    assert_eq!(film.frames(), 20);
    let (first, last) = (film.figure(0), film.figure(19));
    assert_eq!(first.panels.len(), 122);
    for (a, b) in first.panels.iter().zip(&last.panels) {
        assert_eq!((&a.x, &a.y, &a.title, a.place), (&b.x, &b.y, &b.title, b.place));
    }
    assert!(first.title.starts_with("L80897 · 2013-03-29 13:59:58"), "{}", first.title);
    assert!(first.title.contains("UTC · hour angle −05:"), "{}", first.title);
    assert_eq!(
        last.subtitle,
        "115.00 – 187.30 MHz · phases relative to CS001HBA0 · no delays taken out · amplitudes in 10⁻³ · frame 20 of 20"
    );
    // The reference shows zeros, a station without gains says so.
    let reference = &first.panels[0];
    assert_eq!(reference.title, "CS001HBA0");
    let Layer::Series(series) = &reference.layers[1] else { panic!() };
    assert!(series.y.iter().all(|phase| phase.is_nan() || *phase == 0.0));
    assert_eq!(first.panels[49].note, "no data");
    assert!(first.panels[49].layers.len() < 2);
    let limits = film.limits();
    assert_eq!((limits[0], limits[2], limits[3]), (0.0, -TAU / 2.0, TAU / 2.0));
    assert!((0.0015..0.0035).contains(&limits[1]), "{limits:?}");
    // Names of places only at the outer panels.
    let named = first.panels.iter().filter(|panel| panel.y.ticks != Ticks::None).count();
    assert_eq!(named, 2 * 5);
    assert_eq!(first.panels.iter().filter(|panel| panel.x.named).count(), 13);
    // The core and the remote stations are set apart.
    assert_eq!(first.borders.len(), 3);
    let drawer = Drawer::new(&film).unwrap();
    assert_eq!(drawer.size(), (1200, 700));
    show("time", &drawer, &film, 7);
    // The scene is what the figure has.
    let scene = film.scene(19);
    assert_eq!(scene.layers.len(), last.panels.len());
    assert!(
        scene
            .layers
            .iter()
            .zip(&last.panels)
            .all(|(a, b)| format!("{a:?}") == format!("{:?}", b.layers))
    );
}

#[test]
fn frames_can_run_in_frequency() {
    let cube = hba(20, 6);
    let film = Film::new(&cube, 0, style(Across::Time)).unwrap();
    assert_eq!(film.frames(), 6);
    let figure = film.figure(2);
    assert!(figure.title.contains("143.920 MHz"), "{}", figure.title);
    assert!(figure.subtitle.starts_with("2013-"), "{}", figure.subtitle);
    let drawer = Drawer::new(&film).unwrap();
    show("freq", &drawer, &film, 2);
    let dark =
        FrameStyle { theme: Theme::Dark, scale: 1.5, cartesian: true, ..style(Across::Freq) };
    let film = Film::new(&cube, 0, dark).unwrap();
    let drawer = Drawer::new(&film).unwrap();
    assert_eq!(drawer.size(), (1800, 1050));
    show("dark", &drawer, &film, 1);
    let legacy =
        FrameStyle { layout: Layout { from_below: true, ..Layout::NEW }, ..style(Across::Freq) };
    let film = Film::new(&cube, 0, legacy).unwrap();
    show("legacy", &Drawer::new(&film).unwrap(), &film, 1);
}

/// The data of the crate of sets: 3 stations, small.
fn solutions(name: &str) -> Sources {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ms/tests/data").join(name);
    let path = file.to_str().unwrap().to_string();
    Sources {
        files: vec![ledama_analysis::gains::source::Place { node: None, path }],
        ..Sources::default()
    }
}

fn input(sources: Sources, output: &Path, format: Format) -> GainMovieInput {
    let told = serde_json::json!({
        "sources": sources,
        "output": output.to_str().unwrap(),
        "wanted": { "directions": ["CygA"] },
        "size": [640, 400],
        "legacy_info": true,
        "movie": Output { format: Some(format), workers: 2, reproducible: true, ..Output::default() },
    });
    serde_json::from_value(told).unwrap()
}

#[test]
fn a_movie_of_a_file_tells_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Alone::default();
    let wanted = input(solutions("small.h5::sol000"), &folder.path().join("m/x"), Format::Gif);
    let plan = GainMoviePlan.run(wanted.clone(), &ctx).unwrap();
    assert_eq!((plan.estimate.frames, plan.estimate.size), (3, [640, 400]));
    assert!(plan.path.ends_with("m/x.gif") && plan.estimate.memory > 0 && plan.estimate.bytes > 0);
    assert!(!folder.path().join("m").exists());
    let made = GainMovie.run(wanted.clone(), &ctx).unwrap();
    assert!(Path::new(&made.written.path).is_file() && made.written.bytes > 0);
    let found = made.found.unwrap();
    assert!(found.path.ends_with("m/x.gif") && found.modified > 0);
    let text = std::fs::read_to_string(folder.path().join("m/INFO.json")).unwrap();
    let info = read_json(&text).unwrap();
    assert_eq!(info, found.info);
    assert_eq!((info.xaxis.as_str(), info.polar, info.stations.len()), ("freq", true, 3));
    assert!(
        matches!(&info.used[0], Used::File { node, path } if node == "node011" && path.ends_with("small.h5"))
    );
    let made = info.made.clone().unwrap();
    assert_eq!((&made["frames"], &made["encoder"]), (&3.into(), &"GIF".into()));
    assert!(made["sources"][0]["modified"].is_i64() && made["parameters"]["xaxis"] == "freq");
    let older = std::fs::read_to_string(folder.path().join("m/INFO")).unwrap();
    assert_eq!(read_older(&older).unwrap().stations, info.stations);
    let error = GainMovie.run(wanted.clone(), &ctx).unwrap_err();
    assert_eq!(
        (error.kind, error.help.as_deref()),
        (ErrorKind::Exists, Some("`--force` replaces it"))
    );
    let again = GainMovieInput { movie: Output { force: true, ..wanted.movie.clone() }, ..wanted };
    GainMovie.run(again, &ctx).unwrap();
}

#[test]
fn frames_are_taken_up_where_a_run_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Alone::default();
    let wanted =
        input(solutions("small.h5::sol000"), &folder.path().join("frames"), Format::Frames);
    let bytes = || -> Vec<Vec<u8>> {
        let path = |at: usize| folder.path().join(format!("frames/img{at:06}.png"));
        (0..3).map(|at| std::fs::read(path(at)).unwrap()).collect()
    };
    assert_eq!(GainMovie.run(wanted.clone(), &ctx).unwrap().written.kept, 0);
    let before = bytes();
    std::fs::remove_file(folder.path().join("frames/img000001.png")).unwrap();
    let again = GainMovie.run(wanted.clone(), &ctx).unwrap();
    assert_eq!((again.written.kept, again.found), (2, None));
    assert!(bytes() == before);
    for workers in [1, 8] {
        let other = tempfile::tempdir().unwrap();
        let movie = Output { workers, ..wanted.movie.clone() };
        let place = other.path().join("f").to_str().unwrap().to_string();
        GainMovie.run(GainMovieInput { movie, output: place, ..wanted.clone() }, &ctx).unwrap();
        assert!(std::fs::read(other.path().join("f/img000002.png")).unwrap() == before[2]);
    }
    // Other limits are other frames.
    let other = GainMovieInput { yrange: Some([0.0, 9.0, -1.0, 1.0]), ..wanted };
    assert_eq!(GainMovie.run(other, &ctx).unwrap().written.kept, 0);
    assert!(bytes() != before);
}

#[test]
fn what_cannot_be_shown_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Alone::default();
    let wanted = input(solutions("small.h5::sol000"), &folder.path().join("x"), Format::Gif);
    let fails = |change: &dyn Fn(&mut GainMovieInput)| {
        let mut input = wanted.clone();
        change(&mut input);
        GainMoviePlan.run(input, &ctx).unwrap_err().message
    };
    for (change, told) in [
        (
            &(|i: &mut GainMovieInput| i.reference = Some("CS999".into()))
                as &dyn Fn(&mut GainMovieInput),
            "CS999 is not among",
        ),
        (&|i| i.wanted.directions.clear(), "gains in 2 directions"),
        (&|i| i.wanted.stations = vec!["XX*".into()], "no station fits"),
        (&|i| i.times = Some([9, -1, 1]), "none of them is chosen"),
        (&|i| i.times = Some([0, -1, 0]), "step must be at least 1"),
        (&|i| i.yrange = Some([1.0, 0.0, 0.0, 1.0]), "do not ascend"),
        (&|i| i.delays = Some("/nowhere".into()), "/nowhere"),
        (&|i| i.sources.files.clear(), "no gains are found"),
        (&|i| i.movie.fps = Some("0".into()), "frames a second"),
        (&|i| i.movie.max_memory_mb = 1, "MiB that are allowed"),
        (&|i| i.output += ".avi", "no movie is written as `.avi`"),
        (&|i| i.size = Some((10, 10)), "cannot be drawn"),
    ] {
        let message = fails(change);
        assert!(message.contains(told), "{told}: {message}");
    }
}

#[test]
fn single_stations_have_a_movie_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Alone::default();
    let mut gains = input(solutions("small.h5::sol000"), &folder.path().join("s"), Format::Apng);
    gains.wanted.stations = vec!["CS001*".into()];
    gains.reference = Some("none".into());
    let wanted =
        StationMovieInput { gains, unwrap: true, resolution: None, mask: Some([1.0, 0.0]) };
    let made = StationMovie.run(wanted.clone(), &ctx).unwrap();
    assert_eq!((made.estimate.frames, made.estimate.fps.as_str()), (3, "5"));
    assert!(Path::new(&made.path).is_file(), "{}", made.path);
    let coarse = StationMovieInput { resolution: Some(1e6), ..wanted.clone() };
    let mut coarse = coarse;
    coarse.gains.output += "2";
    assert_eq!(StationMovie.run(coarse, &ctx).unwrap().estimate.frames, 1);
    let wrong = StationMovieInput { resolution: Some(-1.0), ..wanted.clone() };
    assert!(StationMovie.run(wrong, &ctx).is_err());
    let info = std::fs::read_to_string(format!("{}.INFO.json", made.path)).unwrap();
    assert_eq!(read_json(&info).unwrap().stations, ["CS001HBA0"]);
}

#[test]
fn the_reference_need_not_be_shown() {
    let sources = solutions("small.h5::sol000");
    let wanted = Wanted { directions: vec!["CygA".into()], ..Wanted::default() };
    let get = |stations: &[&str], turned| {
        let stations = stations.iter().map(ToString::to_string).collect();
        let wanted = Wanted { stations, ..wanted.clone() };
        load(&sources, &wanted, (None, Order::Kind, 0), turned, &Alone::default()).unwrap().cube
    };
    let turned = Turned { reference: Some("CS001HBA0"), ..Turned::default() };
    let (all, some) = (get(&[], turned), get(&["RS*"], turned));
    assert!(some.stations.iter().all(|name| name.starts_with("RS")) && !some.stations.is_empty());
    let bits = |value: &Complex64| [value.re.to_bits(), value.im.to_bits()];
    for (s, name) in some.stations.iter().enumerate() {
        let from = all.station(name).unwrap();
        let same = |cube: &GainCube, s: usize| -> Vec<_> {
            cube.values.index_axis(ndarray::Axis(2), s).iter().map(bits).collect()
        };
        assert_eq!(same(&some, s), same(&all, from), "{name}");
    }
    // What is masked is the number of the file, not that of the phase shown.
    let plain = get(&[], Turned { reference: Some("none"), ..Turned::default() });
    let one = *plain.values.iter().find(|value| value.is_finite()).unwrap();
    let masked = get(&[], Turned { mask: Some(one), ..turned });
    assert!(masked.valid() < all.valid());
}
