//! SolPlot: pages, all stations on a page, maps and statistics of real solutions.

use super::{is_png, set};
use crate::support::run::repository;
use crate::support::skip::need;
use crate::support::{Work, plan_golden};

#[test]
fn solutions_of_dp3_are_drawn() {
    let work = Work::new();
    need!(set(work.path(), "dp3-gains", "x.MS"));
    let run = |args: &[&str]| {
        let all = [&["run", "SolPlot", "--no-progress", "-i", "x.MS"], args].concat();
        work.ledama(all).run().no_panic()
    };
    run(&["-q", "-m", "-o", "q", "--size", "900x600"]).code(0);
    is_png(&work.join("q-amp.png"), (900, 600));
    is_png(&work.join("q-phs.png"), (900, 600));
    let one = ["-s", "CS001HBA0", "-r", "CS002HBA0"];
    run(&[&one[..], &["-o", "p", "-x", "svg", "-f", "stats.txt", "-l"]].concat()).code(0);
    assert!(work.read("p-CS001HBA0.svg").contains("<svg"));
    let stats = work.read("stats.txt");
    assert_eq!(stats.lines().count(), 3, "{stats}");
    assert!(stats.starts_with("#station\ttype:corr\tnum\tmean\tmedian\tstd\tflagged\n"), "{stats}");
    assert!(stats.contains("\nCS001HBA0\tGain:XX\t"), "{stats}");
    let again = run(&[&one[..], &["-o", "r", "-f", "stats.txt"]].concat());
    assert!(again.code != 0, "{again}");
    run(&[&one[..], &["-o", "h", "--heatmap", "--size", "900x600"]].concat()).code(0);
    is_png(&work.join("h-CS001HBA0.png"), (900, 600));
    let plan = run(&[&one[..], &["-m", "-o", "z", "--query", "--json"]].concat()).code(0);
    plan_golden::check_here("SolPlot", "plan", &plan, &work);
    let wrong = run(&["-s", "XX*"]);
    assert!(format!("{wrong}").contains("no station fits"), "{wrong}");
    let wrong = run(&["-a", "1"]);
    assert!(format!("{wrong}").contains("--amplim needs two limits"), "{wrong}");
}

#[test]
fn tec_is_drawn_with_its_unit() {
    let work = Work::new();
    let pack = need!(set(work.path(), "dp3-gains", "x.MS"));
    let table = pack.join("instrument_tec");
    assert!(table.is_dir());
    let table = table.display().to_string();
    let output = work
        .ledama(["run", "SolPlot", "--no-progress", "-i", &table, "-o", "t", "-f", "t.txt"])
        .run();
    output.no_panic().code(0);
    let text = work.read("t.txt");
    assert!(text.contains("\tTEC"), "{text}");
}

#[test]
fn what_files_hold_is_listed() {
    let work = Work::new();
    need!(set(work.path(), "dp3-gains", "x.MS"));
    let small = repository().join("builtins/ms/tests/data/small.h5").display().to_string();
    let list = |files: &str| {
        work.ledama(["run", "SolPlot", "--no-progress", "-i", files, "--list"]).ok().stdout()
    };
    let text = list(&small);
    assert!(
        text.contains("solution set sol000\n") && text.contains("phase000 (phase): "),
        "{text}"
    );
    assert!(text.contains("    dir: 2: [CasA], [CygA]\n"), "{text}");
    let text = list("x.MS");
    assert!(text.contains("  Gain: ") && text.contains("    ant: 8: CS001HBA0, "), "{text}");
    assert!(work.names(".").iter().all(|name| !name.contains(".png")));
}
