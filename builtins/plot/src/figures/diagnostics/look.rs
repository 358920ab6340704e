//! Colours and shapes by the sorted list of colour keys alone.

use ledama_analysis::diag::keys::{self, Attribute, Key, KeyValue, KeyValues};

use crate::figure::{Colour, ColourBar, ColourMap, LegendEntry, Style, Ticks};
use crate::palette;

/// Most values of an ordered attribute that get colours of their own.
const MOST_ORDERED: usize = 12;

/// How much longer scales are than the numbers on them: the last colours are too light
/// for points on white.
const BEYOND: f64 = 1.15;

/// Colours of all series.
pub(super) struct Look {
    /// By the place in the sorted list.
    pub(super) styles: Vec<Style>,
    /// A scale of colours in place of a legend.
    pub(super) bar: Option<ColourBar>,
}

/// Chooses colours.
pub(super) fn look(key: &Key, colours: &[KeyValues]) -> Look {
    if key.0 == [Attribute::Corr] {
        let styles = colours
            .iter()
            .map(|values| Style {
                colour: palette::correlation(&keys::text(values)),
                ..Style::default()
            })
            .collect();
        return Look { styles, bar: None };
    }
    let numbers = ordered(key, colours);
    let many = colours.len() > palette::DISTINCT;
    if let Some(numbers) = numbers.filter(|_| colours.len() > MOST_ORDERED) {
        return of_numbers(key, &numbers);
    }
    if many {
        return of_places(key, colours);
    }
    let style = |at| palette::style(at, colours.len());
    Look { styles: (0..colours.len()).map(style).collect(), bar: None }
}

/// The numbers of a key of one ordered attribute.
fn ordered(key: &Key, colours: &[KeyValues]) -> Option<Vec<f64>> {
    match key.0.as_slice() {
        [one] if one.is_ordered() => {
            colours.iter().map(|values| values.first().and_then(KeyValue::number)).collect()
        }
        _ => None,
    }
}

fn mapped(place: f64) -> Style {
    Style { colour: Colour::Mapped(ColourMap::Sequential, place), ..Style::default() }
}

fn of_numbers(key: &Key, numbers: &[f64]) -> Look {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = if high > low { (high - low) * BEYOND } else { 1.0 };
    Look {
        styles: numbers.iter().map(|number| mapped((number - low) / width)).collect(),
        bar: Some(bar(key, (low, low + width), Ticks::Numbers)),
    }
}

/// A range of colours over the sorted list; a few of its entries are named.
#[allow(clippy::cast_precision_loss)] // a number of series
fn of_places(key: &Key, colours: &[KeyValues]) -> Look {
    let last = (colours.len() - 1) as f64 * BEYOND;
    let names = (0..8).map(|k| {
        let at = k * (colours.len() - 1) / 7;
        (at as f64, keys::text(&colours[at]))
    });
    Look {
        styles: (0..colours.len()).map(|at| mapped(at as f64 / last)).collect(),
        bar: Some(bar(key, (0.0, last), Ticks::Named(names.collect()))),
    }
}

fn bar(key: &Key, range: (f64, f64), ticks: Ticks) -> ColourBar {
    let mut label = key.words();
    if let Some(first) = label.get(..1) {
        label = first.to_uppercase() + &label[1..];
    }
    ColourBar { label, colours: ColourMap::Sequential, range, ticks, logarithm: false }
}

/// The legend: every colour by its key, and how far it was moved.
pub(super) fn legend(colours: &[KeyValues], styles: &[Style], offsets: &[f64]) -> Vec<LegendEntry> {
    let moved = |at: usize| {
        let some: Vec<String> = offsets
            .iter()
            .filter(|offset| **offset != 0.0 && at > 0)
            .map(|offset| format!("{at}·{offset}"))
            .collect();
        if some.is_empty() { String::new() } else { format!(" (+{})", some.join(", +")) }
    };
    colours
        .iter()
        .zip(styles)
        .enumerate()
        .map(|(at, (values, style))| LegendEntry {
            name: format!("{}{}", keys::text(values), moved(at)),
            style: *style,
        })
        .collect()
}
