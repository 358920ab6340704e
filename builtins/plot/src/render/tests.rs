//! Whatever the data, drawing ends, and always with the same bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::many_single_char_names
)]

use ndarray::Array2;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::figure::{
    Axis, Bars, Colour, ColourMap, Layer, Line, Map, Panel, Place, Range, Rule, Series, Style,
    Theme, Ticks,
};
use crate::{palette, samples};

fn one(x: Vec<f64>, y: Vec<f64>) -> Figure {
    let series = Series { x, y, ..Series::default() };
    let panel = Panel { layers: vec![Layer::Series(series)], ..Panel::default() };
    Figure { size: (300, 200), panels: vec![panel], ..Figure::default() }
}

#[test]
fn every_sample_is_drawn_the_same_twice_in_all_formats() {
    for (name, mut figure) in samples::all() {
        figure.scale = 0.5;
        for theme in [Theme::Light, Theme::Dark] {
            figure.theme = theme;
            assert!(png(&figure).unwrap() == png(&figure).unwrap(), "{name}");
            assert!(svg(&figure).unwrap() == svg(&figure).unwrap(), "{name}");
            let page = pdf(&figure, None).unwrap();
            assert!(page.starts_with(b"%PDF-") && page == pdf(&figure, None).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_prepared_frame_is_the_picture_itself() {
    let figure = samples::stations(8);
    let data: Vec<Vec<Layer>> = figure.panels.iter().map(|panel| panel.layers.clone()).collect();
    let prepared = Prepared::new(&figure).unwrap();
    assert!(prepared.frame(&figure.title, &figure.subtitle, &data) == rgb(&figure).unwrap());
    let other = prepared.frame("another", "", &[]);
    assert_eq!((other.width, other.height), prepared.size());
}

#[test]
fn points_have_the_colour_of_their_category_and_lie_where_they_belong() {
    let mut figure = one(vec![0.0, 1.0], vec![0.0, 1.0]);
    let Layer::Series(series) = &mut figure.panels[0].layers[0] else { panic!() };
    series.style =
        Style { colour: Colour::Category(1), radius: 4.0, opacity: 1.0, ..Style::default() };
    let frame = rgb(&figure).unwrap();
    let found: Vec<usize> = frame
        .rgb
        .chunks_exact(3)
        .enumerate()
        .filter(|(_, pixel)| **pixel == palette::CATEGORIES[1])
        .map(|(at, _)| at)
        .collect();
    let (first, last) = (found[0], found[found.len() - 1]);
    assert!(first / 300 < 40 && first % 300 > 250, "the larger value is above at the right");
    assert!(last / 300 > 120 && last % 300 < 60, "the smaller value is below at the left");
}

#[test]
fn no_line_crosses_a_gap() {
    let x = vec![0.0, 1.0, 2.0, 8.0, 9.0, 10.0];
    let mut figure = one(x, vec![1.0; 6]);
    let Layer::Series(series) = &mut figure.panels[0].layers[0] else { panic!() };
    series.line = Line::Within(1.0);
    series.style =
        Style { colour: Colour::Rgb(255, 0, 0), radius: 0.0, opacity: 1.0, ..Style::default() };
    let frame = rgb(&figure).unwrap();
    let red: Vec<usize> = frame
        .rgb
        .chunks_exact(3)
        .enumerate()
        .filter(|(_, p)| p[0] > 200 && p[1] < 80)
        .map(|(at, _)| at % 300)
        .collect();
    let (low, high) = (red.iter().min().unwrap(), red.iter().max().unwrap());
    let middle = usize::midpoint(*low, *high);
    assert!(high - low > 150 && !red.iter().any(|x| x.abs_diff(middle) < 40));
}

#[test]
fn density_keeps_the_colours_of_categories() {
    let frame = rgb(&samples::density(60_000)).unwrap();
    for index in 0..3 {
        let [r, g, b] = palette::CATEGORIES[index];
        let near = |pixel: &&[u8]| {
            let toward =
                |c: u8, full: u8| (i32::from(c) - 255) * 100 / (i32::from(full) - 255).min(-1);
            let (a, b, c) = (toward(pixel[0], r), toward(pixel[1], g), toward(pixel[2], b));
            (30..=100).contains(&a) && a.abs_diff(b) < 12 && b.abs_diff(c) < 12
        };
        assert!(frame.rgb.chunks_exact(3).filter(near).count() > 500, "category {index}");
    }
}

#[test]
fn empty_panels_say_so() {
    assert!(svg(&one(vec![], vec![])).unwrap().contains(">no data<"));
    assert!(svg(&one(vec![1.0], vec![f64::NAN])).unwrap().contains(">no data<"));
    assert!(!svg(&one(vec![1.0], vec![1.0])).unwrap().contains(">no data<"));
    // And name no places: there is nothing at 0.5.
    assert!(!svg(&one(vec![], vec![])).unwrap().contains(">0.5<"));
}

#[test]
fn points_at_the_edge_are_whole_and_those_beyond_are_not_drawn() {
    let mut figure = one(vec![0.0, 5.0, 10.0], vec![1.0; 3]);
    let red = |figure: &Figure| {
        let frame = rgb(figure).unwrap();
        let is_red = |p: &&[u8]| p[0] > 200 && p[1] < 80;
        frame.rgb.chunks_exact(3).filter(is_red).count()
    };
    let Layer::Series(series) = &mut figure.panels[0].layers[0] else { panic!() };
    series.style =
        Style { colour: Colour::Rgb(255, 0, 0), radius: 5.0, opacity: 1.0, ..Style::default() };
    figure.panels[0].x.range = Range::Fixed(-5.0, 7.5);
    let (inside, edge) = (red(&figure), {
        figure.panels[0].x.range = Range::Fixed(0.0, 5.0);
        red(&figure)
    });
    assert!(inside > 100 && inside.abs_diff(edge) < inside / 8, "{inside} {edge}");
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    for (size, scale) in [
        ((0, 0), 1.0),
        ((10, 400), 1.0),
        ((u32::MAX, 400), 1.0),
        ((400, 400), f64::NAN),
        ((20000, 20000), 1.0),
    ] {
        let figure = Figure { size, scale, ..Figure::default() };
        assert!(matches!(png(&figure), Err(Error::Size { .. })), "{size:?} {scale}");
    }
}

#[test]
fn thousands_of_panels_are_drawn_or_refused_with_their_number() {
    let grid = |side: usize, size| {
        let panels = (0..side * side)
            .map(|at| Panel {
                place: Place::Cell {
                    row: at / side,
                    column: at % side,
                    rows: side,
                    columns: side,
                    joined: false,
                },
                title: "title".into(),
                ..Panel::default()
            })
            .collect();
        Figure { size, panels, ..Figure::default() }
    };
    assert!(rgb(&grid(50, (1000, 800))).is_ok());
    let message = png(&grid(60, (100, 100))).unwrap_err().to_string();
    assert!(message.contains("3600 panels") && message.contains("100x100"), "{message}");
}

#[test]
fn svg_of_many_points_stays_small() {
    let text = svg(&samples::density(300_000)).unwrap();
    assert!(text.len() < 1_000_000, "{}", text.len());
    let few = svg(&samples::stations(20)).unwrap();
    assert!(few.len() < 400_000, "{}", few.len());
}

#[test]
fn svg_has_real_text_and_balanced_groups() {
    let text = svg(&samples::spectra()).unwrap();
    assert!(text.contains(">Frequency [MHz]<") && text.contains("DejaVu Sans"));
    assert_eq!(text.matches("<g ").count(), text.matches("</g>").count());
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        5 => -1e3..1e3_f64,
        1 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN_POSITIVE),
        1 => Just(1.3e9),
        1 => Just(0.0),
    ]
}

fn ticks() -> impl Strategy<Value = Ticks> {
    prop_oneof![
        Just(Ticks::Numbers),
        Just(Ticks::Phase),
        Just(Ticks::Logarithm),
        Just(Ticks::Utc),
        Just(Ticks::Clock),
        Just(Ticks::HourAngle),
        Just(Ticks::None),
        vec((number(), number()), 0..5).prop_map(Ticks::UtcPieces),
        vec((number(), "[a-z]{0,12}"), 0..30).prop_map(Ticks::Named),
    ]
}

fn axis() -> impl Strategy<Value = Axis> {
    let range = prop_oneof![
        Just(Range::Auto),
        (0..2_usize).prop_map(Range::Shared),
        (number(), number()).prop_map(|(a, b)| Range::Fixed(a, b)),
    ];
    ("[a-z \\[\\]]{0,30}", range, ticks(), any::<bool>(), any::<bool>()).prop_map(
        |(label, range, ticks, named, reversed)| Axis { label, range, ticks, named, reversed },
    )
}

fn layer() -> impl Strategy<Value = Layer> {
    let series = (vec(number(), 0..40), vec(number(), 0..40), number(), number(), any::<bool>())
        .prop_map(|(x, y, radius, opacity, joined)| {
            let style = Style { radius, opacity, ..Style::default() };
            let line = if joined { Line::Within(radius) } else { Line::None };
            Layer::Series(Series { style, x, y, line, ..Series::default() })
        });
    let map = (vec(number(), 0..6), vec(number(), 0..6), number(), number(), any::<bool>())
        .prop_map(|(x, y, a, b, log)| {
            let (rows, columns) = (y.len().saturating_sub(1), x.len().saturating_sub(1));
            let values = Array2::from_elem((rows, columns), a);
            let colours = if log { ColourMap::Sequential } else { ColourMap::Cyclic };
            Layer::Map(Map {
                x,
                y,
                values,
                colours,
                range: (a, b),
                logarithm: log,
                blank: false,
                names: Vec::new(),
            })
        });
    let bars = vec([number(), number(), number(), number()], 0..5)
        .prop_map(|edges| Layer::Bars(Bars { name: String::new(), colour: Colour::Ink, edges }));
    let rule = (number(), any::<bool>())
        .prop_map(|(at, level)| Layer::Rule(Rule { at, level, colour: Colour::Faint }));
    prop_oneof![series, map, bars, rule]
}

fn panel() -> impl Strategy<Value = Panel> {
    let place = prop_oneof![
        (0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize, any::<bool>()).prop_map(
            |(row, column, rows, columns, joined)| Place::Cell {
                row,
                column,
                rows,
                columns,
                joined
            }
        ),
        (number(), number(), number(), number())
            .prop_map(|(left, bottom, width, height)| Place::Area { left, bottom, width, height }),
    ];
    (
        place,
        axis(),
        axis(),
        proptest::option::of((axis(), axis())),
        any::<bool>(),
        vec(layer(), 0..3),
        "[a-z ]{0,40}",
    )
        .prop_map(|(place, x, y, top, square, layers, title)| Panel {
            place,
            title: title.clone(),
            x,
            y,
            top: top.as_ref().map(|seconds| seconds.0.clone()),
            right: top.map(|seconds| seconds.1),
            square,
            layers,
            note: String::new(),
            inset: title,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_figure_is_drawn_or_refused(
        panels in vec(panel(), 0..4),
        width in 0..700_u32,
        height in 0..500_u32,
        scale in prop_oneof![Just(1.0), Just(0.3), number()],
        title in "[a-z ]{0,200}",
    ) {
        let scale = if scale > 2.0 { 2.0 } else { scale };
        let figure = Figure { title, size: (width, height), scale, panels, ..Figure::default() };
        let _ = rgb(&figure);
        let _ = svg(&figure);
        let _ = pdf(&figure, None);
        let _ = html(&figure);
    }
}
