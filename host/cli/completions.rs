//! Completion in the shell: three short scripts that ask the program itself,
//! so that the modules found now and their options are what is offered.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::{Outcome, Shared};
use crate::report::results;
use crate::run::outcome;

mod answer;

/// Options of `ledama completions`.
#[derive(Debug, clap::Args)]
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
    words: Vec<String>,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Outcome {
    results::write(match args.shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    });
    Ok(outcome::OK)
}

/// Prints the candidates, one a line with its meaning after a tab; a last line
/// `:files` asks the shell for file names.
pub(super) fn complete(shared: &Shared, args: &CompleteArgs) -> Outcome {
    let answer = answer::candidates(shared, &args.words, args.index);
    let mut text = String::new();
    for candidate in &answer.candidates {
        let _ = writeln!(text, "{}\t{}", candidate.value, candidate.help);
    }
    if answer.files {
        text.push_str(":files\n");
    }
    results::write(&text);
    Ok(outcome::OK)
}

const BASH: &str = r#"# Completion of ledama for bash: source <(ledama completions bash)
_ledama() {
    local line files=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then files=1; continue; fi
        COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")")
    done < <("${COMP_WORDS[0]}" __complete "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
    if [[ -n $files ]]; then
        compopt -o filenames -o default 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}
complete -F _ledama ledama
"#;

const ZSH: &str = r#"#compdef ledama
# Completion of ledama for zsh: source <(ledama completions zsh)
_ledama() {
    local line files= value help
    local -a candidates
    while IFS= read -r line; do
        if [[ $line == :files ]]; then files=1; continue; fi
        value=${line%%$'\t'*} help=${line#*$'\t'}
        candidates+=("${value//:/\\:}${help:+:$help}")
    done < <("${words[1]}" __complete $((CURRENT - 1)) "${words[@]}" 2>/dev/null)
    (( ${#candidates} )) && _describe -V ledama candidates
    [[ -n $files ]] && _files
}
compdef _ledama ledama
"#;

const FISH: &str = r#"# Completion of ledama for fish: ledama completions fish | source
function __ledama_complete
    set -l words (commandline -opc)
    set -l index (count $words)
    for line in (ledama __complete $index $words (commandline -ct) 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c ledama -f -a '(__ledama_complete)'
"#;
