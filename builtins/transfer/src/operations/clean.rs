//! `transfer.clean`: removes what unfinished copies left.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::place::{Place, target_path};
use crate::receive::part::{Claim, forget, look};
use crate::remove::remove_tree;

/// Removes hidden parts beside targets. What another copy is writing stays.
pub struct Clean;

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanInput {
    /// Targets of copies, text form. They themselves are not touched.
    pub targets: Vec<String>,
    /// Also remove what was moved aside for a target that is there now.
    #[serde(default)]
    pub replaced: bool,
    /// Only tell what would be removed.
    #[serde(default)]
    pub list_only: bool,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CleanOutput {
    /// Removed, or to be removed; text form.
    pub removed: Vec<String>,
    /// Left because a copy is writing them; text form.
    pub busy: Vec<String>,
}

impl Operation for Clean {
    const NAME: &'static str = "transfer.clean";
    const EFFECT: Effect = Effect::Changes;
    type Input = CleanInput;
    type Output = CleanOutput;

    fn run(
        &self,
        input: CleanInput,
        ctx: &dyn OperationContext,
    ) -> Result<CleanOutput, OperationError> {
        let mut output = CleanOutput::default();
        for target in &input.targets {
            ctx.check()?;
            if let Some(place) = Place::find(&target_path(target)?)? {
                clean(&place, &input, &mut output)?;
            }
        }
        Ok(output)
    }
}

fn clean(
    place: &Place,
    input: &CleanInput,
    output: &mut CleanOutput,
) -> Result<(), OperationError> {
    let remove = |name: &[u8]| {
        if input.list_only {
            return Ok(());
        }
        remove_tree(place.folder(), name).map_err(|e| fault::at(place.text_of(name), e))
    };
    for part in place.parts()? {
        // The lock is held until the part is gone, so that nobody takes it over meanwhile.
        let claim = look(place, &part)?;
        if matches!(claim, Claim::Busy(_)) {
            output.busy.push(place.text_of(&part));
            continue;
        }
        remove(&part)?;
        if !input.list_only {
            forget(place, &part);
        }
        output.removed.push(place.text_of(&part));
    }
    if input.replaced && place.facts(&place.name)?.is_some() {
        for old in place.olds()? {
            remove(&old)?;
            output.removed.push(place.text_of(&old));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::receive::part::{Part, State};
    use crate::testing::FakeContext;
    use ledama_base::rawtext;

    #[test]
    fn only_what_nobody_writes_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.MS");
        let place = Place::make(&target).unwrap();
        let state = |run: &str| State {
            run: run.into(),
            source_node: "n".into(),
            source: "/s".into(),
            target: "/t".into(),
            started: String::new(),
        };
        let part = |run: &str| {
            let part = Part::claim(&place, &state(run), false, &|| Ok(())).unwrap();
            part.open_folder().unwrap();
            part
        };
        let text = |name: &[u8]| place.text_of(name);
        drop(part("dead"));
        // Two copies at the same time cannot happen by claiming alone.
        drop(part("alive"));
        let alive = Part::claim(&place, &state("alive"), false, &|| Ok(())).unwrap();
        std::fs::create_dir(&target).unwrap();
        let old = folder.path().join(".x.MS.ledama-old-r");
        std::fs::create_dir(&old).unwrap();
        let run = |replaced, list_only| {
            let targets = vec![rawtext::path_text(&target)];
            let input = CleanInput { targets, replaced, list_only };
            Clean.run(input, &FakeContext::new("n")).unwrap()
        };
        let expected = CleanOutput {
            removed: vec![text(&place.part_name("dead"))],
            busy: vec![text(&alive.name)],
        };
        assert_eq!(run(false, true), expected);
        assert_eq!(run(false, false), expected);
        assert_eq!(run(false, false).removed, Vec::<String>::new());
        assert!(old.exists() && target.exists());
        assert_eq!(run(true, false).removed, [text(b".x.MS.ledama-old-r")]);
        assert!(!old.exists() && target.exists());
        drop(alive);
        assert_eq!(run(false, false).removed.len(), 1);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
