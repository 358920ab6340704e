//! How many names fit along an axis, so that text never lies on text.

use super::ranges::Scale;
use crate::figure::{Axis, Ticks};
use crate::text;
use crate::ticks::{self, Placed};

/// Size of the names of places at scale 1: the smallest text there is.
pub(crate) const TICK: f32 = 11.0;

/// The names along one side of a panel.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Names {
    pub(crate) placed: Placed,
    /// Read from below to above, because they are many or long.
    pub(crate) upright: bool,
    /// Pixels across the axis that they need.
    pub(crate) depth: f32,
}

/// Names along a level axis of so many pixels; `spare` pixels may be used
/// beyond each end.
pub(crate) fn level(
    axis: &Axis,
    scale: &Scale,
    pixels: f32,
    factor: f32,
    spare: (f32, f32),
) -> Names {
    let size = TICK * factor;
    let (most, named) = match &axis.ticks {
        Ticks::Named(names) => (1, names.len()),
        _ => (count(pixels / (44.0 * factor), 24), 0),
    };
    for most in (1..=most).rev() {
        let mut placed = ticks::placed(&axis.ticks, scale.low, scale.high, most);
        let lines = if placed.ticks.iter().any(|tick| !tick.below.is_empty()) { 2.0 } else { 1.0 };
        let crowded = thinned(&mut placed, scale, pixels, spare, 7.0 * factor, |tick| {
            text::width(&tick.text, size, false).max(text::width(&tick.below, size, false))
        });
        if named > 1 && crowded {
            return turned(axis, scale, pixels, factor);
        }
        if !crowded || most == 1 {
            return Names { placed, upright: false, depth: size * text::LINE * lines };
        }
    }
    Names::default()
}

/// Names that stand upright along a level axis.
fn turned(axis: &Axis, scale: &Scale, pixels: f32, factor: f32) -> Names {
    let size = TICK * factor;
    let mut placed = ticks::placed(&axis.ticks, scale.low, scale.high, 1);
    thinned(&mut placed, scale, pixels, (pixels, pixels), 0.0, |_| size * 1.2);
    let depth = widest(&placed, size).min(140.0 * factor);
    for tick in &mut placed.ticks {
        tick.text = text::fitted(&tick.text, size, false, depth);
    }
    Names { placed, upright: true, depth }
}

/// Names along an upright axis.
pub(crate) fn upright(axis: &Axis, scale: &Scale, pixels: f32, factor: f32) -> Names {
    let size = TICK * factor;
    for most in (1..=count(pixels / (24.0 * factor), 20)).rev() {
        let mut placed = ticks::placed(&axis.ticks, scale.low, scale.high, most);
        for tick in &mut placed.ticks {
            if !tick.below.is_empty() {
                tick.text = format!("{} {}", std::mem::take(&mut tick.below), tick.text);
            }
            tick.text = text::fitted(&tick.text, size, false, 160.0 * factor);
        }
        let crowded = thinned(&mut placed, scale, pixels, (0.0, 0.0), 0.0, |_| size * text::LINE);
        if !crowded || most == 1 || matches!(axis.ticks, Ticks::Named(_)) {
            let depth = widest(&placed, size);
            return Names { placed, upright: false, depth };
        }
    }
    Names::default()
}

fn widest(placed: &Placed, size: f32) -> f32 {
    placed.ticks.iter().map(|tick| text::width(&tick.text, size, false)).fold(0.0, f32::max)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn count(wanted: f32, most: usize) -> usize {
    (wanted.max(1.0) as usize).min(most)
}

/// Where the middle of a name is drawn, so that it stays within the spare room.
pub(crate) fn kept_inside(middle: f32, half: f32, pixels: f32, spare: (f32, f32)) -> f32 {
    middle.min(pixels + spare.1 - half).max(half - spare.0)
}

/// Takes away names that would touch others; those with a date stay. Tells
/// whether any was taken away.
fn thinned(
    placed: &mut Placed,
    scale: &Scale,
    pixels: f32,
    spare: (f32, f32),
    gap: f32,
    length: impl Fn(&ticks::Tick) -> f32,
) -> bool {
    let mut order: Vec<usize> =
        (0..placed.ticks.len()).filter(|at| !placed.ticks[*at].text.is_empty()).collect();
    order.sort_by_key(|at| (placed.ticks[*at].below.is_empty(), *at));
    let mut taken: Vec<(f32, f32)> = Vec::new();
    let mut crowded = false;
    for at in order {
        let tick = &mut placed.ticks[at];
        let half = length(tick) / 2.0;
        #[allow(clippy::cast_possible_truncation)]
        let middle = kept_inside(scale.place(tick.at) as f32 * pixels, half, pixels, spare);
        let (from, to) = (middle - half - gap / 2.0, middle + half + gap / 2.0);
        let next = taken.partition_point(|other| other.0 < from);
        let free = (next == 0 || taken[next - 1].1 <= from)
            && taken.get(next).is_none_or(|other| to <= other.0);
        if free {
            taken.insert(next, (from, to));
        } else {
            crowded = true;
            tick.text.clear();
            tick.below.clear();
        }
    }
    crowded
}
