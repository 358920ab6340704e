//! The external programs: what is known about each, put together with what
//! the configuration says.

mod catalogue;
mod start;

use std::collections::BTreeMap;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::path_text;
use ledama_base::suggest;
use ledama_config::Config;
use serde::{Deserialize, Serialize};

use crate::rules::Rule;

pub use catalogue::{KNOWN, Known};
pub use start::{INIT_FAILED, SETUP_FAILED, command_line, finding, start_failure};

/// A program as a task needs it: everything that decides how it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its name in the configuration, such as `dp3`.
    pub key: String,
    /// The program and its first arguments.
    pub command: Vec<String>,
    /// Variables it gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Shell file sourced before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_file: Option<String>,
    /// Whether a failure of that file ends the task.
    #[serde(default, skip_serializing_if = "is_false")]
    pub init_strict: bool,
    /// A line for the shell before it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// Arguments with which it tells its version; none: it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub version: Vec<String>,
    /// Gets paths with unusual characters through links with plain names.
    #[serde(default, skip_serializing_if = "is_false")]
    pub links: bool,
    /// What lines of its output mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Which generation of its options it understands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// Tasks with it at the same time on one node; none: no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_node: Option<usize>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
fn is_false(b: &bool) -> bool {
    !*b
}

/// The card of a program. `init_file` (text form) is that of the command line;
/// without it that of the program counts, then that of `[pipeline]`, then that
/// of `[paths]`.
///
/// # Errors
/// Kind `input` for a name that neither is known nor configured, and for a
/// program without a successor that is not configured.
pub fn card(config: &Config, key: &str, init_file: Option<&str>) -> Result<Card, OperationError> {
    let known = KNOWN.iter().find(|known| known.key == key);
    let own = config.programs.get(key).cloned().unwrap_or_default();
    let texts = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let built_in = known.map(|known| texts(known.command)).filter(|words| !words.is_empty());
    let Some(command) = own.command.or(built_in) else { return Err(missing(config, key)) };
    let mut environment = BTreeMap::new();
    for (name, value) in known.map_or(&[][..], |known| known.environment) {
        environment.insert((*name).to_string(), (*value).to_string());
    }
    environment.extend(own.environment);
    let pipeline = &config.pipeline;
    let group = pipeline.init_file_group.as_ref().filter(|_| known.is_some_and(|k| k.group));
    let general = group.or(pipeline.init_file.as_ref()).or(config.paths.init_file.as_ref());
    let init_file = init_file.map(str::to_string).or(own.init_file);
    Ok(Card {
        key: key.to_string(),
        command,
        environment,
        init_file: init_file.or_else(|| general.map(|file| path_text(file))),
        init_strict: pipeline.init_strict,
        setup: own.setup,
        version: own.version.unwrap_or_else(|| texts(known.map_or(&[], |known| known.version))),
        links: known.is_some_and(|known| known.links),
        rules: known.map_or_else(Vec::new, |known| known.rules.iter().map(Rule::from).collect()),
        dialect: own.dialect.or_else(|| known.and_then(|k| k.dialect).map(str::to_string)),
        max_per_node: own.max_per_node,
    })
}

fn missing(config: &Config, key: &str) -> OperationError {
    if let Some(known) = KNOWN.iter().find(|known| known.key == key) {
        let message = format!("the program `{key}` is not configured: {}", known.about);
        return OperationError::new(ErrorKind::Input, message).help(format!(
            "where it is still installed, set `programs.{key}` in the configuration"
        ));
    }
    let names: Vec<&str> = KNOWN
        .iter()
        .map(|known| known.key)
        .chain(config.programs.keys().map(String::as_str))
        .collect();
    let help = suggest::did_you_mean(key, names.iter().copied())
        .unwrap_or_else(|| format!("known are {}", names.join(", ")));
    OperationError::new(ErrorKind::Input, format!("there is no program `{key}`")).help(help)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_card_is_what_is_known_and_what_is_configured() {
        let plain = card(&Config::default(), "dp3", None).unwrap();
        assert_eq!(plain.command, ["DP3"]);
        assert_eq!(plain.environment["OPENBLAS_NUM_THREADS"], "1");
        assert!(plain.links && plain.init_file.is_none());
        let config = config(
            "[pipeline]\ninit_file = '/a.sh'\ninit_file_group = '/b.sh'\n[programs.dp3]\n\
             command = ['python3', '/x/DP3.py']\nenvironment = { A = 'b' }\nmax_per_node = 2\n\
             [programs.own]\ncommand = ['own']\n",
        );
        let own = card(&config, "dp3", None).unwrap();
        assert_eq!(own.command, ["python3", "/x/DP3.py"]);
        assert_eq!((own.environment.len(), own.max_per_node), (2, Some(2)));
        assert_eq!(own.init_file.as_deref(), Some("/a.sh"));
        assert_eq!(card(&config, "sagecal", None).unwrap().init_file.as_deref(), Some("/b.sh"));
        assert_eq!(
            card(&config, "own", Some("/c.sh")).unwrap().init_file.as_deref(),
            Some("/c.sh")
        );
    }

    #[test]
    fn a_program_without_a_successor_must_be_configured() {
        let error = card(&Config::default(), "mwimager", None).unwrap_err();
        assert!(error.help.unwrap().contains("programs.mwimager"));
        let error = card(&Config::default(), "aoflager", None).unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `aoflagger`?"));
    }
}
