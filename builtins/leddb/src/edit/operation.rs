//! Changes as operations of a plan, so that they are shown, confirmed and recorded
//! like all others. Each opens the database, changes it in one transaction, and
//! derives the facts of the observations concerned anew.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::chosen::Target;
use super::copying::{Copied, Pair, Parts, copy_properties};
use super::counts::Removal;
use super::update::{Difference, Update, update_products};
use super::{EmptyProduct, clean, remove};
use crate::error::Result;
use crate::meta::{self, Scope};
use crate::store::{Database, Location, Options, Transaction};

/// Opens the database, does the work in one transaction, and refreshes what follows.
pub(crate) fn change<T>(
    database: &str,
    work: impl FnMut(&mut Transaction) -> Result<T>,
) -> Result<T, OperationError> {
    let database = Database::open(&Location::parse(database)?, &Options::default())?;
    let done = database.write(work)?;
    meta::refresh(&database, Scope::Touched)?;
    Ok(done)
}

/// Removes rows with all that belongs to them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remove;

/// Which rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveInput {
    /// The database, as a URL.
    pub database: String,
    /// The rows.
    pub target: Target,
}

impl Operation for Remove {
    const NAME: &'static str = "leddb.remove";
    const VERB: &'static str = "remove from the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveInput;
    type Output = Removal;

    fn run(
        &self,
        input: RemoveInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Removal, OperationError> {
        change(&input.database, |tx| remove(tx, &input.target))
    }
}

/// Removes products that are empty and have a sibling with files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clean;

/// Of which store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanInput {
    /// The database, as a URL.
    pub database: String,
    /// The store; all if absent.
    #[serde(default)]
    pub store: Option<String>,
}

/// What went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanOutput {
    /// The products.
    pub products: Vec<EmptyProduct>,
    /// With all that belonged to them.
    pub removal: Removal,
}

impl Operation for Clean {
    const NAME: &'static str = "leddb.clean_products";
    const VERB: &'static str = "remove empty products from the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = CleanInput;
    type Output = CleanOutput;

    fn run(
        &self,
        input: CleanInput,
        _ctx: &dyn OperationContext,
    ) -> Result<CleanOutput, OperationError> {
        let (products, removal) = change(&input.database, |tx| clean(tx, input.store.as_deref()))?;
        Ok(CleanOutput { products, removal })
    }
}

/// Describes products anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct UpdateProduct;

/// Which products get what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateProductInput {
    /// The database, as a URL.
    pub database: String,
    /// The products.
    pub ids: Vec<i64>,
    /// What they get.
    pub update: Update,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateProductOutput {
    /// Before and after.
    pub differences: Vec<Difference>,
}

impl Operation for UpdateProduct {
    const NAME: &'static str = "leddb.update_product";
    const VERB: &'static str = "update in the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = UpdateProductInput;
    type Output = UpdateProductOutput;

    fn run(
        &self,
        input: UpdateProductInput,
        _ctx: &dyn OperationContext,
    ) -> Result<UpdateProductOutput, OperationError> {
        let differences =
            change(&input.database, |tx| update_products(tx, &input.ids, &input.update))?;
        Ok(UpdateProductOutput { differences })
    }
}

/// Gives products what is known of others.
#[derive(Debug, Clone, Copy, Default)]
pub struct CopyProperties;

/// From which to which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyPropertiesInput {
    /// The database, as a URL.
    pub database: String,
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// What is copied.
    pub parts: Parts,
}

/// What came of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyPropertiesOutput {
    /// In the order of the pairs.
    pub copied: Vec<Copied>,
}

impl Operation for CopyProperties {
    const NAME: &'static str = "leddb.copy_properties";
    const VERB: &'static str = "copy properties in the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = CopyPropertiesInput;
    type Output = CopyPropertiesOutput;

    fn run(
        &self,
        input: CopyPropertiesInput,
        _ctx: &dyn OperationContext,
    ) -> Result<CopyPropertiesOutput, OperationError> {
        let copied =
            change(&input.database, |tx| copy_properties(tx, &input.pairs, input.parts, true))?;
        Ok(CopyPropertiesOutput { copied })
    }
}
