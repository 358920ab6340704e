//! Passwords of servers: from the environment or a file that only its owner reads.
//! They are never shown, logged or passed on.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use crate::error::{LeddbError, Result};

/// Where a password may come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// A password from the environment.
    pub(super) environment: Option<Secret>,
    /// Password files in the form of `.pgpass`, in order; with whether one must be there.
    pub(super) files: Vec<(PathBuf, bool)>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Secret")
    }
}

impl Sources {
    /// `$PGPASSWORD`; the file given, else `$PGPASSFILE`, else `~/.pgpass`.
    pub(super) fn of_environment(file: Option<&Path>) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let environment =
            variable("PGPASSWORD").and_then(|value| value.into_string().ok()).map(Secret);
        let files = if let Some(file) = file {
            vec![(file.to_path_buf(), true)]
        } else if let Some(file) = variable("PGPASSFILE") {
            vec![(file.into(), true)]
        } else {
            variable("HOME")
                .map(|home| (Path::new(&home).join(".pgpass"), false))
                .into_iter()
                .collect()
        };
        Self { environment, files }
    }

    /// The password for a server, if any source has one.
    pub(super) fn password(&self, options: &PgConnectOptions) -> Result<Option<Secret>> {
        if let Some(secret) = &self.environment {
            return Ok(Some(secret.clone()));
        }
        let host = options
            .get_socket()
            .map_or_else(|| options.get_host().to_string(), |_| "localhost".to_string());
        let wanted = [
            host,
            options.get_port().to_string(),
            options.get_database().unwrap_or_default().to_string(),
            options.get_username().to_string(),
        ];
        for (file, required) in &self.files {
            match read(file) {
                Ok(text) => {
                    if let Some(found) = text.lines().find_map(|line| matching(line, &wanted)) {
                        return Ok(Some(found));
                    }
                }
                Err(LeddbError::Io { source, .. })
                    if !required && source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Sets the password on a connection.
pub(super) fn apply(options: PgConnectOptions, secret: Option<Secret>) -> PgConnectOptions {
    match secret {
        Some(Secret(text)) => options.password(&text),
        None => options,
    }
}

/// Reads a file that only its owner may read.
fn read(file: &Path) -> Result<String> {
    let io = |source| LeddbError::Io { path: file.to_path_buf(), source };
    let facts = std::fs::metadata(file).map_err(io)?;
    let mode = facts.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(LeddbError::Login {
            place: file.display().to_string(),
            reason: format!(
                "the password file has mode {mode:04o}, others may read it; do `chmod 600` on it"
            ),
        });
    }
    let me = rustix::process::geteuid().as_raw();
    if facts.uid() != me && me != 0 {
        return Err(LeddbError::Login {
            place: file.display().to_string(),
            reason: "the password file belongs to another account".to_string(),
        });
    }
    std::fs::read_to_string(file).map_err(io)
}

/// The password of a line, if its first four fields fit.
fn matching(line: &str, wanted: &[String; 4]) -> Option<Secret> {
    if line.starts_with('#') {
        return None;
    }
    let fields = fields(line);
    let [host, port, database, user, password] = <[String; 5]>::try_from(fields).ok()?;
    [host, port, database, user]
        .iter()
        .zip(wanted)
        .all(|(field, wanted)| field == "*" || field == wanted)
        .then_some(Secret(password))
}

/// Fields between colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(last) = fields.last_mut() {
            last.push(taken);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::str::FromStr as _;

    fn sources(text: &str, mode: u32) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let sources = Sources { environment: None, files: vec![(file, true)] };
        (folder, sources)
    }

    fn options(url: &str) -> PgConnectOptions {
        PgConnectOptions::from_str(url).unwrap()
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# comment\nother:*:*:*:wrong\ndb:5432:leddb:me:a\\:b\\\\c\n*:*:*:*:any\n";
        let (_folder, sources) = sources(text, 0o600);
        let of = |url| sources.password(&options(url)).unwrap();
        assert_eq!(of("postgres://me@db:5432/leddb"), Some(Secret("a:b\\c".into())));
        assert_eq!(of("postgres://you@db:5432/leddb"), Some(Secret("any".into())));
    }

    #[test]
    fn no_line_means_no_password_and_the_environment_wins() {
        let (_folder, mut sources) = sources("db:1:x:y:z\n", 0o600);
        let url = "postgres://me@db/leddb";
        assert_eq!(sources.password(&options(url)).unwrap(), None);
        sources.environment = Some(Secret("env".into()));
        assert_eq!(sources.password(&options(url)).unwrap(), Some(Secret("env".into())));
    }

    #[test]
    fn a_file_open_to_others_is_refused_and_nothing_is_shown() {
        let (_folder, sources) = sources("*:*:*:*:hush\n", 0o640);
        let error = sources.password(&options("postgres://me@db/leddb")).unwrap_err();
        assert_eq!(error.kind(), "login");
        assert!(error.to_string().contains("0640"), "{error}");
        assert!(!error.to_string().contains("hush"));
        assert_eq!(format!("{:?}", Secret("hush".into())), "Secret");
    }

    #[test]
    fn a_missing_file_matters_only_when_it_was_named() {
        let mut sources =
            Sources { environment: None, files: vec![("/nonexistent/pgpass".into(), false)] };
        let options = options("postgres://me@db/leddb");
        assert_eq!(sources.password(&options).unwrap(), None);
        sources.files[0].1 = true;
        assert_eq!(sources.password(&options).unwrap_err().kind(), "io");
    }
}
