//! Conditions in one line: `header op value`.
//!
//! The value is a comma list; a text with a comma, a blank at an end, or the word
//! `null` stands in quotes. Regular expressions take the rest of the line as it is.

use serde_json::Value as Json;

use super::filter::Filter;
use super::names;
use super::op::Op;
use super::typed;
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::{PseudoColumn, PseudoTable};
use crate::store::Value;

/// Longest line.
const LONGEST: usize = 4 << 20;

pub(super) fn parse(table: &PseudoTable, line: &str) -> Result<Filter> {
    if line.len() > LONGEST {
        return Err(LeddbError::input("a condition is too long"));
    }
    let wrong = |reason: &str| {
        LeddbError::Input {
        message: format!("`{line}` is no condition: {reason}"),
        help: Some(
            "write `header op value`, such as `LDS = L80001`, `sbIndex = 0..10,15`, `field ~ ^3C`, `cal = null`"
                .to_string(),
        ),
    }
    };
    let (name, op, rest) = split(line).ok_or_else(|| wrong("an operator is missing"))?;
    let column = names::filterable(table, name)?;
    let rest = rest.trim();
    if op.is_bare() {
        if rest.is_empty() {
            return Ok(Filter::new(column.header, op, Json::Null));
        }
        return Err(wrong("nothing may follow"));
    }
    if op.takes_pattern() {
        let pattern = match items(rest) {
            Ok(items) if items.len() == 1 && items[0].quoted => items[0].text.clone(),
            _ => rest.to_string(),
        };
        return Ok(Filter::new(column.header, op, pattern));
    }
    let items = items(rest).map_err(wrong)?;
    let [single] = items.as_slice() else {
        return several(column, op, &items).map_err(|error| super::filter::at(line, error));
    };
    if !single.quoted && single.text.eq_ignore_ascii_case("null") {
        return match op {
            Op::Equal => Ok(Filter::new(column.header, Op::IsNull, Json::Null)),
            Op::Differs => Ok(Filter::new(column.header, Op::IsNotNull, Json::Null)),
            _ => Err(wrong("`null` goes with `=` and `!=`")),
        };
    }
    several(column, op, &items).map_err(|error| super::filter::at(line, error))
}

/// The column's name, the operator, the rest. A name has no blanks and no operators.
fn split(line: &str) -> Option<(&str, Op, &str)> {
    let line = line.trim_start();
    let end = line.find(|c: char| c.is_whitespace() || "=!<>~".contains(c))?;
    let (op, rest) = Op::leading(line[end..].trim_start())?;
    Some((&line[..end], op, rest))
}

fn several(column: &PseudoColumn, op: Op, items: &[Item]) -> Result<Filter> {
    let mut values = Vec::new();
    for item in items {
        if !item.quoted && item.text.eq_ignore_ascii_case("null") {
            return Err(LeddbError::input("`null` stands alone; the text is `\"null\"`"));
        }
        let ranged = (!item.quoted && column.kind().is_integer())
            .then(|| typed::range(&item.text))
            .flatten();
        match ranged {
            Some(numbers) => values.extend(numbers?.into_iter().map(Json::from)),
            None => values.push(json(typed::of_text(column, &item.text)?)),
        }
        if values.len() > typed::MAX_LIST {
            return Err(LeddbError::input("the list is too long"));
        }
    }
    let op = match op {
        Op::Equal if values.len() > 1 => Op::In,
        Op::Differs if values.len() > 1 => Op::NotIn,
        Op::In | Op::NotIn => return Ok(Filter::new(column.header, op, values)),
        other => other,
    };
    if op.takes_list() {
        return Ok(Filter::new(column.header, op, values));
    }
    if values.len() > 1 {
        return Err(LeddbError::input(format!("`{op}` takes one value")));
    }
    let value = values.pop().unwrap_or(Json::Null);
    Ok(Filter::new(column.header, op, value))
}

fn json(value: Value) -> Json {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(value) => value.into(),
        _ => Json::Null,
    }
}

#[derive(Debug)]
struct Item {
    text: String,
    quoted: bool,
}

