//! Roles of a PostgreSQL database: who may read, who may write, who may change
//! its structure. Accounts are made members of them by the site.

use super::Ddl;
use super::ident::outside;
use crate::dialect::literal;
use crate::error::Result;

/// What members may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Read everything.
    Reader,
    /// Read everything and change rows.
    Writer,
    /// Change the structure too: migrations, partitions.
    Admin,
}

impl Role {
    /// All, the least first.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Writer, Self::Admin];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }
}

/// Name of a role of a database; roles belong to the whole server, so the name of
/// the database is in it.
pub fn role_name(database: &str, role: Role) -> String {
    format!("{database}_{}", role.suffix())
}

/// Makes a role unless it is there.
pub(crate) fn create_roles(database: &str) -> Result<Vec<Ddl>> {
    Role::ALL
        .into_iter()
        .map(|role| {
            let name = role_name(database, role);
            let quoted = outside(&name)?;
            // The name is a constant inside the block; it must not end the block.
            let text = literal(&name);
            let tag = dollar(&name);
            Ok(Ddl(format!(
                "DO {tag} BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {text}) \
                 THEN CREATE ROLE {quoted} NOLOGIN; END IF; END {tag}"
            )))
        })
        .collect()
}

/// A dollar quote that does not occur in the name.
fn dollar(name: &str) -> String {
    let mut tag = "$role$".to_string();
    let mut number = 0;
    while name.contains(&tag) {
        number += 1;
        tag = format!("$role{number}$");
    }
    tag
}

/// What the roles may do with the tables there are, and with those to come. The
/// admin role gets all that the owner's account makes.
pub(crate) fn grants(database: &str) -> Result<Vec<Ddl>> {
    let name = |role| outside(&role_name(database, role));
    let (reader, writer, admin) = (name(Role::Reader)?, name(Role::Writer)?, name(Role::Admin)?);
    let all = vec![
        format!("GRANT {reader} TO {writer}"),
        format!("GRANT {writer} TO {admin}"),
        format!("GRANT USAGE ON SCHEMA public TO {reader}"),
        format!("GRANT CREATE ON SCHEMA public TO {admin}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"),
        format!("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {writer}"),
        format!("REVOKE INSERT, UPDATE, DELETE ON \"schema_version\" FROM {writer}"),
        format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {writer}"),
        format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {admin} IN SCHEMA public GRANT SELECT ON TABLES TO {reader}"
        ),
        format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {admin} IN SCHEMA public GRANT INSERT, UPDATE, DELETE ON TABLES TO {writer}"
        ),
        format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {admin} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {writer}"
        ),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_string(),
    ];
    Ok(all.into_iter().map(Ddl).collect())
}
