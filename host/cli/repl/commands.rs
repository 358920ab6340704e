//! Lines that begin with a colon speak to the session and not to the language.

use ledama_base::suggest::did_you_mean;

use crate::diagnostic::Diagnostic;

/// Names, arguments and meanings.
pub(super) const NAMES: [(&str, &str, &str); 5] = [
    ("help", "[NAME]", "how to use this, or the manual of a function, type or namespace"),
    ("functions", "[WORD]", "functions whose name or description has this word"),
    ("vars", "", "the variables and their values"),
    ("load", "FILE", "run a script here: its functions and variables stay"),
    ("quit", "", "end, as Ctrl-D does"),
];

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Help(Option<String>),
    Functions(Option<String>),
    Variables,
    Load(String),
    Quit,
}

/// The command of a line that begins with a colon, or is one word that ends
/// sessions elsewhere; nothing for a line of the language.
pub(super) fn parse(line: &str) -> Option<Result<Command, Diagnostic>> {
    let line = line.trim();
    if ["quit", "exit", "quit()", "exit()"].contains(&line) {
        return Some(Ok(Command::Quit));
    }
    let text = line.strip_prefix(':')?;
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
    Some(command(name, argument.map(str::to_string)))
}

fn command(typed: &str, argument: Option<String>) -> Result<Command, Diagnostic> {
    let fitting: Vec<&str> =
        NAMES.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(typed)).collect();
    let ([name], false) = (&fitting[..], typed.is_empty()) else {
        return Err(Diagnostic::error(format!("there is no command `:{typed}`"))
            .maybe_help(did_you_mean(typed, NAMES.map(|(name, ..)| name)))
            .help("`:help` lists the commands"));
    };
    match (*name, argument) {
        ("help", argument) => Ok(Command::Help(argument)),
        ("functions", argument) => Ok(Command::Functions(argument)),
        ("load", Some(file)) => Ok(Command::Load(file)),
        ("load", None) => {
            Err(Diagnostic::error("`:load` needs a file").help("`:load FILE` runs a script here"))
        }
        (name, Some(argument)) => {
            Err(Diagnostic::error(format!("`:{name}` takes no argument, and `{argument}` is one")))
        }
        ("vars", None) => Ok(Command::Variables),
        (_, None) => Ok(Command::Quit),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commands_are_read() {
        let read = |line: &str| parse(line).unwrap().unwrap();
        assert_eq!(read(":help"), Command::Help(None));
        assert_eq!(read("  :h  reffile::open "), Command::Help(Some("reffile::open".into())));
        assert_eq!(read(":vars"), Command::Variables);
        assert_eq!(read(":load a b.rhai"), Command::Load("a b.rhai".into()));
        assert_eq!((read(":q"), read("exit")), (Command::Quit, Command::Quit));
        assert_eq!(parse("let exit = 1"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn mistakes_are_told() {
        for (line, message) in [
            (":hlep", "there is no command `:hlep`"),
            (":", "there is no command `:`"),
            (":load", "`:load` needs a file"),
            (":vars x", "`:vars` takes no argument, and `x` is one"),
        ] {
            assert_eq!(parse(line).unwrap().unwrap_err().message, message);
        }
        assert_eq!(parse(":hlep").unwrap().unwrap_err().help[0], "did you mean `help`?");
    }
}
