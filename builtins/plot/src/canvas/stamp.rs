//! Shapes of points, drawn once and then only copied.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::figure::Marker;

/// Places between two pixels, in each direction.
pub(crate) const STEPS: usize = 4;

/// Samples of a pixel, in each direction.
const FINE: usize = 6;

/// A shape at the 16 places within a pixel: `side` × `side` opacities each.
pub(crate) struct Stamp {
    pub(crate) side: usize,
    /// Pixels from the corner to the pixel that holds the place.
    pub(crate) reach: i32,
    covers: Vec<Vec<u8>>,
}

impl Stamp {
    /// The opacities for a place at this part of its pixel, 0 to 1.
    pub(crate) fn cover(&self, x: f32, y: f32) -> &[u8] {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let step = |part: f32| ((part * STEPS as f32) as usize).min(STEPS - 1);
        &self.covers[step(y) * STEPS + step(x)]
    }
}

thread_local! {
    static KEPT: RefCell<HashMap<(Marker, u32), Rc<Stamp>>> = RefCell::default();
}

/// The stamp of a shape, kept for the next time.
pub(crate) fn stamp(marker: Marker, radius: f32) -> Rc<Stamp> {
    KEPT.with_borrow_mut(|kept| {
        if kept.len() > 256 {
            kept.clear();
        }
        let key = (marker, radius.to_bits());
        Rc::clone(kept.entry(key).or_insert_with(|| Rc::new(drawn(marker, radius))))
    })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn drawn(marker: Marker, radius: f32) -> Stamp {
    let reach = (radius * 1.35).ceil() as usize + 1;
    let side = 2 * reach + 1;
    let covers = (0..STEPS * STEPS)
        .map(|step| {
            let centre = |part: usize| reach as f32 + (part as f32 + 0.5) / STEPS as f32;
            let (cx, cy) = (centre(step % STEPS), centre(step / STEPS));
            let mut cover = vec![0; side * side];
            for (at, cell) in cover.iter_mut().enumerate() {
                let (column, row) = (at % side, at / side);
                let mut inside = 0;
                for fine in 0..FINE * FINE {
                    let x = column as f32 + ((fine % FINE) as f32 + 0.5) / FINE as f32 - cx;
                    let y = row as f32 + ((fine / FINE) as f32 + 0.5) / FINE as f32 - cy;
                    inside += usize::from(holds(marker, x, y, radius));
                }
                *cell = (inside * 255 / (FINE * FINE)) as u8;
            }
            cover
        })
        .collect();
    Stamp { side, reach: reach as i32, covers }
}

/// Whether a shape of this radius holds the place. The shapes cover about the
/// same area, so that none of them looks heavier.
fn holds(marker: Marker, x: f32, y: f32, radius: f32) -> bool {
    let bar = (radius * 0.3).max(0.5);
    match marker {
        Marker::Circle => x.hypot(y) <= radius,
        Marker::Square => x.abs().max(y.abs()) <= radius * 0.89,
        Marker::Diamond => x.abs() + y.abs() <= radius * 1.25,
        Marker::Triangle => {
            let (top, bottom) = (-radius * 1.3, radius * 0.75);
            y >= top && y <= bottom && x.abs() <= (y - top) * 0.6
        }
        Marker::Plus => x.abs().min(y.abs()) <= bar && x.abs().max(y.abs()) <= radius * 1.25,
        Marker::Cross => {
            let (u, v) = ((x + y) * 0.707, (x - y) * 0.707);
            u.abs().min(v.abs()) <= bar && u.abs().max(v.abs()) <= radius * 1.25
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::float_cmp,
        clippy::cast_precision_loss
    )]

    use super::*;

    #[test]
    fn a_disc_has_its_area_at_every_place() {
        let stamp = stamp(Marker::Circle, 2.0);
        for part in [0.0, 0.3, 0.6, 0.99] {
            let area: f32 = stamp.cover(part, part).iter().map(|c| f32::from(*c) / 255.0).sum();
            assert!((area - std::f32::consts::PI * 4.0).abs() < 0.6, "{part}: {area}");
        }
    }
}
