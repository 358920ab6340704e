//! The operation `pipeline.rescale_fits`.

use ledama_base::atomic::Existing;
use ledama_base::operation::{Effect, Operation, OperationContext, OperationError, Progress};
use ledama_base::rawtext::text_path;
use serde::{Deserialize, Serialize};

use super::{Scaled, rescale};

/// Multiplies the pixels of a FITS image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rescale;

/// Which image, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RescaleInput {
    /// The image, in text form.
    pub fits: String,
    /// The image to write.
    pub output: String,
    /// What each pixel is multiplied with.
    pub factor: f64,
    /// Whether an older file may be replaced.
    #[serde(default)]
    pub overwrite: bool,
}

impl Operation for Rescale {
    const NAME: &'static str = "pipeline.rescale_fits";
    const VERB: &'static str = "scale";
    const EFFECT: Effect = Effect::Changes;
    type Input = RescaleInput;
    type Output = Scaled;

    fn run(
        &self,
        input: RescaleInput,
        ctx: &dyn OperationContext,
    ) -> Result<Scaled, OperationError> {
        let existing = if input.overwrite { Existing::Replace } else { Existing::Keep };
        let told = |done, total| {
            ctx.progress(Progress { done, total });
            !ctx.cancelled()
        };
        let (from, to) = (text_path(&input.fits), text_path(&input.output));
        Ok(rescale(&from, &to, input.factor, existing, told)?)
    }
}
