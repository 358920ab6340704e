//! The steps as a shell script: the same commands that `ledama recipe run`
//! carries out, to be read, changed and run by hand.

use std::ffi::OsString;
use std::path::Path;

use super::check::{Checked, Step};
use crate::manifest::{Manifest, rerun};

/// What the script says besides the steps.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The recipe.
    pub recipe: &'a Manifest,
    /// The folder it runs in.
    pub folder: &'a Path,
    /// Variables that must be set, such as the configuration file.
    pub environment: Vec<(&'static str, OsString)>,
}

/// The script. It is bytes, because file names are.
pub fn script(checked: &Checked, frame: &Frame<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut line = |words: &[u8]| {
        text.extend_from_slice(words);
        text.push(b'\n');
    };
    line(b"#!/bin/sh");
    line(format!("# {}: {}", frame.recipe.name, frame.recipe.summary).as_bytes());
    line(
        format!(
            "# Made by `ledama recipe print {}`; stops at the first step that fails.",
            frame.recipe.name
        )
        .as_bytes(),
    );
    line(b"set -eu");
    for (name, value) in &frame.environment {
        let mut export = format!("export {name}=").into_bytes();
        export.extend(rerun::script_line(std::slice::from_ref(value)));
        line(&export);
    }
    line(&rerun::script_line(&["cd".into(), frame.folder.into()]));
    for step in &checked.steps {
        line(b"");
        line(format!("# {}", heading(checked, step)).as_bytes());
        line(&rerun::script_line(&command(step, Some(frame.folder))));
    }
    text
}

/// The command of a step, the program first.
pub fn command(step: &Step, folder: Option<&Path>) -> Vec<OsString> {
    std::iter::once(OsString::from("ledama")).chain(step.words(folder)).collect()
}

/// Name, what it waits for, and whether it can run here.
fn heading(checked: &Checked, step: &Step) -> String {
    let names: Vec<_> = step.after.iter().map(|s| checked.steps[*s].name.as_str()).collect();
    let after =
        if names.is_empty() { String::new() } else { format!(", after {}", names.join(", ")) };
    let hindrance = match &step.options {
        Ok(_) => String::new(),
        Err(unavailable) => {
            // A comment ends with its line.
            let why = unavailable.why.message.replace(['\n', '\r'], " ");
            format!(" (cannot run here: {why})")
        }
    };
    format!("{}{after}{hindrance}", step.name)
}
