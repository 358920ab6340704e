//! UVCoverage: points of one set and of several.

use super::{is_png, set};
use crate::support::skip::need;
use crate::support::{Work, plan_golden};

#[test]
fn sets_cover_the_plane() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    need!(set(work.path(), "dp3-quality", "y.MS"));
    let run = |sets: &str, args: &[&str]| {
        let all = [&["run", "UVCoverage", "--no-progress", "-i", sets], args].concat();
        work.ledama(all).run().no_panic()
    };
    run("x.MS", &["--output", "a.png", "--size", "700x650"])
        .code(0)
        .complains("336 points of 28 baselines");
    is_png(&work.join("a.png"), (700, 650));
    let wide = ["-k", "-w", "--output", "b.svg", "--colour", "frequency", "--histogram"];
    run("x.MS", &wide).code(0).complains("2688 points");
    run("*.MS", &["-s", "-k", "--output", "c.png"]).code(0).complains("672 points of 56 baselines");
    let dump = run("x.MS", &["--output", "d.png", "--dump", "csv"]).code(0);
    assert_eq!(dump.stdout().lines().filter(|line| line.contains("point")).count(), 336, "{dump}");
    let plan = ["-k", "-e", "0..3", "--output", "p.png", "--query", "--json"];
    plan_golden::check_here("UVCoverage", "plan", &run("*.MS", &plan).code(0), &work);
    assert!(!work.has("p.png"));
    let wrong = run("x.MS", &["-w", "--output", "e.png"]);
    assert!(format!("{wrong}").contains("--kilolambda"), "{wrong}");
    run("z*.MS", &[]).code(2);
}
