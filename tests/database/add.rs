//! Products of stores from lists: every form, every fault, the tools that list.

use std::os::unix::fs::PermissionsExt as _;

use ledama_leddb::testing::sample::{self, Size};

use crate::support::Work;
use crate::support::postgres::{Base, on_both};
use crate::support::run::Run;

const SRM: &str = "srm://grid-a.example.org:8443";

fn module(work: &Work, base: &Base, name: &str, more: &[&str]) -> Run {
    work.ledama(["run", name, "--dburl", &base.url, "--no-progress"]).args(more)
}

/// An observation on the cluster that lists are about.
fn observed(base: &Base) {
    base.database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
}

fn stored(base: &Base) -> Vec<String> {
    base.all(
        "SELECT f.\"store_host\" || ' ' || f.\"parent_path\" || '/' || f.\"name\" || ' ' || COALESCE(CAST(f.\"product_size\" AS text), '?') \
         || ' ' || CAST(p.\"product_version\" AS text) || ' ' || CAST(p.\"number_channels\" AS text) || ' ' || COALESCE(f.\"checksum\", '-') \
         FROM \"measurementset_product\" AS f JOIN \"measurementset\" AS m ON m.\"measurementset_id\" = f.\"measurementset_id\" \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         WHERE f.\"store_host\" NOT LIKE 'node%' ORDER BY f.\"parent_path\", f.\"name\"",
    )
}

const FDT: &str =
    "7 L80001_001/L80001_SAP000_SB000_uv.MS\n8 L80001_001/L80001_SAP000_SB001_uv.MS\n";

#[test]
fn an_fdt_list_is_added_once() {
    on_both(|work, base| {
        observed(base);
        work.file("list", FDT);
        let options = ["--fdtfile", "list", "--store", "ARCHIVE_PROC"];
        let before = base.counts();
        let shown = module(work, base, "AddFDTFileList", &options).args(["--query", "--json"]).ok();
        let json = shown.json();
        assert_eq!(json["facts"]["new"], 2, "{shown}");
        assert_eq!(base.counts(), before);
        module(work, base, "AddFDTFileList", &options).ok().complains("2 added");
        assert_eq!(
            stored(base),
            [
                "TARGET_E_EOR L80001_001/L80001_SAP000_SB000_uv.MS 7 1 64 -",
                "TARGET_E_EOR L80001_001/L80001_SAP000_SB001_uv.MS 8 1 64 -"
            ]
        );
        let before = base.counts();
        module(work, base, "AddFDTFileList", &options).ok().complains("2 skipped");
        assert_eq!(base.counts(), before);
        assert_eq!(
            base.one::<i64>("SELECT \"lds_number_measurementset_products\" FROM \"lds_q\""),
            14
        );
        let json = module(work, base, "AddFDTFileList", &options).arg("--json").ok().json();
        assert_eq!((&json["facts"]["skipped"], &json["facts"]["failed"]), (&2.into(), &0.into()));
    });
}

#[test]
fn all_faults_are_told_and_nothing_is_added() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    work.file("bad", "x L80001/a.MS\n7 L80001_001/L80001_SB000_uv.MS\nlonely\n");
    work.file("strange", "7 L80001_001/L80001_SB000_uv.MS\n7 readme\n7 a/b\n");
    let before = base.counts();
    for (file, lines) in [("bad", ["line 1", "line 3"]), ("strange", ["line 2", "line 3"])] {
        let output = module(&work, &base, "AddFDTFileList", &["-i", file, "-s", "ARCHIVE_RAW"]);
        let output = output.run().no_panic().code(2);
        for line in lines {
            assert!(output.stderr.contains(line), "{line}: {output}");
        }
    }
    work.file("list", FDT);
    for (store, word) in [("EoR", "no remote store"), ("nowhere", "ARCHIVE_PROC")] {
        let options = ["-i", "list", "-s", store];
        module(&work, &base, "AddFDTFileList", &options).run().no_panic().code(2).complains(word);
    }
    module(&work, &base, "AddFDTFileList", &["-i", "list"]).run().code(2).complains("--store");
    assert_eq!(base.counts(), before);
}

