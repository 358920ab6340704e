//! Where a database is: a file or a server, from one URL without secrets.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};

/// A place of a database.
#[derive(Debug, Clone)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server; host, port, account, database, encryption.
    Postgres(Box<PgConnectOptions>),
}

impl Location {
    /// Reads `sqlite:FILE` or `postgres://[USER@]HOST[:PORT]/NAME[?host=FOLDER_OF_SOCKET&sslmode=…]`.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.contains('?') {
                return Err(LeddbError::Input {
                    message: format!("database URL `{url}` names no file"),
                    help: Some("write `sqlite:` and the path of the file".to_string()),
                });
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return server(url);
        }
        Err(LeddbError::Input {
            message: "a database URL begins with `sqlite:` or `postgres://`".to_string(),
            help: Some(
                "for instance `sqlite:/data/leddb.sqlite` or `postgres://host/leddb`".to_string(),
            ),
        })
    }

    /// Which back end it is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

fn server(url: &str) -> Result<Location> {
    let fault =
        |message: String, help: &str| LeddbError::Input { message, help: Some(help.to_string()) };
    // The URL is not repeated in messages: it might hold what it should not.
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let has_password = authority.rsplit_once('@').is_some_and(|(account, _)| account.contains(':'));
    let in_options = rest.split(['?', '&']).skip(1).any(|option| option.starts_with("pass"));
    if has_password || in_options {
        return Err(fault(
            "the database URL holds a password, which others can see".to_string(),
            "put it into ~/.pgpass (`host:port:database:user:password`, mode 0600) and leave it out of the URL",
        ));
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| {
        fault(format!("the database URL cannot be read: {error}"), "write `postgres://HOST/NAME`")
    })?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(fault(
            "the database URL names no database".to_string(),
            "write `postgres://HOST/NAME`",
        ));
    }
    Ok(Location::Postgres(Box::new(options)))
}

impl std::fmt::Display for Location {
    /// The URL without anything secret.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(to, "sqlite:{}", path.display()),
            Self::Postgres(options) => {
                let database = options.get_database().unwrap_or_default();
                let host = options.get_socket().map_or_else(
                    || options.get_host().to_string(),
                    |folder| escaped(&folder.display().to_string()),
                );
                write!(
                    to,
                    "postgres://{}@{host}:{}/{}",
                    escaped(options.get_username()),
                    options.get_port(),
                    escaped(database),
                )?;
                // Whoever reads this URL again must not be content with less encryption.
                match options.get_ssl_mode() {
                    PgSslMode::Prefer => Ok(()),
                    mode => write!(to, "?sslmode={}", ssl_word(mode)),
                }
            }
        }
    }
}

/// A part of a URL, with what has a meaning there as `%` and two digits.
fn escaped(text: &str) -> String {
    let mut url = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

fn ssl_word(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn message(url: &str) -> String {
        let error = Location::parse(url).unwrap_err();
        assert_eq!(error.kind(), "input");
        format!("{error} {}", error.help().unwrap())
    }

    #[test]
    fn files_and_servers_are_told_apart() {
        let file = Location::parse("sqlite:/data/leddb.sqlite").unwrap();
        assert_eq!(file.file(), Some(Path::new("/data/leddb.sqlite")));
        assert_eq!(Location::parse("sqlite:///data/x").unwrap().to_string(), "sqlite:/data/x");
        let server = Location::parse("postgres://me@db.example:5433/leddb").unwrap();
        assert_eq!(server.dialect(), Dialect::Postgres);
        assert_eq!(server.to_string(), "postgres://me@db.example:5433/leddb");
        let socket = Location::parse("postgresql://me@%2Frun%2Fpg/leddb").unwrap();
        assert_eq!(socket.to_string(), "postgres://me@%2Frun%2Fpg:5432/leddb");
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for url in [
            "sqlite:/data/a b.sqlite",
            "postgres://me@%2Frun%2Fpg:5432/leddb",
            "postgres://me@db.example:5433/leddb?sslmode=verify-full",
            "postgres://a%40b@db.example:5433/le%2Fd%25b",
        ] {
            assert_eq!(Location::parse(url).unwrap().to_string(), url);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for url in [
            "sqlite:",
            "sqlite::memory:",
            "sqlite:x?mode=ro",
            "mysql://x/y",
            "leddb",
            "postgres://host",
            "postgres://host/",
        ] {
            message(url);
        }
        assert!(message("sqlite:").contains("names no file"));
        assert!(message("postgres://host").contains("names no database"));
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for url in
            ["postgres://me:hush@host/leddb", "postgres://host/leddb?sslmode=require&password=hush"]
        {
            let text = message(url);
            assert!(text.contains(".pgpass") && !text.contains("hush"), "{text}");
        }
    }
}
