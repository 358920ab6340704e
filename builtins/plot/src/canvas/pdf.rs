//! A page for papers: shapes and letters of the embedded font, so that it can
//! be searched and printed at any size.

use std::collections::HashSet;
use std::convert::Infallible;

use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};

use super::{Canvas, Frame, Look, Raster};
use crate::figure::Marker;
use crate::palette::Rgb;
use crate::text;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Points of a page for each pixel: 96 pixels to an inch, as on screens.
pub(crate) const POINTS: f32 = 0.75;

/// A circle is a line of this length with round ends: one of no length is not drawn.
const SPECK: f32 = 0.02;

/// The page while it is drawn on, in pixels.
pub(crate) struct Pdf<'a> {
    size: (u32, u32),
    surface: Surface<'a>,
    regular: Font,
    bold: Font,
    clipped: bool,
}

impl<'a> Pdf<'a> {
    /// An empty page; none if there is no font.
    pub(crate) fn new(size: (u32, u32), mut surface: Surface<'a>) -> Option<Self> {
        let font = |bold| Font::new(text::bytes(bold).into(), 0);
        let (regular, bold) = (font(false)?, font(true)?);
        surface.push_transform(&Transform::from_scale(POINTS, POINTS));
        Some(Self { size, surface, regular, bold, clipped: false })
    }

    /// Ends the page.
    pub(crate) fn finish(mut self) {
        self.clip(None);
        self.surface.pop();
        self.surface.finish();
    }

    fn filled(&mut self, path: Option<Path>, colour: Rgb, opacity: f32) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill {
            paint: paint(colour),
            opacity: share(opacity),
            rule: FillRule::NonZero,
        }));
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }

    fn stroked(&mut self, path: Option<Path>, colour: Rgb, opacity: f32, pen: Pen) {
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint: paint(colour),
            width: pen.width,
            opacity: share(opacity),
            line_cap: pen.ends,
            line_join: LineJoin::Round,
            ..Stroke::default()
        }));
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }
}

/// How lines are drawn.
struct Pen {
    width: f32,
    ends: LineCap,
}

impl Pen {
    fn plain(width: f32) -> Self {
        Self { width, ends: LineCap::Butt }
    }
}

fn paint([r, g, b]: Rgb) -> krilla::paint::Paint {
    krilla::color::rgb::Color::new(r, g, b).into()
}

fn share(opacity: f32) -> NormalizedF32 {
    NormalizedF32::new(opacity.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE)
}

fn plain(colour: BackendColor) -> Rgb {
    [colour.rgb.0, colour.rgb.1, colour.rgb.2]
}

fn rectangle(left: f32, top: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(left, top, width.max(0.0), height.max(0.0))?);
    path.finish()
}

#[allow(clippy::cast_precision_loss)] // far fewer pixels than a float counts
fn pixel(value: i32) -> f32 {
    value as f32
}

impl Canvas for Pdf<'_> {
    fn clip(&mut self, frame: Option<Frame>) {
        if std::mem::take(&mut self.clipped) {
            self.surface.pop();
        }
        let path = frame.and_then(|at| rectangle(at.left, at.top, at.width(), at.height()));
        if let Some(path) = path {
            self.surface.push_clip_path(&path, &FillRule::NonZero);
            self.clipped = true;
        }
    }

    fn dots(&mut self, places: &[(f32, f32)], look: &Look) {
        let radius = look.radius.max(0.5);
        let mut seen = HashSet::new();
        let mut path = PathBuilder::new();
        for (x, y) in places.iter().copied().map(tenths) {
            // Half a pixel apart they cannot be told apart, and make the file large.
            if seen.insert((super::whole(x * 2.0), super::whole(y * 2.0))) {
                shape(&mut path, look.marker, (x, y), radius);
            }
        }
        let pen = match look.marker {
            Marker::Plus | Marker::Cross => Pen::plain((radius * 0.6).max(1.0)),
            Marker::Circle => Pen { width: radius * 2.0, ends: LineCap::Round },
            _ => return self.filled(path.finish(), look.colour, look.opacity),
        };
        self.stroked(path.finish(), look.colour, look.opacity, pen);
    }

    fn curve(&mut self, places: &[(f32, f32)], look: &Look) {
        let mut path = PathBuilder::new();
        let mut last = None;
        for (x, y) in places.iter().copied().map(tenths) {
            match last {
                None => path.move_to(x, y),
                Some(last) if last == (x, y) => {}
                Some(_) => path.line_to(x, y),
            }
            last = Some((x, y));
        }
        self.stroked(path.finish(), look.colour, look.opacity, Pen::plain(look.width));
    }

    fn raster(&mut self, (left, top): (i32, i32), raster: &Raster) {
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        #[allow(clippy::cast_precision_loss)] // as above
        let size = Size::from_wh(raster.width as f32, raster.height as f32);
        let Some(size) = size else { return };
        let image = Image::from_rgba8(raster.rgba.clone(), side(raster.width), side(raster.height));
        self.surface.push_transform(&Transform::from_translate(pixel(left), pixel(top)));
        self.surface.draw_image(image, size);
        self.surface.pop();
    }

    fn fill(&mut self, frame: Frame, colour: Rgb, opacity: f32) {
        let path = rectangle(frame.left, frame.top, frame.width(), frame.height());
        self.filled(path, colour, opacity);
    }
}

