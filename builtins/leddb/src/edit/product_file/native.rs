//! The form in TOML.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, ProductFile, Properties, Step, name_problem};

/// The version of the form that this program writes and reads.
pub(super) const VERSION: i64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: Option<Spanned<i64>>,
    #[serde(default)]
    product: RawProduct,
    #[serde(default)]
    step: Vec<RawStep>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProduct {
    general_description: Option<String>,
    main_user: Option<Spanned<String>>,
    is_flagged: Option<bool>,
    is_averaged: Option<bool>,
    is_calibrated: Option<bool>,
    is_direction_dependent_cal: Option<bool>,
    is_direction_independent_cal: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    order: Spanned<i64>,
    app_name: Spanned<String>,
    description: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

pub(super) fn read(text: &str) -> Result<ProductFile, Vec<Fault>> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line(span.start));
        vec![Fault { line, problem: error.message().to_string() }]
    })?;
    let mut faults = Vec::new();
    let mut fault = |at: usize, problem: String| faults.push(Fault { line: line(at), problem });
    if let Some(version) = raw.version.as_ref().filter(|version| *version.get_ref() != VERSION) {
        let found = version.get_ref();
        fault(version.span().start, format!("version {found} of this form is not known"));
    }
    if let Some(name) = &raw.product.main_user
        && let Some(problem) = name_problem("main_user", name.get_ref())
    {
        fault(name.span().start, problem);
    }
    let mut orders = BTreeSet::new();
    let mut steps = Vec::with_capacity(raw.step.len());
    for step in raw.step {
        let order = *step.order.get_ref();
        if order < 0 {
            fault(step.order.span().start, format!("`order` is a number from 0 on, not {order}"));
        } else if !orders.insert(order) {
            let problem = format!("there is a step with `order = {order}` already");
            fault(step.order.span().start, problem);
        }
        if let Some(problem) = name_problem("app_name", step.app_name.get_ref()) {
            fault(step.app_name.span().start, problem);
        }
        steps.push(Step {
            order,
            app_name: step.app_name.into_inner(),
            description: step.description.filter(|text| !text.is_empty()),
            files: step.files.into_iter().filter(|file| !file.is_empty()).collect(),
        });
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let product = raw.product;
    let known = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(ProductFile {
        product: Properties {
            general_description: known(product.general_description),
            main_user: known(product.main_user.map(Spanned::into_inner)),
            is_flagged: product.is_flagged,
            is_averaged: product.is_averaged,
            is_calibrated: product.is_calibrated,
            is_direction_dependent_cal: product.is_direction_dependent_cal,
            is_direction_independent_cal: product.is_direction_independent_cal,
        },
        steps,
    })
}
