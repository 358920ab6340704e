//! Which database is meant: what the user says, else the configuration, else a
//! file in the state folder.

use ledama_config::Config;
use ledama_config::folders;
use serde::Deserialize;

use super::location::Location;
use crate::error::{LeddbError, Result};

/// Name of the database where none is given.
pub const DEFAULT_NAME: &str = "leddb";

/// What the user says of the database; each may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// The whole place; excludes the others.
    #[serde(rename = "dburl")]
    pub url: Option<String>,
    /// Name of the database.
    #[serde(rename = "dbname")]
    pub name: Option<String>,
    /// Account of a server.
    #[serde(rename = "dbuser")]
    pub user: Option<String>,
    /// Host of a server.
    #[serde(rename = "dbhost")]
    pub host: Option<String>,
}

/// The place of the database that is meant.
///
/// Without a host, in the words or in the configuration, it is a file; a name then
/// is that of a file beside the default one.
pub fn choose(config: &Config, choice: &Choice) -> Result<Location> {
    if let Some(url) = &choice.url {
        if choice.name.is_some() || choice.user.is_some() || choice.host.is_some() {
            return Err(LeddbError::Input {
                message: "`--dburl` says everything about the database".to_string(),
                help: Some("leave out `--dbname`, `--dbuser` and `--dbhost`".to_string()),
            });
        }
        return Location::parse(url);
    }
    let configured = config.database.url.as_deref().map(Location::parse).transpose()?;
    match (configured, &choice.host) {
        (Some(Location::Postgres(server)), host) => Ok(Location::Postgres(Box::new({
            let mut server = *server;
            if let Some(host) = host {
                server = server.host(host);
            }
            if let Some(name) = &choice.name {
                server = server.database(name);
            }
            if let Some(user) = &choice.user {
                server = server.username(user);
            }
            server
        }))),
        (_, Some(host)) => {
            let mut server = sqlx::postgres::PgConnectOptions::new_without_pgpass()
                .host(host)
                .database(choice.name.as_deref().unwrap_or(DEFAULT_NAME));
            if let Some(user) = &choice.user {
                server = server.username(user);
            }
            Ok(Location::Postgres(Box::new(server)))
        }
        (file, None) => {
            if choice.user.is_some() {
                return Err(LeddbError::Input {
                    message: "`--dbuser` is an account of a database server, and none is known"
                        .to_string(),
                    help: Some("give `--dbhost` or `--dburl`".to_string()),
                });
            }
            beside(config, file, choice.name.as_deref())
        }
    }
}

/// The configured or default file, or one of that name beside it.
fn beside(config: &Config, file: Option<Location>, name: Option<&str>) -> Result<Location> {
    let path = match file {
        Some(Location::Sqlite(path)) => folders::expand_home(&path),
        _ => folders::state(config).join(format!("{DEFAULT_NAME}.sqlite")),
    };
    let Some(name) = name else { return Ok(Location::Sqlite(path)) };
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(LeddbError::Input {
            message: format!("`{name}` is no name of a database"),
            help: Some("a file anywhere is `--dburl sqlite:FILE`".to_string()),
        });
    }
    Ok(Location::Sqlite(path.with_file_name(format!("{name}.sqlite"))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(url: Option<&str>, choice: &Choice) -> String {
        let mut config = Config::default();
        config.paths.state = Some("/state".into());
        config.database.url = url.map(str::to_string);
        match choose(&config, choice) {
            Ok(place) => place.to_string(),
            Err(error) => format!("{error}: {}", error.help().unwrap()),
        }
    }

    fn words(name: &str, user: &str, host: &str) -> Choice {
        let word = |text: &str| (!text.is_empty()).then(|| text.to_string());
        Choice { url: None, name: word(name), user: word(user), host: word(host) }
    }

    #[test]
    fn the_users_words_come_before_the_configuration() {
        let server = Some("postgres://me@db:5433/leddb");
        let file = Some("sqlite:/data/x.sqlite");
        for (url, choice, expected) in [
            (None, Choice::default(), "sqlite:/state/leddb.sqlite"),
            (None, words("test", "", ""), "sqlite:/state/test.sqlite"),
            (file, Choice::default(), "sqlite:/data/x.sqlite"),
            (file, words("test", "", ""), "sqlite:/data/test.sqlite"),
            (file, words("", "eor", "db"), "postgres://eor@db:5432/leddb"),
            (server, Choice::default(), "postgres://me@db:5433/leddb"),
            (server, words("test", "eor", "db2"), "postgres://eor@db2:5433/test"),
        ] {
            assert_eq!(place(url, &choice), expected);
        }
        let url = Choice { url: Some("sqlite:/y".into()), ..Choice::default() };
        assert_eq!(place(server, &url), "sqlite:/y");
    }

    #[test]
    fn words_that_contradict_are_refused() {
        let mut both = words("x", "", "");
        both.url = Some("sqlite:/y".into());
        assert!(place(None, &both).contains("leave out"));
        assert!(place(None, &words("", "me", "")).contains("--dbhost"));
        assert!(place(None, &words("a/b", "", "")).contains("--dburl"));
    }
}
