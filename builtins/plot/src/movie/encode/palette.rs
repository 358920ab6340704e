//! The at most 256 colours of a GIF.

use std::collections::HashMap;

use super::Picture;

type Rgb = [u8; 3];

/// Colours that are taken because they are frequent.
const FREQUENT: usize = 160;

/// Colours and how pixels find theirs.
#[derive(Debug, Clone)]
pub struct Palette {
    colours: Vec<Rgb>,
    places: HashMap<Rgb, u8>,
}

impl Palette {
    /// The colours of some pictures: all, if they are few; else the most frequent.
    /// Colours of equal number are taken in their own order, so that the same
    /// pictures always give the same palette.
    pub fn of<'a>(pictures: impl IntoIterator<Item = &'a Picture>) -> Self {
        let mut counts: HashMap<Rgb, u64> = HashMap::new();
        for picture in pictures {
            for run in picture.rgb.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
                *counts.entry(run[0]).or_default() += run.len() as u64;
            }
        }
        let mut all: Vec<(Rgb, u64)> = counts.into_iter().collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let colours = chosen(&all);
        let places = (0..=u8::MAX).zip(&colours).map(|(at, colour)| (*colour, at)).collect();
        Self { colours, places }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.colours.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.colours.is_empty()
    }

    /// Red, green and blue of each.
    pub fn bytes(&self) -> Vec<u8> {
        self.colours.iter().flatten().copied().collect()
    }

    /// The number of each pixel; a colour that is not there becomes the nearest.
    pub fn indexed(&self, picture: &Picture) -> Vec<u8> {
        let mut near: HashMap<Rgb, u8> = HashMap::new();
        let mut indices = Vec::with_capacity(picture.rgb.len() / 3);
        for run in picture.rgb.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
            let colour = run[0];
            let known = self.places.get(&colour).copied();
            let index = known
                .unwrap_or_else(|| *near.entry(colour).or_insert_with(|| self.nearest(colour)));
            indices.resize(indices.len() + run.len(), index);
        }
        indices
    }

    fn nearest(&self, colour: Rgb) -> u8 {
        let places = (0..=u8::MAX).zip(&self.colours);
        places.min_by_key(|(_, other)| distance(colour, **other)).map_or(0, |(at, _)| at)
    }
}

/// Eyes tell greens apart best, blues worst.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let part = |k: usize, weight: u32| weight * u32::from(a[k].abs_diff(b[k])).pow(2);
    part(0, 3) + part(1, 6) + part(2, 1)
}

/// Of colours, the most frequent first, at most 256: most of them because they are
/// frequent, the others because they are far from all that were taken.
fn chosen(all: &[(Rgb, u64)]) -> Vec<Rgb> {
    let mut taken: Vec<Rgb> = all.iter().take(FREQUENT).map(|(colour, _)| *colour).collect();
    let rest = all.get(FREQUENT..).unwrap_or_default();
    let far = |colour: Rgb| taken.iter().map(|one| distance(colour, *one)).min().unwrap_or(0);
    let mut rest: Vec<(Rgb, u32)> =
        rest.iter().map(|(colour, _)| (*colour, far(*colour))).collect();
    while taken.len() < 256 {
        let farthest = rest.iter().max_by_key(|(colour, far)| (*far, *colour)).copied();
        let Some((colour, _)) = farthest.filter(|(_, far)| *far > 0) else { break };
        taken.push(colour);
        for (other, far) in &mut rest {
            *far = (*far).min(distance(colour, *other));
        }
    }
    taken
}
