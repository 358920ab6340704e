//! The operation `leddb.absent`: which of these paths are surely gone from a node.

use std::fs;
use std::io::ErrorKind as Kind;
use std::path::Path;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

/// Looks for products that a search did not find.
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentInput {
    /// Paths in text form.
    pub paths: Vec<String>,
}

/// What is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentOutput {
    /// Those of the paths where nothing is.
    pub absent: Vec<String>,
    /// Those that could not be looked at.
    pub unknown: Vec<String>,
}

impl Operation for Absent {
    const NAME: &'static str = "leddb.absent";
    const VERB: &'static str = "look for what was not found";
    const EFFECT: Effect = Effect::Reads;
    type Input = AbsentInput;
    type Output = AbsentOutput;

    fn run(
        &self,
        input: AbsentInput,
        ctx: &dyn OperationContext,
    ) -> Result<AbsentOutput, OperationError> {
        let mut output = AbsentOutput::default();
        for path in input.paths {
            ctx.check()?;
            match fs::symlink_metadata(rawtext::text_path(&path)) {
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), Kind::NotFound | Kind::NotADirectory)
                        && !behind_a_link(&rawtext::text_path(&path)) =>
                {
                    output.absent.push(path);
                }
                Err(_) => output.unknown.push(path),
            }
        }
        Ok(output)
    }
}

/// Whether a folder above is a link to what is not there: maybe a disk that is not
/// mounted, and nobody knows what is on it.
fn behind_a_link(path: &Path) -> bool {
    let there = path
        .ancestors()
        .skip(1)
        .find_map(|above| fs::symlink_metadata(above).ok().map(|meta| (above, meta.is_symlink())));
    there.is_some_and(|(above, link)| link && fs::metadata(above).is_err())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use super::*;
    use crate::observe::tests::Alone;

    #[test]
    fn only_what_is_surely_gone_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
        fs::create_dir(path("L80897")).unwrap();
        fs::write(path("L80897/there"), "").unwrap();
        symlink("/nowhere/at/all", path("L80898")).unwrap();
        symlink("/nowhere/at/all", path("L80897/link")).unwrap();
        let paths = ["L80897/there", "L80897/gone", "L80899/gone", "L80898/x/y", "L80897/link"];
        let input = AbsentInput { paths: paths.iter().map(|name| path(name)).collect() };
        let output = Absent.run(input, &Alone::default()).unwrap();
        assert_eq!(output.absent, [path("L80897/gone"), path("L80899/gone")]);
        assert_eq!(output.unknown, [path("L80898/x/y")]);
    }
}
