//! Reading a mode: `2775`, or clauses such as `u=rwX,g+w,o-rwx`.
//!
//! ```text
//! mode    = octal | clause { "," clause }
//! octal   = three or four digits 0-7
//! clause  = { u | g | o | a } action { action }
//! action  = ( + | - | = ) ( u | g | o | { r | w | x | X | s | t } )
//! ```

use super::mode::{Action, Form, Operator, Permissions};

/// What is wrong with a mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no mode: {reason}")]
pub struct ModeError {
    text: String,
    reason: String,
}

impl ModeError {
    /// What to type instead.
    #[must_use]
    pub fn help() -> String {
        "use three or four octal digits (775, 2775), or clauses such as u=rwX,g+w,o-rwx".to_string()
    }
}

pub(super) fn form(text: &str) -> Result<Form, ModeError> {
    let failed = |reason: String| ModeError { text: text.escape_debug().to_string(), reason };
    if text.is_empty() {
        return Err(failed("it is empty".to_string()));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return octal(text).map(Form::Octal).map_err(failed);
    }
    let mut actions = Vec::new();
    for clause in text.split(',') {
        actions.extend(self::clause(clause).map_err(failed)?);
    }
    Ok(Form::Symbolic(actions))
}

fn octal(text: &str) -> Result<u32, String> {
    if let Some(digit) = text.chars().find(|digit| !('0'..='7').contains(digit)) {
        return Err(format!("{digit} is no octal digit"));
    }
    if !(3..=4).contains(&text.len()) {
        return Err(format!("an octal mode has three or four digits, not {}", text.len()));
    }
    u32::from_str_radix(text, 8).map_err(|e| e.to_string())
}

fn clause(text: &str) -> Result<Vec<Action>, String> {
    if text.is_empty() {
        return Err("a clause is empty".to_string());
    }
    let actions = text.trim_start_matches(['u', 'g', 'o', 'a']);
    let classes = &text[..text.len() - actions.len()];
    let reach = (!classes.is_empty()).then(|| classes.chars().fold(0, |all, c| all | reach(c)));
    if actions.is_empty() {
        return Err(format!("`{text}` says nothing to do; + - or = is missing"));
    }
    let mut found = Vec::new();
    let mut rest = actions;
    while let Some(first) = rest.chars().next() {
        let operator = match first {
            '+' => Operator::Add,
            '-' => Operator::Remove,
            '=' => Operator::Set,
            other if found.is_empty() => {
                return Err(format!("`{other}` is none of the classes u g o a, nor + - or ="));
            }
            other => return Err(unknown(other)),
        };
        rest = &rest[1..];
        let end = rest.find(['+', '-', '=']).unwrap_or(rest.len());
        let permissions = permissions(&rest[..end])?;
        found.push(Action { reach, operator, permissions });
        rest = &rest[end..];
    }
    Ok(found)
}

/// The bits that a class has.
fn reach(class: char) -> u32 {
    match class {
        'u' => 0o4700,
        'g' => 0o2070,
        'o' => 0o1007,
        _ => 0o7777,
    }
}

fn permissions(text: &str) -> Result<Permissions, String> {
    let shift = match text {
        "u" => Some(6),
        "g" => Some(3),
        "o" => Some(0),
        _ => None,
    };
    if let Some(shift) = shift {
        return Ok(Permissions::OfClass(shift));
    }
    let mut bits = 0;
    let mut sensible_execute = false;
    for letter in text.chars() {
        match letter {
            'r' => bits |= 0o444,
            'w' => bits |= 0o222,
            'x' => bits |= 0o111,
            'X' => sensible_execute = true,
            's' => bits |= 0o6000,
            't' => bits |= 0o1000,
            'u' | 'g' | 'o' => {
                return Err(format!(
                    "the class `{letter}` after an operator stands alone, as in g=u"
                ));
            }
            other => return Err(unknown(other)),
        }
    }
    Ok(Permissions::Named { bits, sensible_execute })
}

fn unknown(letter: char) -> String {
    format!("`{}` is none of the permissions r w x X s t", letter.escape_debug())
}
