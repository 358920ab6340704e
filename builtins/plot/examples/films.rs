//! Measures movies end to end: gains of 60 stations in memory to a file.
//!
//!     cargo run --release -p ledama-plot --example films -- FOLDER FRAMES FREQUENCIES FORMAT
//!
//! Prints `FORMAT seconds bytes peak-KiB`.

use std::path::Path;
use std::time::Instant;

use ledama_analysis::gains::{Cells, Direction, Joining, Jones, Origin, Part, estimate, join};
use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};
use ledama_plot::figure::Theme;
use ledama_plot::figures::gain_frame::{Across, Film, FrameStyle};
use ledama_plot::movie::layout::Layout;
use ledama_plot::movie::{Job, Output, Rate};
use ndarray::Array5;
use num_complex::Complex64;
use serde_json::Value;

const STATIONS: u32 = 60;

struct Quiet;

#[allow(clippy::unnecessary_literal_bound)] // the signatures of the trait
impl OperationContext for Quiet {
    fn node(&self) -> &str {
        "here"
    }
    fn run_id(&self) -> &str {
        "bench"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        Err(OperationError::new(ErrorKind::Connection, format!("nobody is at {node}")))
    }
}

/// Gains that turn with time and frequency.
fn gains(times: u32, freqs: u32) -> Part {
    let shape = [times as usize, freqs as usize, STATIONS as usize, 1, 2];
    let values = Array5::from_shape_fn(shape, |(time, freq, station, _, jones)| {
        let [time, freq, station, jones] =
            [time, freq, station, jones].map(|k| f64::from(u32::try_from(k).unwrap_or(0)));
        let x = (freq / f64::from(freqs) - 0.3) * 3.3;
        let amplitude = 0.0019 * (-x * x / 2.0).exp() * (1.0 + 0.06 * jones);
        Complex64::from_polar(amplitude, freq * station * 0.01 + (time / 20.0 + station).sin())
    });
    let axis = |start: f64, step: f64, count: u32| Cells {
        centres: (0..count).map(|k| start + step * f64::from(k)).collect(),
        widths: vec![step; count as usize],
    };
    Part {
        origin: Origin { observation: Some("L80897".into()), ..Origin::default() },
        time: axis(4_871_282_398.0, 10.0, times),
        freq: axis(115e6, 72.3e6 / f64::from(freqs), freqs),
        channels: (0..freqs as usize).collect(),
        stations: (1..=STATIONS).map(|k| format!("CS{k:03}HBA0")).collect(),
        directions: vec![Direction { name: String::new(), ra_dec: None }],
        jones: [(0, "XX"), (3, "YY")].map(|(element, l)| Jones { label: l.into(), element }).into(),
        values,
        warnings: Vec::new(),
    }
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, frames, freqs, format] = &words[..] else {
        return Err("say: FOLDER FRAMES FREQUENCIES FORMAT".into());
    };
    let cube = join(vec![gains(frames.parse()?, freqs.parse()?)], &Joining::default())?;
    let output: Output =
        serde_json::from_value(serde_json::json!({ "format": format, "force": true }))?;
    let begun = Instant::now();
    let style = FrameStyle {
        across: Across::Freq,
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
    };
    let film = Film::new(&cube, 0, style)?;
    let stem = Path::new(folder).join("movie");
    let job = Job::new(&film, &output, &stem, Rate::default(), estimate(cube.shape()))?;
    let written = job.write("bench", &Quiet)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{format} {seconds} {} {}", written.bytes, peak_kib());
    Ok(())
}
