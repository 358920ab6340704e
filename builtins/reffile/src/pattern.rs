//! Patterns of paths: a plain text that occurs anywhere, `glob:` with
//! wildcards, or `re:` with a regular expression.

use globset::GlobMatcher;
use regex::Regex;

use crate::error::RefFileError;

/// One pattern.
#[derive(Debug, Clone)]
enum Pattern {
    Text(String),
    /// Of the whole path, or of the name alone.
    Glob(GlobMatcher),
    Regex(Regex),
}

/// Patterns of which one has to match.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<Pattern>);

impl Patterns {
    /// Reads patterns; empty ones are ignored, or they would match everything.
    ///
    /// # Errors
    /// [`RefFileError::Pattern`] for the first that cannot be read.
    pub fn parse<S: AsRef<str>>(patterns: &[S]) -> Result<Self, RefFileError> {
        let typed = patterns.iter().map(|pattern| pattern.as_ref().trim());
        typed.filter(|pattern| !pattern.is_empty()).map(pattern).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them matches the path.
    pub fn matches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.0.iter().any(|pattern| match pattern {
            Pattern::Text(text) => path.contains(text.as_str()),
            Pattern::Glob(glob) => glob.is_match(path) || glob.is_match(name),
            Pattern::Regex(regex) => regex.is_match(path),
        })
    }
}

fn pattern(typed: &str) -> Result<Pattern, RefFileError> {
    let fail = |error: &dyn std::fmt::Display| RefFileError::Pattern {
        pattern: typed.to_string(),
        // Messages of several lines point into the pattern with a caret.
        reason: error.to_string().lines().last().unwrap_or_default().trim().to_string(),
    };
    if let Some(glob) = typed.strip_prefix("glob:") {
        let glob = globset::Glob::new(glob).map_err(|error| fail(error.kind()))?;
        return Ok(Pattern::Glob(glob.compile_matcher()));
    }
    if let Some(regex) = typed.strip_prefix("re:") {
        return Ok(Pattern::Regex(Regex::new(regex).map_err(|error| fail(&error))?));
    }
    Ok(Pattern::Text(typed.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const PATH: &str = "/data1/users/grp/L80897/L80897_SB004_uv.MS";

    #[test]
    fn three_kinds_of_patterns() {
        let table = [
            ("users", true),
            ("SB004", true),
            ("sb004", false),
            ("L80897*", false),
            ("glob:*SB00[0-4]*", true),
            ("glob:L80897_SB00?_uv.MS", true),
            ("glob:/data1/*", true),
            ("glob:users", false),
            ("glob:*.{MS,dppp}", true),
            ("re:SB00[5-9]", false),
            ("re:^/data[12]/.*MS$", true),
            ("re:(?i)sb004", true),
        ];
        for (pattern, expected) in table {
            assert_eq!(Patterns::parse(&[pattern]).unwrap().matches(PATH), expected, "{pattern}");
        }
    }

    #[test]
    fn empty_patterns_match_nothing() {
        let patterns = Patterns::parse(&["", " ", "xyz"]).unwrap();
        assert!(!patterns.matches(PATH));
        assert!(Patterns::parse(&["", " "]).unwrap().is_empty());
    }

    #[test]
    fn a_wrong_pattern_is_named() {
        for pattern in ["re:(", "glob:[", "re:["] {
            let error = Patterns::parse(&["x", pattern]).unwrap_err();
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("the pattern `{pattern}` cannot be read: ")),
                "{text}"
            );
            assert!(!text.contains('\n') && !text.ends_with(": "), "{text}");
        }
    }
}
