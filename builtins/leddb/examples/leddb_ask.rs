//! Asks a database the questions of the benchmark and tells how long each took.
//!
//! `leddb_ask URL TIMES` prints a line of JSON for each question: the median and the
//! slowest of nineteen in twenty passes, after one that is not counted, and the rows.
//! With 0 times the first pass counts.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use ledama_leddb::query::{BATCH_BYTES, Limits, PAGE_SIZE, Plan, Query};
use ledama_leddb::schema::pseudo::Pseudo;
use ledama_leddb::store::{Statement, Transaction};
use ledama_leddb::{Database, LeddbError, Location, Options};
use serde_json::json;

type Result<T> = std::result::Result<T, LeddbError>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, times] = &words[..] else {
        eprintln!("usage: leddb_ask URL TIMES");
        return ExitCode::FAILURE;
    };
    let Ok(times) = times.parse() else {
        eprintln!("leddb_ask: `{times}` is no number");
        return ExitCode::FAILURE;
    };
    match ask(url, times) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leddb_ask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The ids that the questions are about.
struct Places {
    gains: i64,
    quality: i64,
    fifty: Vec<i64>,
    one: i64,
    baseline: i64,
}

fn number(tx: &mut Transaction, text: &'static str, id: i64) -> Result<i64> {
    tx.row(Statement::constant(text, vec![id.into()]))?.get(0)
}

fn product(tx: &mut Transaction, version: i64) -> Result<i64> {
    let text = "SELECT p.\"lofar_dataset_beam_product_id\" FROM \"lofar_dataset_beam_product\" AS p \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE b.\"lofar_dataset\" = 'L100003' AND p.\"store\" = 'EoR' AND p.\"product_version\" = $1";
    number(tx, text, version)
}

fn places(tx: &mut Transaction) -> Result<Places> {
    let (gains, quality) = (product(tx, 2)?, product(tx, 1)?);
    let text = "SELECT \"measurementset_id\" FROM \"measurementset\" WHERE \"lofar_dataset_beam_product_id\" = $1 ORDER BY 1 LIMIT 50";
    let fifty = tx
        .rows(Statement::constant(text, vec![gains.into()]))?
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<i64>>>()?;
    let one = number(
        tx,
        "SELECT min(\"measurementset_id\") FROM \"measurementset\" WHERE \"lofar_dataset_beam_product_id\" = $1",
        quality,
    )?;
    let baseline = number(
        tx,
        "SELECT min(\"baseline_id\") FROM \"quality_baseline_statistic\" WHERE \"measurementset_id\" = $1",
        one,
    )?;
    Ok(Places { gains, quality, fifty, one, baseline })
}

/// What is done with the answer of a question.
#[derive(Clone, Copy)]
enum Wanted {
    /// The first page and how many rows there are.
    Page,
    /// All rows of some columns.
    Rows,
    /// All arrays.
    Arrays,
}

fn questions(at: &Places) -> Result<Vec<(&'static str, &'static str, Query, Wanted)>> {
    use Wanted::{Arrays, Page, Rows};
    let ask = |table| Query::new(table);
    let gains = ask(Pseudo::Gain).below(Pseudo::Ms, &at.fifty);
    let quality = ask(Pseudo::Qfs).below(Pseudo::Ldsbp, &[at.quality]).filter("qKName = Count")?;
    let baseline = |query: Query| {
        query.filter(&format!("baselineId = {}", at.baseline))?.filter("qKName = Count")
    };
    let reffile = ["MSPId", "path", "name", "size[MB]", "host", "beamIndex", "centFreq"];
    Ok(vec![
        ("B1 LDS", "first page and count of all observations", ask(Pseudo::Lds), Page),
        ("B1 MSP", "first page and count of all files", ask(Pseudo::Msp), Page),
        (
            "B2",
            "observations with three stations, a field, a duration",
            ask(Pseudo::Lds)
                .pick(
                    ledama_leddb::schema::pseudo::Selection::Station,
                    &["CS001HBA0", "CS001HBA1", "CS003HBA0"],
                )
                .filter("mainField ~ ^3C")?
                .filter("duration[s] > 300")?,
            Page,
        ),
        (
            "B3",
            "the files of an observation, for a RefFile",
            ask(Pseudo::Msp).filter("LDS = L100003")?.columns(&reffile),
            Rows,
        ),
        ("B4", "first page of the gains of 50 sets", gains.clone(), Page),
        ("B4 values", "arrays of the gains of 50 sets", gains, Arrays),
        ("B5", "first page of one kind of QFS of a product", quality.clone(), Page),
        ("B5 values", "arrays of one kind of QFS of a product", quality, Arrays),
        (
            "B6 MS",
            "QBS of a set, a kind, a baseline",
            baseline(ask(Pseudo::Qbs).below(Pseudo::Ms, &[at.one]))?,
            Page,
        ),
        (
            "B6 LDSBP",
            "QBS of a product, a kind, a baseline",
            baseline(ask(Pseudo::Qbs).below(Pseudo::Ldsbp, &[at.quality]))?,
            Page,
        ),
        (
            "B7",
            "gains by id, with their sets",
            ask(Pseudo::Gain).below(Pseudo::Ldsbp, &[at.gains]).filter("gainId > 0")?,
            Page,
        ),
    ])
}

fn once(database: &Database, query: &Query, wanted: Wanted) -> Result<u64> {
    // Checking the question belongs to it.
    let plan = Plan::new(query, Limits::batch(database.options()))?;
    database.read(|tx| {
        let mut rows = 0;
        match wanted {
            Wanted::Page => rows = plan.page(tx, 0, PAGE_SIZE)?.total,
            Wanted::Rows => {
                plan.stream(tx, true, |_| {
                    rows += 1;
                    Ok(ControlFlow::Continue(()))
                })?;
            }
            Wanted::Arrays => {
                plan.values(tx, BATCH_BYTES, |arrays| {
                    rows += arrays.len() as u64;
                    Ok(ControlFlow::Continue(()))
                })?;
            }
        }
        Ok(rows)
    })
}

fn ask(url: &str, passes: usize) -> Result<()> {
    let database = Database::open(&Location::parse(url)?, &Options::default())?;
    let at = database.read(places)?;
    for (id, what, query, wanted) in questions(&at)? {
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..=passes {
            let began = Instant::now();
            rows = once(&database, &query, wanted)?;
            times.push(began.elapsed().as_secs_f64());
        }
        if passes > 0 {
            times.remove(0);
        }
        times.sort_by(f64::total_cmp);
        let (median, slow) = (times[times.len() / 2], times[(times.len() - 1) * 19 / 20]);
        println!(
            "{}",
            json!({ "id": id, "what": what, "seconds": median, "p95": slow, "rows": rows })
        );
    }
    Ok(())
}
