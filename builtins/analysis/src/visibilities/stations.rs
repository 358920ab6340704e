//! Stations and baselines by number, name or pattern.
//!
//! A list has commas. An item is a number, a range of numbers (`0-3`, `0..3`,
//! `0..10..2`), a name, or a pattern (`CS*`, `RS30?HBA`). A baseline is two such
//! items with `-` or `&` between them; one item alone stands for all its
//! baselines.

use std::collections::BTreeSet;

use ledama_base::{ranges, suggest};

/// The stations of a set, by name.
#[derive(Debug, Clone, Copy)]
pub struct Antennas<'a>(pub &'a [String]);

/// Pairs of stations that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// All that match.
    pub all: Vec<(i32, i32)>,
    /// Those that were named one by one, which must exist.
    pub named: Vec<(i32, i32)>,
}

impl Antennas<'_> {
    /// The numbers of the stations in a list, ascending; `None` for all
    /// (`-1`, `*` or nothing).
    pub fn list(&self, text: &str) -> Result<Option<Vec<i32>>, String> {
        if matches!(text.trim(), "" | "-1" | "*") {
            return Ok(None);
        }
        let mut found = BTreeSet::new();
        for item in text.split(',') {
            found.extend(self.item(item.trim())?);
        }
        Ok(Some(found.into_iter().collect()))
    }

    /// The one station that this names.
    pub fn one(&self, text: &str) -> Result<i32, String> {
        match self.item(text.trim())?.as_slice() {
            [one] => Ok(*one),
            several => Err(format!("`{text}` is {} stations, not one", several.len())),
        }
    }

    /// The baselines of a list.
    pub fn pairs(&self, text: &str) -> Result<Pairs, String> {
        let mut all = BTreeSet::new();
        let mut named = Vec::new();
        for item in text.split(',').map(str::trim) {
            let (first, second) = self.pair(item)?;
            if let ([a], [b]) = (first.as_slice(), second.as_slice()) {
                let pair = (*a.min(b), *a.max(b));
                all.insert(pair);
                if !named.contains(&pair) {
                    named.push(pair);
                }
                continue;
            }
            let crossed = first.iter().flat_map(|a| second.iter().map(move |b| (*a, *b)));
            all.extend(crossed.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))));
        }
        Ok(Pairs { all: all.into_iter().collect(), named })
    }

    fn pair(&self, item: &str) -> Result<(Vec<i32>, Vec<i32>), String> {
        if let Some((a, b)) = item.split_once('&') {
            let b = if b.trim().is_empty() { "*" } else { b };
            return Ok((self.item(a.trim())?, self.item(b.trim())?));
        }
        // Names may have a dash of their own: the first one that parts two stations counts.
        for (at, _) in item.match_indices('-') {
            if let (Ok(a), Ok(b)) = (self.item(item[..at].trim()), self.item(item[at + 1..].trim()))
            {
                return Ok((a, b));
            }
        }
        match item.split_once('-') {
            Some((a, b)) => {
                self.item(a.trim())?;
                self.item(b.trim())?;
                Err(format!("`{item}` is not a baseline"))
            }
            None => Ok((self.item(item)?, self.item("*")?)),
        }
    }

    /// The numbers of what one item means, at least one.
    fn item(&self, item: &str) -> Result<Vec<i32>, String> {
        let number = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
        if let Some(at) = self.0.iter().position(|name| name == item) {
            return Ok(vec![number(at)]);
        }
        if item.starts_with(|c: char| c.is_ascii_digit())
            && let Ok(range) = ranges::parse_int_range(item)
        {
            let numbers: Vec<i32> =
                range.values().map(|at| i32::try_from(at).unwrap_or(i32::MAX)).collect();
            let beyond = numbers.iter().find(|at| **at >= number(self.0.len()));
            return match beyond {
                None => Ok(numbers),
                Some(at) => Err(format!(
                    "there is no station {at}: the numbers are 0 to {}",
                    self.0.len().saturating_sub(1)
                )),
            };
        }
        let found: Vec<i32> = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, name)| matches(item.as_bytes(), name.as_bytes()))
            .map(|(at, _)| number(at))
            .collect();
        if found.is_empty() {
            let near = suggest::did_you_mean(item, self.0).unwrap_or_else(|| match self.0 {
                [first, .., last] => format!("the names are {first} to {last}"),
                names => format!("the names are {}", names.join(",")),
            });
            return Err(format!("there is no station `{item}`; {near}"));
        }
        Ok(found)
    }
}

/// Whether a name matches a pattern of `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        Some((b'?', rest)) => !name.is_empty() && matches(rest, &name[1..]),
        Some((letter, rest)) => {
            name.first().is_some_and(|found| found.eq_ignore_ascii_case(letter))
                && matches(rest, &name[1..])
        }
    }
}
