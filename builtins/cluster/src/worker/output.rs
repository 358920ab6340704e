//! What is kept of a command's output: the tail for messages, all of it when
//! asked, and whether it holds a text that means failure.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::Stream;
use ledama_base::rawtext;
use memchr::memmem::Finder;
use serde_json::{Value, json};

/// Bytes of output in the result of every command.
const TAIL: usize = 8 << 10;
/// Bytes of standard output and standard error together that can be captured.
pub(super) const CAPTURE_LIMIT: usize = 16 << 20;

/// Hears both streams, in the order in which they arrive.
#[derive(Debug)]
pub(super) struct Collector {
    tail: Tail,
    errors: Tail,
    capture: Option<Capture>,
    failures: Vec<Failure>,
}

/// What is kept of the output for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Its last lines.
    Tail,
    /// Those and the whole of it; too much is a failure.
    All,
    /// Those and so many bytes of each stream; more is left out and counted.
    Beginning(usize),
}

#[derive(Debug, Default)]
struct Capture {
    out: Vec<u8>,
    err: Vec<u8>,
    /// Bytes of each stream that are kept; all where absent.
    limit: Option<usize>,
    left_out: [u64; 2],
    overflow: bool,
}

#[derive(Debug)]
struct Failure {
    text: String,
    finder: Finder<'static>,
    /// End of what was heard of each stream, one byte less than the text.
    carry: [Vec<u8>; 2],
    found: bool,
}

impl Collector {
    /// Keeps what is wanted and looks for the texts.
    pub(super) fn new(keep: Keep, failure_text: &[String]) -> Self {
        let failures = failure_text
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| Failure {
                text: text.clone(),
                finder: Finder::new(rawtext::decode(text).as_bytes()).into_owned(),
                carry: [Vec::new(), Vec::new()],
                found: false,
            })
            .collect();
        Self {
            tail: Tail::new(TAIL),
            errors: Tail::new(TAIL),
            capture: match keep {
                Keep::Tail => None,
                Keep::All => Some(Capture::default()),
                // Both streams together may not be more than a result can hold.
                Keep::Beginning(limit) => {
                    let limit = Some(limit.min(CAPTURE_LIMIT / 2));
                    Some(Capture { limit, ..Capture::default() })
                }
            },
            failures,
        }
    }

    /// Takes the next bytes of a stream.
    pub(super) fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        self.tail.push(bytes);
        if stream == Stream::Err {
            self.errors.push(bytes);
        }
        if let Some(capture) = &mut self.capture {
            capture.push(stream, bytes);
        }
        self.failures.iter_mut().filter(|f| !f.found).for_each(|f| f.hear(stream, bytes));
    }

    /// The last lines of both streams.
    pub(super) fn tail(&self) -> String {
        self.tail.text()
    }

    /// The last line of standard error that says something, shortened.
    pub(super) fn last_error_line(&self) -> Option<String> {
        let text = self.errors.text();
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        let mut short: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
        if short.chars().count() == 300 {
            short.push('…');
        }
        Some(short)
    }

    /// The first text that means failure and was heard.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failures.iter().find(|f| f.found).map(|f| f.text.as_str())
    }

    /// True if there was more than can be captured.
    pub(super) fn overflow(&self) -> bool {
        self.capture.as_ref().is_some_and(|capture| capture.overflow)
    }

    /// `{"stdout", "stderr"}`, with a limit also what was left out, or null when
    /// nothing was to be captured.
    pub(super) fn captured(self) -> Value {
        self.capture.map_or(Value::Null, Capture::into_json)
    }
}

