//! Stations and baselines as scripts see them.

use ledama_base::script::{At, ScriptResult, bad_input};
use rhai::plugin::*;
use rhai::{Array, Dynamic, ImmutableString, Map};

use super::database::Leddb;
use super::query::Query;
use crate::query::{Baselines, baselines, stations};

/// A text of a map; none, if it is not there or `()`.
fn word(ctx: &NativeCallContext<'_>, map: &Map, name: &str) -> ScriptResult<Option<String>> {
    match map.get(name) {
        None => Ok(None),
        Some(value) if value.is_unit() => Ok(None),
        Some(value) => match value.read_lock::<ImmutableString>() {
            Some(text) => Ok(Some(text.to_string())),
            None => bad_input(ctx, format!("`{name}` must be a text, not {}", value.type_name())),
        },
    }
}

fn flag(map: &Map, name: &str) -> bool {
    map.get(name).and_then(|value| value.as_bool().ok()).unwrap_or(false)
}

fn table(headers: &[&'static str], rows: Array) -> Map {
    let headers: Array = headers.iter().map(|header| Dynamic::from(*header)).collect();
    let mut map = Map::new();
    map.insert("columns".into(), headers.into());
    map.insert("rows".into(), rows.into());
    map
}

#[export_module]
pub mod methods {
    /// Stations by name as a map with `columns` and `rows`; only those of `antenna_type` and
    /// `location_type`, if given; with places in metres for `positions: true`. Errors `input`, `time-out`.
    #[rhai_fn(global, name = "stations", return_raw, pure)]
    pub fn stations_of(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        opts: Map,
    ) -> ScriptResult<Map> {
        let band = word(&ctx, &opts, "antenna_type")?;
        let place = word(&ctx, &opts, "location_type")?;
        let found = database.read(|tx| stations(tx, band.as_deref(), place.as_deref())).at(&ctx)?;
        let positions = flag(&opts, "positions");
        let row = |station: crate::query::Station| -> Dynamic {
            let mut row: Array = vec![
                station.name.into(),
                station.antenna_type.into(),
                station.location_type.into(),
            ];
            if positions {
                let place = station.position.unwrap_or_default();
                row.extend((0..3).map(|k| place.get(k).map_or(Dynamic::UNIT, |v| (*v).into())));
            }
            row.into()
        };
        let headers = ["Station", "Antenna", "Location", "x", "y", "z"];
        let headers = if positions { &headers[..] } else { &headers[..3] };
        Ok(table(headers, found.into_iter().map(row).collect()))
    }

    /// Names of the stations that took part in any of the observations of a query of LDS.
    /// Errors `input`, `time-out`.
    #[rhai_fn(global, name = "stations", return_raw, pure)]
    pub fn stations_of_query(ctx: NativeCallContext<'_>, query: &mut Query) -> ScriptResult<Array> {
        let plan = query.plan().at(&ctx)?;
        let names = query.database.read(|tx| plan.stations(tx)).at(&ctx)?;
        Ok(names.into_iter().map(Dynamic::from).collect())
    }

    /// Baselines by their stations as a map with `columns` and `rows`; only those whose stations
    /// match the regular expressions `first` and `second`, or one of them for `any: true`, or
    /// both in either order for `either: true`. Errors `input`, `time-out`.
    #[rhai_fn(global, name = "baselines", return_raw, pure)]
    pub fn baselines_of(
        ctx: NativeCallContext<'_>,
        database: &mut Leddb,
        opts: Map,
    ) -> ScriptResult<Map> {
        let wanted = Baselines {
            first: word(&ctx, &opts, "first")?,
            second: word(&ctx, &opts, "second")?,
            any: flag(&opts, "any"),
            either: flag(&opts, "either"),
        };
        let found = database.read(|tx| baselines(tx, &wanted)).at(&ctx)?;
        let row = |(id, first, second): (i64, String, String)| -> Dynamic {
            vec![Dynamic::from(id), first.into(), second.into()].into()
        };
        let headers = ["baselineId", "station1", "station2"];
        Ok(table(&headers, found.into_iter().map(row).collect()))
    }
}
