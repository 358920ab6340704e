//! ClosurePhase: pictures and tables of triangles.

use super::{is_png, set};
use crate::support::skip::need;
use crate::support::{Work, plan_golden};

#[test]
fn triangles_are_drawn_and_listed() {
    let work = Work::new();
    need!(set(work.path(), "tNDPPP-generic", "x.MS"));
    let run = |args: &[&str]| {
        let all = [&["run", "ClosurePhase", "--no-progress", "-i", "x.MS"], args].concat();
        work.ledama(all).run().no_panic()
    };
    let args = ["-e", "5,0,4", "--output", "a.png", "--size", "900x600", "--table", "a.csv"];
    run(&args).code(0);
    is_png(&work.join("a.png"), (900, 600));
    let table = work.read("a.csv");
    assert_eq!(table.lines().count(), 1 + 6 * 4);
    let first = table.lines().nth(1).unwrap();
    assert!(first.starts_with("2013-03-29T13:59:53.007Z,"), "{first}");
    assert!(first.contains(",XX,-0.03548"), "{first}");
    assert!(table.lines().any(|line| line.ends_with(",XX,,1")), "{table}");
    let all = run(&["-e", "all", "--reference", "0", "-p", "XX,YY", "--output", "b.png"]).code(0);
    assert_eq!(all.stdout().lines().count(), 4, "{all}");
    run(&["--quads", "0,1,2,3", "--output", "c.svg"]).code(0);
    let wrong = run(&["-e", "0,1"]);
    assert!(format!("{wrong}").contains("2 stations, not 3"), "{wrong}");
    let query = run(&["-q"]).code(0);
    assert!(format!("{query}").contains("Time slots: 6"), "{query}");
    let plan = run(&["-e", "5,0,4", "--output", "p.png", "--query", "--json"]).code(0);
    plan_golden::check_here("ClosurePhase", "plan", &plan, &work);
    assert!(!work.has("p.png"));
}
