//! The two back ends, and everything in which their SQL differs.
//!
//! The schema keeps to what both have, so the list is short: names of types,
//! sequences, arrays, aggregates, regular expressions.

use sea_query::{
    Expr, ExprTrait, PostgresQueryBuilder, QueryStatementWriter, SimpleExpr, SqliteQueryBuilder,
};

use crate::schema::{Default, Type};
use crate::store::{Statement, Value};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// A file of SQLite.
    Sqlite,
    /// A server of PostgreSQL.
    Postgres,
}

impl Dialect {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// Values that one statement may bind.
    pub const fn most_values(self) -> usize {
        match self {
            Self::Sqlite => 32_000,
            Self::Postgres => 65_000,
        }
    }

    /// The type of a column.
    pub(crate) const fn type_name(self, kind: Type) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, Type::Int64 | Type::Int32 | Type::Int16 | Type::Time | Type::Bool) => {
                "INTEGER"
            }
            (Self::Sqlite, Type::Float) => "REAL",
            (Self::Sqlite, Type::Values) => "BLOB",
            (Self::Sqlite, _) => "TEXT",
            (Self::Postgres, Type::Int64 | Type::Time) => "bigint",
            (Self::Postgres, Type::Int32) => "integer",
            (Self::Postgres, Type::Int16) => "smallint",
            (Self::Postgres, Type::Float) => "double precision",
            (Self::Postgres, Type::Bool) => "boolean",
            // Byte order, so that both back ends and the program sort alike.
            (Self::Postgres, Type::Text(_) | Type::Json) => "text COLLATE \"C\"",
            (Self::Postgres, Type::Floats(_)) => "double precision[]",
            (Self::Postgres, Type::Ints(_)) => "bigint[]",
            (Self::Postgres, Type::Values) => "bytea",
        }
    }

    /// A constant of the schema.
    pub(crate) fn constant(self, value: Default) -> String {
        match (self, value) {
            (_, Default::Int(number)) => number.to_string(),
            (_, Default::Text(text)) => literal(text),
            (Self::Sqlite, Default::Bool(flag)) => u8::from(flag).to_string(),
            (Self::Postgres, Default::Bool(flag)) => flag.to_string(),
        }
    }

    /// A float rounded to an integer, halves away from zero, alike in both.
    pub(crate) fn rounded(self, expression: &str) -> String {
        let half = format!("{expression} + CASE WHEN {expression} < 0 THEN -0.5 ELSE 0.5 END");
        match self {
            Self::Sqlite => format!("CAST({half} AS INTEGER)"),
            Self::Postgres => {
                // A bare 0.5 is a decimal number there, and sums with it are not floats.
                let half = half
                    .replace("-0.5", "double precision '-0.5'")
                    .replace("ELSE 0.5", "ELSE double precision '0.5'");
                format!("CAST(trunc({half}) AS bigint)")
            }
        }
    }

    /// Whether any row of a group has the flag; none: no.
    pub(crate) fn any(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("COALESCE(max({expression}), 0)"),
            Self::Postgres => format!("COALESCE(bool_or({expression}), false)"),
        }
    }

    /// Texts of a group, between commas, in that order.
    pub(crate) fn joined(self, expression: &str, order: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat({expression}, ',' ORDER BY {order})"),
            Self::Postgres => format!("string_agg({expression}, ',' ORDER BY {order})"),
        }
    }

    /// A statement of the query builder, with its values.
    pub fn build<S: QueryStatementWriter>(self, statement: &S) -> Statement {
        let (text, values) = match self {
            Self::Sqlite => statement.build(SqliteQueryBuilder),
            Self::Postgres => statement.build(PostgresQueryBuilder),
        };
        Statement::built(text, values.0.into_iter().map(Value::from).collect())
    }

    /// Whether an expression is one of these ids: one bound value, however many
    /// they are. An empty list matches nothing.
    pub fn is_one_of(self, expression: impl Into<Expr>, ids: &[i64]) -> SimpleExpr {
        let expression = expression.into();
        match self {
            // A file has no lists; the text of integers holds nothing but digits.
            Self::Sqlite => expression.in_subquery(
                sea_query::Query::select()
                    .expr(Expr::cust("\"value\""))
                    .from_function(
                        sea_query::Func::cust("json_each").arg(Value::json_ints(ids)),
                        "ids",
                    )
                    .to_owned(),
            ),
            Self::Postgres => {
                let ids = ids.iter().map(|id| sea_query::Value::from(*id)).collect();
                let list =
                    sea_query::Value::Array(sea_query::ArrayType::BigInt, Some(Box::new(ids)));
                expression.eq(sea_query::extension::postgres::PgFunc::any(list))
            }
        }
    }

    /// Whether an expression is one of these texts: one bound value, likewise.
    pub fn is_one_of_texts(self, expression: impl Into<Expr>, texts: &[String]) -> SimpleExpr {
        let expression = expression.into();
        match self {
            Self::Sqlite => expression.in_subquery(
                sea_query::Query::select()
                    .expr(Expr::cust("\"value\""))
                    .from_function(
                        sea_query::Func::cust("json_each")
                            .arg(serde_json::Value::from(texts).to_string()),
                        "texts",
                    )
                    .to_owned(),
            ),
            Self::Postgres => {
                let texts = texts.iter().map(|text| text.as_str().into()).collect();
                let list =
                    sea_query::Value::Array(sea_query::ArrayType::String, Some(Box::new(texts)));
                expression.eq(sea_query::extension::postgres::PgFunc::any(list))
            }
        }
    }

    /// Whether a text matches a checked regular expression somewhere.
    pub(crate) fn matches_pattern(
        self,
        expression: impl Into<Expr>,
        pattern: &crate::query::Pattern,
    ) -> SimpleExpr {
        match self {
            Self::Sqlite => self.matches(expression, &pattern.for_sqlite()),
            Self::Postgres => self.matches(expression, &pattern.common),
        }
    }

    /// Whether a text matches a regular expression somewhere; case counts.
    pub fn matches(self, expression: impl Into<Expr>, pattern: &str) -> SimpleExpr {
        let expression = expression.into();
        match self {
            Self::Sqlite => expression.binary(sea_query::BinOper::Custom("REGEXP"), pattern),
            Self::Postgres => expression.binary(sea_query::BinOper::Custom("~"), pattern),
        }
    }
}

