//! The schema is checked against itself and against the numbers known of the
//! original database.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use super::pseudo::{self, Pseudo, Selection, State, Target};
use super::*;

/// Longest name that PostgreSQL keeps.
const LONGEST: usize = 63;

#[test]
fn tables_and_columns_have_unique_fitting_names() {
    let mut names = BTreeSet::new();
    let mut shorts = BTreeSet::new();
    for table in tables() {
        assert!(names.insert(table.name), "{} twice", table.name);
        assert!(shorts.insert(table.short), "{} twice", table.short);
        let mut columns = BTreeSet::new();
        for column in table.columns {
            assert!(columns.insert(column.name), "{}.{}", table.name, column.name);
            assert!(column.name.len() <= LONGEST && !column.about.is_empty());
            assert!(!column.about.ends_with('.'), "{}", column.about);
            assert!(
                column
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{}",
                column.name
            );
        }
    }
    for view in views::VIEWS {
        assert!(names.insert(view.name));
        let columns: Vec<_> = view.columns().map(|column| column.name).collect();
        let unique: BTreeSet<_> = columns.iter().collect();
        assert_eq!(unique.len(), columns.len(), "{}", view.name);
    }
    // The name of the last partition that 64-bit ids could need would be too long;
    // thousands of millions of measurement sets fit.
    let widest = "quality_frequency_statistic_part_99999_1999980000_2000000000";
    assert!(widest.len() <= LONGEST);
}

#[test]
fn keys_references_checks_and_indexes_name_columns_that_exist() {
    let mut made = BTreeSet::new();
    for table in tables() {
        let known =
            |name: &str| table.column(name).unwrap_or_else(|| panic!("{}.{name}", table.name));
        assert!(!table.primary.is_empty(), "{} has no key", table.name);
        for key in std::iter::once(&table.primary).chain(table.uniques) {
            for name in *key {
                assert!(!known(name).nullable, "{}.{name} is part of a key", table.name);
            }
            if table.partitioned {
                assert_eq!(key[0], "measurementset_id", "{}", table.name);
            }
        }
        for index in table.indexes {
            index.columns.iter().for_each(|name| {
                known(name);
            });
        }
        for key in table.foreign {
            let target = super::table(key.table).unwrap();
            assert!(
                made.contains(key.table) || key.table == table.name,
                "{} before {}",
                table.name,
                key.table
            );
            assert_eq!(target.primary, [key.references]);
            let (here, there) = (known(key.column), target.column(key.references).unwrap());
            assert_eq!(here.kind, there.kind, "{}.{}", table.name, key.column);
        }
        for check in table.checks {
            match *check {
                Check::OneOf(name, words) => {
                    let Type::Text(max) = known(name).kind else {
                        panic!("{}.{name} is no text", table.name)
                    };
                    let longest = words.iter().map(|word| word.len()).max().unwrap();
                    assert!(max.is_none_or(|max| longest <= usize::from(max)), "{name}");
                }
                Check::AtLeast(name, _) | Check::Exactly(name, _) => {
                    assert!(known(name).kind.is_integer());
                }
                Check::NotEmpty(name) => assert!(matches!(known(name).kind, Type::Text(_))),
                Check::NotBefore(a, b) | Check::Less(a, b) => {
                    assert_eq!(known(a).kind, known(b).kind);
                }
                Check::ValuesLength => {
                    for name in ["values", "n_corr", "n_freq"] {
                        known(name);
                    }
                }
            }
        }
        if let Some((column, _)) = table.id {
            assert_eq!(known(column).kind, Type::Int64);
        }
        for column in table.columns {
            if let Some(Generated::Microseconds(of)) = column.generated {
                assert_eq!(known(of).kind, Type::Float);
            }
        }
        made.insert(table.name);
    }
}

