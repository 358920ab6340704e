//! The end of what somebody said, for the reason of a failure.

/// Bytes kept.
const KEPT: usize = 4096;
/// Characters shown.
const SHOWN: usize = 400;

/// Keeps the last bytes of a stream.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    bytes: Vec<u8>,
}

impl LastWords {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        let surplus = (self.bytes.len() + bytes.len()).saturating_sub(KEPT);
        self.bytes.drain(..surplus.min(self.bytes.len()));
        self.bytes.extend_from_slice(bytes);
    }

    /// The last lines as one line of text: no control characters, no final
    /// dot, lines parted by `; `.
    pub(super) fn text(&self) -> String {
        one_line(&self.bytes)
    }

    /// All that was kept, as it was said.
    pub(super) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Text of any origin as one short line, from its end.
pub(super) fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for line in text.lines().rev() {
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        let line = line.trim().trim_end_matches('.');
        if line.is_empty() {
            continue;
        }
        let room = SHOWN.saturating_sub(length);
        let count = line.chars().count();
        if count > room {
            if lines.is_empty() {
                lines.push(line.chars().skip(count - room).collect());
            }
            break;
        }
        length += count + 2;
        lines.push(line.to_string());
    }
    lines.reverse();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut words = LastWords::default();
        for n in 0..5000 {
            words.push(format!("line {n}\r\n").as_bytes());
        }
        assert!(words.bytes.len() <= KEPT);
        assert!(words.text().ends_with("line 4998; line 4999"));
        words.push(&vec![b'x'; 3 * KEPT]);
        assert_eq!(words.text(), "x".repeat(SHOWN));
    }

    #[test]
    fn text_is_one_clean_line() {
        let mut words = LastWords::default();
        words.push(b"\x1b[31mred\x1b[0m alert.\n\n  no space left on device.\n\xff");
        assert_eq!(words.text(), "[31mred[0m alert; no space left on device; \u{fffd}");
        assert_eq!(LastWords::default().text(), "");
    }
}