/// A text of the schema as SQL; texts of users are bound, never written.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

    use super::*;
    use crate::store::Database;
    use crate::testing::on_both;

    fn names(database: &Database, select: &SelectStatement) -> Vec<i64> {
        database
            .read(|tx| {
                let rows = tx.rows(database.dialect().build(select))?;
                rows.iter().map(|row| row.get(0)).collect()
            })
            .unwrap()
    }

    #[test]
    fn built_statements_find_the_same_on_both() {
        on_both(|database| {
            database
                .write(|tx| {
                    crate::testing::sample::observation(
                        tx,
                        1,
                        crate::testing::sample::Size::default(),
                    )
                })
                .unwrap();
            let dialect = database.dialect();
            let select = |condition: SimpleExpr| {
                Query::select()
                    .column("measurementset_id")
                    .from("measurementset_product")
                    .and_where(condition)
                    .order_by("measurementset_id", Order::Asc)
                    .to_owned()
            };
            let id = || Expr::col("measurementset_id");
            let found = |condition| names(database, &select(condition));
            assert_eq!(found(dialect.is_one_of(id(), &[7, 2, 2, -1, 99])), [2, 7]);
            assert!(found(dialect.is_one_of(id(), &[])).is_empty());
            let many: Vec<i64> = (0..200_000).collect();
            assert_eq!(found(dialect.is_one_of(id(), &many)).len(), 12);
            let name = || Expr::col("name");
            assert_eq!(found(dialect.matches(name(), "SAP000_SB00[12]")), [1, 2, 4, 5]);
            assert!(found(dialect.matches(name(), "sap000")).is_empty(), "case counts");
            assert!(found(dialect.matches(name(), "^SB")).is_empty());
            assert_eq!(found(name().eq("L80001_SAP001_SB002_uv.MS'; DROP TABLE x; --")).len(), 0);
            assert_eq!(found(id().between(3, 4).and(name().is_not_null())), [3, 4]);
            let none: SimpleExpr = Expr::col("product_size").eq(sea_query::Value::BigInt(None));
            assert!(found(none).is_empty());
        });
    }

    #[test]
    fn a_wrong_expression_is_an_error_not_a_crash() {
        on_both(|database| {
            let dialect = database.dialect();
            let select = Query::select()
                .column("name")
                .from("field")
                .and_where(dialect.matches(Expr::col("name"), "["))
                .to_owned();
            database
                .write(|tx| {
                    tx.execute(crate::store::Statement::constant(
                        "INSERT INTO \"field\" (\"name\") VALUES ('x')",
                        Vec::new(),
                    ))
                })
                .unwrap();
            assert!(database.read(|tx| tx.rows(dialect.build(&select))).is_err());
        });
    }

    #[test]
    fn a_column_that_is_not_there_is_an_error() {
        on_both(|database| {
            let select = Query::select().column("nothing").from("field").to_owned();
            let error = database.read(|tx| tx.rows(database.dialect().build(&select))).unwrap_err();
            assert!(error.to_string().contains("nothing"), "{error}");
        });
    }
}
