//! What is shown of every axis.

use std::collections::HashMap;

use super::Error;
use crate::figure::{Axis, Figure, Layer, Panel, Range, Ticks};

/// Larger numbers are drawn here, so that differences stay finite.
const FAR: f64 = 1e300;

/// Share of the data that is left free at each end.
const MARGIN: f64 = 0.02;

/// The two ends of an axis; `low` < `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) logarithm: bool,
    pub(crate) reversed: bool,
}

impl Scale {
    /// Where a number is between the ends, 0 to 1, beyond them outside of
    /// that; NaN if it has no place.
    #[inline]
    pub(crate) fn place(&self, value: f64) -> f64 {
        let part = if self.logarithm {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value.clamp(-FAR, FAR) - self.low) / (self.high - self.low)
        };
        let part = part.clamp(-1e4, 1e4);
        if self.reversed { 1.0 - part } else { part }
    }
}

/// Ends of what there is to see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Points and bars want a margin, maps fill their frame.
    free: bool,
}

impl Extent {
    const NONE: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, free: false };

    fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.low = self.low.min(value.clamp(-FAR, FAR));
            self.high = self.high.max(value.clamp(-FAR, FAR));
        }
    }

    fn join(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.free |= other.free;
    }

    pub(crate) fn empty(&self) -> bool {
        self.low > self.high
    }
}

/// The scales of the axes of every panel, horizontal and vertical.
pub(crate) fn scales(figure: &Figure) -> Result<Vec<(Scale, Scale)>, Error> {
    let extents: Vec<(Extent, Extent)> = figure.panels.iter().map(extents).collect();
    let mut shared: HashMap<(bool, usize), Extent> = HashMap::new();
    for (panel, (x, y)) in figure.panels.iter().zip(&extents) {
        for (upright, axis, extent) in [(false, &panel.x, x), (true, &panel.y, y)] {
            if let Range::Shared(group) = axis.range {
                shared.entry((upright, group)).or_insert(Extent::NONE).join(extent);
            }
        }
    }
    let of = |upright: bool, axis: &Axis, own: &Extent| match axis.range {
        Range::Fixed(low, high) => fixed(axis, low, high),
        Range::Auto => Ok(automatic(axis, own)),
        Range::Shared(group) => Ok(automatic(axis, shared.get(&(upright, group)).unwrap_or(own))),
    };
    figure
        .panels
        .iter()
        .zip(&extents)
        .map(|(panel, (x, y))| {
            let (mut across, mut up) = (of(false, &panel.x, x)?, of(true, &panel.y, y)?);
            if panel.square && panel.x.range == Range::Auto && panel.y.range == Range::Auto {
                let span = (across.high - across.low).max(up.high - up.low) / 2.0;
                for scale in [&mut across, &mut up] {
                    let middle = f64::midpoint(scale.low, scale.high);
                    (scale.low, scale.high) = (middle - span, middle + span);
                }
            }
            Ok((across, up))
        })
        .collect()
}

/// What a panel has to show. A point without a value does not count.
fn extents(panel: &Panel) -> (Extent, Extent) {
    let logarithm = (panel.x.ticks == Ticks::Logarithm, panel.y.ticks == Ticks::Logarithm);
    let good = |value: f64, logarithm: bool| value.is_finite() && (!logarithm || value > 0.0);
    let (mut x, mut y) = (Extent::NONE, Extent::NONE);
    for layer in &panel.layers {
        match layer {
            Layer::Series(series) => {
                for (across, up) in series.x.iter().zip(&series.y) {
                    if good(*across, logarithm.0) && good(*up, logarithm.1) {
                        x.add(*across);
                        y.add(*up);
                    }
                }
                (x.free, y.free) = (true, true);
            }
            Layer::Map(map) => {
                map.x.iter().filter(|edge| good(**edge, logarithm.0)).for_each(|edge| x.add(*edge));
                map.y.iter().filter(|edge| good(**edge, logarithm.1)).for_each(|edge| y.add(*edge));
            }
            Layer::Bars(bars) => {
                for [left, right, low, high] in &bars.edges {
                    [left, right]
                        .into_iter()
                        .filter(|edge| good(**edge, logarithm.0))
                        .for_each(|edge| x.add(*edge));
                    [low, high]
                        .into_iter()
                        .filter(|edge| good(**edge, logarithm.1))
                        .for_each(|edge| y.add(*edge));
                }
                (x.free, y.free) = (true, true);
            }
            Layer::Rule(_) => {}
        }
    }
    (x, y)
}

