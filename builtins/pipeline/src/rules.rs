//! What lines of a program's output mean, where its status does not tell.

use regex::Regex;
use serde::{Deserialize, Serialize};

/// What a line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// The user should know, and the task is done all the same.
    Warning,
    /// The task has failed, whatever the status is.
    Failure,
    /// The task has failed when no line matches.
    Needed,
}

/// A pattern and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A regular expression for one line, on either stream.
    pub pattern: String,
    /// What a line that matches means.
    pub meaning: Meaning,
}

impl From<&(&str, Meaning)> for Rule {
    fn from((pattern, meaning): &(&str, Meaning)) -> Self {
        Self { pattern: (*pattern).to_string(), meaning: *meaning }
    }
}

/// Warnings that are kept of one program.
const MOST_WARNINGS: usize = 20;

/// Hears the lines of a program.
#[derive(Debug)]
pub struct Wrangler {
    rules: Vec<(Regex, Meaning, bool)>,
    /// Lines that are warnings, each once.
    pub warnings: Vec<String>,
    /// The first line that is a failure.
    pub failure: Option<String>,
}

impl Wrangler {
    /// For these rules.
    ///
    /// # Errors
    /// In words, for a pattern that is no regular expression.
    pub fn new(rules: &[Rule]) -> Result<Self, String> {
        let compiled = rules.iter().map(|rule| {
            let regex = Regex::new(&rule.pattern)
                .map_err(|_| format!("`{}` is no regular expression", rule.pattern))?;
            Ok((regex, rule.meaning, false))
        });
        let rules = compiled.collect::<Result<_, String>>()?;
        Ok(Self { rules, warnings: Vec::new(), failure: None })
    }

    /// Hears one line.
    pub fn hear(&mut self, line: &str) {
        for (regex, meaning, seen) in &mut self.rules {
            if !regex.is_match(line) {
                continue;
            }
            *seen = true;
            let text = line.trim().to_string();
            match meaning {
                Meaning::Warning => {
                    if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&text) {
                        self.warnings.push(text);
                    }
                }
                Meaning::Failure => self.failure = self.failure.take().or(Some(text)),
                Meaning::Needed => {}
            }
        }
    }

    /// The verdict after the last line: why the task has failed, in words.
    pub fn verdict(&self) -> Option<String> {
        let missing =
            self.rules.iter().find(|(_, meaning, seen)| *meaning == Meaning::Needed && !seen);
        let failure = self.failure.as_ref().map(|line| format!("it said: {line}"));
        failure.or_else(|| missing.map(|(regex, ..)| format!("it said nothing like `{regex}`")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn rules(rules: &[(&str, Meaning)]) -> Wrangler {
        Wrangler::new(&rules.iter().map(Rule::from).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn lines_are_warnings_failures_or_needed() {
        let list = [
            ("^Error in TaQL", Meaning::Failure),
            ("(?i)warning", Meaning::Warning),
            (r"update result of \d+ rows", Meaning::Needed),
        ];
        let mut heard = rules(&list);
        heard.hear("  Warning: odd");
        heard.hear("  Warning: odd");
        assert_eq!(heard.verdict().unwrap(), r"it said nothing like `update result of \d+ rows`");
        heard.hear("update result of 8 rows");
        assert_eq!(heard.verdict(), None);
        assert_eq!(heard.warnings, ["Warning: odd"]);
        heard.hear("Error in TaQL command: x");
        heard.hear("Error in TaQL command: y");
        assert_eq!(heard.verdict().unwrap(), "it said: Error in TaQL command: x");
        assert!(Wrangler::new(&[Rule { pattern: "(".into(), meaning: Meaning::Warning }]).is_err());
    }
}
