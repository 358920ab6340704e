//! A picture of pixels.

use std::convert::Infallible;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind,
};

use super::{Canvas, Frame, Look, Raster, stamp};
use crate::palette::Rgb;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Red, green, blue of every pixel, row after row from the top.
#[derive(Debug, Clone)]
pub(crate) struct Pixels {
    width: i32,
    height: i32,
    rgb: Vec<u8>,
    clip: Clip,
}

/// Pixels inside: from the first to before the second.
#[derive(Debug, Clone, Copy)]
struct Clip {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Pixels {
    /// A sheet of one colour; sides are at most 65535.
    pub(crate) fn new(width: u16, height: u16, paper: Rgb) -> Self {
        Self::from_rgb(width, height, paper.repeat(usize::from(width) * usize::from(height)))
    }

    /// A sheet that already has something on it.
    pub(crate) fn from_rgb(width: u16, height: u16, rgb: Vec<u8>) -> Self {
        let (width, height) = (i32::from(width), i32::from(height));
        Self { width, height, rgb, clip: Clip { left: 0, top: 0, right: width, bottom: height } }
    }

    pub(crate) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// Lays a colour over a pixel; opacity 0 to 256.
    #[inline]
    fn blend(&mut self, x: i32, y: i32, colour: Rgb, opacity: u32) {
        let clip = self.clip;
        if x < clip.left || x >= clip.right || y < clip.top || y >= clip.bottom {
            return;
        }
        #[allow(clippy::cast_sign_loss)]
        let at = (y as usize * self.width as usize + x as usize) * 3;
        over(&mut self.rgb[at..at + 3], colour, opacity);
    }

    /// Whole pixels of one colour, first to before the second.
    fn block(&mut self, left: i32, top: i32, right: i32, bottom: i32, colour: Rgb, opacity: u32) {
        let clip = self.clip;
        let (left, right) = (left.max(clip.left), right.min(clip.right));
        if left >= right {
            return;
        }
        for y in top.max(clip.top)..bottom.min(clip.bottom) {
            #[allow(clippy::cast_sign_loss)]
            let at = |x: i32| (y as usize * self.width as usize + x as usize) * 3;
            let row = at(left)..at(right);
            for pixel in self.rgb[row].chunks_exact_mut(3) {
                over(pixel, colour, opacity);
            }
        }
    }

    /// A piece of a line of any direction, by how much of each pixel lies
    /// within half the width of it, measured across its longer direction.
    fn stroke(&mut self, from: (f32, f32), to: (f32, f32), look: &Look) {
        let Some((from, to)) = cut(from, to, self.clip) else { return };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        if length < 1e-6 {
            return;
        }
        let steep = dy.abs() > dx.abs();
        let (a, b) = if steep { ((from.1, from.0), (to.1, to.0)) } else { (from, to) };
        let (a, b) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        let along = b.0 - a.0;
        let slope = (b.1 - a.1) / along;
        // Half the width measured along the shorter direction.
        let half = look.width * 0.5 * length / along;
        let (first, last) = (floor(a.0), floor(b.0));
        for step in first..=last {
            #[allow(clippy::cast_precision_loss)]
            let (start, end) = ((step as f32).max(a.0), (step as f32 + 1.0).min(b.0));
            let share = (end - start).clamp(0.0, 1.0);
            if share <= 0.0 {
                continue;
            }
            let middle = a.1 + slope * ((start + end) * 0.5 - a.0);
            let (low, high) = (middle - half, middle + half);
            for side in floor(low)..=floor(high) {
                #[allow(clippy::cast_precision_loss)]
                let cover = (high.min(side as f32 + 1.0) - low.max(side as f32)).clamp(0.0, 1.0);
                let opacity = part(cover * share * look.opacity);
                if steep {
                    self.blend(side, step, look.colour, opacity);
                } else {
                    self.blend(step, side, look.colour, opacity);
                }
            }
        }
    }
}

/// Lays a colour over a pixel; opacity 0 to 256.
#[inline]
fn over(pixel: &mut [u8], colour: Rgb, opacity: u32) {
    for (old, new) in pixel.iter_mut().zip(colour) {
        #[allow(clippy::cast_possible_truncation)]
        let mixed =
            ((u32::from(*old) * (256 - opacity) + u32::from(new) * opacity + 128) >> 8) as u8;
        *old = mixed;
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn part(opacity: f32) -> u32 {
    (opacity.clamp(0.0, 1.0) * 256.0).round() as u32
}

#[allow(clippy::cast_possible_truncation)]
fn floor(pixels: f32) -> i32 {
    pixels.floor() as i32
}

/// The part of a line within two pixels of the clip (Liang and Barsky).
fn cut(from: (f32, f32), to: (f32, f32), clip: Clip) -> Option<((f32, f32), (f32, f32))> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut t0, mut t1) = (0.0_f32, 1.0_f32);
    #[allow(clippy::cast_precision_loss)]
    let edges = [
        (-dx, from.0 - (clip.left - 2) as f32),
        (dx, (clip.right + 2) as f32 - from.0),
        (-dy, from.1 - (clip.top - 2) as f32),
        (dy, (clip.bottom + 2) as f32 - from.1),
    ];
    for (toward, room) in edges {
        if toward == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if toward < 0.0 {
            t0 = t0.max(room / toward);
        } else {
            t1 = t1.min(room / toward);
        }
    }
    (t0 < t1)
        .then_some(((from.0 + t0 * dx, from.1 + t0 * dy), (from.0 + t1 * dx, from.1 + t1 * dy)))
}

impl Canvas for Pixels {
    fn clip(&mut self, frame: Option<Frame>) {
        self.clip = match frame {
            None => Clip { left: 0, top: 0, right: self.width, bottom: self.height },
            Some(frame) => Clip {
                left: super::whole(frame.left).max(0),
                top: super::whole(frame.top).max(0),
                right: super::whole(frame.right).min(self.width),
                bottom: super::whole(frame.bottom).min(self.height),
            },
        };
    }

