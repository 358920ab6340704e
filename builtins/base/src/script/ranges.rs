//! `ranges::…`: lists of integers and ranges of floats.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, INT};

use super::{At, ScriptResult, bad_input};
use crate::ranges::{self, FloatRange};

#[export_module]
mod api {
    /// The numbers of a list such as `0-3,7` or `0..6..2`, in order and with doubles; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn ints(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Array> {
        let values = ranges::parse_ints(text).at(&ctx)?;
        Ok(values.into_iter().map(|value| Dynamic::from(INT::from(value))).collect())
    }

    /// The limits of a range such as `115.0..120.5`, as an array of two; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn floats(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<Array> {
        let range = FloatRange::parse(text).at(&ctx)?;
        Ok(vec![range.min.into(), range.max.into()])
    }

    /// The text of a list of numbers, neighbours as ranges; fails with kind `input` when an element is no index.
    #[rhai_fn(return_raw)]
    pub fn fold(ctx: NativeCallContext<'_>, values: Array) -> ScriptResult<ImmutableString> {
        Ok(ranges::format_ints(&indices(&ctx, &values)?).into())
    }

    /// The sizes of blocks that share a number of things among some parts, larger ones first; fails with kind `input` for negative numbers.
    #[rhai_fn(return_raw)]
    pub fn blocks(ctx: NativeCallContext<'_>, count: INT, parts: INT) -> ScriptResult<Array> {
        let numbers = indices(&ctx, &[count.into(), parts.into()])?;
        let [count, parts] = [numbers[0], numbers[1]].map(|n| n as usize);
        Ok(ranges::blocks(count, parts)
            .map(|block| super::super::to_int(block.len()).into())
            .collect())
    }
}

fn indices(ctx: &NativeCallContext<'_>, values: &[Dynamic]) -> ScriptResult<Vec<u32>> {
    let index = |value: &Dynamic| match value.as_int().ok().and_then(|n| u32::try_from(n).ok()) {
        Some(index) => Ok(index),
        None => bad_input(ctx, format!("not an index: {value}")),
    };
    values.iter().map(index).collect()
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("ranges", rhai::exported_module!(api).into());
}