#[test]
fn addresses_lose_their_host_and_keep_their_digest() {
    on_both(|work, base| {
        observed(base);
        let md5 = "9e107d9d372bb6826bd81d3542a419d6";
        work.file(
            "cat",
            format!(
                "# id\n1\t{SRM}/pnfs/L80001/L80001_SAP000_SB000_uv.MS_ab12.tar\t1048577\t{md5}\n"
            ),
        );
        let options = ["-i", "cat", "-s", SRM, "-t", "GRID_A", "-l", "L80001", "-v", "3"];
        module(work, base, "AddCatFileList", &options).ok().complains("1 added");
        // What a catalogue tells borrows nothing.
        let first = format!("SARA /pnfs/L80001/L80001_SAP000_SB000_uv.MS_ab12.tar 2 3 -3 {md5}");
        assert_eq!(stored(base), [first.as_str()]);
        module(work, base, "AddCatFileList", &["-i", "cat", "-s", "srm://other", "-t", "GRID_A"])
            .run()
            .code(2)
            .complains("line 2");
        module(work, base, "AddCatFileList", &["-i", "cat", "-t", "GRID_A"])
            .run()
            .code(2)
            .complains("--hostpath");
        work.file(
            "log",
            format!(
                "a  b {SRM}/pnfs/L80001/L80001_SAP000_SB001_uv.MS.tar 943718 ok -\nrestarted\n"
            ),
        );
        module(work, base, "AddTxLog", &["-i", "log", "-s", SRM, "-t", "GRID_A"])
            .ok()
            .complains("line 2: restarted");
        assert_eq!(
            stored(base),
            [&first, "SARA /pnfs/L80001/L80001_SAP000_SB001_uv.MS.tar 1 0 -3 -"]
        );
    });
}

#[test]
fn a_sample_stands_for_all_sub_bands() {
    on_both(|work, base| {
        observed(base);
        let options =
            ["-i", "/far/L80001_001/L80001_SAP001_SB000_uv.MS", "-s", "PARTNER", "-b", "0-2"];
        module(work, base, "AddRemoteUnaccessiblePath", &options).ok().complains("3 added");
        assert_eq!(
            stored(base)[2],
            "SOUTHAMPTON /far/L80001_001/L80001_SAP001_SB002_uv.MS ? 1 64 -"
        );
    });
}

