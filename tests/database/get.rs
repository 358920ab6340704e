//! What is asked of the database, and what comes of it: on both back ends, with
//! every option.

use ledama_leddb::meta;
use ledama_leddb::testing::sample::{self, Made, Size};

use crate::support::postgres::{Base, on_both};
use crate::support::run::{Run, repository};
use crate::support::{Output, Work};

fn fill(base: &Base) -> Vec<Made> {
    let made = base
        .database
        .write(|tx| {
            let mut all = Vec::new();
            for number in 1..=2 {
                let stations = 2 + usize::try_from(number).unwrap();
                let size = Size { stations, ..Size::default() };
                let made = sample::observation(tx, number, size)?;
                sample::diagnostics(tx, &made, size)?;
                all.push(made);
            }
            Ok(all)
        })
        .unwrap();
    meta::refresh(&base.database, meta::Scope::Touched).unwrap();
    made
}

fn module(work: &Work, base: &Base, name: &str, more: &[&str]) -> Run {
    let config = work.file("ledama.toml", "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\n");
    work.ledama(["run", name, "--dburl", &base.url, "--no-progress"]).args(more).config(&config)
}

fn lines(output: &Output) -> Vec<String> {
    output.stdout().lines().map(str::to_string).collect()
}

/// Each module with its options, and how many rows they find.
const CASES: &[(&str, &[&str], usize)] = &[
    ("GetLDSs", &[], 2),
    ("GetLDSs", &["-p", "LEA128"], 2),
    ("GetLDSs", &["-p", "x"], 0),
    ("GetLDSs", &["-t", "^3C", "-b", "2", "-a", "HBA"], 2),
    ("GetLDSs", &["-a", "LBA"], 0),
    ("GetLDSs", &["-s", "CS001HBA0,DE601HBA,DE601HBA"], 1),
    ("GetLDSs", &["--where", "duration[s] > 1800", "--where", "name ~ 1$"], 1),
    ("GetLDSs", &["--where", "name = L80001,L80002"], 2),
    ("GetLDSBs", &["-l", "L80001"], 2),
    ("GetLDSBs", &["-b", "0", "-t", "3C196,NCP"], 2),
    ("GetLDSBPs", &["-l", "L80001"], 4),
    ("GetLDSBPs", &["-i", "0-1", "-v", "0", "-b", "0-1", "-s", "EoR"], 2),
    ("GetMSs", &["-l", "L80001", "-b", "0", "-p", "0-9", "-s", "0-1"], 4),
    ("GetMSs", &["--limit", "5"], 5),
    ("GetMSPs", &["-l", "L80001", "-b", "0", "-p", "0-9", "-m", "0-99", "-s", "0-1"], 4),
    ("GetMSPs", &["-n", "node011"], 12),
    ("GetGains", &["-s", "CS001HBA0,DE601HBA"], 24 + 12),
    ("GetGains", &["-g", "0-4", "-l", "L80001", "-i", "0", "-p", "0", "-m", "0-1", "-b", "0-1"], 5),
    ("GetGains", &["-c", "115.1..115.3"], 28),
    ("GetGains", &["-c", "115-115.195"], 0),
    ("GetGains", &["-c", "115..115.195", "--inclusive"], 56),
    ("GetGains", &["-r", "none", "-d", "none"], 84),
    ("GetGains", &["--dirra=-2..0", "--dirdec=-1.5--0.5"], 84),
    ("GetGains", &["-r", "0..9"], 0),
    ("GetQTSs", &["-k", "1"], 24),
    ("GetQTSs", &["-q", "0-3", "-l", "L80001", "-m", "0"], 2),
    ("GetQFSs", &["-k", "1-2", "-p", "0", "-b", "0"], 2),
    ("GetQFSs", &["-q", "0"], 1),
    ("GetQBSs", &["-k", "1", "-s", "0"], 24),
    ("GetQBSs", &["-q", "5-7", "-c", "114..116"], 3),
    ("GetGainMovies", &["-l", "L80001", "-b", "0", "-p", "0", "-m", "0"], 0),
];

#[test]
fn each_option_filters_on_both() {
    on_both(|work, base| {
        fill(base);
        for (name, more, expected) in CASES {
            let count = module(work, base, name, more).arg("--format").arg("ids").ok();
            let ids = count.stdout().trim_end().split(',').filter(|id| !id.is_empty()).count();
            assert_eq!(ids, *expected, "{name} {more:?}: {count}");
            let table = module(work, base, name, more).args(["--full", "--format", "csv"]).ok();
            assert_eq!(lines(&table).len(), expected + 1, "{name} {more:?}: {table}");
        }
    });
}

