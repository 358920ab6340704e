//! Results on standard output. A reader that went away (`| head`) is no error.

use std::io::Write;

use serde::Serialize;

/// Writes text as it is.
pub fn write(text: &str) {
    bytes(text.as_bytes());
}

/// Writes bytes as they are.
pub fn bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        // The reader has closed the pipe; what we still have to say goes to standard error.
    }
}

/// Writes one JSON document.
pub fn json<T: Serialize>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => write(&(text + "\n")),
        Err(error) => eprintln!("error: the result cannot be written as JSON: {error}"),
    }
}
