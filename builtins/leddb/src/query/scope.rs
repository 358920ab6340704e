//! Which tables and views a statement joins: the declared chain of a pseudo-table,
//! from the highest one needed down to its base, and the sides that are needed.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait as _, JoinType, Query, SelectStatement};

use crate::schema::pseudo::{PseudoColumn, PseudoTable, link_between};

/// Where a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// Table or view.
    pub(crate) relation: &'static str,
    /// Its column.
    pub(crate) column: &'static str,
}

impl Place {
    pub(crate) const fn new(relation: &'static str, column: &'static str) -> Self {
        Self { relation, column }
    }

    pub(crate) fn of(column: &PseudoColumn) -> Self {
        Self::new(column.relation, column.column)
    }

    pub(crate) fn expr(self) -> Expr {
        Expr::col((self.relation, self.column))
    }
}

/// The tables that a statement may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    chain: &'static [&'static str],
    sides: &'static [&'static str],
}

impl Scope {
    /// All of a pseudo-table.
    pub(crate) fn whole(table: &PseudoTable) -> Self {
        Self { chain: table.chain, sides: table.sides }
    }

    /// Those above the base of a pseudo-table.
    pub(crate) fn above(table: &PseudoTable) -> Self {
        Self { chain: &table.chain[..table.chain.len() - 1], sides: &[] }
    }

    /// The table that gives rows.
    pub(crate) fn base(&self) -> &'static str {
        self.chain[self.chain.len() - 1]
    }

    /// The same value as low in the chain as it is found, so that fewer tables are
    /// joined; none if it is in none of them.
    pub(crate) fn find(&self, place: Place) -> Option<Place> {
        if self.sides.contains(&place.relation) && !self.chain.contains(&place.relation) {
            return Some(place);
        }
        let mut place = place;
        let mut at = if let Some(at) = self.chain.iter().position(|name| *name == place.relation) {
            at
        } else {
            // One level up, over a link.
            let link = link_between(self.base(), place.relation)?;
            if link.lower_column != place.column {
                return None;
            }
            place = Place::new(link.upper, link.upper_column);
            self.chain.len() - 1
        };
        while let Some(lower) = self.chain.get(at + 1) {
            match link_between(place.relation, lower) {
                Some(link) if link.upper_column == place.column => {
                    place = Place::new(link.lower, link.lower_column);
                    at += 1;
                }
                _ => break,
            }
        }
        Some(place)
    }

    /// A statement from these tables and what they need between them.
    pub(crate) fn from(&self, needed: &BTreeSet<&'static str>) -> SelectStatement {
        let last = self.chain.len() - 1;
        let mut top = self.chain.iter().position(|name| needed.contains(name)).unwrap_or(last);
        let sides: Vec<_> = self
            .sides
            .iter()
            .copied()
            .filter(|side| needed.contains(side) && !self.chain.contains(side))
            .collect();
        for side in &sides {
            let parent = self.chain.iter().rposition(|name| link_between(name, side).is_some());
            top = top.min(parent.unwrap_or(last));
        }
        let mut select = Query::select();
        select.from(self.chain[top]);
        for pair in self.chain[top..].windows(2) {
            join(&mut select, JoinType::InnerJoin, pair[0], pair[1]);
        }
        for side in sides {
            let parent = self.chain.iter().rev().find(|name| link_between(name, side).is_some());
            if let Some(parent) = parent {
                // A movie whose sets have no files left is still a movie.
                let kind = if side == "measurementset_product" {
                    JoinType::LeftJoin
                } else {
                    JoinType::InnerJoin
                };
                join(&mut select, kind, parent, side);
            }
        }
        select
    }
}

fn join(select: &mut SelectStatement, kind: JoinType, upper: &'static str, lower: &'static str) {
    if let Some(link) = link_between(upper, lower) {
        let on = Expr::col((link.upper, link.upper_column)).equals((link.lower, link.lower_column));
        select.join(kind, lower, on);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sea_query::SqliteQueryBuilder;

    use super::*;
    use crate::schema::pseudo::{LINKS, Pseudo, TABLES};

    #[test]
    fn every_column_has_a_place_and_every_step_of_a_chain_a_link() {
        for table in TABLES {
            let scope = Scope::whole(table);
            for column in table.columns {
                assert!(scope.find(Place::of(column)).is_some(), "{}", column.header);
            }
            for pair in table.chain.windows(2) {
                assert!(link_between(pair[0], pair[1]).is_some(), "{pair:?}");
            }
            for side in table.sides {
                assert!(LINKS.iter().any(|link| link.lower == *side));
            }
        }
    }

    #[test]
    fn only_what_is_needed_is_joined() {
        let text = |pseudo: Pseudo, needed: &[&'static str]| {
            let mut select = Scope::whole(pseudo.table()).from(&needed.iter().copied().collect());
            select.expr(Expr::cust("1"));
            select.to_string(SqliteQueryBuilder)
        };
        assert_eq!(text(Pseudo::Msp, &[]), "SELECT 1 FROM \"measurementset_product\"");
        let two = text(Pseudo::Msp, &["ms_q"]);
        assert_eq!(two.matches("JOIN").count(), 1, "{two}");
        assert_eq!(text(Pseudo::Gain, &["lds_q"]).matches("JOIN").count(), 4);
        assert_eq!(text(Pseudo::Qbs, &["baseline"]).matches("JOIN").count(), 1);
        let movie = text(Pseudo::GainMovie, &["measurementset_product"]);
        assert!(movie.contains("LEFT JOIN \"measurementset_product\""), "{movie}");
        assert!(movie.contains("FROM \"gain_movie_has_measurementset\""), "{movie}");
    }

    #[test]
    fn a_condition_is_attached_as_low_as_possible() {
        let scope = Scope::whole(Pseudo::Gain.table());
        let lowest = |relation, column| scope.find(Place::new(relation, column)).unwrap();
        assert_eq!(lowest("ms_q", "measurementset_id"), Place::new("gain", "measurementset_id"));
        assert_eq!(lowest("lds_q", "name"), Place::new("ldsb_q", "lofar_dataset"));
        let above = Scope::above(Pseudo::Gain.table());
        assert_eq!(
            above.find(Place::new("gain", "measurementset_id")),
            Some(Place::new("ms_q", "measurementset_id"))
        );
        assert_eq!(above.find(Place::new("gain", "station")), None);
    }
}
