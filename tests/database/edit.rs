//! Changes by hand: shown first, made with a yes, all or nothing.

use ledama_leddb::testing::sample::{self, Made, Size};

use crate::support::nodes::Settings;
use crate::support::postgres::{Base, on_both};
use crate::support::run::Run;
use crate::support::shared::{shared, unpack};
use crate::support::skip::need;
use crate::support::{Cluster, Output, Work};

fn make(base: &Base, number: i64) -> Made {
    base.database
        .write(|tx| {
            let made = sample::observation(tx, number, Size::default())?;
            sample::diagnostics(tx, &made, Size::default())?;
            Ok(made)
        })
        .unwrap()
}

fn module(work: &Work, base: &Base, name: &str, more: &[&str]) -> Run {
    work.ledama(["run", name, "--dburl", &base.url, "--no-progress"]).args(more)
}

fn notes(output: &Output) -> Vec<String> {
    let plans = output.json()["plans"].take();
    let notes = plans[0]["notes"].as_array().unwrap_or_else(|| panic!("no notes; {output}"));
    notes.iter().map(|note| note.as_str().unwrap().to_string()).collect()
}

#[test]
fn an_observation_goes_only_with_a_yes() {
    on_both(|work, base| {
        make(base, 1);
        make(base, 2);
        let before = base.counts();
        let target = ["-i", "L80001, L77777", "-t", "LDS"];
        let shown = module(work, base, "RemoveFromLEDDB", &target).args(["--query", "--json"]).ok();
        let notes = notes(&shown);
        assert!(notes.contains(&"measurementset: 12 rows".to_string()), "{notes:?}");
        assert!(notes.contains(&"gain: 36 rows".to_string()), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("1.2 GiB")), "{notes:?}");
        module(work, base, "RemoveFromLEDDB", &target).run().no_panic().code(2).complains("--yes");
        assert_eq!(base.counts(), before);
        module(work, base, "RemoveFromLEDDB", &target)
            .arg("--yes")
            .ok()
            .says("measurementset")
            .complains("L77777");
        assert_eq!(base.all::<String>("SELECT \"name\" FROM \"lofar_dataset\""), ["L80002"]);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"gain\""), 36);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"meta_dirty\""), 0);
        assert_eq!(
            base.one::<i64>("SELECT \"lds_number_measurementset_products\" FROM \"lds_q\""),
            12
        );
        module(work, base, "RemoveFromLEDDB", &target).arg("--yes").run().code(2);
    });
}

#[test]
fn a_level_must_be_told_and_nothing_is_guessed() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    make(&base, 1);
    let before = base.counts();
    for (more, words) in [
        (&[][..], "nothing is asked for"),
        (&["-i", "5"], "--inputtype"),
        (&["-i", "5", "-t", "FIELD"], "FIELD"),
        (&["-i", "L80001", "-t", "MS"], "L80001"),
        (&["-i", "5", "-t", "LDS"], "nothing of that"),
        (&["-i", "5", "-t", "MS", "-c"], "together"),
    ] {
        let output = module(&work, &base, "RemoveFromLEDDB", more).arg("--yes").run().no_panic();
        assert_eq!(output.code, 2, "{more:?}: {output}");
        output.complains(words);
    }
    assert_eq!(base.counts(), before);
    module(&work, &base, "RemoveFromLEDDB", &["-i", "0-1,3", "-t", "MSP", "--yes"]).ok();
    assert_eq!(base.one::<i64>("SELECT count(*) FROM \"measurementset_product\""), 9);
    assert_eq!(base.one::<i64>("SELECT count(*) FROM \"gain\""), 36);
}

#[test]
fn empty_products_are_cleaned() {
    on_both(|work, base| {
        let made = make(base, 1);
        module(work, base, "RemoveFromLEDDB", &["-c", "--yes"]).ok().says("nothing to do");
        // The first product of the first beam gets a twin without files.
        base.database
            .write(|tx| {
                let text = "INSERT INTO \"lofar_dataset_beam_product\" (\"lofar_dataset_beam_product_id\", \"lofar_dataset_beam_id\", \"store\", \
                    \"integration_time\", \"number_channels\", \"product_version\", \"raw\", \"tar\", \"bvf\") \
                    VALUES (1000, $1, 'EoR', -4, -4, 0, $2, $3, $3)";
                let values = vec![made.beams[0].into(), true.into(), false.into()];
                tx.execute(ledama_leddb::store::Statement::constant(text, values))
            })
            .unwrap();
        let shown = module(work, base, "RemoveFromLEDDB", &["-c", "--query", "--json"]).ok();
        assert_eq!(notes(&shown), ["product 1000: L80001 beam 0, EoR, version 0 (no description)"]);
        module(work, base, "RemoveFromLEDDB", &["-c", "--yes"]).ok();
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"lofar_dataset_beam_product\""), 4);
    });
}

