//! Every table of the data pack against what python-casacore reads from it.
//!
//! One test for each archive, so that `cargo test --test golden dysco` runs
//! a part. With `LEDAMA_TABLES_VERBOSE` set each test tells what it compared.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{compare, pack};

fn check(name: &str) {
    let Some(data) = pack::data() else { return };
    let golden = pack::json(&data.join(format!("golden/{name}.json")));
    if golden.get("tables").is_none() {
        return;
    }
    let folder = pack::unpack(&data.join(format!("ms/{name}.tar.gz")));
    let outcome = compare::archive(folder.path(), &golden, &data.join("golden"));
    outcome.report(name);
}

macro_rules! archives {
    ($($test:ident => $name:literal),* $(,)?) => {
        const ARCHIVES: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            check($name);
        })*
    };
}

archives! {
    aoq_collect => "aoq-collect",
    dp3_bda => "dp3-bda",
    dp3_gains => "dp3-gains",
    dp3_metacompress => "dp3-metacompress",
    dp3_quality => "dp3-quality",
    dp3_stokesi => "dp3-stokesi",
    dysco_00_12_weightonly => "dysco-00-12-weightonly",
    dysco_02_03_uniform_af => "dysco-02-03-uniform-af",
    dysco_04_04_tg_af => "dysco-04-04-tg-af",
    dysco_04_12_gauss_row => "dysco-04-12-gauss-row",
    dysco_08_00_dataonly => "dysco-08-00-dataonly",
    dysco_08_08_tg_af => "dysco-08-08-tg-af",
    dysco_08_12_gauss_af => "dysco-08-12-gauss-af",
    dysco_08_12_uniform_af => "dysco-08-12-uniform-af",
    dysco_10_12_tg_af => "dysco-10-12-tg-af",
    dysco_10_12_tg_rf => "dysco-10-12-tg-rf",
    dysco_10_12_tg_row => "dysco-10-12-tg-row",
    dysco_10_12_tg35_af => "dysco-10-12-tg35-af",
    dysco_12_08_uniform_rf => "dysco-12-08-uniform-rf",
    dysco_12_10_tg_af => "dysco-12-10-tg-af",
    dysco_16_04_uniform_row => "dysco-16-04-uniform-row",
    dysco_16_16_tg_af => "dysco-16-16-tg-af",
    dysco_onestman => "dysco-onestman",
    h5parm => "h5parm",
    parmdb_real => "parmdb-real",
    sisco => "sisco",
    syn_bool => "syn-bool",
    syn_concat => "syn-concat",
    syn_empty => "syn-empty",
    syn_ism => "syn-ism",
    syn_keywords => "syn-keywords",
    syn_ms => "syn-ms",
    syn_multifile => "syn-multifile",
    syn_records => "syn-records",
    syn_ref => "syn-ref",
    syn_ssm => "syn-ssm",
    syn_strings => "syn-strings",
    syn_tiledcell => "syn-tiledcell",
    syn_tiledcolumn => "syn-tiledcolumn",
    syn_tiledshape => "syn-tiledshape",
    syn_types => "syn-types",
    syn_virtual => "syn-virtual",
    t_ddecal => "tDDECal",
    t_demix => "tDemix",
    t_dish => "tDish",
    t_ndppp => "tNDPPP",
    t_ndppp_bda => "tNDPPP-bda",
    t_ndppp_generic => "tNDPPP-generic",
    t_oskar => "tOSKAR",
    wsrt_antenna => "wsrt-antenna",
}

#[test]
fn every_archive_has_a_test() {
    let Some(data) = pack::data() else { return };
    for entry in std::fs::read_dir(data.join("golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".json") {
            assert!(ARCHIVES.contains(&name), "no test for {name}");
        }
    }
}
