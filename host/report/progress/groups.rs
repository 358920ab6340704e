//! Nodes in a few groups of neighbours, so that eighty nodes need no eighty bars.

use std::collections::{BTreeMap, HashMap};

use ledama_base::nodeset::{fold, natural_order};
use ledama_cluster::plan::Plan;

/// Groups at most.
pub(super) const MOST: usize = 8;

/// Which group each task of a plan belongs to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Grouping {
    /// Folded names of the nodes of each group.
    pub(super) names: Vec<String>,
    /// The group of each task.
    pub(super) of_task: Vec<usize>,
}

impl Grouping {
    /// Groups the nodes of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut nodes: Vec<&str> = plan.tasks.iter().map(|task| task.node.as_str()).collect();
        nodes.sort_unstable_by(|a, b| natural_order(a, b));
        nodes.dedup();
        let groups = split(&nodes, MOST);
        let group_of: HashMap<&str, usize> = groups
            .iter()
            .enumerate()
            .flat_map(|(index, group)| group.iter().map(move |node| (*node, index)))
            .collect();
        Self {
            names: groups.iter().map(|group| fold(group)).collect(),
            of_task: plan.tasks.iter().map(|task| group_of[task.node.as_str()]).collect(),
        }
    }
}

/// Cuts sorted names into at most `most` groups of neighbours, where possible
/// without mixing prefixes.
fn split<'a>(nodes: &[&'a str], most: usize) -> Vec<Vec<&'a str>> {
    let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        families.entry(prefix(node)).or_default().push(node);
    }
    if families.len() > most {
        let size = nodes.len().div_ceil(most);
        return nodes.chunks(size).map(<[&str]>::to_vec).collect();
    }
    let groups = |size: usize| families.values().map(|f| f.len().div_ceil(size)).sum::<usize>();
    // The size of the largest family is enough: one group for each.
    let size = (1..=nodes.len()).find(|size| groups(*size) <= most).unwrap_or(1);
    families.values().flat_map(|family| family.chunks(size)).map(<[&str]>::to_vec).collect()
}

fn prefix(node: &str) -> &str {
    node.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use ledama_cluster::plan::{Action, CommandSpec, Task};

    use super::*;

    fn names(nodes: &[String]) -> Vec<String> {
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        split(&nodes, MOST).iter().map(|group| fold(group)).collect()
    }

    fn range(prefix: &str, first: usize, last: usize) -> Vec<String> {
        (first..=last).map(|index| format!("{prefix}{index:03}")).collect()
    }

    #[test]
    fn few_nodes_have_a_group_each() {
        assert_eq!(names(&range("node", 11, 14)), ["node011", "node012", "node013", "node014"]);
        assert_eq!(names(&[]), [""; 0]);
    }

    #[test]
    fn many_nodes_share_groups_of_neighbours() {
        let found = names(&range("node", 1, 80));
        assert_eq!(found.len(), 8);
        assert_eq!((found[0].as_str(), found[7].as_str()), ("node[001-010]", "node[071-080]"));
        assert_eq!(names(&range("node", 1, 9)).len(), 5, "never more than fit, never uneven");
    }

    #[test]
    fn different_kinds_of_nodes_are_not_mixed() {
        let mut nodes = range("gpu", 1, 2);
        nodes.extend(range("node", 1, 20));
        let found = names(&nodes);
        assert_eq!(found.len(), 8);
        assert_eq!(
            found[..2],
            ["gpu[001-002]", "node[001-003]"].map(String::from)[..],
            "{found:?}"
        );
        let strangers: Vec<String> = ('a'..='z').map(String::from).collect();
        assert_eq!(names(&strangers)[0], "a/b/c/d", "unless there are too many");
    }

    #[test]
    fn each_task_knows_its_group() {
        let task = |node: &str| Task {
            node: node.to_string(),
            label: String::new(),
            action: Action::Command(CommandSpec::default()),
            size_bytes: 0,
            after: Vec::new(),
            store: None,
            log: None,
        };
        let mut plan = Plan::new("x");
        plan.tasks = ["n10", "n2", "n10"].map(task).to_vec();
        let grouping = Grouping::of(&plan);
        assert_eq!(grouping.names, ["n2", "n10"]);
        assert_eq!(grouping.of_task, [1, 0, 1]);
    }
}
