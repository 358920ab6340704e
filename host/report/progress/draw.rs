//! Numbers become lines: the bars for a terminal of any width, and the plain
//! line for everything else.

use std::time::Duration;

use ledama_base::units::{human_bytes, human_seconds};

use super::tally::{Count, Tally};
use crate::report::talk::{Tone, paint};

/// Wider is not easier to read, and lines that a window's new width does not
/// touch stay whole whatever the terminal does with the others.
const WIDEST: usize = 79;

/// A shorter bar says nothing.
const SHORTEST: usize = 4;

/// With a shorter bar the words about failures stand below.
const COMFORTABLE: usize = 12;

/// The place to draw on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Canvas {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) color: bool,
}

/// The lines of the bars, each narrower than the canvas: the whole, its groups
/// of nodes where there are several, and facts about the whole.
pub(super) fn bars(tally: &Tally, time: Duration, canvas: Canvas) -> Vec<String> {
    let width = canvas.columns.saturating_sub(1).min(WIDEST);
    // One row stays for what is said above; the whole and its facts come first.
    let room = canvas.rows.saturating_sub(3);
    let groups: &[(String, Count)] =
        if tally.groups.len() > 1 && tally.groups.len() <= room { &tally.groups } else { &[] };
    let mut table = vec![(clean(&tally.title), tally.all)];
    table.extend(groups.iter().map(|(name, count)| (format!("  {}", clean(name)), *count)));
    let columns = Columns::of(&table, width);
    let mut lines: Vec<String> =
        table.iter().map(|(name, count)| columns.row(name, count, canvas.color)).collect();
    lines.push(facts(tally, time, &columns, canvas.color));
    lines
}

/// The line that is written now and then where nothing can move.
pub(super) fn plain(tally: &Tally, time: Duration) -> String {
    let Count { tasks, over, failed } = tally.all;
    // Display only.
    #[allow(clippy::cast_precision_loss)]
    let percent = if tasks == 0 { 100.0 } else { over as f64 * 100.0 / tasks as f64 };
    let mut parts = vec![format!("{over} of {tasks} tasks ({percent:.0} %)")];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    parts.extend(segments(tally, time).into_iter().map(|segment| segment.text));
    format!("{}: {}", clean(&tally.title), parts.join(", "))
}

/// How wide each part of a row is.
#[derive(Debug)]
struct Columns {
    all: usize,
    names: usize,
    bar: usize,
    counts: usize,
    /// The words about failures; 0 where there is no room for them, or no need.
    failures: usize,
}

impl Columns {
    fn of(table: &[(String, Count)], all: usize) -> Self {
        let longest = |text: &dyn Fn(&(String, Count)) -> String| {
            table.iter().map(|row| length(&text(row))).max().unwrap_or(0)
        };
        let counts = longest(&|(_, count)| format!("{0}/{0}", count.tasks));
        let names = longest(&|(name, _)| name.clone());
        let failures = longest(&|(_, count)| failed(count));
        let wide = Self::with(all, names, counts, failures);
        if wide.bar >= COMFORTABLE { wide } else { Self::with(all, names, counts, 0) }
    }

    fn with(all: usize, names: usize, counts: usize, failures: usize) -> Self {
        // Brackets, and blanks between the parts.
        let fixed = counts + failures + 4;
        let names = names.min((all * 2 / 5).max(all.saturating_sub(fixed + 30)));
        Self { all, names, bar: all.saturating_sub(names + fixed), counts, failures }
    }

    fn row(&self, name: &str, count: &Count, color: bool) -> String {
        let mut line = format!("{:1$} ", clip(name, self.names), self.names);
        if self.bar >= SHORTEST {
            line = format!("{line}[{}] ", filled(count, self.bar));
        }
        let counts = format!("{:>1$}", format!("{}/{}", count.over, count.tasks), self.counts);
        let counts = clip(&counts, self.all.saturating_sub(length(&line)));
        if count.failed == 0 {
            line.push_str(&counts);
        } else if self.failures > 0 {
            line.push_str(&counts);
            line.push_str(&paint(&failed(count), Tone::Bad, color));
        } else {
            line.push_str(&paint(&counts, Tone::Bad, color));
        }
        line
    }
}

