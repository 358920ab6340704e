//! From raw data to a calibrated version 3 in the database, by one command:
//! that of the README; then the pictures and numbers of it, and the commands
//! the README gives for the single steps.

use std::process::Command;

use ledama_tables::Table;

use super::calibrate::SKY;
use super::pictures;
use super::scene::{Scene, dp3, installed, values};
use crate::support::run::repository;
use crate::support::skip::{need, say};

/// Templates like those of the observatory, for eight channels instead of 64.
const TEMPLATES: [(&str, &str); 3] = [
    (
        "avg64to15.parset",
        "msin.startchan = nchan/8\nmsin.nchan = nchan*6/8\nsteps = [auto, rfi, avg]\n\
         auto.type = preflagger\nauto.corrtype = auto\nrfi.type = aoflagger\n\
         avg.type = averager\navg.freqstep = 1\n",
    ),
    ("avg15to3.parset", "steps = [avg]\navg.type = averager\navg.freqstep = 2\n"),
    (
        "avg3to1.parset",
        "msin.datacolumn = CORRECTED_DATA\nsteps = [avg]\navg.type = averager\n\
         avg.freqstep = 3\navg.timestep = 3\n",
    ),
];

#[test]
fn raw_data_becomes_a_calibrated_version_3_in_the_database() {
    let scene = need!(installed("aoquality").and(dp3()).and_then(|dp3| Scene::empty(2, &dp3)));
    need!(scene.fill(4));
    let judge = pictures::judge().map_err(|reason| say(&reason.0)).ok();
    if let Some(judge) = judge {
        pictures::tune(&scene, judge, 4);
    }
    scene.work.file("sky.txt", SKY);
    let (whole, single) = readme();
    let (copying, story) = whole.split_at(whole.len() - 1);
    std::fs::create_dir_all(scene.work.join("home")).unwrap();
    for line in copying {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(repository()).env("HOME", scene.work.join("home"));
        assert!(shell.status().unwrap().success(), "{line}");
    }
    for (name, text) in TEMPLATES {
        assert!(scene.work.has(format!("home/templates/{name}")));
        scene.work.file(format!("home/templates/{name}"), text);
    }
    let database = format!("sqlite:{}", scene.work.join("leddb.sqlite").display());
    scene.ok("CreateLEDDB", &["--dburl", &database]);
    let imaging = installed("wsclean").is_ok();
    let mut told = words(&scene, &story[0]);
    if imaging {
        told.extend(["--size", "64", "--niter", "0"].map(String::from));
    } else {
        told.retain(|word| word != "--images" && !word.ends_with("/images"));
    }
    told.extend(["-p", "2", "--dburl", &database].map(String::from));
    let output = scene.work.ledama(&told).config(&scene.config).run().no_panic().code(0);
    let steps = if imaging { 13 } else { 12 };
    let done = format!("{steps} of {steps} steps are done");
    assert!(output.stderr.contains(&done), "{output}");
    if imaging {
        let rows = scene.rows("L80897_003_images.ref");
        assert!(rows.iter().filter(|row| row.path.ends_with("-image.fits")).count() >= 4);
        assert!(rows.iter().all(|row| scene.cluster.seen(&row.node, &row.path).is_file()));
    }

    for (version, disk, channels, name) in
        [(1, 1, 6, "001_avg15ch"), (2, 2, 3, "002_avg3ch"), (3, 3, 1, "003_avg1ch")]
    {
        let rows = scene.rows(&format!("L80897_{name}.ref"));
        assert_eq!(rows.len(), 4, "version {version}");
        let folder = format!("/data{disk}/users/lofareor/pipeline/L2013_80897_00{version}");
        for (k, row) in rows.iter().enumerate() {
            assert!(row.path.starts_with(&folder), "{}", row.path);
            let set = scene.cluster.seen(&row.node, &row.path);
            assert_eq!(values::<i32>(&set, "SPECTRAL_WINDOW", "NUM_CHAN"), [channels]);
            assert!(Table::open(&set).unwrap().nrow() > 0, "sub-band {k}");
            if version == 2 {
                assert!(Table::open(&set).unwrap().has_column("CORRECTED_DATA"));
                let solutions = scene.cluster.seen(&row.node, &format!("{}.h5", row.path));
                assert!(solutions.is_file());
            }
        }
    }
    scene.expect_tidy();
    let movies = scene.ok("GetGainMovies", &["--dburl", &database, "--count"]);
    assert_eq!(movies.stdout().trim(), "1", "{movies}");
    let found = walkdir::WalkDir::new(scene.work.join("movies")).into_iter().flatten();
    let names: Vec<_> = found.map(|f| f.file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|n| n.starts_with("L80897_002_4SBs_time.")), "{names:?}");
    // The database knows all three, with the quality of version 1.
    let asked = scene.ok("GetMSPs", &["--dburl", &database, "--count"]);
    assert_eq!(asked.stdout().trim(), "12");
    let asked = scene.ok("GetQTSs", &["--dburl", &database, "--count"]);
    assert!(asked.stdout().trim().parse::<u32>().unwrap() > 0, "{asked}");
    let asked = scene.ok("GetGains", &["--dburl", &database, "--count"]);
    assert!(asked.stdout().trim().parse::<u32>().unwrap() > 0, "{asked}");
    // What a user looks at then, from a database of its own.
    if let Some(judge) = judge {
        pictures::look(&scene, judge);
    }

    // Step by step, with the words of the README.
    for line in single.iter().filter(|line| imaging || !line.contains("run Image")) {
        let words = words(&scene, &line.replace("--size 1024", "--size 64"));
        scene.work.ledama(&words).arg("--no-progress").config(&scene.config).ok();
    }
    let rows = scene.rows("v1.ref");
    assert_eq!(rows.len(), 4);
    for row in rows {
        assert!(row.path.starts_with("/data2/users/lofareor/pipeline/L2013_80897_001/"));
        let set = scene.cluster.seen(&row.node, &row.path);
        assert_eq!(values::<i32>(&set, "SPECTRAL_WINDOW", "NUM_CHAN"), [6]);
        assert!(Table::open(set).unwrap().has_column("CORRECTED_DATA"));
    }
    scene.expect_tidy();
}

/// The commands of the README's section on processing: those of the whole
/// story, and those of the single steps.
fn readme() -> (Vec<String>, Vec<String>) {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("Processing\n")).unwrap();
    let mut blocks = section.split("```\n").skip(1).step_by(2).map(|block| {
        let plain = |line: &str| line.split(" #").next().unwrap().trim().to_string();
        block.lines().map(plain).collect::<Vec<_>>()
    });
    (blocks.next().unwrap(), blocks.next().unwrap())
}

/// The words of a command behind `ledama`, with the home folder as a shell puts it in.
fn words(scene: &Scene, line: &str) -> Vec<String> {
    let home = scene.work.join("home").display().to_string();
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("ledama"), "{line}");
    words.map(|word| word.replace('~', &home)).collect()
}
