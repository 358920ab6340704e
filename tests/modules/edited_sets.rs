//! Sets that went through every edit, in the hands of the programs that LOFAR
//! data are processed with: they must read them and write to them.

use std::path::Path;
use std::process::Command;

use super::edits::{self, Scene};
use crate::support::skip::{Skip, need};
use crate::support::{Output, casacore};

/// Runs DP3, which comes as a package of the same Python as casacore.
fn dp3(settings: &[String]) -> Result<(), Skip> {
    let script = "import sys; from dp3 import entrypoint; sys.exit(entrypoint())";
    let mut probe = Command::new(casacore::python()?);
    if !probe.args(["-c", "import dp3"]).output().unwrap().status.success() {
        return Err(Skip("no dp3 for the Python of casacore".into()));
    }
    let mut command = Command::new(casacore::python()?);
    // It refuses to run where its linear algebra would start threads of its own.
    let output =
        command.env("OPENBLAS_NUM_THREADS", "1").args(["-c", script]).args(settings).output();
    expect_success("DP3", &output.unwrap());
    Ok(())
}

fn aoflagger(set: &Path) -> Result<(), Skip> {
    match Command::new("aoflagger").args(["-j", "1"]).arg(set).output() {
        Ok(output) => expect_success("aoflagger", &output),
        Err(_) => return Err(Skip("no aoflagger".into())),
    }
    Ok(())
}

fn expect_success(program: &str, output: &std::process::Output) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program}: {}{}", text(&output.stdout), text(&output.stderr));
}

fn done(output: Output) {
    output.no_panic().code(0);
}

#[test]
fn dp3_and_aoflagger_read_and_write_them() {
    let scene = need!(Scene::of("tNDPPP-generic"));
    scene.list(&[0]);
    done(scene.run("SetMount", &[]));
    done(scene.run("UnFlagData", &["--yes"]));
    done(scene.run("CleanData", &["--yes", "-c", "CORRECTED_DATA,LOFAR_FULL_RES_FLAG"]));
    done(scene.run("AddImagingColumns", &["--init-from-data"]));
    let set = scene.set(0);
    let table = scene.table(0);
    let data = edits::all::<ledama_tables::Complex32>(&table, "DATA");

    // A copy by DP3 holds the same visibilities.
    let copy = scene.work.join("copy.MS");
    let setting = |key: &str, path: &Path| format!("{key}={}", path.display());
    need!(dp3(&[setting("msin", &set), setting("msout", &copy), "steps=[]".into()]));
    let copied = ledama_tables::Table::open(&copy).unwrap();
    assert_eq!(edits::all::<ledama_tables::Complex32>(&copied, "DATA"), data);

    // It writes flags into the set, and what it wrote is what we then read.
    let flag = ["msout=.", "steps=[p]", "p.type=preflagger", "p.baseline=CS001*"];
    let settings: Vec<String> =
        std::iter::once(setting("msin", &set)).chain(flag.map(String::from)).collect();
    need!(dp3(&settings));
    let set_flags = |table: &ledama_tables::Table| {
        edits::all::<bool>(table, "FLAG").into_iter().filter(|flag| *flag).count()
    };
    assert!(set_flags(&scene.table(0)) > 0);
    need!(aoflagger(&set));
    let flags = edits::all::<bool>(&scene.table(0), "FLAG");
    let wanted = serde_json::json!(flags.iter().filter(|flag| **flag).count());
    casacore::expect(&set, "int(t.getcol('FLAG').sum())", &wanted);

    // And we can edit it again.
    done(scene.run("UnFlagData", &["--yes"]));
    assert_eq!(set_flags(&scene.table(0)), 0);
}
