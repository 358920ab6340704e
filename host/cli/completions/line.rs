//! What the words before the cursor mean: which command, what was given, and
//! whether the next word is the value of an option.

use clap::{Arg, ArgAction, Command, Id};

/// The words before the cursor, as a command understands them.
#[derive(Debug)]
pub(super) struct Line<'c> {
    /// The innermost sub-command.
    pub(super) command: &'c Command,
    /// Names of the sub-commands that lead there.
    pub(super) path: Vec<&'c str>,
    /// Options given, with their values where they stand in the line.
    pub(super) given: Vec<(&'c Id, Option<String>)>,
    /// Words that belong to no option.
    pub(super) plain: Vec<String>,
    /// The option whose value comes next.
    pub(super) waiting: Option<&'c Arg>,
    /// Whether `--` has ended the options.
    pub(super) ended: bool,
    /// Words read; fewer than all if reading stopped at a module or recipe.
    pub(super) read: usize,
}

impl<'c> Line<'c> {
    /// Reads words, of which the first is no longer the program. Stops behind
    /// the first plain word of a command that `stops`.
    pub(super) fn read(
        command: &'c Command,
        words: &[String],
        stops: impl Fn(&[&str]) -> bool,
    ) -> Self {
        let mut line = Self {
            command,
            path: Vec::new(),
            given: Vec::new(),
            plain: Vec::new(),
            waiting: None,
            ended: false,
            read: 0,
        };
        for word in words {
            line.read += 1;
            line.take(word);
            if !line.plain.is_empty() && stops(&line.path) {
                break;
            }
        }
        line
    }

    fn take(&mut self, word: &str) {
        if self.waiting.take().is_some() {
            if let Some((_, value)) = self.given.last_mut() {
                *value = Some(word.to_string());
            }
        } else if self.ended || word == "-" || !word.starts_with('-') {
            match self.command.find_subcommand(word) {
                Some(command) if !self.ended && self.plain.is_empty() => {
                    self.command = command;
                    self.path.push(command.get_name());
                }
                _ => self.plain.push(word.to_string()),
            }
        } else if word == "--" {
            self.ended = true;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
            if let Some(arg) = find(self.command, name) {
                self.give(arg, value);
            }
        } else {
            self.letters(&word[1..]);
        }
    }

    /// Letters behind one dash; the rest behind one that takes a value is its value.
    fn letters(&mut self, letters: &str) {
        for (at, letter) in letters.char_indices() {
            let Some(arg) = self.command.get_arguments().find(|a| a.get_short() == Some(letter))
            else {
                return;
            };
            let rest = &letters[at + letter.len_utf8()..];
            let rest = rest.strip_prefix('=').unwrap_or(rest);
            self.give(arg, Some(rest).filter(|rest| !rest.is_empty() && takes_value(arg)));
            if takes_value(arg) {
                return;
            }
        }
    }

    fn give(&mut self, arg: &'c Arg, value: Option<&str>) {
        self.given.push((arg.get_id(), value.map(str::to_string)));
        if value.is_none() && takes_value(arg) {
            self.waiting = Some(arg);
        }
    }

    /// Whether an option makes no more sense, because it was given.
    pub(super) fn is_used_up(&self, arg: &Arg) -> bool {
        let repeats = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        !repeats && self.given.iter().any(|(id, _)| *id == arg.get_id())
    }

    /// The value an option was given last.
    pub(super) fn value_of(&self, id: &str) -> Option<&str> {
        self.given.iter().rev().find(|(i, _)| *i == id).and_then(|(_, value)| value.as_deref())
    }

    /// The argument that the next plain word is for.
    pub(super) fn next_plain(&self) -> Option<&'c Arg> {
        let mut places = self.command.get_positionals();
        let last = self.command.get_positionals().last();
        let many = last.filter(|arg| matches!(arg.get_action(), ArgAction::Append));
        places.nth(self.plain.len()).or(many)
    }
}

/// The option with that long name.
pub(super) fn find<'c>(command: &'c Command, long: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(long))
}

pub(super) fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let value = |name: &'static str, short: char| {
            Arg::new(name).long(name).short(short).action(ArgAction::Set)
        };
        let mut command = Command::new("ledama")
            .arg(value("config", 'c').global(true))
            .subcommand(Command::new("run").arg(Arg::new("module")))
            .subcommand(
                Command::new("check")
                    .arg(value("group", 'g'))
                    .arg(Arg::new("json").long("json").short('j').action(ArgAction::SetTrue))
                    .arg(Arg::new("files").action(ArgAction::Append)),
            );
        command.build();
        command
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn values_belong_to_their_options() {
        let command = command();
        for (text, waiting, group) in [
            ("check -g", Some("group"), None),
            ("check --group", Some("group"), None),
            ("check --group x", None, Some("x")),
            ("check --group=x", None, Some("x")),
            ("check -gx", None, Some("x")),
            ("check -jg=x", None, Some("x")),
            ("check -jg", Some("group"), None),
            ("check -g -j", None, Some("-j")),
            ("check -z --zzz", None, None),
        ] {
            let line = Line::read(&command, &words(text), |_| false);
            assert_eq!(line.waiting.map(|arg| arg.get_id().as_str()), waiting, "{text}");
            assert_eq!(line.value_of("group"), group, "{text}");
            assert!(line.plain.is_empty(), "{text}");
        }
    }

    #[test]
    fn reading_stops_behind_the_module() {
        let command = command();
        let line = Line::read(&command, &words("-c x run Copy --group y"), |path| path == ["run"]);
        assert_eq!((line.read, line.plain.len(), line.value_of("config")), (4, 1, Some("x")));
        let line = Line::read(&command, &words("run"), |path| path == ["run"]);
        assert_eq!(line.next_plain().map(|a| a.get_id().as_str()), Some("module"));
        let line = Line::read(&command, &words("check a run"), |path| path == ["run"]);
        assert_eq!(line.path, ["check"], "a file may be called like a command");
        assert_eq!(line.next_plain().map(|a| a.get_id().as_str()), Some("files"));
    }
}
