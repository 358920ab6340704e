//! Draws the samples into a folder, or measures drawing.
//!
//!     cargo run --release -p ledama-plot --features samples --example samples -- draw FOLDER [SCALE [THEME]]
//!     cargo run --release -p ledama-plot --features samples --example samples -- measure REPEATS POINTS
//!
//! `measure` prints one line `name seconds bytes` for each case.

use std::path::Path;
use std::time::Instant;

use ledama_plot::figure::{Layer, Theme};
use ledama_plot::output::{self, OutputOptions};
use ledama_plot::render::{self, Prepared};
use ledama_plot::samples;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["draw", folder, rest @ ..] => draw(Path::new(folder), rest),
        ["measure", repeats, points] => measure(repeats.parse()?, points.parse()?),
        _ => Err("say: draw FOLDER [SCALE [THEME]], or measure REPEATS POINTS".into()),
    }
}

fn draw(folder: &Path, rest: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let options = OutputOptions { force: true, stamp: None };
    for (name, mut figure) in samples::all() {
        figure.scale = rest.first().map_or(Ok(1.0), |scale| scale.parse())?;
        if rest.get(1) == Some(&"dark") {
            figure.theme = Theme::Dark;
        }
        for end in ["png", "svg", "pdf", "html"] {
            output::write(&figure, &folder.join(format!("{name}.{end}")), &options)?;
        }
    }
    Ok(())
}

fn measure(repeats: u32, points: usize) -> Result<(), Box<dyn std::error::Error>> {
    let panels = panels();
    timed("panels", repeats, || Ok(render::png(&panels)?.len()))?;
    timed("panels-svg", repeats, || Ok(render::svg(&panels)?.len()))?;
    timed("panels-pdf", repeats, || Ok(render::pdf(&panels, None)?.len()))?;
    let scatter = samples::density(points);
    timed("scatter", repeats, || Ok(render::png(&scatter)?.len()))?;
    let movie = samples::stations(60);
    let data: Vec<Vec<Layer>> = movie.panels.iter().map(|panel| panel.layers.clone()).collect();
    timed("first-frame", repeats, || Ok(render::rgb(&movie)?.rgb.len()))?;
    let prepared = Prepared::new(&movie)?;
    timed("frame", repeats, || Ok(prepared.frame(&movie.title, &movie.subtitle, &data).rgb.len()))
}

/// 62 panels of 1000 points, as many pixels as matplotlib draws.
fn panels() -> ledama_plot::Figure {
    use ledama_plot::figure::{Axis, Figure, Panel, Place, Series, Style};
    let mut noise = samples::Noise::new(7);
    let panels = (0..62_usize)
        .map(|index| {
            let mut level = 0.0;
            let (x, y) = (0..1000_u32)
                .map(|step| {
                    level += noise.normal();
                    (f64::from(step), level)
                })
                .unzip();
            Panel {
                place: Place::Cell {
                    row: index / 8,
                    column: index % 8,
                    rows: 8,
                    columns: 8,
                    joined: false,
                },
                title: format!("CS{index:03}HBA"),
                x: Axis { named: true, ..Axis::default() },
                layers: vec![Layer::Series(Series {
                    x,
                    y,
                    style: Style { radius: 1.0, ..Style::default() },
                    ..Series::default()
                })],
                ..Panel::default()
            }
        })
        .collect();
    Figure { size: (1280, 960), title: "62 panels".into(), panels, ..Figure::default() }
}

fn timed(
    name: &str,
    repeats: u32,
    mut once: impl FnMut() -> Result<usize, Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    once()?;
    let mut best: Vec<f64> = Vec::new();
    let mut bytes = 0;
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        bytes = once()?;
        best.push(start.elapsed().as_secs_f64());
    }
    best.sort_by(f64::total_cmp);
    println!("{name} {:.6} {bytes}", best[best.len() / 2]);
    Ok(())
}
