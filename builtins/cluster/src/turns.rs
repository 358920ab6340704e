//! Who may run, and who waits for a place: first come, first served.
//!
//! A worker keeps the jobs that were sent ahead of their turn in one of these,
//! and the host a second one that it leads through the same arrivals and ends.
//! Both know so at every moment which of them have begun, and nobody has to
//! tell.

use std::collections::VecDeque;

/// The places of one node and those who wait for them.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    running: usize,
    waiting: VecDeque<T>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { running: 0, waiting: VecDeque::new() }
    }
}

impl<T> Turns<T> {
    /// Somebody comes; returned is who begins now.
    pub(crate) fn arrive(&mut self, who: T, places: usize) -> Option<T> {
        self.waiting.push_back(who);
        self.next(places)
    }

    /// One that had begun has ended; returned is who begins now.
    pub(crate) fn leave(&mut self, places: usize) -> Option<T> {
        self.running = self.running.saturating_sub(1);
        self.next(places)
    }

    /// Takes away one that waits.
    pub(crate) fn withdraw(&mut self, meant: impl FnMut(&T) -> bool) -> Option<T> {
        let at = self.waiting.iter().position(meant)?;
        self.waiting.remove(at)
    }

    /// Takes away all that wait.
    pub(crate) fn withdraw_all(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.waiting)
    }

    fn next(&mut self, places: usize) -> Option<T> {
        if self.running >= places.max(1) {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.running += 1;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn first_come_first_served() {
        let mut turns = Turns::default();
        assert_eq!(
            [1, 2, 3, 4, 5].map(|n| turns.arrive(n, 2)),
            [Some(1), Some(2), None, None, None]
        );
        assert_eq!(turns.withdraw(|n| *n == 4), Some(4));
        assert_eq!(turns.withdraw(|n| *n == 1), None, "it has begun");
        assert_eq!([3, 2, 1].map(|_| turns.leave(2)), [Some(3), Some(5), None]);
        assert_eq!(turns.leave(2), None);
        assert_eq!(turns.arrive(6, 0), Some(6), "there is always one place");
        assert_eq!(turns.arrive(7, 1), None);
        assert_eq!(turns.withdraw_all(), [7]);
    }

    proptest::proptest! {
        /// The host hears of ends later than the worker, and of arrivals earlier.
        #[test]
        fn both_sides_agree_in_the_end(
            steps in proptest::collection::vec(0..4_u8, 1..200), places in 1..4_usize,
        ) {
            let (mut host, mut worker) = (Turns::default(), Turns::default());
            let (mut sent, mut told) = (VecDeque::new(), VecDeque::new());
            let (mut host_begun, mut worker_begun) = (Vec::new(), Vec::new());
            let mut next = 0;
            let mut ended = 0;
            // In the end everything under way arrives.
            for step in steps.into_iter().chain([1; 200]).chain([3; 200]) {
                match step {
                    0 => {
                        host_begun.extend(host.arrive(next, places));
                        sent.push_back(next);
                        next += 1;
                    }
                    1 => worker_begun.extend(sent.pop_front().and_then(|n| worker.arrive(n, places))),
                    2 if ended < worker_begun.len() => {
                        ended += 1;
                        told.push_back(());
                        worker_begun.extend(worker.leave(places));
                    }
                    3 if told.pop_front().is_some() => host_begun.extend(host.leave(places)),
                    _ => {}
                }
            }
            proptest::prop_assert_eq!(host_begun, worker_begun);
        }
    }
}
