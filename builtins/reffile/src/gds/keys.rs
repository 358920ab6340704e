//! Lines of `key = value`, as the files of the LOFAR programs have them.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::GdsError;

/// A value and where it stands.
struct Found {
    line: usize,
    text: String,
}

/// All keys of a file. Of a key that stands there twice the last one holds,
/// as the programs have it.
pub(super) struct Keys<'a> {
    path: &'a str,
    found: BTreeMap<String, Found>,
}

impl<'a> Keys<'a> {
    pub(super) fn parse(text: &str, path: &'a str) -> Result<Self, GdsError> {
        let mut found = BTreeMap::new();
        let mut lines = text.lines().enumerate();
        while let Some((at, first)) = lines.next() {
            let mut logical = first.to_string();
            while logical.ends_with('\\') {
                logical.pop();
                logical.push_str(lines.next().map_or("", |(_, line)| line));
            }
            let content = without_comment(&logical).trim();
            if content.is_empty() {
                continue;
            }
            let line = at + 1;
            let (key, value) = content.split_once('=').ok_or_else(|| GdsError::Line {
                path: path.to_string(),
                line,
                reason: "there is no `key = value`".to_string(),
            })?;
            found.insert(key.trim().to_string(), Found { line, text: value.trim().to_string() });
        }
        Ok(Self { path, found })
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.found.get(key).map(|found| unquoted(&found.text).to_string())
    }

    pub(super) fn value<T: FromStr>(&self, key: &str, what: &str) -> Result<Option<T>, GdsError> {
        let Some(found) = self.found.get(key) else { return Ok(None) };
        let text = unquoted(&found.text);
        text.parse().map(Some).map_err(|_| self.fault(found, key, text, what))
    }

    pub(super) fn list<T: FromStr>(&self, key: &str, what: &str) -> Result<Vec<T>, GdsError> {
        let Some(found) = self.found.get(key) else { return Ok(Vec::new()) };
        let read = |item: String| item.parse().map_err(|_| self.fault(found, key, &item, what));
        items(&found.text).into_iter().map(read).collect()
    }

    /// All keys that begin so, without that, and their values as written.
    pub(super) fn below(&self, prefix: &str) -> BTreeMap<String, String> {
        let inner =
            self.found.iter().filter_map(|(key, found)| Some((key.strip_prefix(prefix)?, found)));
        inner.map(|(key, found)| (key.to_string(), found.text.clone())).collect()
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.found.contains_key(key)
    }

    /// The value of a key is not what it should be.
    pub(super) fn bad(&self, key: &str, text: &str, what: &str) -> GdsError {
        match self.found.get(key) {
            Some(found) => self.fault(found, key, text, what),
            None => self.content(format!("`{key}` is missing")),
        }
    }

    pub(super) fn content(&self, reason: String) -> GdsError {
        GdsError::Content { path: self.path.to_string(), reason }
    }

    fn fault(&self, found: &Found, key: &str, text: &str, what: &str) -> GdsError {
        GdsError::Line {
            path: self.path.to_string(),
            line: found.line,
            reason: format!("`{key}` is `{text}`, which is no {what}"),
        }
    }
}

/// The line up to a `#` that is not in quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return &line[..at],
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    line
}

/// The text without the quotes around it.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// The items of `[a,b,'c,d']`; a value without brackets is the only item.
pub(super) fn items(text: &str) -> Vec<String> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if inner.trim().is_empty() {
        return Vec::new();
    }
    let mut found = vec![String::new()];
    let mut quote = None;
    for c in inner.chars() {
        match (quote, c) {
            (None, ',') => {
                found.push(String::new());
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
    }
    found.iter().map(|item| unquoted(item.trim()).to_string()).collect()
}
