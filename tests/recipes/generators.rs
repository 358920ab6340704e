//! The recipes that come with ledama, for observation L80897.

use crate::support::{Work, golden};

const CONFIG: &str = "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\n";

fn place() -> Work {
    let work = Work::new();
    work.file("ledama.toml", CONFIG);
    work
}

/// What is printed, with the folder masked.
fn printed(work: &Work, words: &[&str]) -> String {
    let output =
        work.ledama(["recipe", "print"]).args(words).config(&work.join("ledama.toml")).ok();
    golden::mask(&output.stdout(), &[(&work.path().display().to_string(), "[WORK]")])
}

fn row(folder: &str, beam: u32) -> String {
    let node = if folder.starts_with('/') { "node011" } else { "ARCHIVE_RAW" };
    format!("{folder}/L80897_SAP{beam:03}_SB000_uv.MS 115.1 10 {node} {beam}\n")
}

#[test]
fn the_printed_scripts_are_as_before() {
    let work = place();
    work.file("L80897_B0_TARGET.ref", row("L80897", 0));
    work.file("L80897_B1-6_TARGET.ref", row("L80897", 1));
    work.file("L80897_002_TARGET.ref", row("L80897_002", 0));
    let files = "L80897_B0_TARGET.ref,L80897_B1-6_TARGET.ref,L80897_002_TARGET.ref";
    golden::check(
        "recipes/gencopytarget2eor.sh",
        &printed(&work, &["gencopytarget2eor", "-r", files, "-n", "11-42"]),
    );
    for k in 1..=3 {
        let folder = format!("/data1/users/lofareor/pipeline/L80897_00{k}");
        work.file(format!("L80897_00{k}.ref"), row(&folder, 0));
    }
    let files = ["-a", "L80897_001.ref", "-b", "L80897_002.ref", "-c", "L80897_003.ref"];
    let words = [&["gencopyeor2target", "-o", "L80897"], &files[..]].concat();
    golden::check("recipes/gencopyeor2target.sh", &printed(&work, &words));
    let words = ["genpreproc", "-o", "L80897", "--templates", "templates", "--year", "2013"];
    golden::check("recipes/genpreproc.sh", &printed(&work, &words));
    let words =
        ["gengainmovies", "-i", "3,5", "-o", "movies", "-e", "scratch", "-n", "node011-012"];
    golden::check("recipes/gengainmovies.sh", &printed(&work, &words));
}

/// The folder that one recipe writes is the one that the other reads.
#[test]
fn all_recipes_mean_the_same_folders() {
    let work = place();
    for (more, name) in [(&[][..], "L80897"), (&["--year", "2013"][..], "L2013_80897")] {
        let raw = format!("/data3/users/lofareor/{name}");
        let copy = ["gencopytarget2eor", "-r", "L80897_TARGET.ref", "-n", "11"];
        let copy = printed(&work, &[&copy[..], more].concat());
        assert!(copy.contains(&format!("--copypath {raw} ")), "{copy}");
        let average = ["genpreproc", "-o", "80897", "-n", "11"];
        let average = printed(&work, &[&average[..], more].concat());
        assert!(average.contains(&format!("--inputpath {raw} ")), "{average}");
        let version = format!("/data1/users/lofareor/pipeline/{name}_001");
        assert_eq!(average.matches(&version).count(), 2, "{average}");
        let version = ["gencopytarget2eor", "-r", "L80897_001_B1-6_TARGET.ref", "-n", "11"];
        let version = printed(&work, &[&version[..], &["--disk", "1"], more].concat());
        let folder = format!("--copypath /data1/users/lofareor/pipeline/{name}_001 ");
        assert!(version.contains(&folder), "{version}");
    }
    // The year also comes from names.
    let copy = printed(&work, &["gencopytarget2eor", "-r", "L2013_80897_TARGET.ref", "-n", "11"]);
    assert!(copy.contains("/data3/users/lofareor/L2013_80897 "), "{copy}");
    let average = printed(&work, &["genpreproc", "-o", "L2013_80897", "-n", "11"]);
    assert!(average.contains("/data3/users/lofareor/L2013_80897 "), "{average}");
    let other = ["genpreproc", "-o", "80897", "--root", "/d{disk}/g", "-n", "11"];
    assert!(printed(&work, &other).contains("--inputpath /d3/g/L80897 "));
}

