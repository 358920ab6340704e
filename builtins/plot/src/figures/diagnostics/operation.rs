//! The operation `plot.diagnostic`: reads, makes the figure, writes the picture.

use ledama_analysis::diag::input::{Chosen, Input};
use ledama_analysis::diag::map::Across;
use ledama_analysis::diag::reduce::{Reduced, reduce};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::super::picture::{Picture, Written};
use super::super::settings::Settings;
use super::maps;

/// Draws diagnostics.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlotDiagnostic;

/// What is drawn, and where it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnosticInput {
    /// Where the rows are.
    pub input: Input,
    /// What is drawn of them.
    pub settings: Settings,
    /// Where the picture goes.
    pub picture: Picture,
    /// Memory for samples and what is made of them, MiB.
    pub max_memory_mib: u64,
}

/// What was drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiagnosticOutput {
    /// Files, and numbers if they were asked for.
    #[serde(flatten)]
    pub written: Written,
    /// Rows that were read.
    pub rows: u64,
    /// Points or cells with a value.
    pub points: usize,
    /// Those without.
    pub masked: usize,
    /// Panels.
    pub panels: usize,
    /// Colours.
    pub colours: usize,
    /// Files that could not be read.
    pub failed: Vec<String>,
    /// What was odd, and what was chosen.
    pub notes: Vec<String>,
}

impl Operation for PlotDiagnostic {
    const NAME: &'static str = "plot.diagnostic";
    const VERB: &'static str = "draw";
    const EFFECT: Effect = Effect::Changes;
    type Input = DiagnosticInput;
    type Output = DiagnosticOutput;

    fn run(
        &self,
        input: DiagnosticInput,
        ctx: &dyn OperationContext,
    ) -> Result<DiagnosticOutput, OperationError> {
        input.picture.check()?;
        let settings = &input.settings;
        let wanted = &settings.wanted;
        let mut rows: Vec<Reduced> = Vec::new();
        // The rows of a map are known when all rows are; most go over the other axis.
        let across = settings.map.then(|| settings.across.unwrap_or_else(|| usual(&input)));
        let averaging =
            across.map_or(wanted.averaging, |across| across.averaging(wanted.averaging));
        let mut room = Room::new(&input);
        let brought = input.input.each(ctx, &mut |row| {
            for correlation in &wanted.correlations {
                let time = wanted.xaxis.is_time();
                let one = reduce(&row, *correlation, time, averaging, wanted.resolution);
                room.take(&one)?;
                rows.push(one);
            }
            Ok(())
        })?;
        // Correlations that the source does not have at all are no panels of nothing.
        let empty = |row: &Reduced| {
            row.lines.iter().all(|line| line.values.iter().all(|value| value.is_nan()))
        };
        let there: Vec<usize> = wanted
            .correlations
            .iter()
            .copied()
            .filter(|one| rows.iter().any(|row| row.correlation == *one && !empty(row)))
            .collect();
        if !there.is_empty() {
            rows.retain(|row| there.contains(&row.correlation));
        }
        let settings = Settings { across, ..settings.clone() };
        let made = super::figure(&rows, &settings)?;
        ctx.check()?;
        let written = input.picture.write(&made.figure)?;
        Ok(DiagnosticOutput {
            written,
            rows: brought.rows,
            points: made.points,
            masked: made.masked,
            panels: made.panels,
            colours: made.colours,
            failed: brought.failed,
            notes: [made.notes, brought.warnings].concat(),
        })
    }
}

/// Bounds the memory: what a sample takes until it is in the picture.
struct Room {
    left: u64,
    mib: u64,
    of_sample: u64,
}

impl Room {
    fn new(input: &DiagnosticInput) -> Self {
        let axes = input.settings.wanted.yaxes.len() as u64;
        // Place and complex value; then a point of a series and one of the figure for each axis.
        let drawn = if input.settings.map { 40 } else { 8 + 24 * axes };
        let told = if input.picture.dump.is_some() { 150 * axes } else { 0 };
        let mib = input.max_memory_mib;
        Self { left: mib.saturating_mul(1 << 20), mib, of_sample: 24 + drawn + told }
    }

    fn take(&mut self, row: &Reduced) -> Result<(), OperationError> {
        let samples: usize = row.lines.iter().map(|line| line.values.len()).sum();
        // A row has names, and a line its vectors, however short they are.
        let fixed = 300 + 120 * row.lines.len() as u64;
        let needed = self.of_sample.saturating_mul(samples as u64) + fixed;
        self.left = self.left.checked_sub(needed).ok_or_else(|| {
            let what = format!("the samples need more than {} MiB of memory", self.mib);
            OperationError::new(ErrorKind::Input, what).help(
                "a coarser --resolution puts samples together; select less, or allow more with --max-memory",
            )
        })?;
        Ok(())
    }
}

/// The rows of a map before anything is read: one id or one file of gains may be of one station.
fn usual(input: &DiagnosticInput) -> Across {
    let one = matches!(&input.input.chosen, Chosen::Ids(ids) if ids.len() == 1);
    let by_panel = input.settings.wanted.panels.0.contains(&maps::STATION);
    Across::usual(input.settings.of, input.settings.wanted.xaxis.is_time(), !one && !by_panel)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ledama_analysis::diag::kinds::Quantity;
    use ledama_analysis::diag::reduce::Line;
    use ledama_analysis::diag::row::Facts;
    use num_complex::Complex64;

    use super::*;

    #[test]
    fn more_samples_than_there_is_room_for_are_refused_with_advice() {
        let line = Line {
            places: vec![0.0; 1000],
            step: None,
            values: vec![Complex64::new(1.0, 0.0); 1000],
            polar: None,
            across: None,
        };
        let row = Reduced {
            facts: Facts::default(),
            quantity: Quantity::Gain,
            correlation: 0,
            lines: vec![line],
        };
        let mut room = Room { left: 1 << 20, mib: 1, of_sample: 80 };
        let taken = (0..100).take_while(|_| room.take(&row).is_ok()).count();
        assert_eq!(taken, 13);
        let error = room.take(&row).unwrap_err();
        assert!(error.message.contains("more than 1 MiB"), "{error}");
        assert!(error.help.unwrap().contains("--resolution"));
    }
}
