//! Databases are made, recognised, brought up to date and compared.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::error::LeddbError;
use crate::store::Options;
use crate::testing::{on_both, server, unique};

fn one(text: &'static str) -> Statement {
    Statement::constant(text, Vec::new())
}

#[test]
fn a_new_database_is_as_described() {
    on_both(|database| {
        assert_eq!(check(database).unwrap(), []);
        let status = status(database).unwrap();
        assert_eq!(status.version, Some(VERSION));
        assert_eq!(status.applied.len(), 1);
        assert!(status.pending.is_empty());
        let again = migrate(database).unwrap();
        assert_eq!((again.from, again.to, again.done.len()), (Some(VERSION), VERSION, 0));
        let counts = database.read(row_counts).unwrap();
        assert_eq!(counts.len(), schema::tables().count());
        let id = database.read(|tx| setting(tx, "database_id")).unwrap().unwrap();
        assert_eq!(id.len(), 32);
    });
}

#[test]
fn differences_are_told() {
    on_both(|database| {
        database
            .write(|tx| {
                tx.raw("DROP VIEW \"lds_q\"")?;
                tx.raw("DROP INDEX \"msp_by_measurementset_id\"")?;
                tx.raw("ALTER TABLE \"field\" ADD COLUMN \"extra\" integer")?;
                tx.raw("ALTER TABLE \"application_file\" RENAME COLUMN \"file_path\" TO \"path\"")?;
                tx.raw("DROP TABLE \"correction\"")
            })
            .unwrap();
        let texts: Vec<_> = check(database).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "application_file: column `file_path` is missing",
                "application_file: column `path` is not of ours",
                "correction: the table is missing",
                "field: column `extra` is not of ours",
                "lds_q: the view is missing",
                "measurementset_product: index [\"measurementset_id\"] is missing",
            ]
        );
    });
}

#[test]
fn other_versions_are_refused_or_migrated() {
    fn changes(_: Dialect) -> Vec<Ddl> {
        vec![Ddl("ALTER TABLE \"field\" ADD COLUMN \"colour\" text".to_string())]
    }
    fn broken(_: Dialect) -> Vec<Ddl> {
        vec![
            Ddl("ALTER TABLE \"store\" ADD COLUMN \"colour\" text".to_string()),
            Ddl("ALTER TABLE \"nowhere\" ADD COLUMN \"colour\" text".to_string()),
        ]
    }
    on_both(|database| {
        let steps = [
            Step { version: VERSION + 1, about: "colours of fields", changes },
            Step { version: VERSION + 2, about: "what cannot be", changes: broken },
        ];
        let done = migrate_through(database, &steps, VERSION + 1).unwrap();
        assert_eq!((done.from, done.done), (Some(VERSION), vec!["colours of fields".to_string()]));
        // This program knows its own version only.
        let error = Database::open(database.location(), &Options::default()).unwrap_err();
        let newer = matches!(error, LeddbError::Newer { found, known: VERSION, .. } if found == VERSION + 1);
        assert!(newer, "{error}");
        assert!(matches!(migrate(database).unwrap_err(), LeddbError::Newer { .. }));
        // A step that fails leaves nothing behind.
        migrate_through(database, &steps, VERSION + 2).unwrap_err();
        assert_eq!(status(database).unwrap().version, Some(VERSION + 1));
        database.write(|tx| tx.rows(one("SELECT \"colour\" FROM \"store\""))).unwrap_err();
        database.write(|tx| tx.rows(one("SELECT \"colour\" FROM \"field\""))).unwrap();
    });
}

#[test]
fn a_database_of_the_first_version_gets_first_frequencies() {
    on_both(|database| {
        database
            .write(|tx| {
                for table in schema::enumerations::DIAGNOSTIC_TABLES {
                    tx.raw(&format!("ALTER TABLE {} DROP COLUMN \"freq_start\"", quoted(table)))?;
                }
                tx.execute(one("UPDATE \"schema_version\" SET \"version\" = 1"))
            })
            .unwrap();
        assert_eq!(check(database).unwrap().len(), 4);
        let done = migrate(database).unwrap();
        assert_eq!((done.from, done.to, done.done.len()), (Some(1), VERSION, 1));
        assert_eq!(check(database).unwrap(), []);
    });
}

#[test]
fn an_older_database_must_be_migrated_first() {
    on_both(|database| {
        database
            .write(|tx| tx.execute(one("UPDATE \"schema_version\" SET \"version\" = 0")))
            .unwrap();
        let error = Database::open(database.location(), &Options::default()).unwrap_err();
        assert!(matches!(error, LeddbError::Older { found: 0, .. }), "{error}");
        assert_eq!(error.help().unwrap(), "`ledama db migrate` brings it up to date");
    });
}