/// A configuration whose listing tools are these scripts.
fn tools(work: &Work, srmls: &str, uberftp: &str) -> std::path::PathBuf {
    let mut programs = String::from("[programs]\n");
    for (name, body) in [("srmls", srmls), ("uberftp", uberftp)] {
        let path = work.file(name, format!("#!/bin/sh\n{body}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        programs.push_str(&format!("{name} = [\"{}\"]\n", path.display()));
    }
    work.file("tools.toml", programs)
}

#[test]
fn what_srmls_lists_is_added() {
    on_both(|work, base| {
        observed(base);
        let srmls = "echo \"$@\" >> calls; test -z \"$GRID\" && exit 3\n\
            path=${1#srm://grid-a.example.org:8443}\n\
            case $path in *SB007*) exit 4;; *.tar) echo \"  1048577 $path\";; *)\n\
            echo \"  0 $path/\"; echo \"  9 $path/L80001_SAP000_SB000_uv.MS.tar\"; echo 'SRM note';; esac";
        let config = tools(work, srmls, "exit 1");
        let grid = work.file("grid.sh", "export GRID=yes\n");
        let options = ["-i", "/pnfs/L80001_001", "-s", SRM, "-t", "GRID_A"];
        // Without the set-up of the grid the tool fails, and nothing is added.
        let before = base.counts();
        module(work, base, "AddSRMLs", &options).config(&config).run().no_panic().code(1);
        assert_eq!(base.counts(), before);
        let run = |more: &[&str]| {
            module(work, base, "AddSRMLs", more)
                .args(["-g", grid.to_str().unwrap()])
                .config(&config)
        };
        run(&options).arg("--query").ok().says("srmls");
        assert_eq!(base.counts(), before);
        run(&options).ok().complains("1 added").complains("SRM note");
        let sample = ["-i", "/pnfs/L80001_001/L80001_SAP000_SB000_uv.MS.tar", "-b", "1,2"];
        run(&sample).args(["-s", SRM, "-t", "GRID_A"]).ok().complains("2 added");
        // A sub-band that is not there keeps no other one back.
        let sample = [&sample[..3], &["3,7"][..]].concat();
        run(&sample).args(["-s", SRM, "-t", "GRID_A"]).run().code(1).complains("1 added");
        assert_eq!(
            stored(base),
            [
                "SARA /pnfs/L80001_001/L80001_SAP000_SB000_uv.MS.tar 1 1 64 -",
                "SARA /pnfs/L80001_001/L80001_SAP000_SB001_uv.MS.tar 2 1 64 -",
                "SARA /pnfs/L80001_001/L80001_SAP000_SB002_uv.MS.tar 2 1 64 -",
                "SARA /pnfs/L80001_001/L80001_SAP000_SB003_uv.MS.tar 2 1 64 -"
            ]
        );
    });
}

#[test]
fn what_uberftp_lists_is_added() {
    on_both(|work, base| {
        observed(base);
        let uberftp = "test \"$1 $2\" = 'ftp.example.org ls \"/stage/a b/L80001_001\"' || exit 2\n\
            echo 220 ready; echo '-rw-r--r-- 1 l l 1048577 May  1  2013 L80001_SAP000_SB000_uv.MS.tar'";
        let config = tools(work, "exit 1", uberftp);
        let options = ["-i", "/stage/a b/L80001_001", "-s", "ftp.example.org", "-t", "GRID_A"];
        module(work, base, "AddUberFTP", &options).config(&config).ok().complains("1 added");
        assert_eq!(
            stored(base),
            ["SARA /stage/a b/L80001_001/L80001_SAP000_SB000_uv.MS.tar 2 1 64 -"]
        );
        module(work, base, "AddUberFTP", &["-i", "/x\"y", "-s", "h", "-t", "GRID_A"])
            .run()
            .code(2)
            .complains("without quotes");
        module(work, base, "AddUberFTP", &["-i", "/other", "-s", "h", "-t", "GRID_A"])
            .config(&config)
            .run()
            .no_panic()
            .code(1);
    });
}

#[test]
fn one_module_reads_every_form() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    observed(&base);
    let name = |sb: u32| format!("L80001_SAP000_SB{sb:03}_uv.MS");
    let forms = [
        ("fdt", format!("1 L80001_001/{}\n", name(0)), vec![]),
        ("cat", format!("1|{SRM}/a/{}|1|\n", name(1)), vec!["-s", SRM]),
        ("txlog", format!("a b {SRM}/a/{} 1 c d\n", name(2)), vec!["-s", SRM]),
        ("srm", format!("1 /a/{}\n", name(3)), vec![]),
        ("uberftp", format!("-rw-r--r-- 1 l l 1 May 1 2013 {}\n", name(4)), vec!["--folder", "/a"]),
        ("reffile", format!("a/{} ? 1 ARCHIVE_RAW 0\n", name(5)), vec!["--no-borrow"]),
    ];
    for (format, text, more) in forms {
        work.file("list", text);
        let options = ["-i", "list", "-t", "TARGET_F_EOR", "-f", format];
        module(&work, &base, "AddList", &options).args(more).ok().complains("1 added");
    }
    assert_eq!(stored(&base).len(), 6, "{:?}", stored(&base));
    work.file("list", "/a/L80001_SB001_uv.MS ? 1 node011 0\n");
    let options = ["-i", "list", "-t", "ARCHIVE_RAW", "-f", "reffile"];
    module(&work, &base, "AddList", &options).run().code(2).complains("AddRefFile");
    module(&work, &base, "AddList", &options[..4]).run().code(2).complains("--format");
}

#[test]
fn a_catalogue_makes_products_without_files() {
    on_both(|work, base| {
        observed(base);
        let row = |name: &str, mhz: &str| format!("{name} uv 1201 ok 1 2 3 4 5 6 {mhz} x\n");
        let text = row("L80001_SAP000_SB000_uv.MS", "115.039")
            + "remark\n"
            + row("L80001_SAP001_SB001_uv.MS", "115.234").as_str();
        work.file("table", &text);
        let options = ["-i", "table", "-v", "4", "-t", "10", "-b", "0.195", "-c", "1"];
        let before = base.counts();
        module(work, base, "AddEmptyLDSBP", &options).arg("--query").ok().says("115.039");
        assert_eq!(base.counts(), before);
        module(work, base, "AddEmptyLDSBP", &options)
            .ok()
            .complains("2 products and 2 measurement sets added");
        assert_eq!(
            base.all::<f64>(
                "SELECT \"ldsbp_minimum_central_frequency\" FROM \"ldsbp_q\" WHERE \"product_version\" = 4 ORDER BY 1"
            ),
            [115.039, 115.234]
        );
        work.file("table", text.replace("SAP001", "SAP009"));
        let before = base.counts();
        module(work, base, "AddEmptyLDSBP", &options).run().code(1).complains("L80001 beam 9");
        assert_eq!(base.counts(), before);
        module(work, base, "AddEmptyLDSBP", &["-i", "table", "-t", "ten"]).run().code(2);
    });
}
