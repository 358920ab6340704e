//! A test that cannot run here says so and why; it never passes in silence.
//!
//! The reason goes past the test runner's capture, so that it is seen in the
//! output of a passing suite. With `LEDAMA_NO_SKIP` set (as in CI, where all
//! that is needed is there) a skipped test fails.

use std::io::Write as _;

/// Why a test cannot run here.
#[derive(Debug)]
pub(crate) struct Skip(pub(crate) String);

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says why the running test is skipped.
pub(crate) fn say(reason: &str) {
    let test = std::thread::current().name().unwrap_or("test").to_string();
    assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "may not be skipped here: {reason}");
    // `eprintln!` would be captured and thrown away with the passed test.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {reason}");
}

/// Ends the running test with a reason: `skip!("no sshd")`.
macro_rules! skip {
    ($($reason:tt)+) => {{
        $crate::support::skip::say(&format!($($reason)+));
        return;
    }};
}

/// The value, or the end of the running test with the reason.
macro_rules! need {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(reason) => $crate::support::skip::skip!("{reason}"),
        }
    };
}

pub(crate) use {need, skip};
