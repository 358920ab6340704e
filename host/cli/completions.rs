//! Completion in the shell: three short scripts that ask the program itself,
//! so that the modules found now and their options are what is offered.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::ValueEnum;

use crate::report::results;
use crate::run::outcome;

mod answer;
mod line;
mod scene;
mod values;

use answer::{Answer, Files};

/// Options of `ledama completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Put one of these into the start-up file of your shell:
  bash  source <(ledama completions bash)
  zsh   source <(ledama completions zsh)
  fish  ledama completions fish | source")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// The shells that have a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Options of the hidden `ledama __complete`.
#[derive(Debug, clap::Args)]
pub(super) struct CompleteArgs {
    /// Index of the word to complete, 0 being `ledama` itself
    index: usize,
    /// All words of the line so far
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> u8 {
    results::write(match args.shell {
        Shell::Bash => include_str!("completions/ledama.bash"),
        Shell::Zsh => include_str!("completions/ledama.zsh"),
        Shell::Fish => include_str!("completions/ledama.fish"),
    });
    outcome::OK
}

/// Prints the candidates, one a line with its meaning after a tab. Lines that
/// begin with a colon speak to the shell: `:files` and `:files .rhai` ask it
/// for file names (folders always), `:nospace` that the word may go on.
pub(super) fn complete(args: &CompleteArgs) -> u8 {
    let words: Vec<String> =
        args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    results::write(&lines(&answer::candidates(&words, args.index)));
    outcome::OK
}

fn lines(answer: &Answer) -> String {
    let mut text = String::new();
    for candidate in &answer.candidates {
        let _ = writeln!(text, "{}\t{}", candidate.value, candidate.help);
    }
    match answer.files {
        Files::None => {}
        Files::All => text.push_str(":files\n"),
        Files::Scripts => text.push_str(":files .rhai\n"),
    }
    if answer.goes_on {
        text.push_str(":nospace\n");
    }
    text
}
