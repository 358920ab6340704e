//! Products are added once, follow their files, and survive faults of reading.

use ledama_base::corrections::Corrections;

use super::{count, one};
use crate::meta;
use crate::migrate::row_counts;
use crate::observe::*;
use crate::store::Database;
use crate::testing::on_both;

const FOLDER: &str = "/data1/users/lofareor/pipeline/L2013_80897_001";

pub(crate) fn identity(path: &str) -> Identity {
    named(path, &Overrides::default()).unwrap()
}

fn named(path: &str, overrides: &Overrides) -> Result<Identity, Rejected> {
    let place = Place { host: "node011", store: "EoR", remote: false };
    Identity::parse(place, path, overrides, Corrections::built_in())
}

pub(crate) fn facts(names: &[&str]) -> Facts {
    let stations =
        names.iter().map(|name| Station { name: (*name).into(), position: [1.5, 2.0, -3.0] });
    Facts {
        state: State::Ok,
        project: Some("LEA128".into()),
        field: Some("NCP".into()),
        antenna_type: Some("HBA".into()),
        epoch: Some((4_838_322_659.5, 4_838_322_660.5)),
        stations: stations.collect(),
        integration_time: Some(2.002_780_160_003_2),
        channels: Some(64),
        direction: Some((123.4, 89.5)),
        flagged: Some(true),
        averaged: Some(false),
        calibrated: Some(false),
        central_frequency: Some(115.039),
        bandwidth: Some(0.183),
        owner: Some("offringa".into()),
        ..Facts::default()
    }
}

pub(crate) fn product(sub_band: u32) -> Product {
    Product {
        identity: identity(&format!("{FOLDER}/L80897_SAP000_SB{sub_band:03}_uv.MS")),
        size_mb: Some(100),
        modified: Some(1_700_000_000),
        seen: 1_700_000_100,
        facts: facts(&["RS106HBA", "CS001HBA0", "DE601HBA"]),
    }
}

fn put(database: &Database, product: &Product) -> Processed {
    database.write(|tx| process(tx, product)).unwrap()
}

#[test]
fn a_path_tells_all_or_is_refused_with_its_reason() {
    let found = identity(&format!("{FOLDER}/L80897_SAP001_SB244_uv.MS.dppp.tar"));
    assert_eq!(
        (found.lds.as_str(), found.beam, found.sub_band, found.version, found.raw, found.tar),
        ("L80897", 1, 244, 1, false, true)
    );
    assert_eq!(found.path(), format!("{FOLDER}/L80897_SAP001_SB244_uv.MS.dppp.tar"));
    let archived = identity("L80897_001/L80897_SAP000_SB000_uv.MS");
    assert_eq!((archived.parent.as_str(), archived.version), ("L80897_001", 1));
    for (path, reason) in [
        ("/data1/Luc/x_SB001.MS", "tells no observation"),
        ("/data1/L80897/README", "tells no sub-band"),
        ("L80897_SB001.MS", "is in no folder"),
        ("/data1/L1234_001/L1234_SB001.MS", "tells no observation"),
        (&format!("/data1/L80897/{}_SB001.MS", "x".repeat(99)), "more than 100 letters"),
    ] {
        let error = named(path, &Overrides::default()).unwrap_err().to_string();
        assert!(error.contains(reason), "{path}: {error}");
    }
    let overrides = Overrides { lds: Some("L90000".into()), version: Some(3) };
    let found = named("/data1/L80897/L80897_SB001.MS", &overrides).unwrap();
    assert_eq!((found.lds.as_str(), found.version), ("L90000", 3));
    let wrong = Overrides { lds: Some("90000".into()), version: None };
    assert!(named("/data1/L80897/L80897_SB001.MS", &wrong).is_err());
}

#[test]
fn a_product_is_added_once() {
    on_both(|database| {
        let first = put(database, &product(0));
        assert_eq!((first.change, first.moved_from), (Change::Added, None));
        let second = put(database, &product(1));
        assert_eq!((second.product, second.change), (first.product, Change::Added));
        let before = database.read(row_counts).unwrap();
        let mut again = product(0);
        again.seen += 1000;
        assert_eq!(put(database, &again), Processed { change: Change::Kept, ..first.clone() });
        assert_eq!(database.read(row_counts).unwrap(), before);
        assert_eq!((count(database, "baseline"), count(database, "measurementset")), (6, 2));
        let row = one(
            database,
            "SELECT \"last_check\", \"last_modification\", \"product_size\" FROM \"measurementset_product\" WHERE \"name\" LIKE '%SB000%'",
        );
        assert_eq!(
            [row.get::<i64>(0), row.get(1), row.get(2)].map(Result::unwrap),
            [again.seen, 1_700_000_000, 100]
        );
        let row = one(database, "SELECT \"initial_utc\", \"project\" FROM \"lofar_dataset\"");
        assert_eq!(row.get::<String>(0).unwrap(), "2012/03/13/02:30:59");
        meta::refresh(database, meta::Scope::Touched).unwrap();
        let row = one(
            database,
            "SELECT \"description\", \"ldsbp_number_measurementset_products\" FROM \"ldsbp_q\"",
        );
        assert_eq!((row.get::<String>(0).unwrap(), row.get::<i64>(1).unwrap()), ("64 2".into(), 2));
    });
}

