//! Views: tables with their derived facts, hosts with their flag.

use super::Ddl;
use super::ident::quoted;
use crate::dialect::Dialect;
use crate::schema::views::{STORE_HOST_VIEW, VIEWS};

/// All views.
pub(super) fn create_views(_dialect: Dialect) -> Vec<Ddl> {
    let mut all = Vec::new();
    for view in VIEWS {
        let of = |alias: &str, columns: &[crate::schema::Column]| -> Vec<String> {
            columns.iter().map(|column| format!("{alias}.{}", quoted(column.name))).collect()
        };
        let mut columns = of("b", view.base.columns);
        columns.extend(of("m", view.meta.columns));
        all.push(Ddl(format!(
            "CREATE VIEW {} AS SELECT {} FROM {} AS b LEFT JOIN {} AS m ON m.{} = b.{}",
            quoted(view.name),
            columns.join(", "),
            quoted(view.base.name),
            quoted(view.meta.name),
            quoted(view.meta_key),
            quoted(view.key),
        )));
    }
    all.push(Ddl(format!(
        "CREATE VIEW {} AS SELECT h.\"name\", EXISTS (SELECT 1 FROM \"update_job\" AS j WHERE \
         j.\"store_host\" = h.\"name\" AND j.\"job\" = 'update') AS \"requires_update\" FROM \"store_host\" AS h",
        quoted(STORE_HOST_VIEW)
    )));
    all
}