#[test]
fn databases_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(folder.path().join("other.sqlite"));
    let options = Options::default();
    let other = Database::connect(&location, &options).unwrap_err();
    assert!(matches!(other, LeddbError::NoDatabase { .. }), "{other}");
    let other = Database::create(&location, &options).unwrap();
    other.write(|tx| tx.raw("PRAGMA defer_foreign_keys = ON")).unwrap();
    other.close();
    let path = folder.path().join("text.sqlite");
    std::fs::write(&path, "this is no database at all, but a text that is long enough".repeat(40))
        .unwrap();
    let error = Database::open(&Location::Sqlite(path), &options).unwrap_err();
    assert!(matches!(error, LeddbError::NotOurs { .. } | LeddbError::Damaged { .. }), "{error:?}");

    let Ok(server) = server() else { return };
    let place = server.location(&unique("foreign"));
    assert!(!Database::exists(&place, &options).unwrap());
    let error = Database::open(&place, &options).unwrap_err();
    assert!(matches!(error, LeddbError::NoDatabase { .. }), "{error}");
    let maintenance = Database::connect(&server.location("postgres"), &options).unwrap();
    let Location::Postgres(parts) = &place else { unreachable!() };
    maintenance
        .alone(&format!("CREATE DATABASE {}", quoted(parts.get_database().unwrap())))
        .unwrap();
    let foreign = Database::connect(&place, &options).unwrap();
    foreign.alone("CREATE TABLE public.mine (x integer)").unwrap();
    assert!(matches!(migrate(&foreign).unwrap_err(), LeddbError::NotOurs { .. }));
    foreign.close();
}

#[test]
fn two_programs_that_make_the_same_database_agree() {
    let options = Options::default();
    let folder = tempfile::tempdir().unwrap();
    let mut places = vec![Location::Sqlite(folder.path().join("twice.sqlite"))];
    if let Ok(server) = server() {
        places.push(server.location(&unique("twice")));
    }
    for place in places {
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..2).map(|_| scope.spawn(|| Database::create(&place, &options))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for database in made {
            let database = database.unwrap();
            assert_eq!(check(&database).unwrap(), []);
            assert_eq!(status(&database).unwrap().applied.len(), 1);
            database.close();
        }
    }
}

#[test]
fn roles_may_do_what_their_names_say() {
    let Ok(server) = server() else { return };
    let fresh = Database::create(&server.location(&unique("roles")), &Options::default()).unwrap();
    let Location::Postgres(parts) = fresh.location() else { unreachable!() };
    let name = parts.get_database().unwrap().to_string();
    let as_role = |role: ddl::Role, text: &str| {
        fresh.write(|tx| {
            tx.raw(&format!("SET LOCAL ROLE {}", ddl::outside(&ddl::role_name(&name, role))?))?;
            tx.raw(text)
        })
    };
    let insert = "INSERT INTO \"field\" (\"name\") VALUES ('x'); DELETE FROM \"field\"";
    let next = "SELECT nextval('measurementset_seq')";
    let define = "CREATE TABLE \"more\" (x integer)";
    let denied = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), "denied");
    as_role(ddl::Role::Reader, "SELECT * FROM \"lds_q\"; SELECT * FROM \"gain\"").unwrap();
    denied(as_role(ddl::Role::Reader, insert));
    as_role(ddl::Role::Writer, insert).unwrap();
    as_role(ddl::Role::Writer, next).unwrap();
    denied(as_role(ddl::Role::Writer, define));
    denied(as_role(ddl::Role::Writer, "UPDATE \"schema_version\" SET \"version\" = 9"));
    as_role(ddl::Role::Admin, define).unwrap();
    as_role(ddl::Role::Admin, "ALTER TABLE \"gain\" DETACH PARTITION \"gain_part_000_0_20000\"")
        .unwrap();
    as_role(ddl::Role::Writer, "INSERT INTO \"more\" VALUES (1)").unwrap();
}

#[test]
fn the_flag_of_a_host_follows_its_job() {
    on_both(|database| {
        let flag = |tx: &mut Transaction| -> Result<bool> {
            tx.row(one("SELECT \"requires_update\" FROM \"store_host_q\""))?.get(0)
        };
        let (before, after) = database
            .write(|tx| {
                tx.execute(one("INSERT INTO \"store_host\" (\"name\") VALUES ('node011')"))?;
                let before = flag(tx)?;
                tx.execute(one(
                    "INSERT INTO \"update_job\" (\"store_host\", \"job\", \"requested\") VALUES ('node011', 'update', 1)",
                ))?;
                Ok((before, flag(tx)?))
            })
            .unwrap();
        assert_eq!((before, after), (false, true));
    });
}

#[test]
fn a_file_is_made_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let location =
        Location::parse(&format!("sqlite:{}/deep/er/leddb.sqlite", folder.path().display()))
            .unwrap();
    let database = Database::open_or_create(&location, &Options::default()).unwrap();
    assert_eq!(check(&database).unwrap(), []);
    database.close();
    let database = Database::open_or_create(&location, &Options::default()).unwrap();
    assert_eq!(status(&database).unwrap().applied.len(), 1);
}
