//! UVPlot: pages of panels, their numbers, maps, statistics, and its questions.

use super::{is_png, set};
use crate::support::skip::need;
use crate::support::{Work, plan_golden};

#[test]
fn pages_maps_numbers_and_statistics() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    let run = |args: &[&str]| {
        let all = [&["run", "UVPlot", "--no-progress", "-i", "x.MS"], args].concat();
        work.ledama(all).run().no_panic()
    };
    run(&["--output", "a.png", "-e", "0..3", "--size", "900x600"]).code(0);
    is_png(&work.join("a.png"), (900, 600));
    let pages = run(&["--output", "b.png", "-n", "4,3", "--size", "1200x800", "--flagged"]).code(0);
    assert_eq!(pages.stdout().lines().count(), 3, "{pages}");
    is_png(&work.join("b-p003.png"), (1200, 800));
    let again = run(&["--output", "b.png", "-n", "4,3"]);
    assert!(format!("{again}").contains("--force"), "{again}");
    let many = run(&["--output", "c.png", "-n", "1,1", "--max-pages", "27"]);
    assert!(format!("{many}").contains("need 28 pages"), "{many}");

    let one = ["-p", "XX", "--baselines", "0-4"];
    let dump = run(&[&one[..], &["--output", "d.svg", "--dump", "csv"]].concat()).code(0);
    assert_eq!(dump.stdout().lines().filter(|line| line.contains("point")).count(), 6, "{dump}");
    run(&[&one[..], &["--output", "e.png", "-m", "--stats", "stats.csv"]].concat()).code(0);
    assert!(work.read("stats.csv").contains(",XX,6,0.2049"), "{}", work.read("stats.csv"));
    run(&[&one[..], &["--output", "f.png", "--map", "-y", "phase"]].concat()).code(0);
    run(&["--output", "g.png", "--per", "station", "-x", "ha", "-y", "phaserate", "-n", "4,2"])
        .code(0);
    // A name without the date or the hour: the same command, the same file.
    let named = run(&one).code(0).stdout();
    assert!(
        named.contains("/UVPlot-x.MS-") && named.trim().strip_suffix(".png").is_some(),
        "{named}"
    );
}

#[test]
fn a_query_tells_what_the_set_has() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    let output =
        work.ledama(["run", "UVPlot", "-i", "x.MS", "-q", "-e", "0,4"]).run().no_panic().code(0);
    let plan = ["run", "UVPlot", "-i", "x.MS", "-e", "0..3", "-y", "phase", "--output", "p.png"];
    let plan = work.ledama(plan).args(["--query", "--json"]).run().no_panic().code(0);
    plan_golden::check_here("UVPlot", "plan", &plan, &work);
    assert!(!work.has("p.png"));
    let text = format!("{output}");
    for line in ["Time slots: 6", "Channels: 8 (0 to 7)", "Baselines: 1 (6 rows)", "*   4 "] {
        assert!(text.contains(line), "{line}: {text}");
    }
    work.ledama(["run", "UVPlot", "-i", "y.MS"]).run().no_panic().code(2);
}
