//! The colours of pictures.
//!
//! Categories keep at least 3:1 contrast to the paper of both themes and stay
//! apart for people who are colour blind; after twelve colours the shape of the
//! points changes, which also survives a print in grey. The continuous maps are
//! viridis (S. van der Walt, N. Smith) and twilight (B. Bechtold), both given
//! to the public domain (CC0), as 256 triplets; `assets/README.md` tells how
//! they were made.

use crate::figure::{Colour, ColourMap, Marker, Style, Theme};

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Colours of categories on white.
pub const CATEGORIES: [Rgb; 12] = [
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0x00, 0x9E, 0x73],
    [0xAA, 0x44, 0x99],
    [0x00, 0x00, 0x00],
    [0xCC, 0x33, 0x11],
    [0x33, 0x22, 0x88],
    [0xB8, 0x86, 0x0B],
    [0x11, 0x77, 0x33],
    [0xEE, 0x33, 0x77],
    [0x7A, 0x51, 0x95],
    [0x8C, 0x56, 0x4B],
];

/// The same categories on dark paper.
pub const CATEGORIES_DARK: [Rgb; 12] = [
    [0x4D, 0xA6, 0xE0],
    [0xFF, 0x8A, 0x3D],
    [0x2E, 0xC9, 0x9A],
    [0xD7, 0x7F, 0xC8],
    [0xF2, 0xF2, 0xF2],
    [0xFF, 0x5C, 0x4A],
    [0x9A, 0x8C, 0xF0],
    [0xE3, 0xB3, 0x41],
    [0x5D, 0xBB, 0x7B],
    [0xFF, 0x6F, 0xA3],
    [0xB6, 0x8A, 0xD0],
    [0xC4, 0x90, 0x7F],
];

/// Shapes of points in the order in which they are used.
pub const MARKERS: [Marker; 6] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Cross,
    Marker::Plus,
];

/// Series of one figure that can be told apart by colour and shape.
pub const DISTINCT: usize = CATEGORIES.len() * MARKERS.len();

static SEQUENTIAL: &[u8; 768] = include_bytes!("../assets/colours/sequential.rgb");
static CYCLIC: &[u8; 768] = include_bytes!("../assets/colours/cyclic.rgb");

/// The look of series `index` of `count` series that are told apart by colour:
/// categories while there are enough of them, else a place in a continuous map.
#[must_use]
pub fn style(index: usize, count: usize) -> Style {
    if count > DISTINCT {
        #[allow(clippy::cast_precision_loss)]
        let place = index as f64 / (count - 1) as f64;
        return Style {
            colour: Colour::Mapped(ColourMap::Sequential, place.clamp(0.0, 1.0)),
            ..Style::default()
        };
    }
    Style {
        colour: Colour::Category(index % CATEGORIES.len()),
        marker: MARKERS[(index / CATEGORIES.len()) % MARKERS.len()],
        ..Style::default()
    }
}

/// The colour of a correlation or Stokes parameter: XX, I, RR; YY, Q, LL; XY,
/// U, RL; YX, V, LR. Anything else, such as a difference, is ink.
#[must_use]
pub fn correlation(name: &str) -> Colour {
    match name.to_ascii_uppercase().as_str() {
        "XX" | "I" | "RR" => Colour::Category(0),
        "YY" | "Q" | "LL" => Colour::Category(1),
        "XY" | "U" | "RL" => Colour::Category(2),
        "YX" | "V" | "LR" => Colour::Category(3),
        _ => Colour::Ink,
    }
}

/// The colour at `place`, 0 to 1, of a continuous map; NaN is the first colour.
#[must_use]
pub fn mapped(map: ColourMap, place: f64) -> Rgb {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let index = (place.clamp(0.0, 1.0) * 255.0).round() as usize;
    entry(map, index)
}

/// Entry `index`, 0 to 255, of a continuous map.
pub(crate) fn entry(map: ColourMap, index: usize) -> Rgb {
    let table = match map {
        ColourMap::Sequential => SEQUENTIAL,
        ColourMap::Cyclic => CYCLIC,
    };
    let at = index.min(255) * 3;
    [table[at], table[at + 1], table[at + 2]]
}

