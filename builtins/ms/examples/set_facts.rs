//! Reads the facts of measurement sets several times and prints what it took,
//! for measuring.
//!
//!     set_facts info SET TIMES
//!     set_facts scan FOLDER TIMES THREADS [cold]
//!     set_facts scan-info FOLDER TIMES THREADS [cold]
//!
//! `info` opens one set and collects its facts; `scan` finds all sets below a
//! folder with the reference frequency of each, `scan-info` with all facts of
//! each. `cold` drops what the system keeps of all files before each pass,
//! which needs root. Prints one line of JSON: seconds of each pass after those
//! that are not counted, processor seconds of all counted passes, and what was
//! read, to be compared with what others read.

use std::time::Instant;

use ledama_ms::info::operation::{InfoInput, info};
use ledama_ms::info::{MsInfo, Wanted};
use ledama_ms::scan::{ScanInput, scan_here};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, path, times, rest @ ..] = &arguments[..] else {
        return Err("set_facts info|scan|scan-info PATH TIMES [THREADS] [cold]".into());
    };
    let times: usize = times.parse()?;
    let threads: Option<usize> = rest.first().map(|threads| threads.parse()).transpose()?;
    let cold = rest.get(1).is_some_and(|word| word == "cold");
    let input =
        ScanInput { paths: vec![path.clone()], facts: true, threads, ..ScanInput::default() };
    let (seconds, cpu, found) = match mode.as_str() {
        "info" => {
            let read = || Ok(MsInfo::read(path, Wanted::default())?);
            passes(times, 5, false, read, |info| json!(info))?
        }
        "scan" => passes(
            times,
            usize::from(!cold),
            cold,
            || {
                let entries = scan_here(&input).map_err(|error| error.message)?.entries;
                Ok(entries)
            },
            |entries| entries.iter().map(|entry| json!([entry.path, entry.freq_mhz])).collect(),
        )?,
        "scan-info" => passes(
            times,
            usize::from(!cold),
            cold,
            || {
                let only_names = ScanInput { facts: false, ..input.clone() };
                let entries = scan_here(&only_names).map_err(|error| error.message)?.entries;
                let paths = entries.into_iter().map(|entry| entry.path).collect();
                let wanted = InfoInput { paths, threads, ..InfoInput::default() };
                Ok(info(&wanted, &|| false).map_err(|error| error.message)?.sets)
            },
            |sets| {
                let row = |set: &ledama_ms::info::operation::InfoEntry| {
                    let hz = set.info.as_ref().and_then(|info| info.spectral.ref_frequency_hz);
                    json!([set.path, hz.map(|hz| hz / 1e6)])
                };
                sets.iter().map(row).collect()
            },
        )?,
        other => return Err(format!("no mode {other}").into()),
    };
    println!("{}", json!({ "seconds": seconds, "cpu": cpu, "found": found }));
    Ok(())
}

/// The seconds of each counted pass, the processor seconds of all of them,
/// and what the last one found, which is `shown` outside of the time.
fn passes<T>(
    times: usize,
    before: usize,
    cold: bool,
    read: impl Fn() -> Result<T, Failure>,
    shown: impl Fn(&T) -> Value,
) -> Result<(Vec<f64>, f64, Value), Failure> {
    for _ in 0..before {
        read()?;
    }
    let mut found = Value::Null;
    let began = processor_seconds();
    let mut seconds = Vec::new();
    let mut cpu = 0.0;
    for pass in 0..times {
        if cold {
            rustix::fs::sync();
            std::fs::write("/proc/sys/vm/drop_caches", "3")?;
        }
        let start = Instant::now();
        let told = read()?;
        seconds.push(start.elapsed().as_secs_f64());
        if pass + 1 == times {
            cpu = processor_seconds() - began;
            found = shown(&told);
        }
    }
    Ok((seconds, cpu, found))
}

/// Processor time of all threads of this process that are there.
fn processor_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    spent.sum::<f64>() / 1e9
}
