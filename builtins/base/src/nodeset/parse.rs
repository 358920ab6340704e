//! The node lists users type: `node1,2,6-10`, `node[011-013,020]`,
//! `node011-014/lse1-3`, `ARCHIVE_PROC`, `localhost`.
//!
//! Comma lists are separated by `/`; a comma list names machines of one host
//! group (by prefix; bare numbers mean the group that says so), or it is one
//! store. Prefixes, padding and valid indices come from the configuration, and
//! each index is checked before a range is expanded.

use std::fmt;

use super::NodeSet;
use crate::host_group::HostGroup;
use crate::ranges::{self, IntRange, MAX_ELEMENTS, RangeFault, parse_int_range};
use crate::suggest;

/// A name under which a store may stand in a node list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreName {
    /// The id of the store or an alias of it.
    pub token: String,
    /// The id, which is what the list yields.
    pub id: String,
    /// Whether it stands for itself; the cluster's own stores are not nodes.
    pub remote: bool,
}

/// What may stand in a node list.
#[derive(Debug, Clone, Copy, Default)]
pub struct NodeGrammar<'a> {
    /// Machines with numbers.
    pub groups: &'a [HostGroup],
    /// Stores and their aliases.
    pub stores: &'a [StoreName],
    /// Other hosts, taken as they are, such as `localhost` and the own name.
    pub extra: &'a [String],
}

/// A list that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeList {
    /// Machine names and store ids in the order of the list.
    pub names: Vec<String>,
    /// Names that were given more than once, each once.
    pub repeated: Vec<String>,
}

impl NodeList {
    /// The different names.
    pub fn set(&self) -> NodeSet {
        self.names.iter().cloned().collect()
    }

    /// What to tell the user when repeated names were removed.
    pub fn warning(&self) -> Option<String> {
        (!self.repeated.is_empty()).then(|| {
            format!("named more than once and taken once: {}", super::fold(&self.repeated))
        })
    }
}

/// What is wrong with a part of a node list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeFault {
    /// Nothing stands where a node should.
    Empty,
    /// No host group, store or host has this name.
    Unknown,
    /// The number is not one of its group.
    OutsideGroup {
        /// The machines of the group, such as `node001 to node080`.
        machines: String,
    },
    /// The numbers cannot be read.
    Range(RangeFault),
    /// A second prefix in one comma list.
    MixedPrefixes {
        /// The first prefix of the list.
        first: String,
    },
    /// Brackets that do not enclose the end of the item.
    Brackets,
    /// A bare number, and no group has those.
    NoBareGroup,
    /// A store inside a comma list.
    StoreInList,
    /// A store of the cluster's own disks.
    StoreOfCluster,
}

impl fmt::Display for NodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a node is missing"),
            Self::Unknown => f.write_str("no host group, store or host has this name"),
            Self::OutsideGroup { machines } => {
                write!(f, "not a machine of its group, which is {machines}")
            }
            Self::Range(fault) => fault.fmt(f),
            Self::MixedPrefixes { first } => {
                write!(f, "another prefix after `{first}`; separate groups with `/`")
            }
            Self::Brackets => f.write_str("brackets must enclose the numbers at the end"),
            Self::NoBareGroup => f.write_str("no host group takes numbers without a prefix"),
            Self::StoreInList => f.write_str("a store stands alone; separate it with `/`"),
            Self::StoreOfCluster => f.write_str("these are the cluster's own disks; name nodes"),
        }
    }
}

/// A node list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` at column {column} of the node list: {fault}")]
pub struct NodeError {
    /// The part as typed.
    pub part: String,
    /// Where it begins, counted in characters from 1.
    pub column: usize,
    /// What is wrong with it.
    pub fault: NodeFault,
    /// Known names that are like it.
    pub nearest: Vec<String>,
    /// All prefixes, stores and hosts there are.
    pub known: Vec<String>,
}

impl NodeError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        match self.fault {
            NodeFault::Unknown if self.nearest.is_empty() && self.known.is_empty() => {
                Some("the configuration has no host groups (see `ledama config`)".to_string())
            }
            NodeFault::Unknown if self.nearest.is_empty() => {
                Some(format!("known are {}", self.known.join(", ")))
            }
            NodeFault::Unknown => suggest::question(&self.nearest),
            NodeFault::Empty | NodeFault::Range(_) | NodeFault::Brackets => {
                Some("write lists such as `node011-014,020` or `node[011-014,020]`".to_string())
            }
            _ => None,
        }
    }
}

impl NodeGrammar<'_> {
    /// Reads a list; repeated names are removed and reported.
    pub fn parse(&self, text: &str) -> Result<NodeList, NodeError> {
        let mut list = self.parse_with_duplicates(text)?;
        list.names = list.set().names;
        Ok(list)
    }

    /// Reads a list in which a repeated name counts again, as where it is to
    /// get a double share.
    pub fn parse_with_duplicates(&self, text: &str) -> Result<NodeList, NodeError> {
        let mut reader = Reader { grammar: *self, text, names: Vec::new() };
        for group in text.split('/') {
            reader.group(group)?;
        }
        let names = reader.names;
        let mut seen = std::collections::HashSet::new();
        let again: NodeSet =
            names.iter().filter(|n| !seen.insert(n.as_str())).map(String::as_str).collect();
        Ok(NodeList { repeated: again.names, names })
    }
}

struct Reader<'a> {
    grammar: NodeGrammar<'a>,
    text: &'a str,
    names: Vec<String>,
}