/// The colours of a theme that are not data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// The theme.
    pub theme: Theme,
    /// Background.
    pub paper: Rgb,
    /// Axes and titles.
    pub ink: Rgb,
    /// Second line, notes.
    pub quiet: Rgb,
    /// Lines behind the data.
    pub grid: Rgb,
    /// Missing or flagged.
    pub faint: Rgb,
}

impl Paint {
    /// Those of a theme.
    #[must_use]
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                theme,
                paper: [0xFF, 0xFF, 0xFF],
                ink: [0x00, 0x00, 0x00],
                quiet: [0x55, 0x55, 0x55],
                grid: [0xD9, 0xD9, 0xD9],
                faint: [0xBB, 0xBB, 0xBB],
            },
            Theme::Dark => Self {
                theme,
                paper: [0x15, 0x18, 0x1C],
                ink: [0xEC, 0xEC, 0xEC],
                quiet: [0xA8, 0xAD, 0xB3],
                grid: [0x34, 0x39, 0x40],
                faint: [0x5C, 0x63, 0x6B],
            },
        }
    }

    /// Red, green and blue of a colour of a figure. Colours of categories
    /// given by number or by value follow the theme.
    #[must_use]
    pub fn rgb(&self, colour: Colour) -> Rgb {
        match colour {
            Colour::Ink => self.ink,
            Colour::Faint => self.faint,
            Colour::Category(index) => self.category(index),
            Colour::Mapped(map, place) => mapped(map, place),
            Colour::Rgb(r, g, b) => CATEGORIES
                .iter()
                .position(|known| *known == [r, g, b])
                .map_or([r, g, b], |index| self.category(index)),
        }
    }

    fn category(&self, index: usize) -> Rgb {
        let index = index % CATEGORIES.len();
        match self.theme {
            Theme::Light => CATEGORIES[index],
            Theme::Dark => CATEGORIES_DARK[index],
        }
    }
}

/// Contrast of two colours, 1 to 21, by the formula of WCAG 2.1 (relative
/// luminance of sRGB).
#[must_use]
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
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
    fn categories_are_readable_on_their_paper() {
        for (theme, colours) in [(Theme::Light, CATEGORIES), (Theme::Dark, CATEGORIES_DARK)] {
            let paper = Paint::of(theme).paper;
            for colour in colours {
                assert!(
                    contrast(colour, paper) >= 3.0,
                    "{theme:?} {colour:?} {}",
                    contrast(colour, paper)
                );
            }
        }
    }

    #[test]
    fn seventy_two_series_differ_in_colour_or_shape() {
        let looks: Vec<_> = (0..DISTINCT).map(|i| style(i, DISTINCT)).collect();
        for (i, a) in looks.iter().enumerate() {
            assert!(looks[..i].iter().all(|b| a.colour != b.colour || a.marker != b.marker));
        }
        assert!(
            matches!(style(72, 73).colour, Colour::Mapped(_, place) if (place - 1.0).abs() < 1e-12)
        );
    }

    #[test]
    fn sequential_colours_grow_lighter_and_cyclic_ones_close() {
        let light: Vec<f64> =
            (0..256).map(|i| luminance(entry(ColourMap::Sequential, i))).collect();
        assert!(light.windows(2).all(|pair| pair[1] >= pair[0] - 1e-3));
        assert_eq!(entry(ColourMap::Cyclic, 0), entry(ColourMap::Cyclic, 255));
    }

    #[test]
    fn colours_of_correlations_follow_the_theme() {
        assert_eq!(correlation("yy"), correlation("Q"));
        assert_eq!(correlation("XX-YY"), Colour::Ink);
        let dark = Paint::of(Theme::Dark);
        assert_eq!(dark.rgb(Colour::Rgb(0x00, 0x72, 0xB2)), CATEGORIES_DARK[0]);
        assert_eq!(dark.rgb(Colour::Rgb(1, 2, 3)), [1, 2, 3]);
    }
}