const DESCRIPTION: &str = "\
GENERAL_DESCRIPTION = a = b # c
IS_FLAGGED = False
ORDER = 0
APP_NAME = NDPPP
DESCRIPTION = the ORDER of things
FILES = x.parset
";

#[test]
fn products_are_described_by_a_file() {
    on_both(|work, base| {
        let made = make(base, 1);
        let ids = format!("{}-{}", made.products[0], made.products[1]);
        let parset = work.file("x.parset", "msin=a\n");
        let text = DESCRIPTION.replace("x.parset", parset.to_str().unwrap());
        work.file("old.txt", &text);
        let options = ["--lids", &ids, "--lfile", "old.txt"];
        let shown = module(work, base, "UpdateLDSBP", &options).args(["--query", "--json"]).ok();
        assert!(notes(&shown).iter().any(|note| note.contains("`64 2` becomes `a = b # c`")));
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"application_run\""), 0);
        module(work, base, "UpdateLDSBP", &options).ok().says("the ORDER of things");
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"application_file\""), 2);
        assert_eq!(
            base.all::<String>(
                "SELECT DISTINCT \"description\" FROM \"lofar_dataset_beam_product\" ORDER BY 1"
            ),
            ["64 2", "a = b # c"]
        );
        module(work, base, "UpdateLDSBP", &options).ok().says("nothing to do");

        // What is written is read again, with the steps as comments or not.
        let id = made.products[0].to_string();
        let create = ["-i", &id, "-o", "new.toml", "--leddb"];
        module(work, base, "CreateLDSBPUpFile", &create).ok();
        let text = work.read("new.toml");
        assert!(text.contains("general_description = \"a = b # c\"\nmain_user = \"offringa\"\nis_flagged = false\n"), "{text}");
        assert!(text.contains("\n[[step]]\norder = 0\napp_name = \"NDPPP\"\n"), "{text}");
        module(work, base, "CreateLDSBPUpFile", &create).run().code(2).complains("exists");
        module(work, base, "UpdateLDSBP", &["-i", &id, "-f", "new.toml"])
            .ok()
            .says("nothing to do");
        let bare = text.split("\n[[step]]").next().unwrap();
        work.file("bare.toml", bare);
        module(work, base, "UpdateLDSBP", &["-i", &id, "-f", "bare.toml"]).ok();
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"application_run\""), 2);
        module(work, base, "UpdateLDSBP", &["-i", &id, "-f", "bare.toml", "--clearsteps"]).ok();
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"application_run\""), 1);
    });
}

#[test]
fn a_wrong_description_changes_nothing() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    let made = make(&base, 1);
    let id = made.products[0].to_string();
    let before = base.all::<String>("SELECT \"description\" FROM \"lofar_dataset_beam_product\"");
    for (text, more, words) in [
        ("IS_FLAGED = True\nnonsense\n", &[][..], &["line 1", "line 2"][..]),
        (DESCRIPTION, &[], &["x.parset", "--anyfiles"]),
        (DESCRIPTION, &["--anyfiles", "--lids", "888"], &["888"]),
        ("# nothing\n", &[], &["says nothing"]),
    ] {
        work.file("f", text);
        let mut run = module(&work, &base, "UpdateLDSBP", &["--lfile", "f"]).args(more);
        if more.len() < 2 {
            run = run.args(["--lids", &id]);
        }
        let output = run.run().no_panic();
        assert_eq!(output.code, 2, "{text}: {output}");
        for word in words {
            assert!(output.stderr.contains(word), "{word}: {output}");
        }
    }
    assert_eq!(
        base.all::<String>("SELECT \"description\" FROM \"lofar_dataset_beam_product\""),
        before
    );
}

