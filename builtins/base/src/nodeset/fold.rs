//! Many node names as one short text, and the order people expect of them.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Digits that are still read as an index.
const MAX_DIGITS: usize = 9;

/// `node[011-014,020]/lse001`: prefixes in the order of their first node,
/// indices sorted, each node once. Node lists read it back as the same set.
///
/// ```
/// use ledama_base::nodeset::fold;
/// assert_eq!(fold(&["node012", "node011", "node020"]), "node[011-012,020]");
/// ```
pub fn fold<S: AsRef<str>>(names: &[S]) -> String {
    joined(
        names,
        |prefix, list, many| {
            if many { format!("{prefix}[{list}]") } else { format!("{prefix}{list}") }
        },
    )
}

/// `node011-014,020/lse001`: the same without brackets, as older tools want it.
pub fn fold_plain<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, |prefix, list, _| format!("{prefix}{list}"))
}

/// By prefix, then by index, `n2` before `n10`.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    // A key of each name alone, or else the order would not be transitive.
    fn key(name: &str) -> (&str, Option<u32>, &str) {
        numbered(name).map_or((name, None, name), |(prefix, index, _)| (prefix, Some(index), name))
    }
    key(a).cmp(&key(b))
}

/// Nodes of one prefix whose indices are filled to the same width.
struct Family<'a> {
    prefix: &'a str,
    /// 0 when they are not filled.
    width: usize,
    indices: BTreeSet<u32>,
}

fn joined<S: AsRef<str>>(names: &[S], write: impl Fn(&str, &str, bool) -> String) -> String {
    let mut families: Vec<Family<'_>> = Vec::new();
    // Filled numbers tell the widths; the others join a width they fit or none.
    let filled: BTreeSet<(&str, usize)> = names
        .iter()
        .filter_map(|n| numbered(n.as_ref()))
        .filter(|(_, _, digits)| digits.len() > 1 && digits.starts_with('0'))
        .map(|(prefix, _, digits)| (prefix, digits.len()))
        .collect();
    for name in names {
        let name = name.as_ref();
        let (prefix, index, width) = match numbered(name) {
            Some((prefix, index, digits)) => {
                let widths = filled.range((prefix, 0)..=(prefix, digits.len()));
                (prefix, Some(index), widths.last().map_or(0, |(_, width)| *width))
            }
            None => (name, None, 0),
        };
        let known = families.iter_mut().find(|f| {
            f.prefix == prefix && f.width == width && f.indices.is_empty() == index.is_none()
        });
        match known {
            Some(family) => family.indices.extend(index),
            None => families.push(Family { prefix, width, indices: index.into_iter().collect() }),
        }
    }
    let texts: Vec<String> = families
        .iter()
        .map(|family| write(family.prefix, &family.list(), family.indices.len() > 1))
        .collect();
    texts.join("/")
}

impl Family<'_> {
    /// Neighbours become a range.
    fn list(&self) -> String {
        let indices: Vec<u32> = self.indices.iter().copied().collect();
        let filled = |n: u32| format!("{n:0width$}", width = self.width);
        let mut items = Vec::new();
        for run in indices.chunk_by(|a, b| b - a == 1) {
            match run {
                [first, .., last] => items.push(format!("{}-{}", filled(*first), filled(*last))),
                _ => items.extend(run.iter().map(|n| filled(*n))),
            }
        }
        items.join(",")
    }
}

/// Prefix, index and digits of a name that ends with a number and does not
/// consist of it.
fn numbered(name: &str) -> Option<(&str, u32, &str)> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[prefix.len()..];
    if prefix.is_empty() || digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    Some((prefix, digits.parse().ok()?, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded() {
        let table: &[(&[&str], &str)] = &[
            (&[], ""),
            (&["node011"], "node011"),
            (&["node011", "node012", "node013", "node014", "node020"], "node[011-014,020]"),
            (&["node014", "node012", "node013", "node012"], "node[012-014]"),
            (&["lse001", "node001", "lse002"], "lse[001-002]/node001"),
            (&["node099", "node100", "node101"], "node[099-101]"),
            (&["n9", "n10", "n11"], "n[9-11]"),
            (&["n1", "n01", "n2", "n10"], "n[1-2]/n[01,10]"),
            (&["localhost", "my-host", "localhost"], "localhost/my-host"),
            (&["ARCHIVE_PROC", "node001"], "ARCHIVE_PROC/node001"),
            (&["17", "18", "x12345678901"], "17/18/x12345678901"),
            (&["n0", "n1", "n2"], "n[0-2]"),
            (&["node", "node1"], "node/node1"),
        ];
        for (names, expected) in table {
            assert_eq!(fold(names), *expected);
        }
        let names = ["node011", "node012", "node013", "lse001"];
        assert_eq!(fold_plain(&names), "node011-013/lse001");
    }
}
