//! The command lines of external programs.

use crate::model::Config;

impl Config {
    /// How a program is started, where the configuration tells; never empty.
    pub fn command_of(&self, program: &str) -> Option<&[String]> {
        let words = self.programs.get(program)?.command.as_deref()?;
        (!words.is_empty()).then_some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Program;

    #[test]
    fn a_program_without_words_is_none() {
        let mut config = Config::default();
        let mut add = |name: &str, command: Option<&[&str]>| {
            let command = command.map(|words| words.iter().map(ToString::to_string).collect());
            config.programs.insert(name.into(), Program { command, ..Program::default() });
        };
        add("a", Some(&["x", "y"]));
        add("b", None);
        add("c", Some(&[]));
        let words = ["a", "b", "c", "d"].map(|name| config.command_of(name).map(<[_]>::len));
        assert_eq!(words, [Some(2), None, None, None]);
    }
}
