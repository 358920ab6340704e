//! UsedStations: a picture or a table of which station took part in what.

use ledama_leddb::testing::sample::{self, Size};

use crate::support::postgres::{Base, on_both};
use crate::support::run::Run;
use crate::support::skip::say;
use crate::support::{Cluster, Work, plan_golden};

fn fill(base: &Base) {
    let filled = base.database.write(|tx| {
        for number in 1..=2 {
            let stations = 2 + usize::try_from(number).unwrap();
            sample::observation(tx, number, Size { stations, ..Size::default() })?;
        }
        Ok(())
    });
    filled.unwrap();
}

fn module(work: &Work, base: &Base, more: &[&str]) -> Run {
    work.ledama(["run", "UsedStations", "--dburl", &base.url, "--no-progress"]).args(more)
}

#[test]
fn pictures_and_tables_of_the_same() {
    on_both(|work, base| {
        fill(base);
        let csv = module(work, base, &["--format", "csv"]).ok().stdout();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "station,lds,start,end,hours");
        assert_eq!(lines.len(), 1 + 3 + 4, "{csv}");
        assert!(lines[1].starts_with("CS001HBA0,L80001,20"), "{csv}");
        assert!(
            lines[lines.len() - 1].starts_with("DE601HBA,L80002"),
            "the core comes first: {csv}"
        );
        for (name, more) in [
            ("all.png", &[][..]),
            ("some.svg", &["-l", "L80001", "-s", "RS106HBA,CS001HBA0", "-u"]),
            ("nights.png", &["--nights"]),
            ("short.png", &["--compress", "--color-by", "antennas"]),
        ] {
            let output = module(work, base, more).args(["-o", name]).ok();
            assert!(work.has(name) && output.stderr.contains("stations"), "{output}");
        }
        let dump = module(work, base, &["--dump", "csv", "-o", "d.png", "-l", "L80001"]).ok();
        assert_eq!(dump.stdout().lines().filter(|line| line.contains(",bar,")).count(), 3);
        for (more, part) in [
            (["-l", "L9"], "no observation L9"),
            (["-s", "CS001HBA7"], "no station CS001HBA7"),
            (["-o", "all.png"], "exists"),
        ] {
            module(work, base, &more).run().no_panic().code(2).complains(part);
        }
    });
}

#[test]
fn nothing_to_show_is_told() {
    let work = Work::new();
    let base = Base::sqlite(&work);
    let output = module(&work, &base, &["-u", "-o", "x.png"]).run().no_panic();
    assert!(output.stderr.contains("no data") && output.code == 1, "{output}");
    assert!(!work.has("x.png"));
}

#[test]
fn a_dry_run_draws_nothing() {
    let cluster = match Cluster::of(1).start() {
        Ok(cluster) => cluster,
        Err(reason) => return say(&reason.to_string()),
    };
    let work = Work::new();
    let base = Base::sqlite(&work);
    let config = cluster.config(&work);
    let output = module(&work, &base, &["-o", "x.png", "--query", "--json"]).config(&config).ok();
    plan_golden::check("UsedStations", "picture", &output, &work, &cluster);
    assert!(!work.has("x.png"));
}
