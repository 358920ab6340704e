//! UpdateLEDDBTarget: the rows of an archive store follow its published lists.

use std::path::{Path, PathBuf};

use crate::support::postgres::{Base, on_both};
use crate::support::{Output, Work};

const COUNT: &str = "SELECT count(*) FROM \"measurementset_product\"";

fn lists(work: &Work) -> PathBuf {
    work.file("lists/target_eor_root_dir.txt", "./L80897\n./L80898\nAvailable space: 120.5T\n");
    for (folder, id) in [("L80897", 80897), ("L80898", 80898)] {
        let lines: String =
            (0..4).map(|sb| format!("1024 L{id}_SAP000_SB{sb:03}_uv.MS.tar\n")).collect();
        work.file(format!("lists/{folder}/filelist.txt"), lines + "10 filelist.txt\n");
    }
    let folder = work.path().join("lists");
    work.file(
        "ledama.toml",
        format!("[[stores]]\nid = \"ARCHIVE_RAW\"\nlists = '{}'\n", folder.display()),
    )
}

fn update(work: &Work, config: &Path, base: &Base, more: &[&str]) -> Output {
    work.ledama(["run", "UpdateLEDDBTarget", "--dburl", &base.url, "--store", "ARCHIVE_RAW"])
        .args(["--no-progress"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

#[test]
fn a_store_follows_its_lists() {
    on_both(|work, base| {
        let config = lists(work);
        update(work, &config, base, &["--query"]).code(0);
        assert_eq!(base.one::<i64>(COUNT), 0);
        update(work, &config, base, &[]).code(0);
        assert_eq!(base.one::<i64>(COUNT), 8);
        assert_eq!(
            base.one::<i64>("SELECT \"lds_total_size\" FROM \"lds_q\" WHERE \"name\" = 'L80897'"),
            4096
        );
        let before = base.counts();
        update(work, &config, base, &[]).code(0);
        assert_eq!(base.counts(), before);
        // A list with a malformed line takes nothing away, whatever it lacks.
        work.file("lists/L80898/filelist.txt", "1024 L80898_SAP000_SB000_uv.MS.tar\n12");
        update(work, &config, base, &[]).code(1);
        assert_eq!(base.one::<i64>(COUNT), 8);
        // Too much at once is left, one file is not; a name that tells nothing removes nothing.
        work.file("lists/L80898/filelist.txt", "1024 L80898_SAP000_SB000_uv.MS.tar\n");
        let refused = update(work, &config, base, &[]).code(1);
        assert!(refused.stderr.contains("--force"), "{refused}");
        assert_eq!(base.one::<i64>(COUNT), 8);
        update(work, &config, base, &["--force"]).code(0);
        assert_eq!(base.one::<i64>(COUNT), 5);
        work.file("lists/L80898/filelist.txt", "1024 L80898_SAP000_SB000_uv.MS.tar\n5 odd.name\n");
        update(work, &config, base, &[]).code(1);
        assert_eq!(base.one::<i64>(COUNT), 5);
        let told = update(work, &config, base, &["--upstats"]).code(0);
        assert!(told.stdout().contains("TARGET_F_EOR"), "{told}");
        update(work, &config, base, &["--cleanldsbp"]).code(0);
        assert_eq!(base.one::<i64>("SELECT count(*) FROM \"update_run\" WHERE \"host\" = 'TARGET_F_EOR' AND \"state\" = 'running'"), 0);
    });
}

#[test]
fn ranges_and_facts_are_made_by_modules() {
    on_both(|work, base| {
        let config = lists(work);
        update(work, &config, base, &[]).code(0);
        for arguments in [
            &["CreateLEDDBPartitions"][..],
            &["UpdateLEDDBMeta"],
            &["UpdateLEDDBMeta", "--scope", "since", "--nottime"],
            &["UpdateLEDDBMeta", "--scope", "lds:L80897"],
            &["UpdateLEDDBMeta", "--complete", "--drop", "--withmsp", "--query"],
        ] {
            work.ledama(["run"])
                .args(arguments)
                .args(["--dburl", &base.url, "--no-progress"])
                .config(&config)
                .ok()
                .no_panic();
        }
        let wrong = work
            .ledama(["run", "UpdateLEDDBMeta", "--scope", "some", "--dburl", &base.url])
            .config(&config)
            .run();
        assert!(wrong.code != 0 && wrong.stderr.contains("no scope"), "{wrong}");
    });
}
