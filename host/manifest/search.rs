//! Finds modules by what somebody wants to do, in words of their own.
//!
//! A word counts the more the fewer modules have it, and the more the closer
//! to the heart of a module it stands: in its name, its search words, its
//! summary, its manual, its options. Endings do not matter: `copying` finds
//! what says `copy`.

use super::model::Manifest;

/// Words that tell nothing.
const EMPTY: &[&str] = &[
    "a", "all", "am", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for",
    "from", "have", "how", "i", "if", "in", "is", "it", "its", "me", "my", "of", "on", "or", "our",
    "some", "that", "the", "their", "them", "these", "they", "this", "those", "to", "want", "was",
    "we", "were", "what", "where", "which", "who", "with",
];

/// What a word is worth by the place it stands in.
const NAME: f64 = 10.0;
const SEARCH: f64 = 8.0;
const SUMMARY: f64 = 6.0;
const DESCRIPTION: f64 = 2.0;
const OPTIONS: f64 = 1.0;

/// What part a word is worth that differs in its ending.
const ENDING: f64 = 0.75;
/// What part the places are worth that a word stands in besides the best one.
const OTHERS: f64 = 0.1;

/// Modules are shown that reach this part of the best one.
const NEAR: f64 = 0.6;

/// What was found.
#[derive(Debug)]
pub struct Found<'a> {
    /// The modules, best first.
    pub modules: Vec<&'a Manifest>,
    /// Whether one of them has all the words.
    pub all_words: bool,
}

/// The modules that fit the words best. Without a word that tells something,
/// all of them, as they came.
pub fn search<'a>(modules: &[&'a Manifest], words: &[String]) -> Found<'a> {
    let wanted = meaningful(words);
    if wanted.is_empty() {
        return Found { modules: modules.to_vec(), all_words: true };
    }
    let known: Vec<Vec<(f64, Vec<String>)>> = modules.iter().map(|m| fields(m)).collect();
    let worth: Vec<Vec<f64>> = known
        .iter()
        .map(|fields| wanted.iter().map(|word| value(fields, word)).collect())
        .collect();
    #[allow(clippy::cast_precision_loss)] // A few hundred modules.
    let rarity: Vec<f64> = (0..wanted.len())
        .map(|k| {
            let having = worth.iter().filter(|values| values[k] > 0.0).count().max(1);
            (1.0 + modules.len() as f64 / having as f64).ln()
        })
        .collect();
    let score = |values: &[f64]| values.iter().zip(&rarity).map(|(v, r)| v * r).sum::<f64>();
    let mut ranked: Vec<(f64, bool, &Manifest)> = modules
        .iter()
        .zip(&worth)
        .map(|(module, values)| (score(values), values.iter().all(|v| *v > 0.0), *module))
        .filter(|(score, ..)| *score > 0.0)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all_words = ranked.iter().any(|(_, all, _)| *all);
    let least = ranked.first().map_or(0.0, |best| best.0 * NEAR);
    ranked.retain(|(score, ..)| *score >= least);
    Found { modules: ranked.into_iter().map(|(.., module)| module).collect(), all_words }
}

fn meaningful(words: &[String]) -> Vec<String> {
    let mut found: Vec<String> = words.iter().flat_map(|text| split(text)).collect();
    found.retain(|word| !EMPTY.contains(&word.as_str()));
    found.dedup();
    found
}

/// The words of a module by what they are worth.
fn fields(module: &Manifest) -> Vec<(f64, Vec<String>)> {
    let options = module.options.iter().map(|o| format!("{} {}", o.name, o.help));
    vec![
        (NAME, split(&module.name)),
        (SEARCH, module.search.iter().flat_map(|text| split(text)).collect()),
        (SUMMARY, split(&module.summary)),
        (DESCRIPTION, split(&module.description)),
        (OPTIONS, options.flat_map(|text| split(&text)).collect()),
    ]
}

/// What a word is worth to a module: that of the best place it stands in, and a
/// little of the others. With another ending it is worth less.
fn value(fields: &[(f64, Vec<String>)], word: &str) -> f64 {
    let worth = |(worth, words): &(f64, Vec<String>)| {
        let same = |known: &String| known == word;
        let like = |known: &String| alike(known, word);
        match (words.iter().any(same), words.iter().any(like)) {
            (true, _) => *worth,
            (false, true) => *worth * ENDING,
            (false, false) => 0.0,
        }
    };
    let places: Vec<f64> = fields.iter().map(worth).collect();
    let best = places.iter().copied().fold(0.0, f64::max);
    best + (places.iter().sum::<f64>() - best) * OTHERS
}

/// Lower-case words of a text; names such as `CopyData` are several.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in text.split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = part.chars().collect();
        let mut start = 0;
        for k in 1..letters.len() {
            let end_of_capitals = letters[k - 1].is_uppercase()
                && letters[k].is_uppercase()
                && letters.get(k + 1).is_some_and(|next| next.is_lowercase());
            if (!letters[k - 1].is_uppercase() && letters[k].is_uppercase()) || end_of_capitals {
                words.push(letters[start..k].iter().collect::<String>());
                start = k;
            }
        }
        words.push(letters[start..].iter().collect::<String>());
        if start > 0 {
            // Also as it is written: RefFile, MSInfo.
            words.push(part.to_string());
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// Whether two words differ in their endings at most.
fn alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long == short || long.strip_prefix(short) == Some("s") {
        return true;
    }
    let common = short.bytes().zip(long.bytes()).take_while(|(x, y)| x == y).count();
    // Three quarters of the shorter word, and no more than an ending left over.
    common >= 4 && common * 4 >= short.len() * 3 && long.len() - common <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_their_words() {
        assert_eq!(split("MD5SumData"), ["md5", "sum", "data", "md5sumdata"]);
        assert_eq!(split("free  space, FLAG_ROW"), ["free", "space", "flag", "row"]);
    }

    #[test]
    fn endings_do_not_matter_and_beginnings_do() {
        for (a, b) in [
            ("copying", "copy"),
            ("removed", "remove"),
            ("removing", "remove"),
            ("comparison", "compare"),
            ("sets", "set"),
            ("permission", "permissions"),
        ] {
            assert!(alike(a, b) && alike(b, a), "{a} {b}");
        }
        for (a, b) in [("unpack", "pack"), ("station", "status"), ("see", "seen"), ("set", "setup")]
        {
            assert!(!alike(a, b), "{a} {b}");
        }
    }
}
