//! Conditions bound to a pseudo-table: columns found, values typed, patterns checked.

use std::collections::{BTreeSet, HashMap};

use sea_query::{Condition, Expr, ExprTrait as _, Query as Build};
use serde_json::Value as Json;

use super::filter::{self, Filter, MAX_CONDITIONS, MAX_DEPTH};
use super::names;
use super::op::Op;
use super::parents::Parent;
use super::pattern::Pattern;
use super::scope::{Place, Scope};
use super::typed::{self, List};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema::Type;
use crate::schema::pseudo::{PseudoColumn, PseudoTable};
use crate::store::Value;

/// Most conditions on one column that must hold together.
pub const MAX_PER_COLUMN: usize = 5;

/// A condition that can be made into a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound {
    All(Vec<Bound>),
    Any(Vec<Bound>),
    Test {
        place: Place,
        test: Test,
    },
    /// Observations in which all these stations took part.
    Stations(Vec<String>),
    /// Rows below rows of another pseudo-table.
    Below {
        place: Place,
        parent: Box<Parent>,
    },
}

/// What is asked of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Compare(Op, Value),
    OneOf(List),
    NoneOf(List),
    Matches(Pattern),
    MatchesNot(Pattern),
    Unknown,
    Known,
}

/// Binds conditions of which all must hold.
pub(crate) fn bind(table: &PseudoTable, filters: &[Filter]) -> Result<Vec<Bound>> {
    let mut count = 0;
    let mut bound = Vec::new();
    limit(table, filters)?;
    for (k, one) in filters.iter().enumerate() {
        let place = format!("conditions[{k}]");
        bound.push(bind_one(table, one, &place, 0, &mut count)?);
    }
    Ok(bound)
}

/// At most so many conditions on one column that must hold together.
fn limit(table: &PseudoTable, filters: &[Filter]) -> Result<()> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut todo: Vec<&Filter> = filters.iter().collect();
    while let Some(next) = todo.pop() {
        match next {
            Filter::All(inner) => todo.extend(inner),
            Filter::Any(_) => {}
            Filter::Test { column, .. } => {
                // One that is not known is told with its place when it is bound.
                let Ok(known) = names::column(table, column) else { continue };
                let header = known.header;
                let times = seen.entry(header).or_default();
                *times += 1;
                if *times > MAX_PER_COLUMN {
                    return Err(LeddbError::input(format!(
                        "there are more than {MAX_PER_COLUMN} conditions on `{header}`"
                    )));
                }
            }
        }
    }
    Ok(())
}

fn bind_one(
    table: &PseudoTable,
    filter: &Filter,
    place: &str,
    depth: usize,
    count: &mut usize,
) -> Result<Bound> {
    *count += 1;
    if *count > MAX_CONDITIONS || depth > MAX_DEPTH {
        return Err(LeddbError::input("there are too many conditions"));
    }
    let mut inside = |inner: &[Filter], name: &str| {
        inner
            .iter()
            .enumerate()
            .map(|(k, one)| bind_one(table, one, &format!("{place}.{name}[{k}]"), depth + 1, count))
            .collect::<Result<Vec<_>>>()
    };
    match filter {
        Filter::All(inner) => {
            limit(table, inner)?;
            Ok(Bound::All(inside(inner, "all")?))
        }
        Filter::Any(inner) => Ok(Bound::Any(inside(inner, "any")?)),
        Filter::Test { column, op, value } => {
            let column =
                names::filterable(table, column).map_err(|error| filter::at(place, error))?;
            let test = test(column, *op, value).map_err(|error| filter::at(place, error))?;
            Ok(Bound::Test { place: Place::of(column), test })
        }
    }
}

/// Checks operator and value against what the column holds.
pub(crate) fn test(column: &'static PseudoColumn, op: Op, value: &Json) -> Result<Test> {
    let refuse = |reason: &str| {
        Err(LeddbError::input(format!("`{}` {op} {value}: {reason}", column.header)))
    };
    let list = |items: &[Json]| {
        let values = items.iter().map(|one| typed::value(column, one)).collect::<Result<_>>()?;
        List::new(column, values)
    };
    match (op, value) {
        (Op::IsNull | Op::Equal, Json::Null) => Ok(Test::Unknown),
        (Op::IsNotNull | Op::Differs, Json::Null) => Ok(Test::Known),
        (Op::IsNull | Op::IsNotNull, _) => refuse("it takes no value"),
        (Op::Equal | Op::In, Json::Array(items)) => list(items).map(Test::OneOf),
        (Op::Differs | Op::NotIn, Json::Array(items)) => list(items).map(Test::NoneOf),
        (_, Json::Array(_)) => refuse("it takes one value"),
        (Op::In, one) => list(std::slice::from_ref(one)).map(Test::OneOf),
        (Op::NotIn, one) => list(std::slice::from_ref(one)).map(Test::NoneOf),
        (Op::Matches | Op::MatchesNot, one) => {
            let (Type::Text(_), Json::String(text)) = (column.kind(), one) else {
                return refuse("regular expressions are for texts");
            };
            let pattern = Pattern::parse(text)?;
            Ok(if op == Op::Matches { Test::Matches(pattern) } else { Test::MatchesNot(pattern) })
        }
        (Op::Less | Op::Greater | Op::AtMost | Op::AtLeast, _) if column.kind() == Type::Bool => {
            refuse("true and false have no order")
        }
        (_, one) => Ok(Test::Compare(op, typed::value(column, one)?)),
    }
}

