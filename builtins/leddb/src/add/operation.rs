//! Adding as operations of a plan: each is one transaction.

use ledama_base::clock;
use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::{Added, Averaging, EmptyAdded, EmptyItem, Item, add, add_empty};
use crate::edit::operation::change;

/// Adds products of lists.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddProducts;

/// Which products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddProductsInput {
    /// The database, as a URL.
    pub database: String,
    /// The products.
    pub items: Vec<Item>,
    /// Take what is not known from the same data on the cluster.
    pub borrow: bool,
}

impl Operation for AddProducts {
    const NAME: &'static str = "leddb.add_products";
    const VERB: &'static str = "add to the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = AddProductsInput;
    type Output = Added;

    fn run(
        &self,
        input: AddProductsInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Added, OperationError> {
        let now = clock::now().as_second();
        change(&input.database, |tx| add(tx, &input.items, input.borrow, now))
    }
}

/// Adds products without files.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddEmpty;

/// Which, and how they were averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddEmptyInput {
    /// The database, as a URL.
    pub database: String,
    /// The measurement sets.
    pub items: Vec<EmptyItem>,
    /// Averaging and version.
    pub averaging: Averaging,
}

impl Operation for AddEmpty {
    const NAME: &'static str = "leddb.add_empty";
    const VERB: &'static str = "add to the database";
    const EFFECT: Effect = Effect::Changes;
    type Input = AddEmptyInput;
    type Output = EmptyAdded;

    fn run(
        &self,
        input: AddEmptyInput,
        _ctx: &dyn OperationContext,
    ) -> Result<EmptyAdded, OperationError> {
        let now = clock::now().as_second();
        change(&input.database, |tx| add_empty(tx, &input.items, input.averaging, now))
    }
}
