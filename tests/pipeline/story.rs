//! From raw data to a calibrated version 3 in the database, by one command; then the
//! pictures and numbers of it.

use ledama_tables::Table;

use super::calibrate::{GAINCAL, SKY};
use super::pictures;
use super::scene::{Scene, dp3, installed, values};
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
    for (name, text) in TEMPLATES {
        scene.work.file(format!("home/templates/{name}"), text);
    }
    scene.work.file("home/templates/gaincal.parset", GAINCAL);
    scene.work.file("sky.txt", SKY);
    let database = format!("sqlite:{}", scene.work.join("leddb.sqlite").display());
    scene.ok("CreateLEDDB", &["--dburl", &database]);
    let recipe = ["-i", "raw.ref", "-o", "L2013_80897", "-m", "sky.txt", "-p", "2"];
    let story = |verb: &str, more: &[&str]| {
        let run = scene.work.ledama(["recipe", verb, "processobservation"]).args(recipe);
        run.args(["--dburl", &database]).args(more).config(&scene.config).run().no_panic()
    };
    let imaging = installed("wsclean").is_ok();
    let images =
        ["--movies", "movies", "--images", "/data3/images", "--size", "64", "--niter", "0"];
    let output = story("run", if imaging { &images } else { &images[..2] }).code(0);
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
}
