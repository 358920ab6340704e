//! `ledama list --search`: a task in words of one's own finds its module.

use serde_json::Value;

use crate::support::Work;

fn found(work: &Work, words: &str) -> Vec<String> {
    let output = work
        .ledama(["list", "--json", "--search"])
        .args(&words.split(' ').collect::<Vec<_>>())
        .ok();
    let list = output.json();
    let name = |module: &Value| module["name"].as_str().unwrap().to_string();
    list.as_array().unwrap().iter().map(name).collect()
}

/// What somebody wants, and the module for it.
const TASKS: &[(&str, &str)] = &[
    ("find the measurement sets of a new observation", "CreateRefFileFromPath"),
    ("merge two reffiles", "CreateRefFileFromRefFile"),
    ("select some sub-bands", "CreateRefFileFromRefFile"),
    ("what is in the archive", "CreateRefFileFromTarget"),
    ("copying data to other nodes", "CopyData"),
    ("is my copy complete", "CheckData"),
    ("progress of a transfer", "CheckData"),
    ("which sub-bands are missing", "CompareData"),
    ("free disk space", "DeleteData"),
    ("delete raw data", "DeleteData"),
    ("run a program on all measurement sets", "ExecuteCommandOnData"),
    ("execute a shell command", "ExecuteCommandOnData"),
    ("change permissions", "ChmodData"),
    ("make files group writable", "ChmodData"),
    ("give a colleague write access", "ExtendPermissionsData"),
    ("remove empty directories", "CleanEmptyLDSPaths"),
    ("checksum", "MD5SumData"),
    ("verify md5", "MD5SumData"),
    ("number of channels and stations", "MSInfo"),
    ("make a tar", "PackData"),
    ("compress", "PackData"),
    ("extract a tar", "UnPackData"),
    ("kill my processes", "ShowProcesses"),
    ("what is running on the nodes", "ShowProcesses"),
    ("reset flags", "UnFlagData"),
    ("remove the corrected data column", "CleanData"),
    ("prepare for CASA imaging", "CreateCASAImagerParsetFiles"),
    ("add the columns CASA wants", "AddImagingColumns"),
    ("make an image", "Image"),
    ("flag interference", "LaunchAOFlagger"),
    ("average measurement sets", "LaunchNDPPP"),
    ("plot the gains of a station", "GainPlotter"),
    ("movie of gains", "GainMovies"),
    ("closure phases", "ClosurePhase"),
    ("statistics of visibilities", "ASCIIStats"),
];

#[test]
fn a_task_in_ones_own_words_finds_its_module() {
    let work = Work::new();
    let all = work.ledama(["list", "--json"]).ok().json().as_array().unwrap().len();
    let mut faults = Vec::new();
    for (words, module) in TASKS {
        let found = found(&work, words);
        if !found.iter().take(2).any(|name| name == module) {
            faults.push(format!("{words}: {found:?}, not {module}"));
        }
        assert!(found.len() * 3 < all, "{words} finds nearly everything: {found:?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_has_not_all_words_is_said_to_come_near() {
    let work = Work::new();
    let output = work.ledama(["list", "--search", "copy", "zeppelin"]).ok();
    assert!(output.stdout().starts_with("CopyData"), "{output}");
    assert!(output.stderr.contains("come nearest"), "{output}");
    let output = work.ledama(["list", "--search", "zeppelin"]).ok();
    assert_eq!(output.stdout(), "");
    assert!(output.stderr.contains("no module fits"), "{output}");
    let all = work.ledama(["list", "--search", "the", "of"]).ok().stdout();
    assert!(all.contains("MSInfo") && all.contains("CopyData"), "{all}");
}
