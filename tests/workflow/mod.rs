//! The life of an observation: delivered, listed, copied, averaged by DP3,
//! packed, archived, deleted. Once without trouble, and once with a failure
//! at every step; both must end with the same data in the same places.

mod story;

use std::path::{Path, PathBuf};

use story::{ARCHIVE, COUNT, DELIVERY, Ending, Story};

use crate::support::skip::need;

#[test]
fn trouble_at_every_step_changes_nothing_in_the_end() {
    let calm = need!(whole(false));
    let troubled = need!(whole(true));
    assert_eq!(calm.files.len(), troubled.files.len());
    for (place, file) in &calm.files {
        assert_eq!(troubled.files.get(place), Some(file), "{}", place.display());
    }
    let is_packed = |place: &&PathBuf| place.extension().is_some_and(|e| e == "tar");
    let archived = calm.files.keys().filter(|place| place.starts_with(ARCHIVE)).filter(is_packed);
    assert_eq!(archived.count(), COUNT as usize);
    assert!(!calm.files.keys().any(|place| place.starts_with(DELIVERY)), "raw data is left");
}

/// All of it, from the delivery to the last look around.
fn whole(trouble: bool) -> Result<Ending, crate::support::skip::Skip> {
    let mut story = Story::new(trouble)?;
    story.delivered();
    story.copied_to_the_cluster();
    story.averaged();
    story.archived();
    story.raw_data_deleted();
    story.swept();
    Ok(story.ending())
}

/// A path as a node of the cluster and a place on it.
fn place(node: &str, path: &Path) -> PathBuf {
    Path::new(node).join(path)
}
