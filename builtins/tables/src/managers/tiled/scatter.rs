//! Copies a box of values out of a piece of a tile to where the caller wants
//! them: short runs at even distances, which is most of the work where tiles
//! are smaller than a cell.

/// One axis of a box, fastest first: how many, and the distance of neighbours
/// in the tile and in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) count: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Line {
    /// The same with distances in units of which `width` make one value.
    fn scaled(self, width: usize) -> Self {
        Self { count: self.count, from: self.from * width, to: self.to * width }
    }
}

/// Adds an axis to a box, joined to the one before where both the tile and
/// the result go on without a gap.
pub(super) fn push(lines: &mut Vec<Line>, line: Line) {
    if line.count == 1 {
        return;
    }
    if let Some(before) = lines.last_mut()
        && before.from * before.count == line.from
        && before.to * before.count == line.to
    {
        before.count *= line.count;
        return;
    }
    lines.push(line);
}

/// How many values lie between the first and the last of a box, with both.
pub(super) fn span(lines: &[Line]) -> usize {
    lines.iter().fold(1, |all, line| all + (line.count - 1) * line.from)
}

/// Copies a box of values of `width` units each; both slices begin at its
/// first value.
pub(super) fn scatter<T: Copy>(from: &[T], to: &mut [T], width: usize, lines: &[Line]) {
    match lines.split_first() {
        Some((first, rest)) if first.from == 1 && first.to == 1 => {
            runs(from, to, width * first.count, width, rest);
        }
        _ => runs(from, to, width, width, lines),
    }
}

fn runs<T: Copy>(from: &[T], to: &mut [T], run: usize, width: usize, lines: &[Line]) {
    match lines {
        [] => to[..run].copy_from_slice(&from[..run]),
        [line] => row(from, to, run, line.scaled(width)),
        [inner @ .., outer] => {
            let outer = outer.scaled(width);
            for at in 0..outer.count {
                let (from, to) = (&from[at * outer.from..], &mut to[at * outer.to..]);
                runs(from, to, run, width, inner);
            }
        }
    }
}

/// Runs at even distances. Runs of the usual lengths are copied by code for
/// just this length.
fn row<T: Copy>(from: &[T], to: &mut [T], run: usize, line: Line) {
    match run {
        1 => fixed::<T, 1>(from, to, line),
        2 => fixed::<T, 2>(from, to, line),
        4 => fixed::<T, 4>(from, to, line),
        8 => fixed::<T, 8>(from, to, line),
        16 => fixed::<T, 16>(from, to, line),
        32 => fixed::<T, 32>(from, to, line),
        64 => fixed::<T, 64>(from, to, line),
        128 => fixed::<T, 128>(from, to, line),
        256 => fixed::<T, 256>(from, to, line),
        _ => {
            for at in 0..line.count {
                to[at * line.to..][..run].copy_from_slice(&from[at * line.from..][..run]);
            }
        }
    }
}

fn fixed<T: Copy, const N: usize>(from: &[T], to: &mut [T], line: Line) {
    let steps = to.chunks_mut(line.to).zip(from.chunks(line.from)).take(line.count);
    for (to, from) in steps {
        if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_without_gaps_become_one() {
        let mut lines = Vec::new();
        push(&mut lines, Line { count: 4, from: 1, to: 1 });
        push(&mut lines, Line { count: 1, from: 99, to: 7 });
        push(&mut lines, Line { count: 8, from: 4, to: 4 });
        push(&mut lines, Line { count: 3, from: 32, to: 64 });
        let expected = [Line { count: 32, from: 1, to: 1 }, Line { count: 3, from: 32, to: 64 }];
        assert_eq!(lines, expected);
        assert_eq!(span(&lines), 96);
        assert_eq!(span(&[]), 1);
    }

    #[test]
    fn boxes_of_all_kinds_arrive() {
        let from: Vec<u16> = (0..4000).collect();
        for run in [1, 2, 3, 4, 8, 13, 16] {
            for width in [1, 2] {
                let lines = [
                    Line { count: run, from: 1, to: 1 },
                    Line { count: 3, from: 20, to: 17 },
                    Line { count: 2, from: 100, to: 60 },
                    Line { count: 2, from: 500, to: 130 },
                ];
                check(&from, width, &lines);
                check(&from, width, &lines[..1]);
                check(&from, width, &lines[1..]);
                check(&from, width, &[]);
            }
        }
    }

    fn check(from: &[u16], width: usize, lines: &[Line]) {
        let mut to = vec![0u16; 2000];
        scatter(from, &mut to, width, lines);
        let mut places = vec![(0, 0)];
        for line in lines {
            places = (0..line.count)
                .flat_map(|at| {
                    places.iter().map(move |(f, t)| (f + at * line.from, t + at * line.to))
                })
                .collect();
        }
        let mut expected = vec![0u16; 2000];
        for (f, t) in places {
            for unit in 0..width {
                expected[t * width + unit] = from[f * width + unit];
            }
        }
        assert_eq!(to, expected, "{width} {lines:?}");
    }
}
