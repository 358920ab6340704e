//! Text of pictures: one embedded font in two weights, measured and drawn
//! without asking the system for anything.
//!
//! Rasters of glyphs are kept for each thread, because the labels of sixty
//! panels are the same few digits again and again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontStyle, FontTransform,
};

use crate::palette::Rgb;

/// Families named in SVG: the embedded one, then those with the same widths.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, Bitstream Vera Sans, sans-serif";

/// A line of text is so many times as high as its size.
pub(crate) const LINE: f32 = 1.25;

/// Upper edge of a line to its base line, in sizes.
pub(crate) const ASCENT: f32 = 0.98;

/// Glyphs kept for each thread.
const KEPT: usize = 4096;

/// Places between two pixels at which glyphs are drawn.
const STEPS: f32 = 4.0;

/// How text looks and where it hangs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Words {
    pub(crate) size: f32,
    pub(crate) bold: bool,
    pub(crate) colour: Rgb,
    pub(crate) across: Across,
    pub(crate) down: Down,
    /// Read from below to above.
    pub(crate) upright: bool,
}

/// Which part of the text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Across {
    Left,
    Middle,
    Right,
}

/// Which part of the text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Down {
    Top,
    Middle,
    Bottom,
}

impl Words {
    /// Regular text that starts at its place, its upper edge there.
    pub(crate) fn new(size: f32, colour: Rgb) -> Self {
        Self { size, bold: false, colour, across: Across::Left, down: Down::Top, upright: false }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) fn anchored(self, across: Across, down: Down) -> Self {
        Self { across, down, ..self }
    }

    pub(crate) fn upright(self) -> Self {
        Self { upright: true, ..self }
    }

    /// Pixels from the first to the end of the last letter.
    pub(crate) fn width(&self, text: &str) -> f32 {
        width(text, self.size, self.bold)
    }
}

/// Pixels from the first to the end of the last letter.
pub(crate) fn width(text: &str, size: f32, bold: bool) -> f32 {
    ROOM.with_borrow_mut(|room| {
        text.chars().map(|letter| room.advance(letter, bold)).sum::<f32>() * size
    })
}

/// `text`, or its beginning and `…` where it is wider than `limit` pixels.
pub(crate) fn fitted(text: &str, size: f32, bold: bool, limit: f32) -> String {
    if width(text, size, bold) <= limit {
        return text.to_owned();
    }
    let mut left = limit - width("…", size, bold);
    let mut kept = String::new();
    for letter in text.chars() {
        left -= width(letter.encode_utf8(&mut [0; 4]), size, bold);
        if left < 0.0 {
            break;
        }
        kept.push(letter);
    }
    kept.truncate(kept.trim_end().len());
    if kept.is_empty() && left < 0.0 && limit < width("…", size, bold) {
        return String::new();
    }
    kept.push('…');
    kept
}

/// Lines of at most `limit` pixels, broken at blanks, at most `most` of them.
pub(crate) fn folded(text: &str, size: f32, bold: bool, limit: f32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() && lines.len() + 1 < most {
        let mut line = String::new();
        while let Some(word) = words.peek() {
            let longer =
                if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
            if !line.is_empty() && width(&longer, size, bold) > limit {
                break;
            }
            line = longer;
            words.next();
        }
        lines.push(fitted(&line, size, bold, limit));
    }
    let rest = words.collect::<Vec<_>>().join(" ");
    if !rest.is_empty() {
        lines.push(fitted(&rest, size, bold, limit));
    }
    lines
}

impl BackendTextStyle for Words {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        BackendColor { alpha: 1.0, rgb: (self.colour[0], self.colour[1], self.colour[2]) }
    }

    fn size(&self) -> f64 {
        f64::from(self.size)
    }

    fn transform(&self) -> FontTransform {
        if self.upright { FontTransform::Rotate270 } else { FontTransform::None }
    }

    fn style(&self) -> FontStyle {
        if self.bold { FontStyle::Bold } else { FontStyle::Normal }
    }

    fn anchor(&self) -> Pos {
        let across = match self.across {
            Across::Left => HPos::Left,
            Across::Middle => HPos::Center,
            Across::Right => HPos::Right,
        };
        let down = match self.down {
            Down::Top => VPos::Top,
            Down::Middle => VPos::Center,
            Down::Bottom => VPos::Bottom,
        };
        Pos::new(across, down)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        Ok(((0, 0), (whole(self.width(text)), whole(self.size * LINE))))
    }

    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (left, top): BackendCoord,
        mut draw: D,
    ) -> Result<Result<(), E>, Infallible> {
        let colour = self.color();
        let base = top + whole(self.size * ASCENT);
        let mut pen = 0.0_f32;
        for letter in text.chars() {
            let (glyph, advance) = ROOM.with_borrow_mut(|room| {
                (
                    room.glyph(letter, self.bold, self.size, pen.fract()),
                    room.advance(letter, self.bold),
                )
            });
            let x0 = left + floor(pen) + glyph.left;
            for (row, line) in (0_i32..).zip(glyph.cover.chunks_exact(glyph.width.max(1))) {
                for (column, cover) in (0_i32..).zip(line) {
                    if *cover > 0 {
                        let dot = BackendColor { alpha: f64::from(*cover) / 255.0, ..colour };
                        if let Err(failed) = draw(x0 + column, base + glyph.top + row, dot) {
                            return Ok(Err(failed));
                        }
                    }
                }
            }
            pen += advance * self.size;
        }
        Ok(Ok(()))
    }
}

