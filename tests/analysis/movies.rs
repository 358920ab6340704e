//! GainAnimation, GainAnimationSingleStation and GainMovies: from files of real
//! solutions and from a database, what a dry run tells, what is written.

use ledama_leddb::testing::sample;
use ledama_leddb::{Database, Location, Options};
use serde_json::Value;

use super::set;
use crate::support::skip::need;
use crate::support::{Work, plan_golden};

/// An observation with gains in a database file.
fn database(work: &Work) -> String {
    let url = format!("sqlite:{}", work.join("leddb.sqlite").display());
    let place = Location::parse(&url).unwrap();
    let database = Database::open_or_create(&place, &Options::default()).unwrap();
    let size = sample::Size { beams: 1, products: 2, subbands: 3, ..sample::Size::default() };
    database
        .write(|tx| {
            let made = sample::observation(tx, 1, size)?;
            sample::diagnostics(tx, &made, size)
        })
        .unwrap();
    ledama_leddb::meta::refresh(&database, ledama_leddb::meta::Scope::All).unwrap();
    url
}

fn bytes(work: &Work, name: &str) -> Vec<u8> {
    std::fs::read(work.join(name)).unwrap()
}

fn json(work: &Work, name: &str) -> Value {
    serde_json::from_str(&work.read(name)).unwrap()
}

#[test]
fn solutions_of_dp3_become_a_movie() {
    let work = Work::new();
    let pack = need!(set(work.path(), "dp3-gains", "L80897_SB000_uv.MS"));
    assert!(pack.join("instrument").is_dir());
    let run = |args: &[&str]| {
        let all =
            [&["run", "GainAnimation", "--no-progress", "-i", "L80897_SB000_uv.MS"], args].concat();
        work.ledama(all).run().no_panic()
    };
    let small = ["--channels", "0,-1,1", "--size", "640x400", "--format", "gif"];
    let query = run(&[&small[..], &["-o", "m", "-q"]].concat()).code(0);
    let told = format!("{query}");
    assert!(told.contains("frames of 640x400 pixels, 8 stations"), "{told}");
    assert!(told.contains("of memory") && !work.has("m"), "{told}");
    let plan = run(&[&small[..], &["-o", "m", "--query", "--json"]].concat()).code(0);
    plan_golden::check_here("GainAnimation", "plan", &plan, &work);
    run(&[&small[..], &["-o", "m", "--legacy-info"]].concat()).code(0);
    assert!(bytes(&work, "m/L80897_SB000_uv.gif").starts_with(b"GIF89a"));
    let info = json(&work, "m/INFO.json");
    assert_eq!(
        (&info["version"], &info["xaxis"], &info["polar"]),
        (&1.into(), &"freq".into(), &true.into())
    );
    assert_eq!(info["jones"], serde_json::json!([0, 3]));
    assert!(info["made"]["sources"][0]["path"].as_str().unwrap().ends_with("_uv.MS"));
    assert!(work.read("m/INFO").contains("XAXIS: freq\nJONES: [0, 3]\n"));
    let again = run(&[&small[..], &["-o", "m"]].concat());
    assert!(format!("{again}").contains("--force"), "{again}");

    // The same frames as pictures, with one thread and with eight.
    let frames = ["--channels", "0,-1,1", "--size", "640x400", "--format", "frames"];
    run(&[&frames[..], &["-o", "f1", "--jobs", "1"]].concat()).code(0);
    run(&[&frames[..], &["-o", "f8", "--jobs", "8"]].concat()).code(0);
    let names = work.names("f1/L80897_SB000_uv");
    assert!(!names.is_empty());
    for name in names {
        let of = |folder: &str| bytes(&work, &format!("{folder}/L80897_SB000_uv/{name}"));
        assert!(of("f1") == of("f8"), "{name}");
    }
    let wrong = run(&["-o", "x", "-j", "0,4"]);
    assert!(format!("{wrong}").contains("0 (XX) to 3 (YY), not 4"), "{wrong}");
    let wrong = run(&["-o", "x", "-r", "CS999HBA0"]);
    assert!(format!("{wrong}").contains("CS999HBA0 is not among"), "{wrong}");

    let single = ["run", "GainAnimationSingleStation", "--no-progress", "-i", "L80897_SB000_uv.MS"];
    let args = [
        "--stations",
        "CS001HBA0",
        "-p",
        "-u",
        "-o",
        "one",
        "--format",
        "apng",
        "--size",
        "640x400",
    ];
    let plan = work.ledama([&single[..], &args, &["--query", "--json"]].concat()).ok();
    plan_golden::check_here("GainAnimationSingleStation", "plan", &plan, &work);
    assert!(!work.has("one.apng"));
    work.ledama([&single[..], &args].concat()).run().no_panic().code(0);
    assert!(work.has("one.apng"));
}

#[test]
fn gains_of_the_database_become_movies_that_it_knows() {
    let work = Work::new();
    let url = database(&work);
    let run = |words: &[&str]| {
        let more = ["--dburl", &url, "--no-progress"];
        work.ledama([words, &more].concat()).run().no_panic()
    };
    let list = ["run", "GetGains", "--dburl", &url, "--ldsbpids", "0", "-o", "g.diag.json"];
    work.ledama(list).run().no_panic().code(0);
    run(&[
        "run",
        "GainAnimation",
        "-i",
        "g.diag.json",
        "-o",
        "m",
        "--format",
        "gif",
        "--size",
        "640x400",
    ])
    .code(0);
    let info = json(&work, "m/INFO.json");
    assert_eq!(info["used"].as_array().unwrap().len(), 3);
    assert!(info["used"][0]["measurementset_id"].is_i64(), "{info}");
    assert_eq!(info["stations"].as_array().unwrap().len(), 3);

    // All products, then none is left to do.
    let all = [
        "run",
        "GainMovies",
        "-o",
        "all",
        "--subbands",
        "0-2",
        "--format",
        "gif",
        "--size",
        "640x400",
    ];
    let query = run(&[&all[..], &["--query"]].concat()).code(0);
    assert!(format!("{query}").contains("3 sub-bands") && !work.has("all"), "{query}");
    let plan = run(&[&all[..], &["--query", "--json"]].concat()).code(0);
    plan_golden::check_here("GainMovies", "plan", &plan, &work);
    let done = run(&all).code(0);
    assert!(format!("{done}").contains("2 movies are registered"), "{done}");
    let names = work.names("all");
    let inner = work.names(format!("all/{}", names[0]));
    assert_eq!(inner.len(), 2, "{inner:?}");
    for name in inner {
        let folder = format!("all/{}/{name}", names[0]);
        assert!(name.ends_with("_3SBs_time") && work.has(format!("{folder}/INFO.json")), "{name}");
        assert!(
            work.has(format!("{folder}/{name}.gif"))
                && work.has(format!("{folder}/{name}.diag.json"))
        );
    }
    let count = ["run", "GetGainMovies", "--dburl", &url, "--count"];
    assert_eq!(work.ledama(count).ok().stdout().trim(), "2");
    let again = run(&all).code(0);
    assert!(format!("{again}").contains("no movies to make"), "{again}");
    let named = run(&[&all[..], &["-i", "0,77"]].concat());
    let told = format!("{named}");
    assert!(told.contains("left alone") || told.contains("no LDSBP 77"), "{told}");
}
