//! The older form: lines of `KEY = value`.
//!
//! A comment has `#` as its first letter; the first `=` ends the key; keys are
//! whole words; `ORDER` begins a step, and what belongs to a step follows it.

use std::collections::BTreeSet;

use super::{Fault, ProductFile, Properties, Step, name_problem};

#[derive(Default)]
struct Reader {
    file: ProductFile,
    faults: Vec<Fault>,
    /// Keys of the product, then of the step that is open.
    seen: BTreeSet<String>,
    open: Option<Step>,
    /// A step began with a fault: what belongs to it is not judged.
    lost: bool,
    orders: BTreeSet<i64>,
}

pub(super) fn read(text: &str) -> Result<ProductFile, Vec<Fault>> {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(problem) = reader.line(line) {
            reader.faults.push(Fault { line: number, problem });
        }
    }
    reader.close();
    if reader.faults.is_empty() { Ok(reader.file) } else { Err(reader.faults) }
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (key, value) = line.split_once('=').ok_or("neither a comment nor `KEY = value`")?;
        let (key, value) = (key.trim(), known(value.trim()));
        match key {
            "ORDER" => return self.begin(value),
            "APP_NAME" | "DESCRIPTION" | "FILES" => return self.of_step(key, value),
            _ => {}
        }
        if self.open.is_some() || self.lost {
            return Err(match property(&mut Properties::default(), key, None) {
                Ok(()) => format!("`{key}` is about the product: it must come before the steps"),
                Err(problem) => problem,
            });
        }
        property(&mut self.file.product, key, value)?;
        self.once(key)
    }

    fn begin(&mut self, value: Option<&str>) -> Result<(), String> {
        self.close();
        self.seen.clear();
        self.lost = true;
        let order: i64 =
            value.and_then(|value| value.parse().ok()).filter(|order| *order >= 0).ok_or_else(
                || format!("`ORDER` is a number from 0 on, not `{}`", value.unwrap_or("")),
            )?;
        if !self.orders.insert(order) {
            return Err(format!("there is a step with `ORDER = {order}` already"));
        }
        self.open = Some(Step { order, ..Step::default() });
        self.lost = false;
        Ok(())
    }

    fn of_step(&mut self, key: &str, value: Option<&str>) -> Result<(), String> {
        if self.lost {
            return Ok(());
        }
        let Some(step) = &mut self.open else {
            return Err(format!("`{key}` belongs to a step: `ORDER = NUMBER` must come before it"));
        };
        match (key, value) {
            ("APP_NAME", Some(name)) => {
                if let Some(problem) = name_problem(key, name) {
                    return Err(problem);
                }
                step.app_name = name.to_string();
            }
            ("DESCRIPTION", value) => step.description = value.map(unescaped),
            ("FILES", Some(files)) => {
                let files = files.split(',').map(str::trim).filter(|file| !file.is_empty());
                step.files = files.map(ToString::to_string).collect();
            }
            _ => {}
        }
        self.once(key)
    }

    fn once(&mut self, key: &str) -> Result<(), String> {
        if self.seen.insert(key.to_string()) {
            return Ok(());
        }
        Err(format!("`{key}` stands there twice"))
    }

    fn close(&mut self) {
        self.file.steps.extend(self.open.take());
    }
}

fn property(to: &mut Properties, key: &str, value: Option<&str>) -> Result<(), String> {
    let flag = match key {
        "GENERAL_DESCRIPTION" => {
            to.general_description = value.map(unescaped);
            return Ok(());
        }
        "MAIN_USER" => {
            if let Some(problem) = value.and_then(|name| name_problem(key, name)) {
                return Err(problem);
            }
            to.main_user = value.map(ToString::to_string);
            return Ok(());
        }
        "IS_FLAGGED" => &mut to.is_flagged,
        "IS_AVERAGED" => &mut to.is_averaged,
        "IS_CALIBRATED" => &mut to.is_calibrated,
        "IS_DIRECTION_DEPENDENT_CAL" => &mut to.is_direction_dependent_cal,
        "IS_DIRECTION_INDEPENDENT_CAL" => &mut to.is_direction_independent_cal,
        _ => return Err(format!("`{key}` is no key of such a file")),
    };
    // Any other word leaves the flag as it is.
    *flag = match value {
        Some("True") => Some(true),
        Some("False") => Some(false),
        _ => None,
    };
    Ok(())
}

/// A value, unless it stands for none.
fn known(value: &str) -> Option<&str> {
    (!value.is_empty() && value != "None").then_some(value)
}

/// Ends of lines are written as `\n` in this form.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letters.as_str().chars().next()) {
            ('\\', Some('n')) => {
                out.push('\n');
                letters.next();
            }
            ('\\', Some('\\')) => {
                out.push('\\');
                letters.next();
            }
            _ => out.push(letter),
        }
    }
    out
}
