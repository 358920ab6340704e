//! Inputs of SAGECal: sky models and the clusters of sources in them.

use std::collections::BTreeSet;

/// What SAGECal would refuse, or silently leave out: all of it, as sentences.
///
/// A source is a line of the sky model whose first word is its name; a cluster
/// is a line with its number, how often it is solved for in a time slot, and
/// names of sources. Comments begin with `#`.
pub fn faults(sky: &str, clusters: &str) -> Vec<String> {
    let sources: BTreeSet<&str> =
        lines(sky).filter_map(|(_, line)| line.split_whitespace().next()).collect();
    let mut faults = Vec::new();
    if sources.is_empty() {
        faults.push("the sky model has no sources".to_string());
    }
    let mut count = 0;
    let mut seen = BTreeSet::new();
    for (number, line) in lines(clusters) {
        count += 1;
        let mut words = line.split_whitespace();
        let (id, chunks) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if id.parse::<i64>().is_err() || chunks.parse::<u64>().is_err() {
            faults.push(format!("line {number} of the clusters does not begin with two numbers"));
            continue;
        }
        if !seen.insert(id) {
            faults.push(format!("line {number} of the clusters: there is a cluster {id} already"));
        }
        let names: Vec<&str> = words.collect();
        if names.is_empty() {
            faults.push(format!("line {number} of the clusters names no sources"));
        }
        for name in names.iter().filter(|name| !sources.contains(*name)) {
            faults.push(format!("line {number} of the clusters: {name} is not in the sky model"));
        }
    }
    if count == 0 {
        faults.push("there are no clusters".to_string());
    }
    faults
}

/// Lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKY: &str =
        "## name h m s d m s I Q U V\nP1 0 1 2 3 4 5 1 0 0 0\nP2 0 1 2 3 4 5 1 0 0 0\n";

    #[test]
    fn clusters_must_be_of_known_sources() {
        assert_eq!(faults(SKY, "# id chunks sources\n0 1 P1\n-1 2 P2 P1\n"), [""; 0]);
        let told = faults(SKY, "0 1 P1 P3\nx 1 P1\n0 1 P2\n4 1\n");
        let expected = [
            "line 1 of the clusters: P3 is not in the sky model",
            "line 2 of the clusters does not begin with two numbers",
            "line 3 of the clusters: there is a cluster 0 already",
            "line 4 of the clusters names no sources",
        ];
        assert_eq!(told, expected);
        assert_eq!(faults("", ""), ["the sky model has no sources", "there are no clusters"]);
    }
}
