//! Products described anew: what they are, and which steps made them.

use sea_query::{Expr, ExprTrait as _, Query};
use serde::{Deserialize, Serialize};

use super::product::{properties, steps, unknown};
use super::product_file::{Properties, Step};
use crate::error::{LeddbError, Result};
use crate::load::{Existing, upsert};
use crate::meta;
use crate::schema::applications::{APPLICATION_FILE, APPLICATION_RUN};
use crate::store::{Statement, Transaction, Value};

/// What products get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Properties; those that are not given stay.
    #[serde(default)]
    pub product: Properties,
    /// The steps in place of theirs; none: theirs stay.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
}

/// One thing that is, or would be, different afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The product.
    pub product: i64,
    /// What of it.
    pub what: String,
    /// As it was; empty: not known.
    pub before: String,
    /// As it is then.
    pub after: String,
}

/// What an update would change.
pub fn differences(tx: &mut Transaction, ids: &[i64], update: &Update) -> Result<Vec<Difference>> {
    check(tx, ids, update)?;
    let mut all = Vec::new();
    for id in ids {
        all.extend(of_properties(tx, *id, &update.product)?);
        all.extend(of_steps(tx, *id, update)?);
    }
    Ok(all)
}

/// Updates products; what changed.
pub fn update_products(
    tx: &mut Transaction,
    ids: &[i64],
    update: &Update,
) -> Result<Vec<Difference>> {
    check(tx, ids, update)?;
    let mut all = Vec::new();
    for id in ids {
        let properties = of_properties(tx, *id, &update.product)?;
        if !properties.is_empty() {
            set(tx, *id, &update.product)?;
        }
        let steps = of_steps(tx, *id, update)?;
        if let (Some(new), false) = (&update.steps, steps.is_empty()) {
            replace_steps(tx, *id, new)?;
        }
        if !properties.is_empty() || !steps.is_empty() {
            mark(tx, *id)?;
        }
        all.extend(properties);
        all.extend(steps);
    }
    Ok(all)
}

fn check(tx: &mut Transaction, ids: &[i64], update: &Update) -> Result<()> {
    if update.product.is_empty() && update.steps.is_none() {
        return Err(LeddbError::input("nothing is given that products could get"));
    }
    let mut missing = Vec::new();
    for id in ids {
        if properties(tx, *id)?.is_none() {
            missing.push(*id);
        }
    }
    match missing.as_slice() {
        [] => Ok(()),
        [id] => Err(unknown(*id)),
        ids => {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            Err(LeddbError::input(format!("there are no products (LDSBP) {}", ids.join(", "))))
        }
    }
}

fn yes_or_no(flag: Option<bool>) -> String {
    flag.map_or("", |flag| if flag { "yes" } else { "no" }).to_string()
}

fn of_properties(tx: &mut Transaction, id: i64, new: &Properties) -> Result<Vec<Difference>> {
    let old = properties(tx, id)?.ok_or_else(|| unknown(id))?;
    let mut found = Vec::new();
    let mut add = |what: &str, before: String, after: Option<String>| {
        if let Some(after) = after.filter(|after| *after != before) {
            found.push(Difference { product: id, what: what.to_string(), before, after });
        }
    };
    add(
        "general_description",
        old.general_description.clone().unwrap_or_default(),
        new.general_description.clone(),
    );
    add("main_user", old.main_user.clone().unwrap_or_default(), new.main_user.clone());
    for ((what, before), (_, after)) in old.flags().into_iter().zip(new.flags()) {
        add(what, yes_or_no(before), after.map(|after| yes_or_no(Some(after))));
    }
    Ok(found)
}

fn of_steps(tx: &mut Transaction, id: i64, update: &Update) -> Result<Vec<Difference>> {
    let Some(new) = &update.steps else { return Ok(Vec::new()) };
    let old = steps(tx, id)?;
    let mut orders: Vec<i64> = old.iter().chain(new).map(|step| step.order).collect();
    orders.sort_unstable();
    orders.dedup();
    let text = |steps: &[Step], order: i64| {
        steps.iter().find(|step| step.order == order).map(shown).unwrap_or_default()
    };
    let changes = orders.into_iter().filter_map(|order| {
        let (before, after) = (text(&old, order), text(new, order));
        let what = format!("step {order}");
        (before != after).then_some(Difference { product: id, what, before, after })
    });
    Ok(changes.collect())
}

/// A step on one line.
fn shown(step: &Step) -> String {
    let mut text = if step.app_name.is_empty() { "?".to_string() } else { step.app_name.clone() };
    if let Some(description) = &step.description {
        text.push_str(": ");
        text.push_str(description);
    }
    if !step.files.is_empty() {
        text.push_str(" [");
        text.push_str(&step.files.join(", "));
        text.push(']');
    }
    text
}

fn set(tx: &mut Transaction, id: i64, new: &Properties) -> Result<()> {
    let texts = [("description", &new.general_description), ("main_user", &new.main_user)];
    let flags = [
        ("flagged", new.is_flagged),
        ("averaged", new.is_averaged),
        ("calibrated", new.is_calibrated),
        ("dir_dep_calibration", new.is_direction_dependent_cal),
        ("dir_indep_calibration", new.is_direction_independent_cal),
    ];
    let mut update = Query::update();
    update.table("lofar_dataset_beam_product");
    for (column, text) in texts {
        if let Some(text) = text {
            update.value(column, text.as_str());
        }
    }
    for (column, flag) in flags {
        if let Some(flag) = flag {
            update.value(column, flag);
        }
    }
    update.and_where(Expr::col("lofar_dataset_beam_product_id").eq(id));
    tx.execute(tx.dialect().build(&update)).map(drop)
}

fn replace_steps(tx: &mut Transaction, id: i64, new: &[Step]) -> Result<()> {
    tx.execute(Statement::constant(
        "DELETE FROM \"application_run\" WHERE \"lofar_dataset_beam_product_id\" = $1",
        vec![id.into()],
    ))?;
    let rows: Vec<Vec<Value>> = new
        .iter()
        .map(|step| {
            vec![
                id.into(),
                step.order.into(),
                step.app_name.as_str().into(),
                step.description.clone().into(),
            ]
        })
        .collect();
    let columns = ["lofar_dataset_beam_product_id", "order_index", "app_name", "description"];
    let runs = upsert(tx, &APPLICATION_RUN, &columns, &rows, Existing::Keep)?;
    for (step, run) in new.iter().zip(runs) {
        let ids = tx.next_ids(&APPLICATION_FILE, step.files.len())?;
        for (file_id, file) in ids.into_iter().zip(&step.files) {
            tx.execute(Statement::constant(
                "INSERT INTO \"application_file\" (\"application_file_id\", \"application_run_id\", \"file_path\") VALUES ($1, $2, $3)",
                vec![file_id.into(), run.id.into(), file.as_str().into()],
            ))?;
        }
    }
    Ok(())
}

/// Marks the observation of a product.
pub(super) fn mark(tx: &mut Transaction, product: i64) -> Result<()> {
    let row = tx.maybe_row(Statement::constant(
        "SELECT b.\"lofar_dataset\" FROM \"lofar_dataset_beam_product\" AS p \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE p.\"lofar_dataset_beam_product_id\" = $1",
        vec![product.into()],
    ))?;
    match row {
        Some(row) => meta::mark(tx, &row.get::<String>(0)?),
        None => Ok(()),
    }
}
