//! Reads a column several times and prints what it took, for measuring.
//!
//!     read_column TABLE COLUMN MODE THREADS TIMES [ROWS]
//!
//! MODE is `whole` (one call), `stream` (pieces of ROWS rows into one buffer),
//! or `channel` (the first place of the slowest axis of each cell). Prints one
//! line of JSON: seconds of each pass after one that is not counted, bytes of
//! values, peak memory in bytes, and a sum over the bits of all values, which
//! is the same whoever reads them.

use std::time::Instant;

use ledama_tables::{AxisPart, Column, Complex32, DataType, Element, Part, Table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, column, mode, threads, times, rest @ ..] = &arguments[..] else {
        return Err("read_column TABLE COLUMN MODE THREADS TIMES [ROWS]".into());
    };
    let threads = threads.parse()?;
    let times: usize = times.parse()?;
    let rows = rest.first().map_or(Ok(1024), |rows| rows.parse())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut seconds = Vec::new();
    let (mut bytes, mut sum) = (0, 0);
    for _ in 0..=times {
        let column = Table::open(table)?.column(column)?;
        let start = Instant::now();
        let pass = Pass { column: &column, mode, parallel: threads > 1, rows };
        let outcome = pool.install(|| match column.data_type() {
            DataType::Bool => pass.run::<bool>(|value| u64::from(*value)),
            DataType::Int => pass.run::<i32>(|value| u64::from(value.cast_unsigned())),
            DataType::Float => pass.run::<f32>(|value| u64::from(value.to_bits())),
            DataType::Double => pass.run::<f64>(|value| value.to_bits()),
            DataType::Complex => pass.run::<Complex32>(|value| {
                u64::from(value.re.to_bits()) + u64::from(value.im.to_bits())
            }),
            other => Err(format!("columns of {other} are not measured").into()),
        });
        (bytes, sum) = outcome.map_err(|error| error.to_string())?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    println!(
        "{{\"seconds\":{:?},\"bytes\":{bytes},\"peak\":{},\"sum\":{sum}}}",
        &seconds[1..],
        peak()
    );
    Ok(())
}

/// Highest memory of this process so far, in bytes; 0 where it is not told.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number =
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

/// One way through a column.
struct Pass<'a> {
    column: &'a Column,
    mode: &'a str,
    parallel: bool,
    rows: u64,
}

type Outcome = Result<(usize, u64), Box<dyn std::error::Error + Send + Sync>>;

impl Pass<'_> {
    fn run<T: Element>(&self, bits: fn(&T) -> u64) -> Outcome {
        let all = 0..self.column.nrow();
        let values = match self.mode {
            "whole" if self.parallel => self.column.par_values::<T>(all)?,
            "whole" => self.column.values::<T>(all)?,
            "stream" => return self.stream(bits),
            "channel" => {
                let shape = self.column.shape(0)?.ok_or("row 0 has no value")?;
                let mut axes: Vec<_> = shape.iter().map(|axis| AxisPart::all(*axis)).collect();
                *axes.first_mut().ok_or("cells have no axes")? = AxisPart::one(0);
                let part = Part::new(axes);
                let values = if self.parallel {
                    self.column.par_part::<T>(all, &part)?
                } else {
                    self.column.part::<T>(all, &part)?
                };
                values.into_raw_vec_and_offset().0
            }
            other => return Err(format!("no mode {other}").into()),
        };
        Ok((size_of_val(&values[..]), sample(&values, 0, bits)))
    }

    fn stream<T: Element>(&self, bits: fn(&T) -> u64) -> Outcome {
        let nrow = self.column.nrow();
        let shape = self.column.shape(0)?.ok_or("row 0 has no value")?;
        let cell: usize = shape.iter().product();
        let mut buffer = vec![T::default(); cell * usize::try_from(self.rows)?];
        let (mut row, mut read, mut sum) = (0, 0, 0u64);
        while row < nrow {
            let end = (row + self.rows).min(nrow);
            let values = &mut buffer[..cell * usize::try_from(end - row)?];
            self.column.read_into(row..end, values)?;
            sum = sum.wrapping_add(sample(values, read, bits));
            read += values.len();
            row = end;
        }
        Ok((read * size_of::<T>(), sum))
    }
}

/// Every 4099th value of the column; `before` values were read before these.
fn sample<T>(values: &[T], before: usize, bits: fn(&T) -> u64) -> u64 {
    const STEP: usize = 4099;
    let first = (STEP - before % STEP) % STEP;
    values.iter().skip(first).step_by(STEP).map(bits).fold(0, u64::wrapping_add)
}