#[test]
fn rows_are_shown_in_every_form() {
    on_both(|work, base| {
        fill(base);
        let show = |more: &[&str]| {
            let base_args = ["-l", "L80001", "-s", "0", "--columns", "LDS,centFreq,field"];
            module(work, base, "GetMSs", &base_args).args(more).ok()
        };
        let csv = show(&["--format", "csv"]);
        assert_eq!(lines(&csv)[..2], ["MSId,LDS,centFreq,field", "0,L80001,115,3C196"], "{csv}");
        let json = show(&["--format", "json"]).json();
        assert_eq!(json[0]["MSId"], 0);
        assert_eq!(json.as_array().unwrap().len(), 4);
        let table = show(&[]);
        assert!(lines(&table)[0].starts_with("MSId  LDS"), "{table}");
        assert!(table.stderr.contains("4 rows of MS match"), "{table}");
        assert_eq!(show(&["--format", "ids"]).stdout(), "0,3,6,9\n");
        assert_eq!(show(&["--format", "ids", "--desc"]).stdout(), "9,6,3,0\n");
        assert_eq!(show(&["--format", "ids", "--order", "field,MSId"]).stdout(), "0,3,6,9\n");
        assert_eq!(show(&["--format", "ids", "--limit", "2"]).stdout(), "0,3\n");
        assert_eq!(show(&["--count"]).stdout(), "4\n");
        assert_eq!(show(&["--count", "--json"]).json()["result"]["count"], 4);
        let document = show(&["--json"]).json();
        assert_eq!(document["result"]["rows"].as_array().unwrap().len(), 4);
        let explained = show(&["--explain", "--format", "ids"]);
        assert_eq!(explained.stdout(), "0,3,6,9\n");
        assert!(explained.stderr.contains("SELECT"), "{explained}");
        assert!(!show(&[]).stderr.contains("SELECT"));
        let ids = module(work, base, "GetLDSs", &[]).ok();
        assert_eq!(ids.stdout(), "L80001,L80002\n");
        let part = module(work, base, "GetLDSBPs", &["--part", "--format", "csv"]).ok();
        assert_eq!(lines(&part)[0].split(',').count(), 13, "{part}");
        let usual = module(work, base, "GetMSs", &["--default-columns", "--format", "csv"]).ok();
        let full = module(work, base, "GetMSs", &["--full", "--format", "csv"]).ok();
        let width = |output: &Output| lines(output)[0].split(',').count();
        assert!(width(&usual) < width(&full));
        assert_eq!(width(&full), 34);
    });
}

#[test]
fn the_configuration_says_how_much_may_be_asked() {
    on_both(|work, base| {
        fill(base);
        let gains = |most: usize| {
            let text = format!("[database]\nmax_diag_rows = {most}\n");
            let config = work.file("few.toml", text);
            work.ledama(["run", "GetGains", "--dburl", &base.url, "--no-progress"])
                .config(&config)
                .run()
                .no_panic()
        };
        gains(5).code(2).complains("5 are allowed");
        gains(1000).code(0);
    });
}

#[test]
fn lists_for_a_question_mark() {
    on_both(|work, base| {
        fill(base);
        let shown = module(work, base, "GetLDSs", &["-s", "?", "--where", "name = L80001"]).ok();
        assert!(shown.stdout().ends_with("CS001HBA0,CS001HBA1,RS106HBA\n"), "{shown}");
        let both = module(work, base, "GetLDSs", &["-s", "DE601HBA,?"]).ok();
        assert!(both.stdout().ends_with("CS001HBA0,CS001HBA1,DE601HBA,RS106HBA\n"), "{both}");
        assert!(both.stdout().starts_with("L80002"), "{both}");
        for name in ["GetQTSs", "GetQFSs", "GetQBSs"] {
            let kinds = module(work, base, name, &["-k", "?"]).ok();
            assert!(lines(&kinds)[0].starts_with("1:"), "{kinds}");
            assert_eq!(lines(&kinds).len(), 2);
        }
    });
}

#[test]
fn a_reffile_is_written_once() {
    on_both(|work, base| {
        fill(base);
        for name in ["GetMSPs", "CreateRefFileFromLEDDB"] {
            let file = format!("{name}.ref");
            let more = ["-l", "L80001", "-s", "0-1", "-o", &file];
            let shown = module(work, base, name, &more).ok();
            assert_eq!(shown.stdout().trim_end().split(',').count(), 8, "{shown}");
            let text = work.read(&file);
            let row = "/data1/users/lofareor/pipeline/L80001_000/L80001_SAP000_SB001_uv.MS 115.195 101 node011 0";
            assert!(text.contains(row), "{text}");
            assert!(text.contains("# LEDDB QUERY: SELECT"), "{text}");
            assert!(text.contains("# Number of MSPs: 8"), "{text}");
            module(work, base, name, &more).run().no_panic().code(2).complains("exist");
            module(work, base, name, &more).arg("--overwrite").ok();
            work.ledama(["run", "CreateRefFileFromRefFile", "-i", &file, "-o"])
                .arg(format!("copy-{name}.ref"))
                .ok();
        }
        let none = ["-l", "L1", "-o", "none.ref"];
        module(work, base, "GetMSPs", &none).ok().complains("no sub-bands found");
        assert!(!work.has("none.ref"));
        module(work, base, "CreateRefFileFromLEDDB", &["-l", "L80001"]).run().code(2);
    });
}