impl Capture {
    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        if let Some(limit) = self.limit {
            let kept = if stream == Stream::Out { &mut self.out } else { &mut self.err };
            let fits = bytes.len().min(limit - kept.len());
            kept.extend_from_slice(&bytes[..fits]);
            self.left_out[stream as usize] += (bytes.len() - fits) as u64;
            return;
        }
        if self.overflow || self.out.len() + self.err.len() + bytes.len() > CAPTURE_LIMIT {
            // Half an output is of no use to anybody: the task will fail.
            *self = Self { overflow: true, ..Self::default() };
            return;
        }
        match stream {
            Stream::Out => self.out.extend_from_slice(bytes),
            Stream::Err => self.err.extend_from_slice(bytes),
        }
    }

    fn into_json(self) -> Value {
        if self.limit.is_none() {
            return json!({ "stdout": text(&self.out), "stderr": text(&self.err) });
        }
        let cut = |mut kept: Vec<u8>, left_out: u64| {
            let half = if left_out > 0 { unfinished(&kept) } else { 0 };
            kept.truncate(kept.len() - half);
            (text(&kept), left_out + half as u64)
        };
        let (out, out_left) = cut(self.out, self.left_out[Stream::Out as usize]);
        let (err, err_left) = cut(self.err, self.left_out[Stream::Err as usize]);
        json!({
            "stdout": out, "stderr": err, "stdout_left_out": out_left, "stderr_left_out": err_left,
        })
    }
}

/// Bytes at the end that are the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(at) = tail.iter().rposition(|&byte| byte & 0xC0 != 0x80) else { return 0 };
    let needed = match tail[at] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let there = tail.len() - at;
    if there < needed { there } else { 0 }
}

impl Failure {
    fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        let carry = &mut self.carry[stream as usize];
        let overlap = self.finder.needle().len() - 1;
        // The text may lie across the border of two reads.
        carry.extend_from_slice(&bytes[..bytes.len().min(overlap)]);
        self.found = self.finder.find(carry).is_some() || self.finder.find(bytes).is_some();
        if bytes.len() > overlap {
            carry.clear();
            carry.extend_from_slice(&bytes[bytes.len() - overlap..]);
        } else {
            carry.drain(..carry.len().saturating_sub(overlap));
        }
    }
}

/// The end of a stream of bytes.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
    cut: bool,
    limit: usize,
}

impl Tail {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), cut: false, limit }
    }

    /// The tail of a task's log.
    pub(crate) fn of_log() -> Self {
        Self::new(TAIL)
    }

    /// Appends, and forgets the oldest where there is too much.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() >= self.limit {
            self.cut |= bytes.len() > self.limit || !self.bytes.is_empty();
            self.bytes.clear();
            self.bytes.extend_from_slice(&bytes[bytes.len() - self.limit..]);
            return;
        }
        self.bytes.extend_from_slice(bytes);
        // Moving the bytes only now and then keeps this linear.
        if self.bytes.len() > 4 * self.limit {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let surplus = self.bytes.len().saturating_sub(self.limit);
        self.cut |= surplus > 0;
        self.bytes.drain(..surplus);
    }

    /// Readable text that begins at the beginning of a line where it can.
    pub(crate) fn text(&self) -> String {
        let surplus = self.bytes.len().saturating_sub(self.limit);
        let mut shown = &self.bytes[surplus..];
        if self.cut || surplus > 0 {
            // Not if that would cost more than half of it.
            let half = &shown[..shown.len() / 2];
            if let Some(end) = half.iter().position(|&byte| byte == b'\n') {
                shown = &shown[end + 1..];
            } else {
                while shown.first().is_some_and(|byte| byte & 0xC0 == 0x80) {
                    shown = &shown[1..];
                }
            }
        }
        let mut text = String::from_utf8_lossy(shown).into_owned();
        // The mark for a byte that is no text is longer than the byte.
        if text.len() > self.limit {
            let mut start = text.len() - self.limit;
            while !text.is_char_boundary(start) {
                start += 1;
            }
            text.drain(..start);
        }
        text
    }
}