fn failed(count: &Count) -> String {
    if count.failed > 0 { format!(" {} failed", count.failed) } else { String::new() }
}

fn filled(count: &Count, width: usize) -> String {
    let done = (width * count.over).checked_div(count.tasks).unwrap_or(width);
    let head = usize::from(done > 0 && done < width);
    format!("{}{}{}", "=".repeat(done - head), ">".repeat(head), " ".repeat(width - done))
}

/// A fact and how gladly it is left out: the highest first.
struct Segment {
    text: String,
    spare: u8,
}

fn segments(tally: &Tally, time: Duration) -> Vec<Segment> {
    let mut all = Vec::new();
    let mut add = |spare: u8, text: String| all.push(Segment { text, spare });
    if tally.running() > 0 {
        add(2, format!("{} running", tally.running()));
    }
    if tally.bytes > 0 {
        let done = human_bytes(tally.bytes_done());
        add(1, format!("{done} of {}", human_bytes(tally.bytes)));
    }
    if let Some(speed) = tally.speed() {
        add(3, format!("{}/s", human_bytes(speed)));
    }
    add(4, human_seconds(time.as_secs()));
    if let Some(left) = tally.left(time) {
        add(0, format!("about {} left", human_seconds(left.as_secs().max(1))));
    }
    all
}

/// The facts that fit, the most useful ones.
fn facts(tally: &Tally, time: Duration, columns: &Columns, color: bool) -> String {
    let mut all = segments(tally, time);
    let failed = if columns.failures == 0 { failed(&tally.all) } else { String::new() };
    let failed = if failed.is_empty() { failed } else { format!(" {failed},") };
    let failed = clip(&failed, columns.all);
    let width = columns.all - length(&failed);
    let text = |all: &[Segment]| {
        let texts: Vec<&str> = all.iter().map(|segment| segment.text.as_str()).collect();
        format!("{}{}", if failed.is_empty() { "  " } else { " " }, texts.join(", "))
    };
    while all.len() > 1 && length(&text(&all)) > width {
        let spare = all.iter().map(|segment| segment.spare).max();
        all.retain(|segment| Some(segment.spare) != spare);
    }
    let rest = paint(&clip(&text(&all), width), Tone::Dim, color);
    if failed.is_empty() { rest } else { format!("{}{rest}", paint(&failed, Tone::Bad, color)) }
}