#[allow(clippy::cast_possible_truncation)]
fn whole(pixels: f32) -> i32 {
    pixels.round() as i32
}

#[allow(clippy::cast_possible_truncation)]
fn floor(pixels: f32) -> i32 {
    pixels.floor() as i32
}

struct Faces {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

static FACES: LazyLock<Option<Faces>> = LazyLock::new(|| {
    let face = |bold| FontRef::try_from_slice(bytes(bold)).ok();
    Some(Faces { regular: face(false)?, bold: face(true)? })
});

/// The font as a file.
pub(crate) fn bytes(bold: bool) -> &'static [u8] {
    if bold {
        include_bytes!("../assets/fonts/DejaVuSans-Bold.ttf")
    } else {
        include_bytes!("../assets/fonts/DejaVuSans.ttf")
    }
}

/// Number of a letter in the font, and its width in sizes.
pub(crate) fn glyph(letter: char, bold: bool) -> (u32, f32) {
    let number = face(bold).map_or(0, |face| face.glyph_id(letter).0.into());
    (number, ROOM.with_borrow_mut(|room| room.advance(letter, bold)))
}

fn face(bold: bool) -> Option<&'static FontRef<'static>> {
    FACES.as_ref().map(|faces| if bold { &faces.bold } else { &faces.regular })
}

/// A drawn letter; places are relative to the pen on the base line.
#[derive(Default)]
struct Glyph {
    left: i32,
    top: i32,
    width: usize,
    cover: Vec<u8>,
}

#[derive(Default)]
struct Room {
    advances: HashMap<(char, bool), f32>,
    glyphs: HashMap<(char, bool, u32, u8), Rc<Glyph>>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Room {
    /// Width of a letter in sizes.
    fn advance(&mut self, letter: char, bold: bool) -> f32 {
        *self.advances.entry((letter, bold)).or_insert_with(|| {
            face(bold).map_or(0.6, |face| {
                face.h_advance_unscaled(face.glyph_id(letter))
                    / face.units_per_em().unwrap_or(2048.0)
            })
        })
    }

    fn glyph(&mut self, letter: char, bold: bool, size: f32, offset: f32) -> Rc<Glyph> {
        if self.glyphs.len() > KEPT {
            self.glyphs.clear();
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let step = (offset * STEPS) as u8;
        let key = (letter, bold, size.to_bits(), step);
        Rc::clone(
            self.glyphs
                .entry(key)
                .or_insert_with(|| Rc::new(drawn(letter, bold, size, f32::from(step) / STEPS))),
        )
    }
}

fn drawn(letter: char, bold: bool, size: f32, offset: f32) -> Glyph {
    let Some(face) = face(bold) else { return Glyph::default() };
    let scale =
        PxScale::from(size * face.height_unscaled() / face.units_per_em().unwrap_or(2048.0));
    let glyph = face.glyph_id(letter).with_scale_and_position(scale, point(offset, 0.0));
    let Some(outline) = face.outline_glyph(glyph) else { return Glyph::default() };
    let bounds = outline.px_bounds();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let (wide, high) = (bounds.width().ceil() as usize, bounds.height().ceil() as usize);
    let mut cover = vec![0; wide * high];
    outline.draw(|x, y, share| {
        if let Some(cell) = cover.get_mut(y as usize * wide + x as usize) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let share = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
            *cell = share;
        }
    });
    Glyph { left: floor(bounds.min.x), top: floor(bounds.min.y), width: wide, cover }
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
    fn both_weights_have_the_signs_of_our_axes() {
        for bold in [false, true] {
            let face = face(bold).unwrap();
            for letter in "λπνμφτΔ°±−×→←↑↓⁰¹²³⁴⁵⁶⁷⁸⁹⁻…√≤≥●■▲◆".chars()
            {
                assert_ne!(face.glyph_id(letter).0, 0, "{letter} bold={bold}");
            }
        }
    }

    #[test]
    fn long_text_is_folded_then_cut() {
        let text = "one two three four five six seven eight nine ten";
        let lines = folded(text, 12.0, false, 120.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, 12.0, false) <= 120.0));
        assert!(lines[1].ends_with('…'));
        assert_eq!(fitted("anything", 12.0, false, 1.0), "");
        assert_eq!(fitted("any", 12.0, false, 100.0), "any");
    }
}