/// Items between commas, without quotes.
fn items(text: &str) -> std::result::Result<Vec<Item>, &'static str> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (item, after) = if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
            quoted(&rest[1..], quote)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let text = rest[..end].trim().to_string();
            if text.is_empty() {
                return Err("a value is missing");
            }
            (Item { text, quoted: false }, &rest[end..])
        };
        all.push(item);
        let after = after.trim_start();
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if after.is_empty() => return Ok(all),
            None => return Err("a comma is missing after a quoted text"),
        }
    }
}

fn quoted(text: &str, quote: char) -> std::result::Result<(Item, &str), &'static str> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((place, next)) = chars.next() {
        if next == quote {
            return Ok((Item { text: out, quoted: true }, &text[place + 1..]));
        }
        if next == '\\' {
            match chars.clone().next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => {
                    chars.next();
                    out.push(escaped);
                    continue;
                }
                _ => {}
            }
        }
        out.push(next);
    }
    Err("a quote is not closed")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::schema::pseudo::Pseudo;

    fn read(pseudo: Pseudo, line: &str) -> Json {
        match parse(pseudo.table(), line) {
            Ok(filter) => filter.to_json(),
            Err(error) => error.to_string().into(),
        }
    }

    #[test]
    fn lines_become_typed_conditions() {
        for (line, op, value) in [
            ("sbIndex = 0..6..2,9", "in", json!([0, 2, 4, 6, 9])),
            ("sbIndex=3", "=", json!(3)),
            ("sbindex >= 3", ">=", json!(3)),
            ("sbIndex != 1,2", "not in", json!([1, 2])),
            ("sbIndex not in 1", "not in", json!([1])),
            ("centFreq > 115.25", ">", json!(115.25)),
            ("raw = T", "=", json!(true)),
            ("raw = FALSE", "=", json!(false)),
            ("store = t", "=", json!("t")),
            ("store = 35008", "=", json!("35008")),
            ("Store = \"3C 196, x\",  'y'", "in", json!(["3C 196, x", "y"])),
            ("store = \"null\"", "=", json!("null")),
            ("name ~ SB0{2},x", "~", json!("SB0{2},x")),
            ("name ~ \"a \"", "~", json!("a ")),
            ("lastMod > 2012/03/01", ">", json!(1_330_560_000)),
            ("lastMod > 2012/03/01/00:00:10", ">", json!(1_330_560_010)),
            ("lastMod > 2012-03-01T00:00:10Z", ">", json!(1_330_560_010)),
            ("lastMod > 12", ">", json!(12)),
            ("initialUTC < 2012/", "<", json!("2012/")),
        ] {
            let seen = read(Pseudo::Msp, line);
            assert_eq!((&seen["op"], &seen["value"]), (&json!(op), &value), "{line}: {seen}");
        }
        for (line, op) in [
            ("cal = NULL", "is null"),
            ("cal != null", "is not null"),
            ("cal is  not null", "is not null"),
            ("cal IS NULL", "is null"),
        ] {
            assert_eq!(read(Pseudo::Ms, line), json!({ "column": "cal", "op": op }));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, part) in [
            ("sbIndex", "an operator is missing"),
            ("sbIndex in", "a value is missing"),
            ("sbIndex = ", "a value is missing"),
            ("sbIndex = 1,,2", "a value is missing"),
            ("sbIndex = x", "is an integer"),
            ("sbIndex = 1.5", "is an integer"),
            ("sbIndex = 3..1", "starts after its end"),
            ("sbIndex = 1..9..0", "at least 1"),
            ("sbIndex > 1,2", "takes one value"),
            ("sbIndex > null", "goes with"),
            ("sbIndex = 1,null", "stands alone"),
            ("raw = 1", "true or false"),
            ("store = \"x", "not closed"),
            ("store = \"x\" y", "comma is missing"),
            ("sbIndexes = 1", "sbIndex"),
            ("cal is null x", "nothing may follow"),
        ] {
            let pseudo = if line.starts_with("cal") { Pseudo::Ms } else { Pseudo::Msp };
            let seen = read(pseudo, line);
            assert!(seen.as_str().is_some_and(|seen| seen.contains(part)), "{line}: {seen}");
        }
    }
}