#[test]
fn the_original_tables_are_all_there() {
    let count = |block| tables().filter(|table| table.block == block).count();
    assert_eq!(count(Block::Reference), 14);
    assert_eq!(count(Block::Applications), 2);
    assert_eq!(count(Block::Diagnostics), 5);
    assert_eq!(count(Block::Movies), 3);
    assert_eq!(count(Block::Meta), 4);
    let partitioned: Vec<_> = tables().filter(|table| table.partitioned).map(|t| t.name).collect();
    assert_eq!(partitioned, enumerations::DIAGNOSTIC_TABLES);
    // 33 functions computed the derived facts; one more counts distinct sub-bands.
    let facts: usize = meta::TABLES.iter().map(|table| table.columns.len() - 1).sum();
    assert_eq!(facts, 4 + 8 + 9 + 13 + 1);
    // Twelve counters began at 0, that of the kinds at 1.
    let original = |table: &&&Table| table.block != Block::Service;
    let all: Vec<&'static Table> = tables().collect();
    let zero = all.iter().filter(original).filter(|t| matches!(t.id, Some((_, 0)))).count();
    assert_eq!(zero, 12);
    assert_eq!(diagnostics::QUALITY_KIND.id, Some(("quality_kind_id", 1)));
    assert_eq!(reference::LOFAR_DATASET_BEAM_PRODUCT.uniques[0].len(), 8);
}

#[test]
fn deleting_an_observation_reaches_everything_below_it() {
    let mut reached = BTreeSet::from(["lofar_dataset"]);
    for table in tables() {
        if table
            .foreign
            .iter()
            .any(|key| key.on_delete == OnDelete::Cascade && reached.contains(key.table))
        {
            reached.insert(table.name);
        }
    }
    for name in [
        "lofar_dataset_has_station",
        "lofar_dataset_beam",
        "lofar_dataset_beam_product",
        "measurementset",
        "measurementset_product",
        "application_file",
        "gain",
        "quality_time_statistic",
        "quality_frequency_statistic",
        "quality_baseline_statistic",
        "gain_movie_has_measurementset",
        "measurementset_meta",
        "lofar_dataset_meta",
        "ms_diag_summary",
    ] {
        assert!(reached.contains(name), "{name}");
    }
    for name in ["station", "baseline", "field", "store", "store_host", "gain_movie"] {
        assert!(!reached.contains(name), "{name}");
    }
}

#[test]
fn quality_kinds_are_those_of_aoflagger() {
    assert_eq!(kinds::QUALITY_KINDS.len(), 37);
    let names: BTreeSet<_> = kinds::QUALITY_KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), 37);
    let stored: BTreeSet<_> =
        kinds::QUALITY_KINDS.iter().filter(|kind| kind.stored).map(|kind| kind.name).collect();
    let seven = ["RFICount", "Count", "Sum", "SumP2", "DCount", "DSum", "DSumP2"];
    assert_eq!(stored, BTreeSet::from(seven));
    assert_eq!(kinds::description("Count").unwrap(), "samples used [1]");
}

#[test]
fn pseudo_tables_have_their_columns_and_each_has_a_source() {
    // The original's counts, and what was added to each.
    let expected = BTreeMap::from([
        ("LDS", 20 + 1),
        ("LDSB", 22),
        ("LDSBP", 36 + 1),
        ("MS", 33 + 1),
        ("MSP", 33 + 3),
        ("GAIN", 29 + 2),
        ("QTS", 28 + 2),
        ("QFS", 27 + 1),
        ("QBS", 30 + 1),
        ("GAINMOVIE", 30 + 3),
    ]);
    for pseudo in Pseudo::ALL {
        let table = pseudo.table();
        assert_eq!(table.kind, pseudo);
        assert_eq!(Pseudo::named(&table.name.to_lowercase()), Some(pseudo));
        assert_eq!(table.columns.len(), expected[table.name], "{}", table.name);
        let mut headers = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for column in table.columns {
            for header in [Some(column.header), column.alias].into_iter().flatten() {
                assert!(
                    headers.insert(header.to_lowercase())
                        || column
                            .alias
                            .is_some_and(|alias| alias.eq_ignore_ascii_case(column.header)),
                    "{}.{header}",
                    table.name
                );
            }
            assert!(keys.insert((column.relation, column.column)), "{}", column.header);
            let kind = column.source().kind;
            assert_eq!(
                kind == Type::Time,
                column.format == pseudo::Format::Time,
                "{}",
                column.header
            );
            assert!(column.format != pseudo::Format::Double || kind == Type::Float);
            assert!(
                table.chain.contains(&column.relation) || table.sides.contains(&column.relation),
                "{}.{}",
                table.name,
                column.header
            );
            assert!(column.marks.filter || !column.marks.offered);
            if matches!(kind, Type::Values) {
                assert!(column.marks.values && !column.marks.filter && !column.marks.shown);
            }
            assert_eq!(table.keyed(column.relation, column.column), Some(column));
            assert_eq!(table.column(column.header), Some(column));
        }
        assert!(table.id().marks.shown && table.id().marks.filter);
    }
    let base: usize = Pseudo::ALL.iter().map(|pseudo| pseudo.table().columns.len()).sum();
    assert_eq!(base, 288 + 15);
}