/// Text without anything that would move the cursor.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The text, or its beginning and a sign that there is more.
fn clip(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_string();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    if width == 0 { kept } else { kept + "…" }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use ledama_cluster::executor::Event;
    use ledama_cluster::plan::{Action, CommandSpec, Plan, Task};
    use ledama_cluster::report::{Outcome, State};

    use super::*;

    const TIME: Duration = Duration::from_secs(83);

    /// Tasks of 1 MiB: of each node the first `over` have ended, one of them badly.
    fn tally(nodes: usize, tasks: usize, over: usize, size: u64) -> Tally {
        let mut plan = Plan::new("Copy measurement sets");
        for node in 1..=nodes {
            for _ in 0..tasks {
                plan.tasks.push(Task {
                    node: format!("node{node:03}"),
                    label: "x".to_string(),
                    action: Action::Command(CommandSpec::default()),
                    size_bytes: size,
                    after: Vec::new(),
                    store: None,
                    log: None,
                });
            }
        }
        let mut tally = Tally::new(&plan);
        for index in 0..plan.tasks.len() {
            if index % tasks < over {
                let state = if index == 1 { State::Failed } else { State::Done };
                tally.take(&Event::Finished(&Outcome::new(index, "n", "x", state)));
            } else if index % tasks == over {
                tally.take(&Event::Started { task: index, node: "n", label: "x", attempt: 1 });
            }
            tally.tick(Duration::from_secs(index as u64 / 4));
        }
        tally
    }

    fn drawn(tally: &Tally, columns: usize, rows: usize) -> String {
        bars(tally, TIME, Canvas { columns, rows, color: false }).join("\n")
    }

    #[test]
    fn bars_on_a_wide_terminal() {
        let drawn = drawn(&tally(4, 16, 5, 1 << 20), 80, 24);
        let expected = [
            "Copy measurement sets [===========>                            ] 20/64 1 failed",
            "  node001             [===========>                            ]  5/16 1 failed",
            "  node002             [===========>                            ]  5/16",
            "  node003             [===========>                            ]  5/16",
            "  node004             [===========>                            ]  5/16",
            "  4 running, 19.0 MiB of 64.0 MiB, 1.2 MiB/s, 1 min 23 s, about 36 s left",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bars_on_a_narrow_terminal() {
        let drawn = drawn(&tally(80, 16, 5, 1 << 20), 40, 24);
        let expected = [
            "Copy measureme… [==>        ]  400/1280",
            "  node[001-010] [==>        ]    50/160",
            "  node[011-020] [==>        ]    50/160",
            "  node[021-030] [==>        ]    50/160",
            "  node[031-040] [==>        ]    50/160",
            "  node[041-050] [==>        ]    50/160",
            "  node[051-060] [==>        ]    50/160",
            "  node[061-070] [==>        ]    50/160",
            "  node[071-080] [==>        ]    50/160",
            "  1 failed, about 11 min 44 s left",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn one_node_has_no_groups_and_a_low_terminal_no_room_for_them() {
        assert_eq!(drawn(&tally(1, 4, 2, 0), 80, 24).lines().count(), 2);
        assert_eq!(drawn(&tally(4, 4, 2, 0), 80, 6).lines().count(), 2);
        assert_eq!(drawn(&tally(4, 4, 2, 0), 80, 7).lines().count(), 6);
    }

    #[test]
    fn no_line_is_wider_than_any_terminal() {
        for (nodes, tasks) in [(1, 4), (4, 16), (80, 100)] {
            let tally = tally(nodes, tasks, 3, 3 << 30);
            for columns in 1..200 {
                for line in drawn(&tally, columns, 24).lines() {
                    assert!(length(line) < columns.max(2), "{columns}: {line}");
                }
            }
        }
    }

    #[test]
    fn failures_are_red() {
        let canvas = Canvas { columns: 80, rows: 24, color: true };
        let lines = bars(&tally(2, 8, 4, 0), TIME, canvas);
        assert!(lines[0].contains("\u{1b}[31;1m 1 failed\u{1b}[0m"), "{lines:?}");
        assert!(lines[1].contains("\u{1b}[31;1m 1 failed"), "{lines:?}");
        assert!(!lines[2].contains("\u{1b}[31"), "{lines:?}");
    }

    #[test]
    fn a_bar_is_full_at_the_end_only() {
        let bar = |over, tasks| filled(&Count { tasks, over, failed: 0 }, 10);
        assert_eq!(bar(0, 10), "          ");
        assert_eq!(bar(1, 1000), "          ");
        assert_eq!(bar(5, 10), "====>     ");
        assert_eq!(bar(999, 1000), "========> ");
        assert_eq!(bar(10, 10), "==========");
        assert_eq!(bar(0, 0), "==========");
    }

    #[test]
    fn the_plain_line_tells_all() {
        assert_eq!(
            plain(&tally(4, 16, 5, 1 << 20), TIME),
            "Copy measurement sets: 20 of 64 tasks (31 %), 1 failed, 4 running, \
             19.0 MiB of 64.0 MiB, 1.2 MiB/s, 1 min 23 s, about 36 s left"
        );
        assert_eq!(
            plain(&tally(1, 4, 0, 0), TIME),
            "Copy measurement sets: 0 of 4 tasks (0 %), 1 running, 1 min 23 s"
        );
        assert_eq!(plain(&Tally::default(), Duration::ZERO), ": 0 of 0 tasks (100 %), 0 s");
    }

    #[test]
    fn a_title_cannot_move_the_cursor() {
        let mut plan = Plan::new("a\nb\u{1b}[2J");
        plan.tasks.clear();
        let lines = bars(&Tally::new(&plan), TIME, Canvas { columns: 80, rows: 24, color: false });
        assert!(lines[0].starts_with("a b [2J ["), "{lines:?}");
    }
}