#[test]
fn the_tier_and_the_versions_of_the_configuration_count() {
    let work = place();
    let copy = printed(&work, &["gencopyeor2target", "-o", "80897", "-b", "x.ref", "-t", "f"]);
    assert!(copy.contains("--nodes ARCHIVE_RAW "), "{copy}");
    assert!(copy.contains("--copypath L80897_002 "), "{copy}");
    let version = "\n[[versions]]\nnumber = 2\nintegration_time_s = 2.0\nchannels = 5\n\
                   resolution_khz = 36.0\ncalibrated = true\nquality_kept = false\n";
    work.file("ledama.toml", format!("{CONFIG}{version}"));
    let average = printed(&work, &["genpreproc", "-o", "80897"]);
    assert!(average.contains("--output L80897_002_avg5ch.ref"), "{average}");
}

#[test]
fn wrong_input_is_told_and_nothing_is_printed() {
    let work = place();
    work.file("L80897_B0_TARGET.ref", row("L80898", 0));
    work.file("L80897_001_TARGET.ref", row("L80897_002", 0));
    work.file("x.ref", row("/d/L80897_001", 0));
    let cases: [(&[&str], &str); 13] = [
        (&["gencopytarget2eor", "-n", "11"], "--reffiles"),
        (&["gencopytarget2eor", "-r", "x.ref"], "--nodes"),
        (&["gencopytarget2eor", "-r", "x.ref", "-n", "11"], "does not tell what it holds"),
        (&["gencopytarget2eor", "-r", "L80897_TARGET", "-n", "11"], "does not tell"),
        (&["gencopytarget2eor", "-r", "L80897_B0_TARGET.ref", "-n", "11"], "it holds L80898"),
        (&["gencopytarget2eor", "-r", "L80897_001_TARGET.ref", "-n", "11"], "it holds L80897_002"),
        (&["gencopyeor2target", "-o", "80897"], "no version to copy"),
        (&["gencopyeor2target", "-o", "80897", "-b", "x.ref"], "it holds L80897_001"),
        (&["gencopyeor2target", "-a", "x.ref"], "--observation"),
        (&["gencopyeor2target", "-o", "80897", "-a", "x.ref", "-t", "g"], "not one of the choices"),
        (&["genpreproc", "-o", "80897", "-d", "3,1,2"], "3 disks given"),
        (&["genpreproc", "-o", "80897", "-d", "3,1,2,4"], "1 to 3"),
        (&["genpreproc", "-o", "nonsense"], "no observation"),
    ];
    for (words, message) in cases {
        let output =
            work.ledama(["recipe", "print"]).args(words).config(&work.join("ledama.toml")).run();
        let output = output.code(2).no_panic().prints("").complains(message);
        assert!(!output.stderr.contains("fault of ledama"), "{output}");
    }
}

#[test]
fn what_is_not_there_is_a_warning_but_cannot_be_run() {
    let work = place();
    let text = "const RECIPE = #{ version: 1, summary: \"Try\" };\n\
                fn steps(opts, recipe) {\n    recipe.step(\"one\", \"LaunchNothing\", #{});\n}\n";
    work.file("scripts/frequent/later.rhai", text);
    let recipe = |verb: &str| {
        work.ledama(["recipe", verb, "later"]).config(&work.join("ledama.toml")).run().no_panic()
    };
    for verb in ["print", "show"] {
        recipe(verb).code(0).complains("warning: there is no module `LaunchNothing`");
    }
    let output = recipe("run").code(2).complains("error: there is no module `LaunchNothing`");
    assert!(output.stderr.contains("in step `one`"), "{output}");
    let json = work
        .ledama(["recipe", "show", "later", "--json"])
        .config(&work.join("ledama.toml"))
        .ok()
        .json();
    assert_eq!(json["steps"][0]["available"], false);
}

/// All of it can be run: the first step that fails is the one without data.
#[test]
fn averaging_has_all_its_modules() {
    let work = place();
    let json = work
        .ledama(["recipe", "show", "genpreproc", "-o", "80897", "--json"])
        .config(&work.join("ledama.toml"))
        .ok()
        .json();
    let steps = json["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 10);
    assert!(steps.iter().all(|step| step["available"] == true), "{json}");
    assert_eq!(steps[3]["after"], serde_json::json!(["average-001"]));
}
