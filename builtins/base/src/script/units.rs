//! `units::…`: sizes, durations and times for people.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use rhai::plugin::*;
use rhai::{Engine, INT, ImmutableString};

use super::{At, ScriptResult, bad_input, to_int};
use crate::{clock, units};

#[export_module]
mod api {
    /// A number of bytes as text, such as `1.5 GiB`; fails with kind `input` for a negative number.
    #[rhai_fn(return_raw)]
    pub fn human(ctx: NativeCallContext<'_>, bytes: INT) -> ScriptResult<ImmutableString> {
        Ok(units::human_bytes(positive(&ctx, bytes)?).into())
    }

    /// A number of MiB as text, such as `1.5 GiB`; fails with kind `input` for a negative number.
    #[rhai_fn(return_raw)]
    pub fn human_mib(ctx: NativeCallContext<'_>, mib: INT) -> ScriptResult<ImmutableString> {
        Ok(units::human_bytes(units::from_mib(positive(&ctx, mib)?)).into())
    }

    /// Bytes in MiB, rounded up; fails with kind `input` for a negative number.
    #[rhai_fn(return_raw)]
    pub fn mib(ctx: NativeCallContext<'_>, bytes: INT) -> ScriptResult<INT> {
        Ok(to_int(units::mib(positive(&ctx, bytes)?)))
    }

    /// MiB in bytes; fails with kind `input` for a negative number.
    #[rhai_fn(return_raw)]
    pub fn bytes(ctx: NativeCallContext<'_>, mib: INT) -> ScriptResult<INT> {
        Ok(to_int(units::from_mib(positive(&ctx, mib)?)))
    }

    /// A number of seconds as text, such as `3 min 05 s`; fails with kind `input` for a negative number.
    #[rhai_fn(return_raw)]
    pub fn duration(ctx: NativeCallContext<'_>, seconds: INT) -> ScriptResult<ImmutableString> {
        Ok(units::human_seconds(positive(&ctx, seconds)?).into())
    }

    /// The seconds of a text such as `90s`, `15min`, `12h`, `1d` or `2w`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn seconds(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<INT> {
        match units::parse_seconds(text) {
            Ok(seconds) => Ok(to_int(seconds)),
            Err(error) => bad_input(&ctx, error.to_string()),
        }
    }

    /// The present time in UTC, such as `2013-04-02T10:11:12Z`.
    pub fn now() -> ImmutableString {
        clock::utc_text(clock::now()).into()
    }

    /// A time in UTC, from ISO-8601 with a zone or from local time as `2013/04/02/10:11:12`; fails with kind `input`.
    #[rhai_fn(return_raw)]
    pub fn utc(ctx: NativeCallContext<'_>, text: &str) -> ScriptResult<ImmutableString> {
        Ok(clock::utc_text(clock::parse(text, &clock::local_zone()).at(&ctx)?).into())
    }
}

fn positive(ctx: &NativeCallContext<'_>, number: INT) -> ScriptResult<u64> {
    match u64::try_from(number) {
        Ok(number) => Ok(number),
        Err(_) => bad_input(ctx, format!("the number is negative: {number}")),
    }
}

/// Adds the functions.
pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("units", rhai::exported_module!(api).into());
}
