//! RefFiles of queries.

use std::ops::ControlFlow;
use std::sync::Arc;

use ledama_base::script::{At, ScriptError, ScriptResult, throw};
use ledama_reffile::script::RefFile;
use ledama_reffile::{NewEntry, RefFileError};
use rhai::plugin::*;

use super::query::{Asked, Query};
use crate::error::Result;
use crate::schema::pseudo::Pseudo;
use crate::store::Value;

/// What a RefFile says of a file.
const HEADERS: [&str; 6] = ["path", "name", "size[MB]", "host", "beamIndex", "centFreq"];

/// The rows of a RefFile.
fn entries(asked: &Asked) -> Result<(Vec<NewEntry>, String)> {
    let mut asked = asked.clone();
    asked.query.columns = Some(HEADERS.map(str::to_string).to_vec());
    let plan = asked.plan()?;
    let mut entries = Vec::new();
    let query = asked.database.read(|tx| {
        plan.stream(tx, true, |row| {
            entries.extend(entry(&row[1..]));
            Ok(ControlFlow::Continue(()))
        })?;
        plan.explain(tx)
    })?;
    Ok((entries, query))
}

fn entry(row: &[Value]) -> Option<NewEntry> {
    let [Value::Text(folder), Value::Text(name), size, Value::Text(host), beam, frequency] = row
    else {
        return None;
    };
    let path = if folder.is_empty() {
        name.clone()
    } else {
        format!("{}/{name}", folder.trim_end_matches('/'))
    };
    Some(NewEntry {
        path,
        node: host.clone(),
        freq_mhz: match frequency {
            // As many decimals as RefFiles have.
            Value::Float(mhz) => Some((mhz * 1000.0).round() / 1000.0),
            _ => None,
        },
        size_mb: match size {
            Value::Int(mb) => u64::try_from(*mb).ok(),
            _ => None,
        },
        beam: match beam {
            Value::Int(beam) => u16::try_from(*beam).ok(),
            _ => None,
        },
    })
}

#[export_module]
pub mod methods {
    /// The files of a query of MSP as a RefFile, with the query at its end. Errors `input`, `time-out`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn to_reffile(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<RefFile> {
        if query.query.table != Pseudo::Msp {
            return ledama_base::script::bad_input(&ctx, "a RefFile is made of a query of MSP");
        }
        let (entries, text) = super::entries(query).at(&ctx)?;
        let inventory = ledama_config::script::inventory(&ctx);
        let file = ledama_reffile::RefFile::from_rows(entries, &inventory);
        let file = file.map_err(|error: RefFileError| {
            let (kind, help) = (error.kind(), error.help());
            throw(ScriptError { kind, message: error.to_string(), help }, ctx.call_position())
        })?;
        Ok(Arc::new(file.with_query(&text)))
    }
}
