//! Random trees of conditions against a model that looks at the rows alone.
//!
//! A thousand trees by default. Half a million take about half an hour on both back ends:
//!
//! ```text
//! LEDAMA_QUERY_TREES=500000 LEDAMA_QUERY_SEED=1 cargo test --release -p ledama-leddb --all-features -- random_trees
//! ```

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::model::holds;
use super::scene::both;
use crate::query::{Filter, Limits, Op, Plan, Query, format, operators};
use crate::schema::Type;
use crate::schema::pseudo::{Pseudo, PseudoColumn, PseudoTable};
use crate::store::Value;
use crate::testing::Fresh;

const TREES: u64 = 1000;

/// Numbers that look random, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// All rows of a pseudo-table with all columns of conditions.
struct Rows {
    table: &'static PseudoTable,
    columns: Vec<&'static PseudoColumn>,
    all: Vec<Vec<Value>>,
}

impl Rows {
    fn fetch(all: &[Fresh], pseudo: Pseudo) -> Self {
        let table = pseudo.table();
        let columns: Vec<_> = table.columns.iter().filter(|one| one.marks.filter).collect();
        let headers: Vec<&str> = columns.iter().map(|one| one.header).collect();
        // The id is the first of them in each pseudo-table.
        assert_eq!(columns[0], table.id());
        let rows = super::scene::same(all, &Query::new(pseudo).columns(&headers));
        Self { table, columns, all: rows }
    }

    fn ids(&self, tree: &Filter) -> BTreeSet<String> {
        let found = self.all.iter().filter(|row| self.holds(tree, row));
        found.map(|row| format::json(&row[0]).to_string()).collect()
    }

    fn holds(&self, tree: &Filter, row: &[Value]) -> bool {
        match tree {
            Filter::All(inner) => inner.iter().all(|one| self.holds(one, row)),
            Filter::Any(inner) => inner.iter().any(|one| self.holds(one, row)),
            Filter::Test { column, op, value } => {
                let at = self.columns.iter().position(|one| one.header == column).unwrap();
                holds(self.columns[at].kind(), *op, value, &row[at])
            }
        }
    }

    fn tree(&self, chance: &mut Chance, depth: usize) -> Filter {
        if depth == 0 || chance.below(3) == 0 {
            return self.test(chance);
        }
        let inner = (0..chance.below(4)).map(|_| self.tree(chance, depth - 1)).collect();
        if chance.below(2) == 0 { Filter::All(inner) } else { Filter::Any(inner) }
    }

    fn test(&self, chance: &mut Chance) -> Filter {
        let at = chance.below(self.columns.len());
        let column = self.columns[at];
        let op = *chance.pick(&operators(column));
        let mut value = || self.value(chance, at, op);
        let value = match op {
            Op::IsNull | Op::IsNotNull => Json::Null,
            Op::In | Op::NotIn => json!([value(), value(), value()]),
            _ => value(),
        };
        Filter::new(column.header, op, value)
    }

    /// Mostly a value that is there; of a pattern a piece of it.
    fn value(&self, chance: &mut Chance, at: usize, op: Op) -> Json {
        let cell = format::json(&chance.pick(&self.all)[at]);
        let shift = i64::try_from(chance.below(3)).unwrap() - 1;
        match (self.columns[at].kind(), cell) {
            (Type::Text(_), Json::String(text)) if op.takes_pattern() => {
                let letters: Vec<char> = text.chars().collect();
                let from = chance.below(letters.len());
                let to = from + 1 + chance.below(letters.len() - from);
                let piece: String = letters[from..to].iter().collect();
                let piece = regex::escape(&piece);
                json!(match chance.below(4) {
                    0 => format!("^{piece}"),
                    1 => format!("({piece}|CS00.*HBA1)$"),
                    2 => format!(
                        "[^{}]$",
                        if letters[0].is_alphanumeric() { letters[0] } else { 'x' }
                    ),
                    _ => piece,
                })
            }
            (Type::Text(_), Json::Null) => json!(if op.takes_pattern() { "." } else { "x" }),
            (Type::Bool, Json::Null) => json!(true),
            (Type::Float, Json::Null) => json!(1.5),
            (_, Json::Null) => json!(shift),
            (Type::Float, value) if shift != 0 => {
                let step = f64::from(i32::try_from(shift).unwrap());
                json!(value.as_f64().unwrap() + 0.001 * step)
            }
            (kind, value) if kind.is_integer() => json!(value.as_i64().unwrap() + shift),
            (_, value) => value,
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

#[test]
fn random_trees_give_what_the_model_gives() {
    let all = both();
    let tables: Vec<Rows> = Pseudo::ALL.into_iter().map(|one| Rows::fetch(all, one)).collect();
    let seed = number("LEDAMA_QUERY_SEED", 1);
    let trees = number("LEDAMA_QUERY_TREES", TREES);
    let (mut some, mut refused) = (0, 0);
    for k in 0..trees {
        let mut chance = Chance(seed.wrapping_mul(1_000_003).wrapping_add(k << 20));
        let rows = chance.pick(&tables);
        let depth = chance.below(4);
        let tree = rows.tree(&mut chance, depth);
        let expected = rows.ids(&tree);
        let query = Query::new(rows.table.kind).with(tree.clone());
        let Ok(plan) = Plan::new(&query, Limits::none()) else {
            // More than five conditions on a column of one group.
            refused += 1;
            continue;
        };
        some += usize::from(!expected.is_empty() && expected.len() < rows.all.len());
        for database in all {
            let ids = database.read(|tx| plan.ids(tx, false)).unwrap();
            let ids: BTreeSet<String> = ids.iter().map(|id| format::json(id).to_string()).collect();
            assert_eq!(
                ids,
                expected,
                "tree {k} of seed {seed}: {} {}",
                rows.table.name,
                tree.to_json()
            );
        }
    }
    assert!(u64::try_from(some).unwrap() > trees / 5, "{some} trees find some rows and not all");
    assert!(refused < trees / 50);
}
