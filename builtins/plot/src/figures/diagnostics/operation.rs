//! The operation `plot.diagnostic`: reads, makes the figure, writes the picture.

use ledama_analysis::diag::input::{Chosen, Input};
use ledama_analysis::diag::map::Across;
use ledama_analysis::diag::reduce::{Reduced, reduce};
use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
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
        let brought = input.input.each(ctx, &mut |row| {
            for correlation in &wanted.correlations {
                let time = wanted.xaxis.is_time();
                rows.push(reduce(&row, *correlation, time, averaging, wanted.resolution));
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

/// The rows of a map before anything is read: one id or one file of gains may be of one station.
fn usual(input: &DiagnosticInput) -> Across {
    let one = matches!(&input.input.chosen, Chosen::Ids(ids) if ids.len() == 1);
    let by_panel = input.settings.wanted.panels.0.contains(&maps::STATION);
    Across::usual(input.settings.of, input.settings.wanted.xaxis.is_time(), !one && !by_panel)
}
