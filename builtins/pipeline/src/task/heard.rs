//! What a program says, taken apart into lines: for its rules, for the reason
//! of a failure, and for the answer.

use ledama_base::operation::Stream;

use crate::rules::Wrangler;

/// Most of standard output that is part of the answer, bytes.
pub(super) const CAPTURE: usize = 4 << 20;

/// What the program has said, line by line.
pub(super) struct Heard {
    pub(super) wrangler: Wrangler,
    lines: [Vec<u8>; 2],
    /// The last line that says something, on standard error if there is one.
    pub(super) last: Option<String>,
    from_error: bool,
    /// What the shell said when nothing was started.
    pub(super) start_line: Option<String>,
    /// Standard output, if it was asked for.
    pub(super) kept: Option<Vec<u8>>,
}

/// A line that is longer is cut.
const LONGEST_LINE: usize = 64 << 10;

impl Heard {
    pub(super) fn new(wrangler: Wrangler, capture: bool) -> Self {
        Self {
            wrangler,
            lines: [Vec::new(), Vec::new()],
            last: None,
            from_error: false,
            start_line: None,
            kept: capture.then(Vec::new),
        }
    }

    pub(super) fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Out
            && let Some(kept) = &mut self.kept
        {
            let room = CAPTURE.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(&bytes[..room]);
        }
        let which = usize::from(stream == Stream::Err);
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = &mut self.lines[which];
            let room = LONGEST_LINE.saturating_sub(line.len()).min(part.len());
            line.extend_from_slice(&part[..room]);
            if matches!(part.last(), Some(b'\n' | b'\r')) {
                self.line(which);
            }
        }
    }

    fn line(&mut self, which: usize) {
        let bytes = std::mem::take(&mut self.lines[which]);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end();
        if text.trim().is_empty() {
            return;
        }
        self.wrangler.hear(text);
        if text.starts_with("ledama: init-failed: ") {
            self.start_line = Some(text.to_string());
        }
        if which == 1 || !self.from_error {
            self.from_error = which == 1;
            let plain: String = text.trim().chars().filter(|c| !c.is_control()).take(400).collect();
            self.last = Some(plain);
        }
    }

    /// Hears a last line without an end.
    pub(super) fn finish(&mut self) {
        self.line(0);
        self.line(1);
    }
}
