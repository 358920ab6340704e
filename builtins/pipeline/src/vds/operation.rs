//! The operations `pipeline.vds`, which describes a set on its node, and
//! `pipeline.gds`, which combines descriptions into one file.

use std::path::Path;

use ledama_base::atomic::Existing;
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use ledama_reffile::gds::cluster::Disk;
use ledama_reffile::gds::{Description, combine, read};
use serde::{Deserialize, Serialize};

use super::describe::{DescribeError, describe};

/// Describes a set.
#[derive(Debug, Clone, Copy, Default)]
pub struct DescribeSet;

/// Which set, and what is known about the disks of its node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribeInput {
    /// The set, in text form.
    pub path: String,
    /// Disks of the node.
    pub disks: Vec<Disk>,
    /// The description of the cluster, where one is used.
    #[serde(default)]
    pub cluster_desc: Option<String>,
}

impl Operation for DescribeSet {
    const NAME: &'static str = "pipeline.vds";
    const VERB: &'static str = "describe";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = DescribeInput;
    type Output = Description;

    fn run(
        &self,
        input: DescribeInput,
        _: &dyn OperationContext,
    ) -> Result<Description, OperationError> {
        let path = rawtext::text_path(&input.path);
        describe(&path, &input.disks, input.cluster_desc.as_deref()).map_err(|error| match error {
            DescribeError::Gds(error) => error.into(),
            DescribeError::Table(error) => {
                let kind = if path.exists() { ErrorKind::Input } else { ErrorKind::NotFound };
                OperationError::new(kind, error.to_string())
            }
        })
    }
}

/// Combines VDS files into a GDS file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Combine;

/// One part of a GDS file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartInput {
    /// The VDS file, in text form.
    pub vds: String,
    /// The set that it should describe.
    pub set: String,
}

/// Which files make which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CombineInput {
    /// The GDS file, in text form.
    pub output: String,
    /// In the order they are to have.
    pub parts: Vec<PartInput>,
    /// Whether an older file may be replaced.
    pub overwrite: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombineOutput {
    /// How many parts it has.
    pub parts: usize,
    /// What is odd about them, as texts for the user.
    pub warnings: Vec<String>,
}

impl Operation for Combine {
    const NAME: &'static str = "pipeline.gds";
    const VERB: &'static str = "write";
    const EFFECT: Effect = Effect::Changes;
    type Input = CombineInput;
    type Output = CombineOutput;

    fn run(
        &self,
        input: CombineInput,
        ctx: &dyn OperationContext,
    ) -> Result<CombineOutput, OperationError> {
        let mut sets = Vec::with_capacity(input.parts.len());
        for part in &input.parts {
            ctx.check()?;
            let place = rawtext::text_path(&part.vds);
            let described = read(&place)?.head;
            if described.path() != part.set {
                let message =
                    format!("{} describes {}, not {}", part.vds, described.path(), part.set);
                return Err(OperationError::new(ErrorKind::Input, message)
                    .help("make it anew with CreateVDSFiles"));
            }
            sets.push((absolute(&place)?, described));
        }
        let output = rawtext::text_path(&input.output);
        let Some(combined) = combine(&absolute(&output)?, &sets) else {
            return Err(OperationError::new(ErrorKind::Input, "a group of no sets"));
        };
        let existing = if input.overwrite { Existing::Replace } else { Existing::Keep };
        combined.gds.save(&output, existing)?;
        Ok(CombineOutput { parts: sets.len(), warnings: combined.warnings })
    }
}

fn absolute(path: &Path) -> Result<String, OperationError> {
    let absolute = std::path::absolute(path)
        .map_err(|error| OperationError::io(rawtext::path_text(path), &error))?;
    Ok(rawtext::path_text(&absolute))
}