#[test]
fn a_diagfile_keeps_the_conditions_and_a_short_script_uses_it() {
    on_both(|work, base| {
        fill(base);
        for (name, pseudo) in
            [("GetGains", "GAIN"), ("GetQTSs", "QTS"), ("GetQFSs", "QFS"), ("GetQBSs", "QBS")]
        {
            let file = format!("{pseudo}.diag.json");
            let more = ["-p", "0", "-c", "115.1..116", "-o", &file];
            let shown = module(work, base, name, &more).ok();
            assert_eq!(shown.stdout(), "", "nothing is asked yet");
            let json: serde_json::Value = serde_json::from_str(&work.read(&file)).unwrap();
            assert_eq!(json["pseudo_table"], pseudo);
            assert_eq!(json["conditions"].as_array().unwrap().len(), 3);
            module(work, base, name, &more).run().no_panic().code(2).complains("exist");
            module(work, base, name, &more).arg("--overwrite").ok();
        }
        // The example of the manual, for this database.
        let manual = std::fs::read_to_string(repository().join("modules/README.md")).unwrap();
        let example = manual.rsplit("```rhai\n").next().unwrap().split("```").next().unwrap();
        let place = format!("leddb::open(#{{ dburl: \"{}\" }})", base.url);
        assert!(example.contains("leddb::open(#{})"), "{example}");
        work.file("gains.rhai", example.replace("leddb::open(#{})", &place));
        let output = work.ledama(["run", "gains.rhai", "GAIN.diag.json"]).ok();
        assert_eq!(output.stdout().matches("MHz: XX 0.").count(), 6, "{output}");
        assert!(output.stdout().contains("L80001 CS001HBA0 115.1"), "{output}");
    });
}

#[test]
fn stations_and_baselines_are_listed() {
    on_both(|work, base| {
        fill(base);
        for (name, more, expected) in [
            ("GetStations", &[][..], "CS001HBA0,CS001HBA1,DE601HBA,RS106HBA\n"),
            ("GetStations", &["-a", "HBA", "-l", "CS"], "CS001HBA0,CS001HBA1\n"),
            ("GetStations", &["-a", "LBA"], "\n"),
            ("GetStations", &["-l", "CS", "--count"], "2\n"),
            (
                "GetStations",
                &["-l", "IS", "--format", "csv"],
                "Station,Antenna,Location\nDE601HBA,HBA,IS\n",
            ),
            ("GetBaselines", &["--count"], "10\n"),
            ("GetBaselines", &["-s", "^CS001HBA0$", "--count"], "4\n"),
            ("GetBaselines", &["-s", "RS", "-t", "CS", "--count"], "0\n"),
            ("GetBaselines", &["-s", "RS", "-t", "CS", "--either", "--count"], "2\n"),
            ("GetBaselines", &["-s", "DE", "-t", "RS", "-o", "OR", "--count"], "5\n"),
            ("GetBaselines", &["-t", "x' OR 1=1 --", "--count"], "0\n"),
        ] {
            let output = module(work, base, name, more).ok();
            assert_eq!(output.stdout(), expected, "{name} {more:?}");
        }
        let full = module(work, base, "GetStations", &["-f", "--positions", "--json"]).ok().json();
        assert_eq!(full["result"]["columns"].as_array().unwrap().len(), 6);
        assert_eq!(full["result"]["rows"][0][3], 1.5);
        let full = module(work, base, "GetBaselines", &["-f", "-s", "DE"]).ok();
        assert!(lines(&full)[0].starts_with("baselineId  station1"), "{full}");
        assert_eq!(lines(&full).len(), 3);
        module(work, base, "GetBaselines", &["-s", "(?=x)"])
            .run()
            .code(2)
            .complains("regular expression");
        module(work, base, "GetBaselines", &["-o", "AND 1=1"]).run().code(2);
    });
}

#[test]
fn what_is_wrong_is_told_before_anything_is_asked() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    fill(&base);
    for (name, more, words) in [
        ("GetMSs", &["--where", "nothing = 1"][..], "no column `nothing`"),
        ("GetMSs", &["--where", "sbIndex"], "an operator is missing"),
        ("GetMSs", &["--where", "sbIndex = x; DROP TABLE field"], "is an integer"),
        ("GetMSs", &["--columns", "LDS,nothing"], "no column `nothing`"),
        ("GetMSs", &["--order", "nothing"], "no column `nothing`"),
        ("GetMSs", &["-s", "3-1"], "starts after its end"),
        ("GetGains", &["-c", "x"], "range of numbers"),
        ("GetLDSs", &["-t", "(?i)x"], "regular expression"),
        ("GetQTSs", &["-k", "x"], "not a whole number"),
    ] {
        let output = module(&work, &base, name, more).run().no_panic();
        assert_eq!(output.code, 2, "{name} {more:?}: {output}");
        output.complains(words);
    }
    assert_eq!(base.one::<i64>("SELECT count(*) FROM \"field\""), 3);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    base.database
        .write(|tx| {
            let size = Size { subbands: 800, stations: 2, ..Size::default() };
            sample::observation(tx, 1, size)
        })
        .unwrap();
    let line = format!(
        "{} run GetMSs --dburl {} --format csv --full --no-progress | head -1",
        crate::support::run::program().display(),
        base.url
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &line])
        .env("HOME", work.join(""))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("MSId,"));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