#[test]
fn users_find_columns_by_header_older_header_and_database_name() {
    let gain = Pseudo::Gain.table();
    assert_eq!(gain.column("Store"), gain.column("store"));
    assert_eq!(gain.column("initial_mjd").unwrap().header, "initialMJD");
    assert_eq!(gain.column("sbindex").unwrap().header, "sbIndex");
    assert!(gain.column("nothing").is_none());
    let qbs = Pseudo::Qbs.table();
    assert_eq!(qbs.column("baselineID").unwrap().header, "baselineId");
    assert_eq!(Pseudo::GainMovie.table().column("lastMod").unwrap().header, "lastCheck");
    assert_eq!(Pseudo::Lds.table().column("duration[s]").unwrap().unit(), Unit::Seconds);
}

#[test]
fn values_queries_load_what_plots_need() {
    let values = |pseudo: Pseudo| -> Vec<&str> {
        let columns = pseudo.table().columns.iter();
        columns.filter(|column| column.marks.values).map(|column| column.header).collect()
    };
    assert_eq!(
        values(Pseudo::Gain),
        [
            "gainId",
            "LDS",
            "initialUTC",
            "phaseDirRA",
            "phaseDirDec",
            "sbIndex",
            "centFreq",
            "bandwidth",
            "station",
            "dirRA",
            "dirDec",
            "freqStep",
            "timeStep",
            "timeStart",
            "values"
        ]
    );
    assert_eq!(
        values(Pseudo::Qbs),
        [
            "QBSId",
            "LDS",
            "initialUTC",
            "phaseDirRA",
            "phaseDirDec",
            "centFreq",
            "bandwidth",
            "station",
            "station2",
            "freqStep",
            "qKId",
            "qKName",
            "values"
        ]
    );
    assert!(values(Pseudo::Msp).is_empty());
}

#[test]
fn every_step_of_a_chain_is_a_join_and_orders_are_in_the_chain() {
    for pseudo in Pseudo::ALL {
        let table = pseudo.table();
        assert_eq!(table.chain.last(), Some(&table.base));
        for pair in table.chain.windows(2) {
            assert!(pseudo::link_between(pair[0], pair[1]).is_some(), "{pair:?}");
        }
        for side in table.sides {
            assert!(
                table.chain.iter().any(|upper| pseudo::link_between(upper, side).is_some()),
                "{side}"
            );
        }
        for (relation, name) in table.order {
            assert!(table.chain.contains(relation), "{relation}");
            assert!(column(relation, name).is_some(), "{relation}.{name}");
        }
    }
    for link in pseudo::LINKS {
        let upper = column(link.upper, link.upper_column).unwrap();
        let lower = column(link.lower, link.lower_column).unwrap();
        assert_eq!(upper.kind, lower.kind, "{link:?}");
    }
}

#[test]
fn selections_filter_columns_that_their_pseudo_table_has() {
    let mut used = 0;
    for selection in Selection::ALL {
        let list = selection.table();
        assert_eq!(list.kind, selection);
        assert_eq!(Selection::named(list.name), Some(selection));
        let source = table(list.table).unwrap();
        for name in list.columns.iter().map(|(name, _)| name).chain(list.order) {
            assert!(source.column(name).is_some(), "{}.{name}", list.table);
        }
        for pseudo in Pseudo::ALL {
            let target = selection.target(pseudo);
            assert_eq!(target.is_some(), selection.state(pseudo) == State::Used);
            used += usize::from(target.is_some());
            if let Some(Target::AnyOf { relation, column }) = target {
                let chain = pseudo.table().chain;
                assert!(chain.contains(&relation), "{selection:?} of {pseudo:?}");
                assert!(super::column(relation, column).is_some(), "{relation}.{column}");
            }
        }
    }
    assert_eq!(used, 10 + 9 + 10 + 10 + 1 + 8 + 2 + 3);
    assert_eq!(Selection::Baseline.state(Pseudo::Lds), State::Later);
    assert_eq!(Selection::Baseline.state(Pseudo::Msp), State::Off);
    assert_eq!(Selection::Station.target(Pseudo::Qbs), Some(Target::AllStations));
}
