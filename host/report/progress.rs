//! Progress of an execution: bars on a terminal, a plain line now and then
//! elsewhere.
//!
//! The executor's thread only counts; a thread of its own draws, so that a
//! terminal that is held up (Ctrl-S) never holds up the work.

mod draw;
mod groups;
mod losses;
mod pace;
mod tally;

use std::io::IsTerminal;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ledama_cluster::executor::{Event, Watch};
use ledama_cluster::plan::Plan;

use self::draw::Canvas;
use self::losses::Losses;
use self::tally::Tally;
use super::talk::Talk;

/// How often bars are drawn.
const FRAME: Duration = Duration::from_millis(100);

/// Shorter executions show no bars at all.
const FIRST: Duration = Duration::from_millis(300);

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(10);

/// How long lost nodes are gathered, so that they are told together.
const GATHER: Duration = Duration::from_millis(500);

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
    /// Bars on a terminal that can show them, lines elsewhere, nothing if the
    /// user wants none.
    pub fn choose(no_progress: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        if no_progress {
            Self::None
        } else if std::io::stderr().is_terminal() && !dumb {
            Self::Bars
        } else {
            Self::Lines
        }
    }
}

/// Shows how an execution goes on. Lost nodes are told in every style.
pub struct Display {
    shared: Arc<Shared>,
    drawer: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    style: Style,
    talk: Arc<Talk>,
    now: Mutex<Option<Now>>,
    changed: Condvar,
}

/// The execution that is running.
struct Now {
    began: Instant,
    tally: Tally,
    losses: Losses,
    /// When the first of the losses not yet told came.
    lost_at: Option<Instant>,
    /// Other lines to be said.
    said: Vec<String>,
    last_line: Instant,
}

impl Display {
    /// A display that speaks through `talk`.
    pub fn new(style: Style, talk: Arc<Talk>) -> Self {
        let shared = Shared { style, talk, now: Mutex::new(None), changed: Condvar::new() };
        Self { shared: Arc::new(shared), drawer: Mutex::new(None) }
    }

    fn begin(&self, plan: &Plan) {
        self.end();
        let began = Instant::now();
        *self.shared.now() = Some(Now {
            began,
            tally: Tally::new(plan),
            losses: Losses::default(),
            lost_at: None,
            said: Vec::new(),
            last_line: began,
        });
        let shared = Arc::clone(&self.shared);
        let drawer =
            std::thread::Builder::new().name("progress".into()).spawn(move || shared.draw());
        // Without a thread there is no progress, but there is work.
        *self.drawer.lock().unwrap_or_else(PoisonError::into_inner) = drawer.ok();
    }

    /// Everything is said, and the bars are gone.
    fn end(&self) {
        let last = self.shared.now().take();
        self.shared.changed.notify_all();
        let drawer = self.drawer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(drawer) = drawer {
            let _ = drawer.join();
        }
        if let Some(mut last) = last {
            last.tell(&self.shared.talk, true);
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.end();
    }
}

impl Watch for Display {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Begin { plan } => self.begin(plan),
            Event::End => self.end(),
            _ => {
                if let Some(now) = self.shared.now().as_mut() {
                    now.take(event);
                }
            }
        }
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Option<Now>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws until the execution is over.
    fn draw(&self) {
        let mut now = self.now();
        loop {
            now = self.changed.wait_timeout(now, FRAME).unwrap_or_else(PoisonError::into_inner).0;
            let Some(current) = now.as_mut() else { break };
            let time = current.began.elapsed();
            current.tally.tick(time);
            let footer = (self.style == Style::Bars && time >= FIRST).then(|| {
                let (columns, rows) = self.talk.size();
                let canvas = Canvas { columns, rows, color: self.talk.color() };
                draw::bars(&current.tally, time, canvas)
            });
            if self.style == Style::Lines && current.last_line.elapsed() >= EVERY {
                current.last_line = Instant::now();
                current.said.push(draw::plain(&current.tally, time));
            }
            let (lines, warnings) = current.due(false);
            // Counting goes on while the terminal takes its time.
            drop(now);
            if let Some(footer) = footer {
                self.talk.footer(footer);
            }
            tell(&self.talk, &lines, &warnings);
            now = self.now();
        }
        drop(now);
        self.talk.footer(Vec::new());
    }
}

impl Now {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Lost { node, reason } => {
                self.losses.add(node, reason);
                self.lost_at.get_or_insert_with(Instant::now);
            }
            Event::Stopping { running } => {
                self.said.push(format!("stopping: {running} running tasks are being ended"));
            }
            other => self.tally.take(other),
        }
    }

    /// Lines and warnings that must be told now, or at the end.
    fn due(&mut self, end: bool) -> (Vec<String>, Vec<String>) {
        let mut warnings = Vec::new();
        if self.lost_at.is_some_and(|at| end || at.elapsed() >= GATHER) {
            self.lost_at = None;
            warnings = self.losses.take();
        }
        (std::mem::take(&mut self.said), warnings)
    }

    fn tell(&mut self, talk: &Talk, end: bool) {
        let (lines, warnings) = self.due(end);
        tell(talk, &lines, &warnings);
    }
}

fn tell(talk: &Talk, lines: &[String], warnings: &[String]) {
    for warning in warnings {
        talk.warn(warning);
    }
    for line in lines {
        talk.line(line);
    }
}
