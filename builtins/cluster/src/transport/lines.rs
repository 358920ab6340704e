//! Cuts a stream of bytes into lines, skipping noise before the first one.

use memchr::memchr;
use memchr::memmem;

/// A longer line is no message: the largest (16 MiB of captured output, as
/// JSON text) is far below.
const LONGEST: usize = 256 << 20;

/// Bytes received and not yet taken.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    start: usize,
    searched: usize,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            (self.start, self.searched) = (0, 0);
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line without its end.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        let Some(found) = memchr(b'\n', &self.bytes[self.searched..]) else {
            self.searched = self.bytes.len();
            return None;
        };
        let end = self.searched + found;
        let line = &self.bytes[self.start..end];
        self.start = end + 1;
        self.searched = self.start;
        Some(line)
    }

    /// True when the bytes after the last line end are too many to be a line.
    pub(super) fn overlong(&self) -> bool {
        self.bytes.len() - self.start > LONGEST
    }

    /// What was received and not taken.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Drops what comes before the first of the markers. Returns the marker's
    /// index; the line that begins with it is next then.
    pub(super) fn skip_to(&mut self, markers: &[&str]) -> Option<usize> {
        let rest = &self.bytes[self.start..];
        let (at, index) = markers
            .iter()
            .enumerate()
            .filter_map(|(index, marker)| Some((memmem::find(rest, marker.as_bytes())?, index)))
            .min()?;
        self.start += at;
        self.searched = self.start;
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lines_survive_any_cutting(
            lines in prop::collection::vec("[a-z]{0,40}", 0..40),
            cuts in prop::collection::vec(1_usize..20, 1..200),
        ) {
            let stream: Vec<u8> = lines.iter().flat_map(|l| format!("{l}\n").into_bytes()).collect();
            let mut taken = Vec::new();
            let mut received = Lines::default();
            let mut rest = &stream[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (head, tail) = rest.split_at((*cut).min(rest.len()));
                received.push(head);
                rest = tail;
                while let Some(line) = received.next() {
                    taken.push(String::from_utf8(line.to_vec()).unwrap());
                }
            }
            prop_assert_eq!(taken, lines);
            prop_assert!(received.rest().is_empty());
        }
    }

    #[test]
    fn noise_before_a_marker_is_dropped() {
        let mut lines = Lines::default();
        lines.push(b"Welcome\nto the cl");
        assert_eq!(lines.skip_to(&["ready", "absent"]), None);
        lines.push(b"uster! abs");
        assert_eq!(lines.skip_to(&["ready", "absent"]), None);
        lines.push(b"ent\nready\n");
        assert_eq!(lines.skip_to(&["ready", "absent"]), Some(1));
        assert_eq!(lines.next().unwrap(), b"absent");
        assert_eq!(lines.skip_to(&["ready", "absent"]), Some(0));
        assert_eq!(lines.next().unwrap(), b"ready");
        assert_eq!(lines.next(), None);
    }
}
