//! The statements are whole, quoted, and name everything uniquely.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;
use crate::dialect::Dialect;

/// Names that a statement gives to something.
fn names(text: &str, before: &str) -> Vec<String> {
    text.match_indices(before)
        .filter_map(|(at, _)| text[at + before.len()..].split('"').next().map(ToString::to_string))
        .collect()
}

#[test]
fn names_fit_and_are_unique() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let mut seen = BTreeSet::new();
        for ddl in create_all(dialect) {
            for before in [
                "CONSTRAINT \"",
                "CREATE INDEX \"",
                "CREATE TABLE \"",
                "CREATE VIEW \"",
                "CREATE SEQUENCE \"",
            ] {
                for name in names(ddl.text(), before) {
                    assert!(name.len() <= LONGEST, "{name}");
                    assert!(seen.insert((before, name.clone())), "{name} twice");
                }
            }
        }
        assert!(seen.len() > 150, "{}", seen.len());
    }
}

#[test]
fn outside_names_cannot_leave_their_quotes() {
    assert_eq!(outside("a\"b").unwrap(), "\"a\"\"b\"");
    assert!(outside("").is_err() && outside("a\0b").is_err() && outside(&"x".repeat(64)).is_err());
    let roles = create_roles("it's\" $role$ DROP").unwrap();
    assert!(roles[0].text().starts_with("DO $role1$"), "{}", roles[0].text());
    assert!(roles[0].text().contains("'it''s\" $role$ DROP_reader'"));
    assert!(roles[0].text().contains("\"it's\"\" $role$ DROP_reader\""));
}

#[test]
fn a_table_reads_as_described() {
    let texts: Vec<_> = create_table(Dialect::Postgres, &crate::schema::reference::BASELINE)
        .iter()
        .map(|ddl| ddl.text().to_string())
        .collect();
    assert_eq!(
        texts,
        [
            "CREATE SEQUENCE \"baseline_seq\" AS bigint MINVALUE 0 START WITH 0",
            "CREATE TABLE \"baseline\" (\n  \
             \"baseline_id\" bigint NOT NULL DEFAULT nextval(CAST('\"baseline_seq\"' AS regclass)),\n  \
             \"station_1\" text COLLATE \"C\" NOT NULL,\n  \
             \"station_2\" text COLLATE \"C\" NOT NULL,\n  \
             CONSTRAINT \"baseline_pkey\" PRIMARY KEY (\"baseline_id\"),\n  \
             CONSTRAINT \"baseline_key\" UNIQUE (\"station_1\", \"station_2\"),\n  \
             CONSTRAINT \"baseline_station_1_fkey\" FOREIGN KEY (\"station_1\") REFERENCES \"station\" (\"name\"),\n  \
             CONSTRAINT \"baseline_station_2_fkey\" FOREIGN KEY (\"station_2\") REFERENCES \"station\" (\"name\"),\n  \
             CONSTRAINT \"baseline_station_1_length\" CHECK (length(\"station_1\") <= 20),\n  \
             CONSTRAINT \"baseline_station_2_length\" CHECK (length(\"station_2\") <= 20),\n  \
             CONSTRAINT \"baseline_station_2_order\" CHECK (\"station_2\" >= \"station_1\")\n)",
            "ALTER SEQUENCE \"baseline_seq\" OWNED BY \"baseline\".\"baseline_id\"",
        ]
    );
    let sqlite =
        create_table(Dialect::Sqlite, &crate::schema::diagnostics::QUALITY_FREQUENCY_STATISTIC);
    let text = sqlite[0].text();
    assert!(text.contains("\"quality_frequency_statistic_id\" INTEGER PRIMARY KEY"), "{text}");
    assert!(
        text.contains("CHECK (length(\"values\") = 16 * CAST(\"n_corr\" AS bigint) * \"n_freq\")"),
        "{text}"
    );
    assert!(text.ends_with(") STRICT"), "{text}");
    assert_eq!(sqlite.len(), 1, "the id needs no index of its own");
}

#[test]
fn ids_of_partitioned_tables_have_no_key_of_their_own_on_a_server() {
    let gain: Vec<_> = create_table(Dialect::Postgres, &crate::schema::diagnostics::GAIN);
    assert!(
        gain[1]
            .text()
            .contains("CONSTRAINT \"gain_pkey\" PRIMARY KEY (\"measurementset_id\", \"gain_id\")")
    );
    assert!(gain[1].text().ends_with(") PARTITION BY RANGE (\"measurementset_id\")"));
    assert!(gain.iter().any(
        |ddl| ddl.text() == "ALTER TABLE \"gain\" ALTER COLUMN \"values\" SET STORAGE EXTERNAL"
    ));
}