impl Bound {
    /// The tables it looks at, where they are found in a scope; none if the scope lacks one.
    pub(crate) fn relations(&self, scope: &Scope, into: &mut BTreeSet<&'static str>) -> Option<()> {
        match self {
            Self::All(inner) | Self::Any(inner) => {
                inner.iter().try_for_each(|one| one.relations(scope, into))
            }
            Self::Test { place, .. } | Self::Below { place, .. } => {
                into.insert(scope.find(*place)?.relation);
                Some(())
            }
            Self::Stations(_) => {
                into.insert(scope.find(Place::new("lds_q", "name"))?.relation);
                Some(())
            }
        }
    }

    /// Whether a scope has all it looks at.
    pub(crate) fn fits(&self, scope: &Scope) -> bool {
        self.relations(scope, &mut BTreeSet::new()).is_some()
    }

    /// The condition of a statement.
    pub(crate) fn condition(&self, scope: &Scope, dialect: Dialect) -> Result<Condition> {
        let found = |place: Place| {
            scope.find(place).map(Place::expr).ok_or_else(|| LeddbError::Database {
                message: format!("{}.{} is not joined", place.relation, place.column),
            })
        };
        Ok(match self {
            Self::All(inner) if inner.is_empty() => Condition::all().add(Expr::cust("1 = 1")),
            Self::Any(inner) if inner.is_empty() => Condition::all().add(Expr::cust("1 = 0")),
            Self::All(inner) => add(Condition::all(), inner, scope, dialect)?,
            Self::Any(inner) => add(Condition::any(), inner, scope, dialect)?,
            Self::Test { place, test } => test.condition(found(*place)?, dialect),
            Self::Stations(names) => {
                let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
                let station = Expr::col(("lofar_dataset_has_station", "station"));
                let with_all = Build::select()
                    .column(("lofar_dataset_has_station", "lofar_dataset"))
                    .from("lofar_dataset_has_station")
                    .and_where(dialect.is_one_of_texts(station, names))
                    .group_by_col(("lofar_dataset_has_station", "lofar_dataset"))
                    // Each pair of observation and station is there once.
                    .and_having(Expr::cust("count(*)").eq(count))
                    .to_owned();
                let name = found(Place::new("lds_q", "name"))?;
                Condition::all().add(name.in_subquery(with_all))
            }
            Self::Below { place, parent } => parent.condition(found(*place)?, dialect)?,
        })
    }
}

fn add(
    mut group: Condition,
    inner: &[Bound],
    scope: &Scope,
    dialect: Dialect,
) -> Result<Condition> {
    for one in inner {
        group = group.add(one.condition(scope, dialect)?);
    }
    Ok(group)
}

impl Test {
    fn condition(&self, column: Expr, dialect: Dialect) -> Condition {
        let all = Condition::all();
        match self {
            Self::Compare(op, value) => {
                let value = plain(value);
                all.add(match op {
                    Op::Differs => column.ne(value),
                    Op::Less => column.lt(value),
                    Op::Greater => column.gt(value),
                    Op::AtMost => column.lte(value),
                    Op::AtLeast => column.gte(value),
                    _ => column.eq(value),
                })
            }
            Self::OneOf(list) => all.add(list.contains(column, dialect)),
            // An unknown value is neither in a list nor out of it.
            Self::NoneOf(list) => {
                all.add(column.clone().is_not_null()).add(list.contains(column, dialect).not())
            }
            Self::Matches(pattern) => {
                all.add(column.clone().is_not_null()).add(dialect.matches_pattern(column, pattern))
            }
            Self::MatchesNot(pattern) => all
                .add(column.clone().is_not_null())
                .add(dialect.matches_pattern(column, pattern).not()),
            Self::Unknown => all.add(column.is_null()),
            Self::Known => all.add(column.is_not_null()),
        }
    }
}

/// A value for the query builder.
pub(crate) fn plain(value: &Value) -> sea_query::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(value) => value.clone().into(),
        _ => sea_query::Value::BigInt(None),
    }
}

impl List {
    pub(crate) fn contains(&self, column: Expr, dialect: Dialect) -> Expr {
        match self {
            Self::Ints(values) => dialect.is_one_of(column, values),
            Self::Texts(values) => dialect.is_one_of_texts(column, values),
            // A list of a few numbers is bound one by one, so that none is rounded.
            Self::Floats(values) => column.is_in(values.iter().copied()),
            Self::Flags(values) => column.is_in(values.iter().copied()),
        }
    }
}
