//! Progress of an execution: bars on a terminal, a plain line now and then
//! elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use ledama_base::nodeset;
use ledama_cluster::executor::{Event, Watch};
use ledama_cluster::plan::TaskIndex;
use ledama_cluster::report::State;

use super::talk::Talk;

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(10);

/// Bars of node groups beside the total one.
const GROUPS: usize = 8;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Bars that move.
    Bars,
    /// A line every ten seconds.
    Lines,
    /// Nothing.
    None,
}

impl Style {
    /// Bars on a terminal, lines elsewhere, nothing if the user wants none.
    pub fn choose(no_progress: bool) -> Self {
        if no_progress {
            Self::None
        } else if std::io::stderr().is_terminal() {
            Self::Bars
        } else {
            Self::Lines
        }
    }
}

/// Shows what happens in one execution after the other.
pub struct Display {
    style: Style,
    talk: Arc<Talk>,
    now: Mutex<Option<Now>>,
}

/// The execution that is running.
struct Now {
    title: String,
    tasks: usize,
    bytes: u64,
    finished: usize,
    failed: usize,
    /// Bytes of finished tasks.
    whole: u64,
    /// Bytes done of running tasks.
    partial: HashMap<TaskIndex, u64>,
    /// Group of each node.
    group_of: HashMap<String, usize>,
    bars: Option<Bars>,
    began: Instant,
    last_line: Instant,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    groups: Vec<ProgressBar>,
}

impl Display {
    /// A display that also lets `talk` print above its bars.
    pub fn new(style: Style, talk: Arc<Talk>) -> Self {
        Self { style, talk, now: Mutex::new(None) }
    }

    fn now(&self) -> MutexGuard<'_, Option<Now>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, title: &str, tasks: usize, nodes: &[String], bytes: u64) {
        let (group_of, names) = group(nodes);
        let bars = (self.style == Style::Bars && tasks > 0).then(|| Bars::new(title, tasks, &names));
        self.talk.beside(bars.as_ref().map(|b| b.all.clone()));
        let began = Instant::now();
        *self.now() = Some(Now {
            title: title.to_string(),
            tasks,
            bytes,
            finished: 0,
            failed: 0,
            whole: 0,
            partial: HashMap::new(),
            group_of,
            bars,
            began,
            last_line: began,
        });
    }

    fn end(&self) {
        if let Some(now) = self.now().take() {
            self.talk.beside(None);
            if let Some(bars) = &now.bars {
                let _ = bars.all.clear();
            }
        }
    }
}

impl Watch for Display {
    fn event(&self, event: &Event<'_>) {
        if self.style == Style::None {
            return;
        }
        match event {
            Event::Begin { plan } => {
                let nodes: Vec<String> = plan.tasks.iter().map(|t| t.node.clone()).collect();
                let bytes = plan.tasks.iter().map(|t| t.size_bytes).sum();
                self.begin(&plan.title, plan.tasks.len(), &nodes, bytes);
            }
            Event::End => self.end(),
            Event::Lost { node, reason } => self.talk.warn(&format!("{node}: {reason}")),
            Event::Stopping { running } => {
                self.talk.line(&format!("stopping: {running} running tasks are being ended"));
            }
            _ => {
                if let Some(now) = self.now().as_mut() {
                    now.take(event);
                    now.show(&self.talk, self.style);
                }
            }
        }
    }
}

impl Now {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress { task, progress } => {
                self.partial.insert(*task, progress.done);
            }
            Event::Finished(outcome) => {
                let bytes = self.partial.remove(&outcome.task).unwrap_or(0);
                self.whole += bytes;
                self.finished += 1;
                self.failed += usize::from(outcome.state == State::Failed);
                if let (Some(bars), Some(&group)) = (&self.bars, self.group_of.get(&outcome.node)) {
                    bars.groups[group].inc(1);
                }
            }
            _ => {}
        }
    }

    fn show(&mut self, talk: &Talk, style: Style) {
        if let Some(bars) = &self.bars {
            bars.total.set_position(self.finished as u64);
            bars.total.set_message(self.extra());
        } else if style == Style::Lines
            && self.last_line.elapsed() >= EVERY
            && self.finished < self.tasks
        {
            self.last_line = Instant::now();
            talk.line(&format!(
                "{}: tasks {}/{} ({:.1} %){}",
                self.title,
                self.finished,
                self.tasks,
                percent(self.finished, self.tasks),
                self.extra()
            ));
        }
    }

    /// Failures, bytes and speed, where known.
    fn extra(&self) -> String {
        let mut text = String::new();
        if self.failed > 0 {
            text.push_str(&format!("  failed {}", self.failed));
        }
        let done = self.whole + self.partial.values().sum::<u64>();
        if self.bytes > 0 && done > 0 {
            let seconds = self.began.elapsed().as_secs_f64().max(0.001);
            // Display only: a rate needs no more than f64's 53 bits.
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let rate = (done as f64 / seconds) as u64;
            text.push_str(&format!(
                "  {} of {}, {}/s",
                HumanBytes(done),
                HumanBytes(self.bytes),
                HumanBytes(rate)
            ));
        }
        text
    }
}

impl Bars {
    fn new(title: &str, tasks: usize, groups: &[(String, usize)]) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let total = all.add(ProgressBar::new(tasks as u64));
        total.set_style(style("{prefix} [{bar:30}] {pos}/{len}{msg}  {elapsed}"));
        total.set_prefix(title.to_string());
        let width = groups.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let groups = groups
            .iter()
            .map(|(name, _)| {
                let bar = all.add(ProgressBar::no_length());
                bar.set_style(style("  {prefix} {pos} done"));
                bar.set_prefix(format!("{name:width$}"));
                bar
            })
            .collect();
        Self { all, total, groups }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// At most [`GROUPS`] groups of neighbouring nodes, with their folded names and sizes.
fn group(nodes: &[String]) -> (HashMap<String, usize>, Vec<(String, usize)>) {
    let per_group = nodes.len().div_ceil(GROUPS).max(1);
    let mut sorted: Vec<String> =
        nodes.iter().map(|n| (n.clone(), ())).collect::<BTreeMap<_, ()>>().into_keys().collect();
    sorted.dedup();
    let chunks: Vec<&[String]> = sorted.chunks(per_group).collect();
    let names = chunks.iter().map(|c| (nodeset::fold(c), c.len())).collect();
    let group_of = chunks
        .iter()
        .enumerate()
        .flat_map(|(k, chunk)| chunk.iter().map(move |node| (node.clone(), k)))
        .collect();
    (group_of, names)
}

fn percent(done: usize, all: usize) -> f64 {
    if all == 0 {
        return 100.0;
    }
    // Display only.
    #[allow(clippy::cast_precision_loss)]
    let share = done as f64 * 100.0 / all as f64;
    share
}