    fn dots(&mut self, places: &[(f32, f32)], look: &Look) {
        if look.radius < 0.75 {
            let side = super::whole((look.radius * 2.0).max(1.0)).max(1);
            for (x, y) in places {
                let (x, y) = (floor(*x), floor(*y));
                self.block(x, y, x + side, y + side, look.colour, part(look.opacity));
            }
            return;
        }
        let stamp = stamp::stamp(look.marker, look.radius);
        let side = i32::try_from(stamp.side).unwrap_or(0);
        // Opacity of a series belongs to its points, not to their overlaps.
        let opacity = part(look.opacity);
        for (x, y) in places {
            let (left, top) = (floor(*x) - stamp.reach, floor(*y) - stamp.reach);
            let cover = stamp.cover(x.fract(), y.fract());
            let clip = self.clip;
            let inside = left >= clip.left
                && top >= clip.top
                && left + side <= clip.right
                && top + side <= clip.bottom;
            for (row, line) in (0..side).zip(cover.chunks_exact(stamp.side)) {
                if inside {
                    #[allow(clippy::cast_sign_loss)]
                    let at = ((top + row) as usize * self.width as usize + left as usize) * 3;
                    let pixels = &mut self.rgb[at..at + stamp.side * 3];
                    for (pixel, cover) in pixels.chunks_exact_mut(3).zip(line) {
                        if *cover > 0 {
                            over(pixel, look.colour, (u32::from(*cover) * opacity + 127) / 255);
                        }
                    }
                } else {
                    for (column, cover) in (0..side).zip(line) {
                        if *cover > 0 {
                            let opacity = (u32::from(*cover) * opacity + 127) / 255;
                            self.blend(left + column, top + row, look.colour, opacity);
                        }
                    }
                }
            }
        }
    }

    fn curve(&mut self, places: &[(f32, f32)], look: &Look) {
        for pair in places.windows(2) {
            self.stroke(pair[0], pair[1], look);
        }
    }

    fn raster(&mut self, (left, top): (i32, i32), raster: &Raster) {
        let rows = raster.rgba.chunks_exact((raster.width * 4).max(4));
        for (y, row) in (top..).zip(rows) {
            for (x, pixel) in (left..).zip(row.chunks_exact(4)) {
                if pixel[3] > 0 {
                    let opacity = (u32::from(pixel[3]) * 256 + 127) / 255;
                    self.blend(x, y, [pixel[0], pixel[1], pixel[2]], opacity);
                }
            }
        }
    }

    fn fill(&mut self, frame: Frame, colour: Rgb, opacity: f32) {
        let corner = (super::whole(frame.left), super::whole(frame.top));
        let opposite = (super::whole(frame.right), super::whole(frame.bottom));
        self.block(corner.0, corner.1, opposite.0, opposite.1, colour, part(opacity));
    }
}

impl DrawingBackend for Pixels {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width.unsigned_abs(), self.height.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    #[inline]
    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        #[allow(clippy::cast_possible_truncation)]
        self.blend(x, y, [colour.rgb.0, colour.rgb.1, colour.rgb.2], part(colour.alpha as f32));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        let colour = style.color();
        let rgb = [colour.rgb.0, colour.rgb.1, colour.rgb.2];
        #[allow(clippy::cast_possible_truncation)]
        let opacity = colour.alpha as f32;
        let wide = i32::try_from(style.stroke_width()).unwrap_or(1);
        if from.0 == to.0 {
            let (low, high) = (from.1.min(to.1), from.1.max(to.1));
            let left = from.0 - wide / 2;
            self.block(left, low, left + wide, high, rgb, part(opacity));
        } else if from.1 == to.1 {
            let (low, high) = (from.0.min(to.0), from.0.max(to.0));
            let top = from.1 - wide / 2;
            self.block(low, top, high, top + wide, rgb, part(opacity));
        } else {
            #[allow(clippy::cast_precision_loss)]
            let place = |at: BackendCoord| (at.0 as f32, at.1 as f32);
            let look = Look {
                colour: rgb,
                opacity,
                marker: crate::figure::Marker::Circle,
                radius: 0.0,
                #[allow(clippy::cast_precision_loss)]
                width: wide as f32,
            };
            self.stroke(place(from), place(to), &look);
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let colour = style.color();
        let rgb = [colour.rgb.0, colour.rgb.1, colour.rgb.2];
        #[allow(clippy::cast_possible_truncation)]
        let opacity = part(colour.alpha as f32);
        if fill {
            self.block(a.0, a.1, b.0, b.1, rgb, opacity);
            return Ok(());
        }
        let wide = i32::try_from(style.stroke_width()).unwrap_or(1);
        let (near, far) = (wide / 2, wide - wide / 2);
        self.block(a.0 - near, a.1 - near, b.0 + far, a.1 + far, rgb, opacity);
        self.block(a.0 - near, b.1 - near, b.0 + far, b.1 + far, rgb, opacity);
        self.block(a.0 - near, a.1 + far, a.0 + far, b.1 - near, rgb, opacity);
        self.block(b.0 - near, a.1 + far, b.0 + far, b.1 - near, rgb, opacity);
        Ok(())
    }
}
