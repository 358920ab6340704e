//! Lines that stay at the bottom of a terminal while others scroll above them.
//!
//! Everything is one text with the terminal's own commands, written in one go,
//! so that nothing flickers. The rows the old lines take are counted at the
//! present width, because terminals wrap old lines anew when they get narrower.

/// The footer of one terminal.
#[derive(Debug, Default)]
pub(super) struct Footer {
    lines: Vec<String>,
}

impl Footer {
    /// Shows other lines; none removes it. Returns what to write, nothing if
    /// all is as it was.
    pub(super) fn replace(&mut self, lines: Vec<String>, columns: usize) -> String {
        if lines == self.lines {
            return String::new();
        }
        let mut text = up(self.rows(columns));
        for line in &lines {
            text.push_str(line);
            text.push_str("\u{1b}[K\n");
        }
        text.push_str("\u{1b}[J");
        self.lines = lines;
        text
    }

    /// Puts lines above it. Returns what to write.
    pub(super) fn above(&self, content: &str, columns: usize) -> String {
        let content = content.trim_end_matches('\n');
        if self.lines.is_empty() {
            return format!("{content}\n");
        }
        let mut text = up(self.rows(columns));
        text.push_str("\u{1b}[J");
        text.push_str(content);
        text.push('\n');
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Rows it takes on a terminal of that width.
    fn rows(&self, columns: usize) -> usize {
        self.lines.iter().map(|line| width(line).div_ceil(columns.max(1)).max(1)).sum()
    }
}

/// To the beginning of the line so many rows above.
fn up(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\r\u{1b}[{rows}A") }
}

/// Characters of a line that take room: all but the commands for colours.
fn width(line: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    for c in line.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_are_written_over_the_old_ones() {
        let mut footer = Footer::default();
        assert_eq!(footer.replace(lines(&["a", "b"]), 80), "a\u{1b}[K\nb\u{1b}[K\n\u{1b}[J");
        assert_eq!(footer.replace(lines(&["a", "b"]), 80), "", "nothing has changed");
        assert_eq!(footer.replace(lines(&["c"]), 80), "\r\u{1b}[2Ac\u{1b}[K\n\u{1b}[J");
        assert_eq!(footer.replace(Vec::new(), 80), "\r\u{1b}[1A\u{1b}[J");
        assert_eq!(footer.replace(Vec::new(), 80), "");
    }

    #[test]
    fn what_is_said_stands_above() {
        let mut footer = Footer::default();
        assert_eq!(footer.above("said\n", 80), "said\n", "no footer, no commands");
        footer.replace(lines(&["a"]), 80);
        assert_eq!(footer.above("said", 80), "\r\u{1b}[1A\u{1b}[Jsaid\na\n");
    }

    #[test]
    fn old_lines_take_more_rows_on_a_narrower_terminal() {
        let mut footer = Footer::default();
        footer.replace(lines(&["123456789", "\u{1b}[31;1m1234\u{1b}[0m", ""]), 80);
        assert_eq!(footer.rows(80), 3);
        assert_eq!(footer.rows(9), 3);
        assert_eq!(footer.rows(4), 5);
        assert_eq!(footer.rows(0), 14, "an unknown width is no division by zero");
    }
}
