//! Results on standard output. A reader that went away (`| head`) is no error.

use std::io::Write;

use serde::Serialize;

/// Writes text as it is.
pub fn write(text: &str) {
    bytes(text.as_bytes());
}

/// Writes bytes as they are; whether anybody reads them. When the reader has closed
/// the pipe, what we still have to say goes to standard error.
pub fn bytes(bytes: &[u8]) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).is_ok()
}

/// Writes one JSON document.
pub fn json<T: Serialize>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => write(&(text + "\n")),
        Err(error) => eprintln!("error: the result cannot be written as JSON: {error}"),
    }
}