impl DrawingBackend for Pdf<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.filled(rectangle(pixel(x), pixel(y), 1.0, 1.0), plain(colour), 1.0);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        let wide = style.stroke_width();
        // Odd widths sit on the middle of pixels, as in the picture of pixels.
        let shift = if wide % 2 == 1 { 0.5 } else { 0.0 };
        let mut path = PathBuilder::new();
        path.move_to(pixel(from.0) + shift, pixel(from.1) + shift);
        path.line_to(pixel(to.0) + shift, pixel(to.1) + shift);
        self.stroked(path.finish(), plain(style.color()), 1.0, Pen::plain(width(wide)));
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let wide = style.stroke_width();
        let shift = if wide % 2 == 1 && !fill { 0.5 } else { 0.0 };
        let (left, top) = (pixel(a.0) + shift, pixel(a.1) + shift);
        let path = rectangle(left, top, pixel(b.0 - a.0), pixel(b.1 - a.1));
        let colour = plain(style.color());
        if fill {
            self.filled(path, colour, 1.0);
        } else {
            self.stroked(path, colour, 1.0, Pen::plain(width(wide)));
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        words: &str,
        style: &T,
        (x, y): BackendCoord,
    ) -> Drawn {
        let bold = matches!(style.style(), FontStyle::Bold);
        #[allow(clippy::cast_possible_truncation)]
        let size = style.size() as f32;
        let words: String =
            words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let mut glyphs = Vec::new();
        for (at, letter) in words.char_indices() {
            let (glyph, advance) = text::glyph(letter, bold);
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(glyph),
                advance,
                0.0,
                0.0,
                0.0,
                at..at + letter.len_utf8(),
                None,
            ));
        }
        let along = text::width(&words, size, bold)
            * match style.anchor().h_pos {
                HPos::Left => 0.0,
                HPos::Center => -0.5,
                HPos::Right => -1.0,
            };
        let down = size
            * match style.anchor().v_pos {
                VPos::Top => text::ASCENT,
                VPos::Center => text::ASCENT - text::LINE / 2.0,
                VPos::Bottom => text::ASCENT - text::LINE,
            };
        let turned = match style.transform() {
            FontTransform::Rotate270 => -90.0,
            _ => 0.0,
        };
        self.filled(None, plain(style.color()), 1.0);
        self.surface.push_transform(&Transform::from_translate(pixel(x), pixel(y)));
        self.surface.push_transform(&Transform::from_rotate(turned));
        let font = if bold { self.bold.clone() } else { self.regular.clone() };
        self.surface.draw_glyphs(Point::from_xy(along, down), &glyphs, font, &words, size, false);
        self.surface.pop();
        self.surface.pop();
        Ok(())
    }
}

/// A tenth of a pixel is fine enough, and takes less room.
fn tenths((x, y): (f32, f32)) -> (f32, f32) {
    ((x * 10.0).round() / 10.0, (y * 10.0).round() / 10.0)
}

#[allow(clippy::cast_precision_loss)] // a few pixels
fn width(pixels: u32) -> f32 {
    pixels as f32
}

/// Adds a point to a path; the shapes have the sizes they have in SVG.
fn shape(path: &mut PathBuilder, marker: Marker, (x, y): (f32, f32), radius: f32) {
    let mut corners = |corners: &[(f32, f32)], closed: bool| {
        for (k, (right, down)) in corners.iter().enumerate() {
            if k == 0 {
                path.move_to(x + right, y + down);
            } else {
                path.line_to(x + right, y + down);
            }
        }
        if closed {
            path.close();
        }
    };
    match marker {
        Marker::Square => {
            let r = radius * 0.89;
            corners(&[(-r, -r), (r, -r), (r, r), (-r, r)], true);
        }
        Marker::Diamond => {
            let r = radius * 1.25;
            corners(&[(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)], true);
        }
        Marker::Triangle => {
            let (top, bottom, half) = (-radius * 1.3, radius * 0.75, radius * 1.23);
            corners(&[(0.0, top), (half, bottom), (-half, bottom)], true);
        }
        Marker::Plus => {
            let r = radius * 1.25;
            corners(&[(-r, 0.0), (r, 0.0)], false);
            corners(&[(0.0, -r), (0.0, r)], false);
        }
        Marker::Cross => {
            let r = radius * 0.88;
            corners(&[(-r, -r), (r, r)], false);
            corners(&[(-r, r), (r, -r)], false);
        }
        Marker::Circle => corners(&[(0.0, 0.0), (SPECK, 0.0)], false),
    }
}