#[test]
fn a_changed_file_renews_its_facts() {
    on_both(|database| {
        put(database, &product(0));
        let mut changed = product(0);
        changed.modified = Some(1_700_000_500);
        changed.size_mb = Some(300);
        changed.facts.calibrated = Some(true);
        changed.facts.direction = Some((123.5, 89.5));
        assert_eq!(put(database, &changed).change, Change::Updated);
        let row = one(
            database,
            "SELECT p.\"calibrated\", b.\"phase_direction_ra\" FROM \"lofar_dataset_beam_product\" AS p, \"lofar_dataset_beam\" AS b",
        );
        assert_eq!((row.get::<bool>(0).unwrap(), row.get::<f64>(1).unwrap()), (true, 123.5));
        // Averaged in place: another product, and the old set stays without file.
        changed.facts.channels = Some(15);
        changed.modified = Some(1_700_000_600);
        let moved = put(database, &changed);
        assert_eq!(moved.change, Change::Moved);
        assert!(moved.moved_from.is_some_and(|set| set != moved.set));
        assert_eq!(count(database, "measurementset_product"), 1);
        assert_eq!(count(database, "measurementset"), 2);
    });
}

#[test]
fn a_fault_of_reading_takes_nothing_away() {
    on_both(|database| {
        let first = put(database, &product(0));
        let mut faulty = product(0);
        faulty.modified = Some(1_700_009_999);
        faulty.facts = Facts { state: State::Error, ..Facts::default() };
        let kept = put(database, &faulty);
        assert_eq!((kept.set, kept.msp, kept.change), (first.set, first.msp, Change::Updated));
        // One that was never read is known to be there.
        let mut unknown = product(7);
        unknown.facts = Facts { state: State::Error, ..Facts::default() };
        let added = put(database, &unknown);
        assert_ne!(added.product, first.product);
        let row = one(
            database,
            "SELECT \"description\", \"number_channels\" FROM \"lofar_dataset_beam_product\" WHERE \"product_state\" = 'error'",
        );
        assert_eq!(
            (row.get::<String>(0).unwrap(), row.get::<i64>(1).unwrap()),
            ("ERROR".into(), -4)
        );
        unknown.facts = product(7).facts;
        let moved = put(database, &unknown);
        assert_eq!((moved.change, moved.product), (Change::Moved, first.product));
    });
}

#[test]
fn integration_times_that_differ_by_less_than_a_microsecond_are_the_same() {
    on_both(|database| {
        let first = put(database, &product(0));
        let mut other = product(1);
        other.facts.integration_time = Some(2.002_780_160_1);
        assert_eq!(put(database, &other).product, first.product);
    });
}

#[test]
fn what_cannot_be_read_borrows_from_the_same_data() {
    on_both(|database| {
        let read = put(database, &product(0));
        let place = Place { host: "TARGET_E_EOR", store: "TARGET_E_EOR", remote: true };
        let remote = |name: &str| {
            Identity::parse(place, name, &Overrides::default(), Corrections::built_in()).unwrap()
        };
        let seen = remote("L80897_001/L80897_SAP000_SB000_uv.MS.tar");
        let borrowed = database.read(|tx| akin(tx, &seen)).unwrap();
        assert_eq!((borrowed.state, borrowed.channels), (State::Ok, Some(64)));
        assert_eq!(borrowed.central_frequency, Some(115.039));
        assert_eq!((borrowed.stations.len(), borrowed.flagged), (3, Some(true)));
        let archived =
            Product { facts: Facts::unread(&seen).or(borrowed), identity: seen, ..product(0) };
        let stored = put(database, &archived);
        assert_eq!((stored.change, stored.beam), (Change::Added, read.beam));
        assert_ne!(stored.product, read.product);
        // Another version: only what belongs to the observation and the beam.
        let other = remote("L80897_002/L80897_SAP000_SB000_uv.MS");
        let borrowed = database.read(|tx| akin(tx, &other)).unwrap();
        assert_eq!((borrowed.state, borrowed.channels), (State::Unknown, None));
        assert_eq!(borrowed.field.as_deref(), Some("NCP"));
        // A packed file of a node stays what it is.
        let tar = identity(&format!("{FOLDER}/L80897_SAP000_SB000_uv.MS.tar"));
        let borrowed = database.read(|tx| akin(tx, &tar)).unwrap();
        let facts = Facts::unread(&tar).or(borrowed);
        assert_eq!((facts.state, facts.channels), (State::Tar, None));
        assert_eq!(facts.central_frequency, Some(115.039));
    });
}

#[test]
fn station_lists_grow_and_are_never_cut_short() {
    on_both(|database| {
        put(database, &product(0));
        let mut more = product(1);
        more.facts.stations = facts(&["CS001HBA0", "UK608HBA"]).stations;
        put(database, &more);
        assert_eq!(count(database, "lofar_dataset_has_station"), 4);
        // Three of the first set with themselves and each other, and one more pair of two.
        assert_eq!(count(database, "baseline"), 6 + 2);
        let mut all = product(2);
        all.facts.stations = facts(&["CS001HBA0", "UK608HBA", "DE601HBA", "RS106HBA"]).stations;
        put(database, &all);
        assert_eq!(count(database, "baseline"), 10);
    });
}

#[test]
fn eight_writers_of_one_observation_write_it_once() {
    on_both(|database| {
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for k in 0..12 {
                        // All write all, each in another order.
                        put(database, &product((k * 5 + writer * 3) % 12));
                    }
                });
            }
        });
        for (table, expected) in [
            ("lofar_dataset", 1),
            ("station", 3),
            ("lofar_dataset_has_station", 3),
            ("baseline", 6),
            ("lofar_dataset_beam", 1),
            ("lofar_dataset_beam_product", 1),
            ("measurementset", 12),
            ("measurementset_product", 12),
        ] {
            assert_eq!(count(database, table), expected, "{table}");
        }
    });
}
