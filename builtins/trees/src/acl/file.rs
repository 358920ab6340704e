//! The file that a change of access lists is undone with: JSON, one line about
//! the change, then one line for each tree with how it was before.

use serde::{Deserialize, Serialize};

use super::change::Action;
use super::record::Before;

/// What such a file is called inside.
const FORM: &str = "access lists before a change";
const VERSION: u32 = 1;

/// Why a text is no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct UndoError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// A change and how all was before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoFile {
    /// The name of the user whose access was changed.
    pub user: String,
    /// What had happened.
    pub action: Action,
    /// The run that did it.
    pub run: String,
    /// One for each tree.
    pub targets: Vec<UndoTarget>,
}

/// One tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoTarget {
    /// The node it is on.
    pub node: String,
    /// Its path in text form.
    pub path: String,
    /// The number of the user on that node.
    pub uid: u32,
    /// The record, as JSON: see [`Before`].
    pub before: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    form: String,
    version: u32,
    user: String,
    action: Action,
    run: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: String,
    path: String,
    uid: u32,
    before: Before,
}

impl UndoFile {
    /// The text of the file. Fails if a record is none.
    pub fn text(&self) -> Result<String, UndoError> {
        let header = Header {
            form: FORM.to_string(),
            version: VERSION,
            user: self.user.clone(),
            action: self.action,
            run: self.run.clone(),
        };
        let mut text = String::new();
        let mut write = |number: usize, line: serde_json::Result<String>| {
            text.push_str(&line.map_err(|e| wrong(number, &e))?);
            text.push('\n');
            Ok(())
        };
        write(1, serde_json::to_string(&header))?;
        for (index, target) in self.targets.iter().enumerate() {
            let number = index + 2;
            let before = serde_json::from_str(&target.before).map_err(|e| wrong(number, &e))?;
            let UndoTarget { node, path, uid, .. } = target.clone();
            write(number, serde_json::to_string(&Line { node, path, uid, before }))?;
        }
        Ok(text)
    }

    /// Reads the text of such a file.
    pub fn parse(text: &str) -> Result<Self, UndoError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let header: Header = lines
            .next()
            .and_then(|(_, line)| serde_json::from_str(line).ok())
            .filter(|header: &Header| header.form == FORM)
            .ok_or_else(|| UndoError {
                line: 1,
                reason: "this is no file to undo a change of access lists with".to_string(),
            })?;
        if header.version != VERSION {
            let reason = format!("version {} is not known here", header.version);
            return Err(UndoError { line: 1, reason });
        }
        let mut targets = Vec::new();
        for (number, line) in lines {
            let line: Line = serde_json::from_str(line).map_err(|e| wrong(number, &e))?;
            let before = serde_json::to_string(&line.before).map_err(|e| wrong(number, &e))?;
            targets.push(UndoTarget { node: line.node, path: line.path, uid: line.uid, before });
        }
        Ok(Self { user: header.user, action: header.action, run: header.run, targets })
    }
}

fn wrong(line: usize, error: &serde_json::Error) -> UndoError {
    UndoError { line, reason: error.to_string() }
}