impl<'a> Reader<'a> {
    /// One comma list.
    fn group(&mut self, group: &'a str) -> Result<(), NodeError> {
        let items = self.items(group)?;
        if let [item] = items[..] {
            let store = self.grammar.stores.iter().find(|s| s.token == item);
            match store {
                Some(store) if store.remote => {
                    self.names.push(store.id.clone());
                    return Ok(());
                }
                Some(_) => return Err(self.error(item, NodeFault::StoreOfCluster)),
                None => {}
            }
        }
        // The prefix may stand at any item and is that of all.
        let prefixed = items.iter().find_map(|item| self.prefix_of(item));
        for item in items {
            self.item(item, prefixed)?;
        }
        Ok(())
    }

    /// The text between the commas that are not in brackets.
    fn items(&self, group: &'a str) -> Result<Vec<&'a str>, NodeError> {
        let mut depth = 0_u32;
        let mut balanced = true;
        let items = group
            .split(|c| {
                match c {
                    '[' => depth += 1,
                    ']' if depth == 0 => balanced = false,
                    ']' => depth -= 1,
                    _ => {}
                }
                c == ',' && depth == 0
            })
            .map(str::trim)
            .collect();
        if depth > 0 || !balanced {
            return Err(self.error(group.trim(), NodeFault::Brackets));
        }
        Ok(items)
    }

    /// The group with the longest prefix that `item` begins with before a number.
    fn prefix_of(&self, item: &str) -> Option<&'a HostGroup> {
        self.grammar
            .groups
            .iter()
            .filter(|g| !g.prefix.is_empty())
            .filter(|g| {
                item.strip_prefix(g.prefix.as_str())
                    .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit() || c == '['))
            })
            .max_by_key(|g| g.prefix.len())
    }

    fn item(&mut self, item: &'a str, prefixed: Option<&'a HostGroup>) -> Result<(), NodeError> {
        if item.is_empty() {
            return Err(self.error(item, NodeFault::Empty));
        }
        if self.grammar.extra.iter().any(|name| name == item) {
            self.names.push(item.to_string());
            return Ok(());
        }
        if self.grammar.stores.iter().any(|s| s.token == item) {
            return Err(self.error(item, NodeFault::StoreInList));
        }
        let group = match (self.prefix_of(item), prefixed) {
            (Some(own), Some(first)) if own.prefix != first.prefix => {
                let first = first.prefix.clone();
                return Err(self.error(item, NodeFault::MixedPrefixes { first }));
            }
            (Some(own), _) => own,
            (None, first) if item.starts_with(|c: char| c.is_ascii_digit()) => first
                .or_else(|| self.grammar.groups.iter().find(|g| g.bare))
                .ok_or_else(|| self.error(item, NodeFault::NoBareGroup))?,
            (None, Some(first)) if item.starts_with(['-', '.', '[']) => first,
            _ => return Err(self.error(item, NodeFault::Unknown)),
        };
        self.numbers(item, group)
    }

    /// The numbers of one item, in brackets or with the prefix repeated.
    fn numbers(&mut self, item: &'a str, group: &HostGroup) -> Result<(), NodeError> {
        let rest = item.strip_prefix(group.prefix.as_str()).unwrap_or(item);
        if let Some(inner) = rest.strip_prefix('[') {
            let inner = inner.strip_suffix(']').filter(|i| !i.contains(['[', ']']));
            let inner = inner.ok_or_else(|| self.error(item, NodeFault::Brackets))?;
            for part in inner.split(',') {
                let part = part.trim();
                let range =
                    parse_int_range(part).map_err(|f| self.error(part, NodeFault::Range(f)))?;
                self.expand(part, group, range)?;
            }
            return Ok(());
        }
        if rest.contains(['[', ']']) {
            return Err(self.error(item, NodeFault::Brackets));
        }
        let mut plain = rest.to_string();
        for separator in ["-", ".."] {
            plain = plain.replace(&format!("{separator}{}", group.prefix), separator);
        }
        let range = parse_int_range(&plain).map_err(|f| self.error(item, NodeFault::Range(f)))?;
        self.expand(item, group, range)
    }

    fn expand(&mut self, part: &str, group: &HostGroup, range: IntRange) -> Result<(), NodeError> {
        if range.start < group.first || range.end > group.last {
            let machines = format!("{} to {}", group.name(group.first), group.name(group.last));
            let fault = NodeFault::OutsideGroup { machines };
            return Err(self.error(part, fault));
        }
        if range.count().saturating_add(self.names.len()) > MAX_ELEMENTS {
            return Err(self.error(part, NodeFault::Range(RangeFault::TooMany)));
        }
        self.names.extend(range.values().map(|index| group.name(index)));
        Ok(())
    }

    /// `part` is a slice of the list, which tells its column.
    fn error(&self, part: &str, fault: NodeFault) -> NodeError {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let mut known: Vec<String> = self.grammar.groups.iter().map(|g| g.prefix.clone()).collect();
        known.extend(self.grammar.stores.iter().filter(|s| s.remote).map(|s| s.token.clone()));
        known.extend(self.grammar.extra.iter().cloned());
        let nearest = if fault == NodeFault::Unknown { self.nearest(part) } else { Vec::new() };
        let column = ranges::column(self.text, offset);
        NodeError { part: part.to_string(), column, fault, nearest, known }
    }

    /// Prefixes are compared without the number and offered with it.
    fn nearest(&self, part: &str) -> Vec<String> {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit() || "[]-.".contains(c));
        let number = &part[word.len()..];
        let groups = self.grammar.groups.iter().map(|g| g.prefix.as_str());
        let mut names: Vec<String> =
            suggest::nearest(word, groups).iter().map(|p| format!("{p}{number}")).collect();
        let stores = self.grammar.stores.iter().map(|s| s.token.as_str());
        let hosts = self.grammar.extra.iter().map(String::as_str);
        names.extend(suggest::nearest(part, stores.chain(hosts)));
        names.truncate(3);
        names
    }
}
