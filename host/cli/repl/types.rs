//! What completion knows: every function, the variables of the session, and
//! the types of simple expressions, read from their text alone.

use std::sync::Arc;

use crate::engine::functions::{Function, Functions, PLAIN_TYPES, Role};

/// A variable of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Its type in words of scripts.
    pub(super) kind: String,
    /// The keys of a map.
    pub(super) keys: Vec<String>,
}

/// Everything that has a name.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) functions: Arc<Functions>,
    pub(super) variables: Vec<Variable>,
}

impl Names {
    /// The variable of that name.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The type of the value at the end of a text, such as `RefFile` for
    /// `let x = reffile::open("a")`; nothing where names alone do not tell.
    pub(super) fn kind_of(&self, text: &str) -> Option<String> {
        let text = text.trim_end();
        if text.ends_with(['"', '`']) {
            return Some("text".to_string());
        }
        if let Some(open) = matching_bracket(text) {
            let (before, name) = last_word(&text[..open]);
            return known(self.called(before, name)?.returns.clone());
        }
        let (before, name) = last_word(text);
        if name.is_empty() {
            return None;
        }
        match before.trim_end().strip_suffix('.') {
            Some(owner) => {
                let owner = self.kind_of(owner)?;
                let getter = self.functions.getters(Some(&owner)).find(|g| g.name == name)?;
                known(getter.returns.clone())
            }
            None => known(self.variable(name)?.kind.clone()),
        }
    }

    /// The function that `before name(` calls.
    fn called<'a>(&'a self, before: &'a str, name: &'a str) -> Option<&'a Function> {
        if let Some(path) = before.strip_suffix("::") {
            return self.functions.named(last_word(path).1, name).next();
        }
        let owner = before.trim_end().strip_suffix('.').and_then(|owner| self.kind_of(owner));
        let mut same = self.functions.named("", name);
        match owner {
            Some(owner) => same.find(|f| f.parameters.first().is_some_and(|p| p.kind == owner)),
            None => same.next(),
        }
    }

    /// What can stand behind the dot of a value: of this type, or of any of
    /// our types where it is not known.
    pub(super) fn members<'a>(
        &'a self,
        kind: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Function> {
        self.functions.iter().filter(move |f| {
            let first = f.parameters.first().map(|p| p.kind.as_str());
            let fits = match kind {
                // The language tells no types for some of its own.
                Some(kind) => {
                    first == Some(kind)
                        || (f.standard && first == Some("any") && PLAIN_TYPES.contains(&kind))
                }
                None => f.is_method() || (f.role == Role::Getter && !f.standard),
            };
            fits && f.global && matches!(f.role, Role::Call | Role::Getter)
        })
    }
}

fn known(kind: String) -> Option<String> {
    (!kind.is_empty() && kind != "any" && kind != "()").then_some(kind)
}

/// A text in two: its last word and what stands before.
pub(super) fn last_word(text: &str) -> (&str, &str) {
    let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_');
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    text.split_at(start)
}

/// Where the bracket opens that closes at the end of the text.
fn matching_bracket(text: &str) -> Option<usize> {
    if !text.ends_with(')') {
        return None;
    }
    let mut depth = 0;
    let mut quoted = false;
    for (at, c) in text.char_indices().rev() {
        match c {
            '"' => quoted = !quoted,
            ')' if !quoted => depth += 1,
            '(' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_names() {
        let names = Names {
            functions: Arc::new(Functions::of(&crate::engine::inspector())),
            variables: vec![Variable {
                name: "file".to_string(),
                kind: "RefFile".to_string(),
                keys: Vec::new(),
            }],
        };
        for (text, kind) in [
            ("file", Some("RefFile")),
            ("let y = file", Some("RefFile")),
            ("reffile::open(\"a (b\")", Some("RefFile")),
            ("reffile::open(f(x)).minus(file)", Some("RefFile")),
            ("file.len", Some("int")),
            ("\"a\"", Some("text")),
            ("unknown", None),
            ("file.unknown", None),
            ("unknown()", None),
            ("f(x", None),
            (")", None),
            ("", None),
            ("…", None),
        ] {
            assert_eq!(names.kind_of(text).as_deref(), kind, "{text}");
        }
        let members: Vec<_> = names.members(Some("RefFile")).map(|f| f.name.as_str()).collect();
        assert!(members.contains(&"len") && members.contains(&"minus"), "{members:?}");
        assert!(!members.contains(&"open"));
    }

    #[test]
    fn words_are_cut_off_at_the_end() {
        assert_eq!(last_word("a.b_c"), ("a.", "b_c"));
        assert_eq!(last_word("abc"), ("", "abc"));
        assert_eq!(last_word("…"), ("…", ""));
        assert_eq!(last_word(""), ("", ""));
    }
}
