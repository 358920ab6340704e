//! Numbers of rows that were counted a moment ago, for pages of one result.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::run::Page;
use crate::error::Result;
use crate::store::Transaction;

/// Most numbers that are kept.
const MOST: usize = 256;
/// Longest description of a plan that is worth keeping.
const LONGEST: usize = 64 << 10;

/// Numbers of rows of one database, each kept for a while.
#[derive(Debug)]
pub struct Counts {
    known: Mutex<HashMap<String, (Instant, u64)>>,
    age: Duration,
}

impl Counts {
    /// Keeps each number for so long.
    pub fn new(age: Duration) -> Self {
        Self { known: Mutex::new(HashMap::new()), age }
    }

    /// A page of a plan, its total not counted again if it was just now.
    pub fn page(&self, plan: &Plan, tx: &mut Transaction, offset: u64, limit: u64) -> Result<Page> {
        let key = plan.fingerprint();
        let known = key.as_ref().and_then(|key| self.recent(key));
        let page = plan.page_of(tx, offset, limit, known)?;
        if let (None, Some(key)) = (known, key) {
            self.keep(key, page.total);
        }
        Ok(page)
    }

    fn recent(&self, key: &str) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(when, _)| when.elapsed() < self.age).map(|(_, count)| *count)
    }

    fn keep(&self, key: String, count: u64) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (when, _)| when.elapsed() < self.age);
        }
        if known.len() < MOST {
            known.insert(key, (Instant::now(), count));
        }
    }
}

impl Plan {
    /// A text that plans share only if they have the same number of rows.
    fn fingerprint(&self) -> Option<String> {
        let columns: Vec<_> = self
            .columns
            .iter()
            .filter(|_| self.table.distinct)
            .map(|column| column.header)
            .collect();
        let text = format!("{:?}", (self.table.name, columns, &self.conjuncts, &self.rows));
        (text.len() <= LONGEST).then_some(text)
    }
}
