//! The nearest known names to one that was mistyped.

/// How many names are offered at most.
const MAX_NAMES: usize = 3;

/// The known names most like `word`, nearest first; none when nothing is like it.
///
/// Case does not count. A name is near when few letters have to be changed
/// for its length, or when one begins with the other.
///
/// ```
/// use ledama_base::suggest::nearest;
/// assert_eq!(nearest("CopyDate", ["CopyData", "CheckData", "PackData"]), ["CopyData"]);
/// ```
pub fn nearest<I>(word: &str, known: I) -> Vec<String>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let wanted = word.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut near: Vec<(usize, String)> = known
        .into_iter()
        .filter_map(|name| Some((distance(&wanted, name.as_ref())?, name.as_ref().to_string())))
        .collect();
    near.sort();
    near.dedup();
    // A nearly exact name makes the vaguer ones noise.
    let best = near.first().map_or(0, |(d, _)| *d);
    near.retain(|(d, _)| *d <= best + 1);
    near.truncate(MAX_NAMES);
    near.into_iter().map(|(_, name)| name).collect()
}

/// `did you mean …?` for the nearest names, if there are any.
pub fn did_you_mean<I>(word: &str, known: I) -> Option<String>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    question(&nearest(word, known))
}

/// `did you mean …?` for names already found, if there are any.
pub fn question(names: &[String]) -> Option<String> {
    let (last, rest) = names.split_last()?;
    let rest: Vec<String> = rest.iter().map(|n| format!("`{n}`")).collect();
    Some(if rest.is_empty() {
        format!("did you mean `{last}`?")
    } else {
        format!("did you mean {} or `{last}`?", rest.join(", "))
    })
}

/// Letters to change, if few enough.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let changed = strsim::damerau_levenshtein(wanted, &name);
    let (short, long) = (wanted.chars().count(), name.chars().count());
    let allowed = (short.max(long) / 3).max(1);
    if changed == 0 || (changed <= allowed && changed < short) {
        return Some(changed);
    }
    // An unfinished word; one or two letters begin too many names.
    let begins = name.starts_with(wanted) || wanted.starts_with(&name);
    (begins && short.min(long) >= 3).then_some(allowed + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let modules = ["CopyData", "CheckData", "CompareData", "DeleteData", "MSInfo", "PackData"];
        assert_eq!(nearest("copydata", modules), ["CopyData"]);
        assert_eq!(nearest("CopyDat", modules), ["CopyData"]);
        assert_eq!(nearest("Copy", modules), ["CopyData"]);
        assert_eq!(nearest("msifno", modules), ["MSInfo"]);
        assert_eq!(nearest("xyz", modules), Vec::<String>::new());
        assert_eq!(nearest("", modules), Vec::<String>::new());
        assert_eq!(nearest("lds", ["lds", "id", "sb"]), ["lds"]);
        assert_eq!(nearest("A", ["a", "b"]), ["a"]);
        assert_eq!(nearest("q", ["a", "b"]), Vec::<String>::new());
    }

    #[test]
    fn at_most_three_are_offered() {
        let names = ["node1", "node2", "node3", "node4"];
        assert_eq!(nearest("node", names).len(), 3);
        assert_eq!(
            did_you_mean("node", names).as_deref(),
            Some("did you mean `node1`, `node2` or `node3`?")
        );
        assert_eq!(did_you_mean("zzz", names), None);
    }
}