fn fixed(axis: &Axis, low: f64, high: f64) -> Result<Scale, Error> {
    let logarithm = axis.ticks == Ticks::Logarithm;
    if !low.is_finite() || !high.is_finite() || (logarithm && (low <= 0.0 || high <= 0.0)) {
        return Err(Error::Range { axis: axis.label.clone(), low, high });
    }
    let (low, high) = (low.clamp(-FAR, FAR), high.clamp(-FAR, FAR));
    let reversed = axis.reversed != (low > high);
    let (low, high) = widened(axis, low.min(high), low.max(high));
    Ok(Scale { low, high, logarithm, reversed })
}

fn automatic(axis: &Axis, extent: &Extent) -> Scale {
    let logarithm = axis.ticks == Ticks::Logarithm;
    let scale = |low, high| Scale { low, high, logarithm, reversed: axis.reversed };
    if extent.empty() {
        return if logarithm { scale(1.0, 10.0) } else { scale(0.0, 1.0) };
    }
    let (mut low, mut high) = (extent.low, extent.high);
    if axis.ticks == Ticks::Phase {
        let pi = std::f64::consts::PI;
        if low >= -pi - 1e-9 && high <= pi + 1e-9 && high - low > pi {
            (low, high) = (-pi, pi);
        }
    }
    let (low, high) = widened(axis, low, high);
    if !extent.free {
        return scale(low, high);
    }
    if logarithm {
        let factor = (high / low).powf(MARGIN);
        return scale((low / factor).max(f64::MIN_POSITIVE), (high * factor).min(FAR));
    }
    let margin = (high - low) * MARGIN;
    scale((low - margin).max(-FAR), (high + margin).min(FAR))
}

/// Ends that differ by more than rounding.
fn widened(axis: &Axis, low: f64, high: f64) -> (f64, f64) {
    if axis.ticks == Ticks::Logarithm {
        let low = low.max(1e-300);
        return if high / low > 1.0 + 1e-12 {
            (low, high)
        } else {
            (low / 2.0, (high * 2.0).max(low))
        };
    }
    let largest = low.abs().max(high.abs());
    if high - low > largest * 1e-13 && high - low > 1e-290 {
        return (low, high);
    }
    let half = match axis.ticks {
        Ticks::Utc | Ticks::UtcPieces(_) | Ticks::Clock | Ticks::HourAngle => {
            30.0_f64.max(largest * 1e-12)
        }
        _ if largest > 1e-280 => largest * 0.05,
        _ => 0.5,
    };
    (low - half, high + half)
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
    use crate::figure::{Series, Style};

    fn panel(values: &[f64], range: Range, ticks: Ticks) -> Panel {
        let x: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
        let y = Axis { range, ticks, ..Axis::default() };
        let mut panel = Panel { y, ..Panel::default() };
        panel.layers.push(Layer::Series(Series {
            x,
            y: values.to_vec(),
            style: Style::default(),
            ..Series::default()
        }));
        panel
    }

    fn shown(panels: Vec<Panel>) -> Vec<(f64, f64)> {
        let figure = Figure { panels, ..Figure::default() };
        scales(&figure).unwrap().iter().map(|(_, y)| (y.low, y.high)).collect()
    }

    #[test]
    fn automatic_limits_have_two_percent_and_fixed_ones_none() {
        assert_eq!(
            shown(vec![panel(&[0.0, f64::NAN, 100.0], Range::Auto, Ticks::Numbers)]),
            [(-2.0, 102.0)]
        );
        assert_eq!(
            shown(vec![panel(&[0.0, 100.0], Range::Fixed(10.0, 20.0), Ticks::Numbers)]),
            [(10.0, 20.0)]
        );
        let both = vec![
            panel(&[0.0, 50.0], Range::Shared(1), Ticks::Numbers),
            panel(&[50.0, 100.0], Range::Shared(1), Ticks::Numbers),
        ];
        assert_eq!(shown(both), [(-2.0, 102.0), (-2.0, 102.0)]);
    }

    #[test]
    fn nothing_and_one_value_still_have_ends() {
        assert_eq!(shown(vec![panel(&[f64::INFINITY], Range::Auto, Ticks::Numbers)]), [(0.0, 1.0)]);
        let (low, high) = shown(vec![panel(&[7.0, 7.0], Range::Auto, Ticks::Numbers)])[0];
        assert!(low < 7.0 && high > 7.0);
        let (low, high) =
            shown(vec![panel(&[f64::MAX, -f64::MAX], Range::Auto, Ticks::Numbers)])[0];
        assert!((high - low).is_finite() && high > low);
    }

    #[test]
    fn reversed_limits_turn_the_axis_and_nan_is_refused() {
        let mut figure = Figure {
            panels: vec![panel(&[1.0], Range::Fixed(5.0, 1.0), Ticks::Numbers)],
            ..Figure::default()
        };
        let scale = scales(&figure).unwrap()[0].1;
        assert!(scale.reversed && scale.place(5.0) == 0.0);
        figure.panels[0].y.range = Range::Fixed(f64::NAN, 1.0);
        assert!(scales(&figure).is_err());
    }
}
