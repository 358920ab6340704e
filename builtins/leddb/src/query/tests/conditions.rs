//! Each column shown, sorted by and filtered with each operator it takes; and what
//! is refused.

use serde_json::{Value as Json, json};

use super::scene::{both, refused, same};
use crate::query::{Filter, Op, Query, describe, format, operators};
use crate::schema::Type;
use crate::schema::pseudo::{Pseudo, PseudoColumn, TABLES};
use crate::store::Value;

/// A value to compare with: one that is there, from the middle.
fn sample_of(rows: &[Vec<Value>]) -> Option<Json> {
    let known: Vec<&Value> = rows.iter().map(|row| &row[1]).filter(|one| !one.is_null()).collect();
    known.get(known.len() / 2).map(|one| format::json(one))
}

#[test]
fn every_column_is_shown_and_sorted_both_ways() {
    let all = both();
    for table in TABLES {
        for column in table.columns.iter().filter(|one| one.kind() != Type::Values) {
            let query = Query::new(table.kind).columns(&[column.header]);
            let up = same(all, &query.clone().sorted(&[column.header], false));
            let mut down = same(all, &query.sorted(&[column.header], true));
            down.reverse();
            assert_eq!(up, down, "{} {}", table.name, column.header);
            assert!(!up.is_empty(), "{}", table.name);
        }
    }
}

#[test]
fn every_column_is_filtered_with_every_operator_it_takes() {
    let all = both();
    for table in TABLES {
        for column in table.columns.iter().filter(|one| one.marks.filter) {
            let query = Query::new(table.kind).columns(&[table.id().header, column.header]);
            let rows = if std::ptr::eq(column, table.id()) {
                same(all, &query)
                    .into_iter()
                    .map(|row| vec![row[0].clone(), row[0].clone()])
                    .collect()
            } else {
                same(all, &query)
            };
            let value = sample_of(&rows);
            for op in operators(column) {
                let value = match (&value, op) {
                    _ if op.is_bare() => Json::Null,
                    (Some(value), Op::In | Op::NotIn) => json!([value, value]),
                    (Some(value), _) => value.clone(),
                    (None, _) => continue,
                };
                let value = clean(value, op);
                let one = query.clone().with(Filter::new(column.header, op, value.clone()));
                let found = same(all, &one);
                let expected: Vec<_> = rows
                    .iter()
                    .filter(|row| holds(column, op, &value, &row[1]))
                    .map(|row| row[0].clone())
                    .collect();
                let found: Vec<_> = found.into_iter().map(|row| row[0].clone()).collect();
                assert_eq!(found, expected, "{} {} {op} {value}", table.name, column.header);
            }
        }
    }
}

/// A pattern of the first letter only.
fn clean(value: Json, op: Op) -> Json {
    match (&value, op.takes_pattern()) {
        (Json::String(text), true) => {
            let letter = text.chars().find(|c| c.is_alphanumeric());
            json!(letter.map_or(".".to_string(), |letter| format!("^.?{letter}")))
        }
        _ => value,
    }
}

fn holds(column: &PseudoColumn, op: Op, value: &Json, cell: &Value) -> bool {
    super::model::holds(column.kind(), op, value, cell)
}

#[test]
fn unknown_values_never_compare() {
    let all = both();
    let count = |line: &str| same(all, &Query::new(Pseudo::Ldsb).filter(line).unwrap()).len();
    assert_eq!(count("field = null"), 1);
    assert_eq!(count("field != null"), 6);
    assert_eq!(count("field != 3C196"), 3);
    assert_eq!(count("field !~ 3C"), 3);
    assert_eq!(count("field not in 3C196,x"), 3);
    assert_eq!(count("field ~ ."), 6);
}

#[test]
fn five_conditions_on_a_column_hold_and_six_are_refused() {
    let all = both();
    let mut query = Query::new(Pseudo::Ms);
    for line in ["sbIndex >= 0", "sbIndex < 9", "sbIndex != 1", "sbIndex != 7", "sbIndex <= 8"] {
        query = query.filter(line).unwrap();
    }
    assert_eq!(same(all, &query).len(), 24);
    let sixth = query.filter("sbIndex > -1").unwrap();
    assert!(refused(&sixth).contains("more than 5 conditions on `sbIndex`"));
    let any = (0..9).map(|k| Filter::new("sbIndex", Op::Equal, k)).collect();
    assert_eq!(same(all, &Query::new(Pseudo::Ms).with(Filter::Any(any))).len(), 36);
}

