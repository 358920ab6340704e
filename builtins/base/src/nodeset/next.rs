//! The neighbour of a node, where backups of its data go.

use crate::host_group::HostGroup;

/// A name that has no neighbour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` has no next node: it belongs to no configured host group")]
pub struct NextNodeError {
    /// The name.
    pub name: String,
}

impl NextNodeError {
    /// What to do.
    pub fn help(&self) -> Option<String> {
        Some("stores and single hosts have no neighbours; name the destination nodes".to_string())
    }
}

/// The node after `name` in its group, the last one being followed by the
/// first. A bare number stays a bare number of the group that has those.
pub fn next_node(name: &str, groups: &[HostGroup]) -> Result<String, NextNodeError> {
    if let Some((group, index)) = groups.iter().find_map(|g| Some((g, g.index(name)?))) {
        return Ok(group.name(group.next(index)));
    }
    bare_neighbour(name, groups).ok_or_else(|| NextNodeError { name: name.to_string() })
}

fn bare_neighbour(name: &str, groups: &[HostGroup]) -> Option<String> {
    let group = groups.iter().find(|g| g.bare)?;
    let index = group.index(&format!("{}{name}", group.prefix))?;
    Some(format!("{:0width$}", group.next(index), width = group.padding))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn the_last_node_is_followed_by_the_first() {
        let group = |prefix: &str, padding, first, last, bare| HostGroup {
            prefix: prefix.into(),
            padding,
            first,
            last,
            bare,
        };
        let groups = [group("node", 3, 1, 80, true), group("lofareor", 2, 1, 4, false)];
        let next = |name| next_node(name, &groups);
        assert_eq!(next("node011").unwrap(), "node012");
        assert_eq!(next("node080").unwrap(), "node001");
        assert_eq!(next("lofareor04").unwrap(), "lofareor01");
        assert_eq!(next("080").unwrap(), "001");
        assert_eq!(next("7").unwrap(), "008");
        for name in ["ARCHIVE_PROC", "node081", "node", "", "81"] {
            assert_eq!(next(name).unwrap_err().name, name);
        }
        let inner = [group("node", 3, 11, 74, true)];
        assert_eq!(next_node("node074", &inner).unwrap(), "node011");
    }
}
