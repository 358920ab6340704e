//! The line editor: history, completion, input over several lines.

use std::path::Path;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::complete;
use super::types::Names;
use crate::manifest::is_unfinished;

/// Inputs kept from session to session.
const HISTORY: usize = 5000;

/// Reads inputs from a person.
pub(super) struct Terminal {
    editor: Editor<Assistant, FileHistory>,
    history: Option<std::path::PathBuf>,
}

impl Terminal {
    /// An editor whose history is that file; without one it lasts as long as the session.
    pub(super) fn new(history: &Path) -> rustyline::Result<Self> {
        let config = Config::builder()
            .max_history_size(HISTORY)?
            .history_ignore_dups(true)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Assistant::default()));
        let folder = history.parent().unwrap_or(Path::new("/"));
        let usable = std::fs::create_dir_all(folder).is_ok();
        let _ = editor.load_history(history);
        Ok(Self { editor, history: usable.then(|| history.to_path_buf()) })
    }

    /// The next input; `None` at the end (Ctrl-D). Ctrl-C gives up a line.
    pub(super) fn read(&mut self, prompt: &str, names: Names) -> rustyline::Result<Option<String>> {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.names = names;
        }
        match self.editor.readline(prompt) {
            Ok(input) => {
                self.remember(&input);
                Ok(Some(input))
            }
            Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
            Err(ReadlineError::Eof) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Written at once: a session may end in any way.
    fn remember(&mut self, input: &str) {
        if self.editor.add_history_entry(input).unwrap_or(false)
            && let Some(file) = &self.history
            && self.editor.append_history(file).is_err()
        {
            // A full disk must not stop the session; it remembers without the file.
            self.history = None;
        }
    }
}

/// Helps with the line that is being typed.
#[derive(Default)]
struct Assistant {
    names: Names,
}

impl Helper for Assistant {}
impl Highlighter for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_unfinished(context.input()) && !context.input().trim_start().starts_with(':') {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete::candidates(&self.names, &line[..at]))
    }
}
