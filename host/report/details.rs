//! Progress, and with `--verbose` also every connection and every task.

use std::sync::Arc;

use ledama_base::quote::show;
use ledama_cluster::executor::{Event, Watch};

use super::progress::Display;
use super::talk::{Talk, Tone, paint};

/// Shows progress, and more if asked.
pub struct Details {
    progress: Display,
    talk: Arc<Talk>,
    verbose: u8,
}

impl Details {
    /// `verbose` counts how often the user asked for more.
    pub fn new(progress: Display, talk: Arc<Talk>, verbose: u8) -> Self {
        Self { progress, talk, verbose }
    }

    fn tell(&self, line: &str) {
        self.talk.line(&paint(line, Tone::Dim, self.talk.color()));
    }
}

impl Watch for Details {
    fn event(&self, event: &Event<'_>) {
        if self.verbose > 0 {
            match event {
                Event::Connected { node } => self.tell(&format!("{node}: connected")),
                Event::Started { node, label, attempt: 1, .. } => {
                    self.tell(&format!("{node}: started {}", show(label)));
                }
                Event::Started { node, label, attempt, .. } => {
                    self.tell(&format!("{node}: started {} (attempt {attempt})", show(label)));
                }
                Event::Finished(outcome) => self.tell(&format!(
                    "{}: {} {} after {:.1} s",
                    outcome.node,
                    outcome.state.word(),
                    show(&outcome.label),
                    outcome.seconds
                )),
                _ => {}
            }
        }
        self.progress.event(event);
    }
}
