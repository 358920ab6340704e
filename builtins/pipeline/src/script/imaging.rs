//! `imaging::…` in scripts: inputs of imagers and of SAGECal.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::script::{At, ScriptResult, to_dynamic};
use ledama_config::script::to_array;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::{Parset, lock};
use crate::imaging::{casa, wsclean};
use crate::sagecal;

fn input(fault: impl ToString) -> OperationError {
    OperationError::new(ErrorKind::Input, fault.to_string())
}

#[export_module]
mod api {
    /// A script of CASA with other `vis` and `imagename`: where `{{vis}}` and `{{imagename}}` stand, else in assignments at the beginning of lines; fails with kind `input` where there is neither.
    #[rhai_fn(return_raw)]
    pub fn casa_script(
        ctx: NativeCallContext<'_>,
        text: &str,
        vis: &str,
        imagename: &str,
    ) -> ScriptResult<ImmutableString> {
        let values = [("vis", vis), ("imagename", imagename)];
        Ok(casa::fill(text, &values).map_err(input).at(&ctx)?.into())
    }

    /// The name that a script of CASA gives to its image, or `()`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn casa_image(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&casa::assigned(text, "imagename").map_err(input).at(&ctx)?))
    }

    /// A parset of awimager as options of WSClean: a map with `words`, `column`, `polarizations`, `channels`, `predict` and `warnings`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn wsclean(ctx: NativeCallContext<'_>, parset: Parset) -> ScriptResult<Dynamic> {
        let made = wsclean::convert(&lock(&parset));
        Ok(to_dynamic(&made.map_err(|faults| input(faults.join("; "))).at(&ctx)?))
    }

    /// The ends of the names of the images that WSClean makes of these polarizations and so many images along frequency.
    pub fn wsclean_images(polarizations: Array, channels: i64) -> Array {
        let polarizations: Vec<String> =
            polarizations.into_iter().map(|word| word.to_string()).collect();
        to_array(wsclean::expected(&polarizations, u32::try_from(channels).unwrap_or(1)))
    }

    /// What SAGECal would refuse of the texts of a sky model and of clusters, as sentences.
    pub fn sagecal_faults(sky: &str, clusters: &str) -> Array {
        to_array(sagecal::faults(sky, clusters))
    }
}

/// Registers them.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("imaging", rhai::exported_module!(api).into());
}
