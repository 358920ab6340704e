//! The examples of a manifest must be possible.

use crate::cli::recipe::{self, Verb};
use crate::cli::run;
use crate::diagnostic::{Diagnostic, Place, usage_error};
use crate::engine::ScriptFile;
use crate::manifest::{Form, Manifest, Purpose, command, trailing};

/// Reads every example as the host would.
pub(super) fn check(script: &ScriptFile, manifest: &Manifest, findings: &mut Vec<Diagnostic>) {
    for example in &manifest.examples {
        let fault = match shell_words::split(example) {
            // `ledama run NAME` comes first.
            Ok(words) => {
                let begin = manifest.command().split(' ').count();
                try_out(manifest, words.into_iter().skip(begin))
            }
            Err(_) => Some("a quote is not closed".to_string()),
        };
        if let Some(fault) = fault {
            let line = script.text.lines().position(|l| l.contains(example.as_str()));
            findings.push(
                Diagnostic::error(format!("the example `{example}` does not work: {fault}"))
                    .at(line.map(|l| Place::new(&script.label, l + 1, 0))),
            );
        }
    }
}

fn try_out(manifest: &Manifest, words: impl Iterator<Item = String>) -> Option<String> {
    let command = command(manifest, Purpose::Show, |command| match manifest.form {
        Form::Module => run::host_options(command),
        Form::Recipe => recipe::host_options(Verb::Run, command),
    });
    match command.try_get_matches_from(words) {
        Ok(matches) => manifest
            .offered()
            .find(|o| o.required && !matches.contains_id(&o.name))
            .filter(|o| !trailing::gives(manifest, o, &matches))
            .map(|o| format!("`--{}` is required", o.name)),
        Err(error) if !error.use_stderr() => None,
        Err(error) => Some(usage_error(&error, "").message),
    }
}