#[test]
fn groups_hold_as_they_say() {
    let all = both();
    let count = |filter: Json| {
        let filter = Filter::from_json(&filter, "here").unwrap();
        same(all, &Query::new(Pseudo::Gain).with(filter)).len()
    };
    let sb = |k: i64| json!({"column": "sb_index", "op": "=", "value": k});
    let station = json!({"column": "station", "op": "~", "value": "^RS"});
    let whole = count(json!({"all": []}));
    assert_eq!(count(json!({"any": []})), 0);
    let one = count(sb(0));
    assert_eq!(one * 3, whole);
    assert_eq!(count(json!({"any": [sb(0), sb(1)]})), one * 2);
    // A group over both the sets and their rows.
    let mixed = count(json!({"any": [sb(0), station]}));
    let both = count(json!({"all": [sb(0), station]}));
    assert_eq!(mixed, one + count(station) - both);
}

#[test]
fn hostile_texts_are_refused_or_taken_literally() {
    let all = both();
    let bad = [
        "'; DROP TABLE \"lofar_dataset\"; --",
        "\" OR 1=1 --",
        "x' OR 'a'='a",
        "\\",
        "%",
        "_",
        "$1",
        "?1",
        "null",
        "NULL) --",
        "1; SELECT pg_sleep(9)",
        "\u{202e}x",
        "[",
        "{}",
        "\"",
    ];
    for table in TABLES {
        for text in bad {
            for column in table.columns {
                let filter = |op| Query::new(table.kind).with(Filter::new(column.header, op, text));
                if column.marks.filter && matches!(column.kind(), Type::Text(_)) {
                    assert_eq!(same(all, &filter(Op::Equal)), Vec::<Vec<Value>>::new(), "{text}");
                    assert!(same(all, &filter(Op::In)).is_empty());
                } else {
                    refused(&filter(Op::Equal));
                }
            }
            refused(&Query::new(table.kind).with(Filter::new(text, Op::Equal, 1)));
            refused(&Query::new(table.kind).columns(&[text]));
            refused(&Query::new(table.kind).sorted(&[text], false));
            assert!(Op::parse(text).is_err());
        }
    }
    assert_eq!(same(all, &Query::new(Pseudo::Lds)).len(), 3);
}

#[test]
fn a_zero_byte_is_refused() {
    for op in [Op::Equal, Op::Matches, Op::In] {
        refused(&Query::new(Pseudo::Lds).with(Filter::new("name", op, "a\0b")));
    }
}

#[test]
fn both_headers_and_columns_are_names() {
    let all = both();
    for name in ["store", "Store", "STORE", "ldsbp_q.store"] {
        let query = Query::new(Pseudo::Gain).with(Filter::new(name, Op::Equal, "EoR"));
        assert!(!same(all, &query).is_empty());
    }
    for name in ["baselineID", "baselineId", "BASELINE_ID"] {
        let query = Query::new(Pseudo::Qbs).with(Filter::new(name, Op::Equal, 0));
        assert!(!same(all, &query).is_empty());
    }
    let wrong = refused(&Query::new(Pseudo::Lds).with(Filter::new("nme", Op::Equal, 0)));
    assert!(wrong.contains("LDS has no column `nme`"), "{wrong}");
    let wrong = refused(&Query::new(Pseudo::GainMovie).with(Filter::new("jones", Op::Equal, 0)));
    assert!(wrong.contains("cannot be filtered on"), "{wrong}");
    assert!(refused(&Query::new(Pseudo::Gain).columns(&["values"])).contains("arrays"));
    assert!(refused(&Query::new(Pseudo::Gain).sorted(&["values"], false)).contains("sorted"));
}

#[test]
fn conditions_in_json_name_the_place_of_a_fault() {
    for (filter, part) in [
        (json!({"any": [{"all": [{"column": "a", "op": "like"}]}]}), "here.any[0].all[0]: `like`"),
        (json!({"any": {}}), "here: `any` is a list"),
        (json!({"column": "a"}), "here: `op` is missing"),
        (json!({"column": "a", "op": "=", "values": 1}), "`values` is not known"),
        (json!([]), "no condition"),
    ] {
        let error = Filter::from_json(&filter, "here").unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let query = Query::new(Pseudo::Ms).with(Filter::Any(vec![Filter::new("raw", Op::Less, true)]));
    assert!(refused(&query).starts_with("conditions[0].any[0]: "), "{}", refused(&query));
    let mut deep = json!({"column": "sbIndex", "op": "=", "value": 1});
    for _ in 0..30 {
        deep = json!({ "all": [deep] });
    }
    assert!(Filter::from_json(&deep, "x").unwrap_err().to_string().contains("too deeply"));
}

#[test]
fn the_description_is_complete() {
    let all = describe();
    assert_eq!(all.len(), 10);
    let columns: usize = all.iter().map(|table| table.columns.len()).sum();
    assert_eq!(columns, TABLES.iter().map(|table| table.columns.len()).sum::<usize>());
    assert_eq!(all[0].order, ["initialMJD"]);
    assert!(all.iter().all(|table| table.lists.len() == 8));
}
