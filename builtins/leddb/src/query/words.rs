//! Names of pseudo-tables and lists in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::schema::pseudo::{Pseudo, PseudoTable, Selection};

impl PartialEq for PseudoTable {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// By name, whatever the case.
macro_rules! by_name {
    ($type:ty, $word:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = String::deserialize(from)?;
                Self::named(&name).ok_or_else(|| {
                    let known = Self::ALL.map(Self::name).join(", ");
                    serde::de::Error::custom(format!(
                        concat!("`{}` is no ", $word, "; there are {}"),
                        name, known
                    ))
                })
            }
        }
    };
}

by_name!(Pseudo, "pseudo-table");
by_name!(Selection, "list to pick from");
