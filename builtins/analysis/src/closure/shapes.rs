//! Triangles and quadrangles of stations.

use crate::visibilities::Antennas;

/// Stations by number, ascending: three or four.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape(pub Vec<i32>);

impl Shape {
    /// The stations in ascending order; each may be there once.
    fn new(mut stations: Vec<i32>, text: &str) -> Result<Self, String> {
        stations.sort_unstable();
        if stations.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("`{text}` names a station twice"));
        }
        Ok(Self(stations))
    }
}

/// Reads triangles: three stations with commas; several triangles with `/`.
pub fn parse_triangles(text: &str, antennas: Antennas<'_>) -> Result<Vec<Shape>, String> {
    parse(text, antennas, 3)
}

/// Reads quadrangles: four stations, in their order. The amplitude is that of
/// the first with the second and the third with the fourth over that of the
/// first with the third and the second with the fourth.
pub fn parse_quads(text: &str, antennas: Antennas<'_>) -> Result<Vec<Shape>, String> {
    parse(text, antennas, 4)
}

fn parse(text: &str, antennas: Antennas<'_>, corners: usize) -> Result<Vec<Shape>, String> {
    let shape = |text: &str| {
        let stations: Vec<&str> = text.split(',').collect();
        if stations.len() != corners {
            return Err(format!("`{text}` is {} stations, not {corners}", stations.len()));
        }
        let numbers =
            stations.into_iter().map(|one| antennas.one(one)).collect::<Result<_, _>>()?;
        if corners == 3 {
            return Shape::new(numbers, text);
        }
        // The order of four stations decides which amplitude it is.
        Shape::new(numbers.clone(), text).map(|_| Shape(numbers))
    };
    text.split('/').map(|one| shape(one.trim())).collect()
}

/// All triangles of stations with data, or those with one of them.
pub fn all_triangles(stations: &[i32], with: Option<i32>) -> Vec<Shape> {
    let mut found = Vec::new();
    for (i, a) in stations.iter().enumerate() {
        for (j, b) in stations.iter().enumerate().skip(i + 1) {
            for c in &stations[j + 1..] {
                if with.is_none_or(|one| [*a, *b, *c].contains(&one)) {
                    found.push(Shape(vec![*a, *b, *c]));
                }
            }
        }
    }
    found
}