#[test]
fn properties_are_copied_between_stores() {
    on_both(|work, base| {
        let made = make(base, 1);
        for (id, channels) in [(1000_i64, -3_i64), (1001, -4)] {
            base.database
                .write(|tx| {
                    let text = "INSERT INTO \"lofar_dataset_beam_product\" (\"lofar_dataset_beam_product_id\", \"lofar_dataset_beam_id\", \"store\", \
                        \"integration_time\", \"number_channels\", \"product_version\", \"raw\", \"tar\", \"bvf\", \"product_state\") \
                        VALUES ($1, $2, 'TARGET_E_EOR', -3, $3, 0, $4, $5, $5, 'unknown')";
                    let values =
                        vec![id.into(), made.beams[0].into(), channels.into(), true.into(), false.into()];
                    tx.execute(ledama_leddb::store::Statement::constant(text, values))
                })
                .unwrap();
        }
        let options = ["--storefrom", "EoR", "--storeto", "TARGET_E_EOR"];
        let shown = module(work, base, "CopyLDSBPProperties", &options)
            .args(["--query", "--json"])
            .run()
            .no_panic();
        assert!(
            notes(&shown).contains(&"product 1000, number_channels: `-3` becomes `64`".to_string())
        );
        module(work, base, "CopyLDSBPProperties", &options).run().code(2).complains("--yes");
        let done = module(work, base, "CopyLDSBPProperties", &options).arg("--yes").run().code(1);
        done.complains("it would be the same as product 1000");
        assert_eq!(
            base.all::<i64>(
                "SELECT \"number_channels\" FROM \"lofar_dataset_beam_product\" WHERE \"store\" <> 'EoR' ORDER BY \"lofar_dataset_beam_product_id\""
            ),
            [64, -4]
        );
        module(work, base, "CopyLDSBPProperties", &["--from", "0", "--to", "1000", "--onlymss"])
            .ok()
            .says("nothing to do");
        module(work, base, "CopyLDSBPProperties", &["--from", "0,1", "--to", "1000"]).run().code(2);
    });
}

#[test]
fn steps_come_from_the_history_on_the_node() {
    let cluster = need!(Cluster::of(1).start());
    let pack = need!(shared());
    let work = Work::new();
    let base = Base::sqlite(&work);
    let config = cluster.config_with(&work, &Settings::default());
    let folder = cluster.make("node011", "/data1/users/lofareor/pipeline/L80001_000");
    for sb in 0..2 {
        let place = work.join(format!("unpacked{sb}"));
        std::fs::create_dir(&place).unwrap();
        let made = unpack(&pack, "tNDPPP-generic", &place);
        let name = format!("L80001_SAP000_SB{sb:03}_uv.MS");
        std::process::Command::new("cp")
            .arg("-r")
            .arg(made)
            .arg(folder.join(name))
            .status()
            .unwrap();
    }
    let made = base
        .database
        .write(|tx| sample::observation(tx, 1, Size { subbands: 2, ..Size::default() }))
        .unwrap();
    let id = made.products[0].to_string();
    let run = |more: &[&str]| {
        module(&work, &base, "CreateLDSBPUpFile", &["-i", &id]).args(more).config(&config)
    };
    let done = run(&["-o", "a.toml", "--allhistory"]).ok();
    let text = work.read("a.toml");
    assert!(text.contains("Steps of the HISTORY of node011:"), "{text}");
    let steps = text.matches("\n[[step]]\n").count();
    assert!(steps > 0 && done.stdout().lines().count() > steps, "{text}\n{done}");
    // The product was made long before the steps: none was inherited.
    run(&["-o", "b.toml", "--allsets"]).ok();
    assert_eq!(work.read("b.toml").matches("\n[[step]]\n").count(), steps);
    base.database
        .write(|tx| {
            let text = "UPDATE \"lofar_dataset_beam_product\" SET \"add_date\" = 4000000000";
            tx.execute(ledama_leddb::store::Statement::constant(text, Vec::new()))
        })
        .unwrap();
    run(&["-o", "c.toml"]).ok();
    assert_eq!(work.read("c.toml").matches("\n#[[step]]\n").count(), steps);
    module(&work, &base, "UpdateLDSBP", &["-i", &id, "-f", "a.toml"]).ok();
    assert_eq!(
        usize::try_from(base.one::<i64>("SELECT count(*) FROM \"application_run\"")).unwrap(),
        steps
    );
}
