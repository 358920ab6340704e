#![allow(clippy::unwrap_used)]

use rhai::{Engine, EvalAltResult};

use ledama_base::script::ScriptError;

use super::*;
use crate::testing::DataPack;

fn engine() -> Engine {
    let mut engine = Engine::new();
    crate::script::register(&mut engine);
    engine
}

fn small(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    path.display().to_string()
}

#[test]
fn a_script_looks_into_gains() {
    let script = format!(
        "let g = ms::gains(`{}`);
         let v = g.value([0, 0, 0, 0, 0]);
         let m = g.mean(\"DE601HBA\", \"YY\");
         let few = ms::gains(`{}`, #{{ stations: [\"A\"], freq_hz: [100.5e6] }});
         [g.shape, g.stations, g.jones, g.directions, v.re, m.re.type_of(), g.valid, g.freq_hz[0].is_nan(),
          few.shape, g.to_string(), g.mean(\"X\", \"YY\"), g.time_width_s.len(), few.warnings]",
        small("small.h5::other"),
        small("small.parmdb"),
    );
    let seen = engine().eval::<Array>(&script).unwrap();
    let text = format!("{seen:?}");
    for part in
        ["[3, 1, 3, 1, 2]", "\"DE601HBA\"", "\"YY\"", "\"f64\"", "18", "true", "[4, 1, 1, 1, 1]"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn errors_of_gains_are_told_where_they_happen() {
    for (script, kind, words) in [
        (format!("ms::gains(`{}`)", small("small.h5")), "input", "several solution sets"),
        (
            format!("ms::gains(`{}`, #{{ freq: 1 }})", small("small.h5")),
            "input",
            "options of the gains",
        ),
        (
            format!("ms::gains(`{}`).value([9, 0, 0, 0, 0])", small("small.parmdb")),
            "input",
            "each below",
        ),
        ("ms::gains(`/nowhere`)".to_string(), "not-found", "does not exist"),
        (
            format!("ms::statistics(`{}`)", small("small.parmdb")),
            "not-found",
            "no quality statistics",
        ),
    ] {
        let error = engine().eval::<Dynamic>(&script).unwrap_err();
        let EvalAltResult::ErrorRuntime(error, position) = *error else { panic!("{error}") };
        let error = error.cast::<ScriptError>();
        assert_eq!((error.kind.as_str(), position.line()), (kind, Some(1)), "{}", error.message);
        assert!(error.message.contains(words), "{}", error.message);
    }
}

#[test]
fn a_script_looks_into_statistics() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("aoq-collect");
    let script = format!(
        "let q = ms::statistics(`{}/L114220_SAP000_SB031_uv.MS`);
         let t = q.baseline;
         [q.kinds[1], q.correlations, t.axes, t.shape, t.baselines[0], t.missing_cells, q.time.time_mjd_s.len(),
          q.frequency.mean(1, 0).re > 0.0, t.value([1, 0, 0, 0]).re > 0.0, q.time.freq_hz]",
        folder.path().display()
    );
    let text = format!("{:?}", engine().eval::<Array>(&script).unwrap());
    for part in
        ["\"Count\"", "\"YX\"", "\"baseline\"", "[7, 28, 4, 1]", "\"CS002HBA0\"", "6, true, true"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}