fn text(bytes: &[u8]) -> String {
    rawtext::encode(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_tail_begins_with_a_whole_line() {
        let mut tail = Tail::new(20);
        for n in 0..100 {
            tail.push(format!("line {n}\n").as_bytes());
        }
        assert_eq!(tail.text(), "line 98\nline 99\n");
        tail.push(b"\nlong line");
        assert_eq!(tail.text(), "line 99\n\nlong line");
        tail.push(b" that goes on and on\n");
        assert_eq!(tail.text(), "that goes on and on\n");
        tail.push(&[b'x'; 50]);
        assert_eq!(tail.text(), "x".repeat(20));
        let mut short = Tail::new(20);
        short.push(b"all\nof it");
        assert_eq!(short.text(), "all\nof it");
    }

    #[test]
    fn a_tail_of_bytes_that_are_no_text_keeps_its_limit() {
        let mut tail = Tail::new(100);
        tail.push(&[0xFF; 1000]);
        assert!(tail.text().len() <= 100);
        assert!(tail.text().chars().all(|c| c == '\u{FFFD}'));
    }

    proptest::proptest! {
        #[test]
        fn a_failure_text_is_found_wherever_the_reads_end(
            text in "[ab]{1,6}", output in "[ab]{0,60}", cuts in proptest::collection::vec(0usize..60, 0..8),
        ) {
            let mut collector = Collector::new(Keep::Tail, std::slice::from_ref(&text));
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(output.len())).collect();
            cuts.extend([0, output.len()]);
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                // The other stream in between must not matter.
                collector.hear(Stream::Err, b"c");
                collector.hear(Stream::Out, &output.as_bytes()[pair[0]..pair[1]]);
            }
            proptest::prop_assert_eq!(collector.failure().is_some(), output.contains(&text));
        }

        #[test]
        fn a_tail_is_the_end(chunks in proptest::collection::vec("[a-z\n]{0,30}", 0..20)) {
            let mut tail = Tail::new(16);
            for chunk in &chunks {
                tail.push(chunk.as_bytes());
            }
            let all = chunks.concat();
            proptest::prop_assert!(all.ends_with(&tail.text()));
            proptest::prop_assert!(tail.text().len() <= 16);
        }
    }

    #[test]
    fn capture_keeps_both_streams_or_says_that_it_could_not() {
        let mut collector = Collector::new(Keep::All, &[]);
        collector.hear(Stream::Out, b"out\xff");
        collector.hear(Stream::Err, b"err");
        assert!(!collector.overflow());
        let value = collector.captured();
        assert_eq!(value["stderr"], "err");
        assert_eq!(rawtext::decode(value["stdout"].as_str().unwrap()).as_bytes(), b"out\xff");

        let mut collector = Collector::new(Keep::All, &[]);
        let piece = vec![b'x'; 1 << 16];
        (0..=CAPTURE_LIMIT >> 16).for_each(|_| collector.hear(Stream::Out, &piece));
        assert!(collector.overflow());
    }

    #[test]
    fn with_a_limit_the_beginning_is_kept_and_the_rest_counted() {
        let mut collector = Collector::new(Keep::Beginning(6), &[]);
        collector.hear(Stream::Out, b"abcd");
        collector.hear(Stream::Out, "\u{e9}\u{e9}".as_bytes());
        collector.hear(Stream::Out, &vec![b'x'; 100_000]);
        collector.hear(Stream::Err, b"short");
        assert!(!collector.overflow());
        assert_eq!(
            collector.captured(),
            json!({
                "stdout": "abcd\u{e9}", "stderr": "short",
                "stdout_left_out": 100_002, "stderr_left_out": 0
            })
        );
        // Half a character is no text.
        let mut collector = Collector::new(Keep::Beginning(5), &[]);
        collector.hear(Stream::Out, "abcd\u{e9}".as_bytes());
        let value = collector.captured();
        assert_eq!((&value["stdout"], &value["stdout_left_out"]), (&json!("abcd"), &json!(2)));
        // At the end of everything it is kept as it is.
        let mut collector = Collector::new(Keep::Beginning(5), &[]);
        collector.hear(Stream::Out, b"abcd\xc3");
        assert_eq!(collector.captured()["stdout_left_out"], 0);
    }

    #[test]
    fn the_last_error_line_says_something() {
        let mut collector = Collector::new(Keep::Tail, &[]);
        collector.hear(Stream::Err, b"first\nlast \x1b[0m\n  \n");
        collector.hear(Stream::Out, b"not this\n");
        assert_eq!(collector.last_error_line().unwrap(), "last [0m");
    }
}
