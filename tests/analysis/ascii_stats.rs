//! ASCIIStats: statistics of sets of several nodes, as files and with the
//! numbers of numpy; what is refused, and that nothing is replaced unasked.

use super::set;
use crate::support::skip::need;
use crate::support::{Cluster, Work, plan_golden};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

fn name(sb: u32) -> String {
    format!("L80897_SAP000_SB{sb:03}_uv.MS")
}

/// Cells of the row of a baseline and polarization.
fn row(text: &str, start: &[&str]) -> Vec<String> {
    let rows = text.lines().map(|line| line.split_whitespace().map(String::from).collect());
    let found = rows.into_iter().find(|cells: &Vec<String>| {
        cells.len() > 6 && cells[1..3] == start[..2] && cells[5] == start[2]
    });
    found.unwrap_or_else(|| panic!("no row {start:?} in {text}"))
}

#[test]
fn one_set_gives_the_numbers_of_numpy() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    let run = |args: &[&str]| {
        let all = [&["run", "ASCIIStats", "--no-progress", "-i", "x.MS/"], args].concat();
        work.ledama(all).run().no_panic()
    };
    run(&["-r", "out"]).code(0);
    let text = work.read("out/x.MS.stats");
    let known = [
        "134.375",
        "4",
        "5",
        "CS004HBA0",
        "CS005HBA0",
        "XX",
        "32",
        "16",
        "2.1585e-04",
        "2.2867e-04",
        "3.3478e-05",
        "-6.3171e-01",
        "-5.8010e-01",
        "1.4215e-01",
        "1.7546e-04",
    ];
    let found = row(&text, &["4", "5", "XX"]);
    for at in [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] {
        assert_eq!(found[at], known[at], "column {at} of {found:?}");
    }
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1 + 28 * 4);
    assert!(!work.has("out/GLOBAL_STATS"));

    // Nothing is replaced unasked.
    run(&["-r", "out"]).code(2).complains("exists already");
    run(&["-r", "out", "-d", "-k", "-p", "V", "-y", "amp_mean", "-a", "6"]).code(0);
    let text = work.read("out/x.MS.stats");
    assert!(row(&text, &["0", "4", "V"])[8].starts_with("6.084"), "{text}");
    run(&["-r", "out", "-d", "-o", "2", "-b", "0-4"]).code(0);
    let text = work.read("out/x.MS.stats");
    assert_eq!(row(&text, &["0", "4", "XY.YX*"])[8], "7.6200e-11");
    run(&["-r", "out", "-d", "--timeslots=-2,-1", "--summary", "--format", "csv"]).code(0);
    assert!(
        work.read("out/x.MS.stats.csv").contains(",*,*,"),
        "{}",
        work.read("out/x.MS.stats.csv")
    );
}

#[test]
fn wrong_options_are_told_before_anything_is_done() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    for (args, what) in [
        (&["-y", "amp_mode,xyz"][..], "`mode`"),
        (&["-k", "-o", "1"], "exclude each other"),
        (&["-t", "0,6"], "time slots 0,6"),
        (&["-c", "DATUM"], "CORRECTED_DATA"),
        (&["-b", "0-99"], "no station 99"),
        (&["-e", "CS00XHBA0"], "did you mean"),
    ] {
        let all =
            [&["run", "ASCIIStats", "--no-progress", "-i", "x.MS", "-r", "out"], args].concat();
        let output = work.ledama(all).run().no_panic();
        let text = format!("{output}");
        assert!(text.contains(what), "{args:?}: {text}");
        assert!(!work.has("out/x.MS.stats"));
    }
}

#[test]
fn sets_averaged_by_baseline_are_read_window_by_window() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-bda", "bda.MS"));
    let run =
        |args: &[&str]| work.ledama([&["run"], args, &["--no-progress"]].concat()).run().no_panic();
    run(&["ASCIIStats", "-r", "out", "-i", "bda.MS", "-y", "amp_mean"]).code(0);
    let text = work.read("out/bda.MS.stats");
    assert!(text.contains("channels of spectral window 3: 8 (0 to 7)"), "{text}");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1 + 28 * 4);
    assert_eq!(row(&text, &["0", "1", "XX"])[8], "1.3764e-04");
    run(&["UVPlot", "-i", "bda.MS", "--output", "a.png", "-e", "0..3"]).code(0);
    run(&["UVPlot", "-i", "bda.MS", "--output", "m.png", "--map", "-e", "0..3"]).code(0);
    let query = run(&["UVPlot", "-i", "bda.MS", "-q"]).code(0);
    assert!(format!("{query}").contains("Spectral window: 3"), "{query}");
    let wrong = run(&["UVPlot", "-i", "bda.MS", "-s", "0,7", "--output", "b.png"]);
    assert!(format!("{wrong}").contains("spectral window 0: channels 0,7"), "{wrong}");
}

#[test]
fn sets_of_several_nodes_are_read_where_they_are() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let first = cluster.make("node011", PARENT);
    let second = cluster.make("node012", PARENT);
    need!(set(&first, "tNDPPP-generic", &name(0)));
    set(&second, "tNDPPP-generic", &name(0)).unwrap();
    set(&second, "dp3-quality", &name(1)).unwrap();
    let path = |sb: u32| format!("{PARENT}/{}", name(sb));
    work.file(
        "x.ref",
        format!(
            "{} 134.375 5 node012 0\n{} 134.375 5 node011 0\n{} 134.375 5 node012 0\n",
            path(1),
            path(0),
            path(0)
        ),
    );
    let run = |args: &[&str]| {
        let all =
            [&["run", "ASCIIStats", "--no-progress", "-i", "x.ref", "-r", "out"], args].concat();
        work.ledama(all).config(&config).run().no_panic()
    };
    let plan = run(&["-y", "amp_mean", "-e", "0..3", "--query", "--json"]).code(0);
    plan_golden::check("ASCIIStats", "plan", &plan, &work, &cluster);
    assert!(!work.has("out"));

    run(&["-y", "amp_mean"]).code(0);
    let names = work.names("out");
    assert_eq!(
        names,
        [
            "GLOBAL_STATS".to_string(),
            format!("{}.stats", name(1)),
            format!("node011_L2013_80897_{}.stats", name(0)),
            format!("node012_L2013_80897_{}.stats", name(0)),
        ]
    );
    let text = work.read("out/GLOBAL_STATS");
    assert_eq!(text.matches("#sbfreq").count(), 1);

    // What cannot be read is told with its node, and the others are kept.
    work.file("y.ref", format!("{} ? ? node011 0\n{} ? ? node012 0\n", path(0), path(7)));
    let all = ["run", "ASCIIStats", "--no-progress", "-i", "y.ref", "-r", "some"];
    let output = work.ledama(all).config(&config).run().no_panic();
    assert!(format!("{output}").contains("node012"), "{output}");
    assert_eq!(work.names("some"), [format!("{}.stats", name(0))]);
}
