//! Hours observed of each field: groups of main fields by patterns.

use sea_query::{Expr, ExprTrait as _, Func, Query};
use serde::Serialize;

use crate::error::{LeddbError, Result};
use crate::store::Database;

/// Hours of one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hours {
    /// Its label; `OTHERS` has what no pattern matches, and observations without a field.
    pub label: String,
    /// Observations.
    pub observations: i64,
    /// Their hours.
    pub hours: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoursPerField {
    /// One for each label, `OTHERS` last.
    pub groups: Vec<Hours>,
    /// Main fields that several patterns match, with their labels; they count for the first.
    pub overlaps: Vec<(String, Vec<String>)>,
}

/// A label and its pattern, from `LABEL=PATTERN`.
pub fn group(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((label, pattern)) if !label.trim().is_empty() && !pattern.is_empty() => {
            Ok((label.trim().to_string(), pattern.to_string()))
        }
        _ => Err(LeddbError::Input {
            message: format!("`{text}` is no group of fields"),
            help: Some("write LABEL=PATTERN, such as `3C196=3C ?196`".to_string()),
        }),
    }
}

/// Adds up observations that began after `since` (`YYYY/MM/DD`) and are longer than
/// `min_duration` seconds, which leaves calibrators out.
pub fn hours_per_field(
    database: &Database,
    since: &str,
    min_duration: i64,
    groups: &[(String, String)],
) -> Result<HoursPerField> {
    let dialect = database.dialect();
    let field = || Expr::col("lds_main_field");
    let mut select = Query::select();
    select.expr(field()).expr(Func::count(Expr::col("name")));
    select.expr(Expr::cust("CAST(sum(\"lds_duration\") AS bigint)"));
    for (_, pattern) in groups {
        select.expr(dialect.matches(field(), pattern));
    }
    select
        .from("lds_q")
        .and_where(Expr::col("initial_utc").gt(since))
        .and_where(Expr::col("lds_duration").gt(min_duration))
        .group_by_col("lds_main_field")
        .order_by("lds_main_field", sea_query::Order::Asc);
    let labels = groups.iter().map(|(label, _)| label.as_str()).chain(["OTHERS"]);
    let mut sums: Vec<(String, i64, i64)> = labels.map(|label| (label.to_string(), 0, 0)).collect();
    let mut overlaps = Vec::new();
    for row in database.read(|tx| tx.rows(dialect.build(&select)))? {
        let mut matching = Vec::new();
        for place in 0..groups.len() {
            if row.get::<Option<bool>>(place + 3)?.unwrap_or(false) {
                matching.push(place);
            }
        }
        if matching.len() > 1 {
            let labels = matching.iter().map(|place| groups[*place].0.clone()).collect();
            overlaps.push((row.get::<Option<String>>(0)?.unwrap_or_default(), labels));
        }
        let sum = &mut sums[matching.first().copied().unwrap_or(groups.len())];
        sum.1 += row.get::<i64>(1)?;
        sum.2 += row.get::<Option<i64>>(2)?.unwrap_or(0);
    }
    #[allow(clippy::cast_precision_loss)] // Seconds of all observations ever fit.
    let hours = |seconds: i64| (seconds as f64 / 36.0).round() / 100.0;
    let groups = sums
        .into_iter()
        .map(|(label, observations, seconds)| Hours { label, observations, hours: hours(seconds) })
        .collect();
    Ok(HoursPerField { groups, overlaps })
}
